"""Photographs of 0.3, 2 and 12 megapixels, made of scikit-image's own: every one another, the same each time."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from skimage import data

SIZES = {"0.3 MP": (640, 480), "2 MP": (1632, 1224), "12 MP": (4000, 3000)}
SOURCES = ("astronaut", "chelsea", "coffee", "rocket")


@dataclass(frozen=True)
class Photograph:
    """An image as a file; its name is its content's hash."""

    kind: str  # a key of SIZES
    width: int
    height: int
    file: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.file).hexdigest()

    def points(self, number: int, seed: int = 0) -> list[tuple[float, float]]:
        """Places to click, away from the edges."""
        random = np.random.default_rng([seed, self.width, len(self.file)])
        places = random.uniform(0.2, 0.8, (number, 2)) * (self.width, self.height)
        return [(round(float(x), 1), round(float(y), 1)) for x, y in places]


def photograph(kind: str, number: int) -> Photograph:
    """The `number`th photograph of a size: a source, mirrored and shifted, brought to that size, as a JPEG."""
    pixels = getattr(data, SOURCES[number % len(SOURCES)])()
    turned = np.roll(pixels[:, :: -1 if number // len(SOURCES) % 2 else 1], 17 * number, axis=1)
    file = io.BytesIO()
    Image.fromarray(turned).resize(SIZES[kind], Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return Photograph(kind, *SIZES[kind], file.getvalue())
