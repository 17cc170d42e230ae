"""Pictures, as files and as they are read."""

import io

import numpy as np
from PIL import Image

from projects.data.media.pictures import Picture, read_picture


def picture(shade: int = 90) -> Picture:
    out = io.BytesIO()
    Image.fromarray(np.full((20, 30, 3), shade, dtype=np.uint8)).save(out, "PNG")
    return read_picture(out.getvalue())
