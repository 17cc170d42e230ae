"""Drawing by hash instead of by chance: the same word always falls the same way, and nobody can steer it. Pure."""

import hashlib


def lot(word: str) -> float:
    """From a word to [0, 1), evenly."""
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:6]) / 2**48
