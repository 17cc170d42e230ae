"""From a file of bytes to pixels, upright, within limits."""

import io

import numpy as np
from PIL import Image, ImageOps

MAX_PIXELS = 100_000_000
FORMATS = ("PNG", "JPEG", "WEBP")  # what is stored is one of these; no other decoder is tried


class BadPicture(Exception):
    """The bytes are no image that can be read here; the message says why."""


def pixels_of(data: bytes) -> np.ndarray:
    """RGB uint8 height × width × 3, turned as its camera meant it. Transparency is laid on white."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadPicture(f"the image has more than {MAX_PIXELS // 1_000_000} million pixels")
            upright = ImageOps.exif_transpose(image)
            return np.asarray(_opaque(upright).convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadPicture(f"the image can't be read ({error})") from None


def _opaque(image: Image.Image) -> Image.Image:
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
