"""The pixels that all of SAM's models see: how large their frame is, and how colours become numbers."""

import numpy as np

IMAGE_SIDE = 1024

# Means and deviations of the pictures SAM was trained on: RGB, 0..255.
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)
# What each of the 256 levels of a colour becomes: a picture has millions of pixels and no other levels.
LEVELS = ((np.arange(256, dtype=np.float32)[:, None] - MEAN) / DEVIATION).T.copy()  # 3×256
