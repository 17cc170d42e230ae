"""Images as pixels and as files, for the copilot's tests."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Picture:
    """An image as pixels, as a file, and by name."""

    pixels: np.ndarray
    file: bytes
    sha256: str

    @property
    def size(self) -> tuple[int, int]:
        """Height, width."""
        return self.pixels.shape[0], self.pixels.shape[1]

    async def supply(self) -> bytes:
        return self.file


def picture(pixels: np.ndarray) -> Picture:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return Picture(pixels, file.getvalue(), hashlib.sha256(file.getvalue()).hexdigest())
