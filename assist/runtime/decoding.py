"""From a file of bytes to pixels, upright, within limits."""

import io

import numpy as np
from PIL import Image, ImageOps

MAX_PIXELS = 100_000_000
ORIENTATION = 0x0112  # EXIF: how the camera was held
SIDEWAYS = {5, 6, 7, 8}
FORMATS = ("PNG", "JPEG", "WEBP")  # what is stored is one of these; no other decoder is tried


class BadPicture(Exception):
    """The bytes are no image that can be read here; the message says why."""


def pixels_of(data: bytes, longest: int | None = None) -> tuple[np.ndarray, tuple[int, int]]:
    """RGB uint8 height × width × 3, and the (height, width) of the whole image, turned as its camera meant it.

    With `longest` the pixels of a larger image are brought down so that its longest side is that. A JPEG is then read
    at a half, a quarter or an eighth in each direction, never at less than half as much again as is needed: that is
    where most of a large image's time goes. Transparency is laid on white.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadPicture(f"the image has more than {MAX_PIXELS // 1_000_000} million pixels")
            turned = image.getexif().get(ORIENTATION, 1) in SIDEWAYS
            size = (image.width, image.height) if turned else (image.height, image.width)
            if longest is not None:
                image.draft("RGB", _at_least(image.size, longest * 3 // 2))
            ImageOps.exif_transpose(image, in_place=True)
            opaque = _opaque(image)
            if longest is not None and max(size) > longest:
                opaque = opaque.resize(_brought_down(size, longest), Image.Resampling.BILINEAR)
            return np.asarray(opaque), size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadPicture(f"the image can't be read ({error})") from None


def _at_least(size: tuple[int, int], longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(size))
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def _brought_down(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """(width, height), rounded as SAM rounds."""
    scale = longest / max(size)
    return max(1, int(size[1] * scale + 0.5)), max(1, int(size[0] * scale + 0.5))


def _opaque(image: Image.Image) -> Image.Image:
    """RGB."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image if image.mode == "RGB" else image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
