"""The run lengths in which Label Studio keeps what was painted with its brush.

A stream of bits: 32 for how many values follow, 5 for the bits of a value, four times 4 for the bits of a length; all
but the first count from 1. Then blocks: a bit that says whether one value is repeated, two bits that choose one of the
four sizes, the length (from 1), and the value or values. The values are the bytes of an image, four to a pixel; the
last of them says whether it is painted.
"""

import numpy as np

from projects.errors import Refused

MAX_VALUES = 4 * 64_000_000


class _Bits:
    """A stream of bits, read from its start."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int) -> int:
        """The number in the next bits. Raises Refused behind the end."""
        end = self._at + size
        if end > 8 * len(self._data):
            raise Refused("The mask is cut off.", code="malformed-mask")
        first, last = self._at >> 3, (end + 7) >> 3
        found = int.from_bytes(self._data[first:last], "big") >> (8 * last - end) & ((1 << size) - 1)
        self._at = end
        return found


def painted(counts: object, height: int, width: int) -> np.ndarray:
    """Height × width, true where painted. Raises Refused for what is no mask of this size."""
    if not isinstance(counts, list) or not all(isinstance(one, int) and 0 <= one < 256 for one in counts):
        raise Refused("The mask is no list of bytes.", code="malformed-mask")
    bits = _Bits(bytes(counts))
    total = bits.read(32)
    if total != 4 * height * width or total > MAX_VALUES:
        text = "The mask has %(total)s values; an image of %(width)s × %(height)s has four times its pixels."
        raise Refused(text, code="wrong-mask-size", total=total, width=width, height=height)
    value_size = bits.read(5) + 1
    sizes = [bits.read(4) + 1 for _ in range(4)]
    values = np.zeros(total, dtype=np.uint8)
    at = 0
    while at < total:
        repeated = bits.read(1)
        length = bits.read(sizes[bits.read(2)]) + 1
        if at + length > total:
            raise Refused("The mask is longer than it says.", code="malformed-mask")
        if repeated:
            values[at : at + length] = bits.read(value_size) & 255
        else:
            values[at : at + length] = [bits.read(value_size) & 255 for _ in range(length)]
        at += length
    return values[3::4].reshape(height, width) > 0
