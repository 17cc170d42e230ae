"""Label Studio's own run lengths of a mask: bits that tell the words of an RGBA picture, each pixel four times. Pure.

A header says how many words there are, how wide one is and in how many bits a length may be told; then come runs, each
a 1, which of the widths its length is told in, the length less one, and the word.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

WORD = 8
WIDTHS = (3, 4, 8, 16)
INSIDE, OUTSIDE = 255, 0


def encode(bitmap: NDArray[np.bool_]) -> list[int]:
    """The bytes, as the JSON has them: a list of numbers."""
    flat = bitmap.ravel()
    edges = np.concatenate(([0], np.flatnonzero(np.diff(flat)) + 1, [flat.size]))
    bits = [f"{flat.size * 4:032b}{WORD - 1:05b}", *(f"{width - 1:04b}" for width in WIDTHS)]
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        bits.append(_run((end - start) * 4, INSIDE if flat[start] else OUTSIDE))
    text = "".join(bits)
    whole = text + "0" * (-len(text) % 8)
    return list(int(whole, 2).to_bytes(len(whole) // 8))


@lru_cache(maxsize=10_000)  # most runs of most masks are short, and come again
def _run(length: int, word: int) -> str:
    longest = 1 << WIDTHS[-1]
    told = []
    while length > 0:
        now = min(length, longest)
        which = next(at for at, width in enumerate(WIDTHS) if now <= 1 << width)
        told.append(f"1{which:02b}{now - 1:0{WIDTHS[which]}b}{word:0{WORD}b}")
        length -= now
    return "".join(told)
