"""A vector as a row of the database keeps it: half precision, in letters. Pure."""

import base64

import numpy as np


def packed(vector: np.ndarray) -> dict[str, str]:
    """JSON of a unit vector; a cosine moves by some ten-thousandths."""
    return {"vector": base64.b64encode(vector.astype("<f2").tobytes()).decode("ascii")}


def unpacked(kept: dict[str, str]) -> np.ndarray:
    """float32, as it was packed."""
    return np.frombuffer(base64.b64decode(kept["vector"]), "<f2").astype(np.float32)
