"""Draws by a keyed hash: the same however often they are asked, and nobody's to guess or to steer.

What the database draws for itself is in model_draws.py.
"""

import random

from django.utils.crypto import salted_hmac


def digest(purpose: str, word: str) -> bytes:
    """32 bytes for a word; those of another purpose tell nothing of them."""
    return salted_hmac(f"tandem.{purpose}", word, algorithm="sha256").digest()


def share(purpose: str, word: str) -> float:
    """Evenly in [0, 1), for a word."""
    return rng(purpose, word).random()


def rng(purpose: str, word: str) -> random.Random:
    """What is drawn for a word."""
    return random.Random(digest(purpose, word))
