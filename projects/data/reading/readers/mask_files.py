"""Pictures that are masks: numbers or colours where others have light. They are read as they are, never turned or
converted."""

import io
import warnings

import numpy as np
from PIL import Image

from projects.data.media.pictures import MAX_PIXELS
from projects.data.media.structure import check_parts, check_tiles
from projects.errors import Refused

FORMATS = ("PNG", "BMP", "TIFF", "GIF")


def numbers_of(data: bytes) -> np.ndarray:
    """Height × width of a picture of numbers (grey or with a palette), or × 3 of one of colours. Raises Refused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_parts(data)
            image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
            check_tiles(image)
            if image.width * image.height > MAX_PIXELS:
                raise Refused("The mask has too many pixels.", code="too-many-pixels")
            if image.mode not in ("L", "P", "1", "I", "I;16", "RGB"):
                image = image.convert("RGB")
            return np.asarray(image).astype(np.int32)
    except Refused:
        raise
    except Exception as problem:  # decoders raise nearly anything on damaged data
        reason = (str(problem) or type(problem).__name__).rstrip(".")[:200]
        raise Refused("The mask can't be read: %(problem)s.", code="not-an-image", problem=reason) from None
