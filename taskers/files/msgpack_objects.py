"""Msgpack that strangers packed, unpacked only where it holds no more objects than memory bears."""

from typing import Any

import msgpack

# By the first byte: how long an object is behind it; how long the number that says so is, and what comes with it; and
# how long the number of the objects within is, and how many each stands for.
FIXED = {0xC0: 0, 0xC1: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
FIXED |= {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}
SIZED = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1)}
SIZED |= {0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0)}
COUNTED = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def unpacked(data: bytes | bytearray, max_objects: int, **options: Any) -> Any:
    """What msgpack packed. Raises ValueError, also for more than `max_objects` objects, and msgpack's own."""
    if len(data) > max_objects:  # so many bytes hold no more
        _count(data, max_objects)
    try:
        return msgpack.unpackb(data, strict_map_key=False, **options)
    except msgpack.StackError:  # as many levels as msgpack itself allows, some hundreds
        raise ValueError("it is nested too deep") from None


def _count(data: bytes | bytearray, max_objects: int) -> None:
    """Raises ValueError where lists and maps announce more than `max_objects` objects."""
    at, end, due, announced = 0, len(data), 1, 1
    while due and at < end:
        head = data[at]
        at += 1
        due -= 1
        if head <= 0x7F or head >= 0xE0:  # a small number
            continue
        within = 0
        if head <= 0x8F:
            within = 2 * (head & 0x0F)
        elif head <= 0x9F:
            within = head & 0x0F
        elif head <= 0xBF:
            at += head & 0x1F
        elif head in COUNTED:
            width, times = COUNTED[head]
            within = times * int.from_bytes(data[at : at + width], "big")
            at += width
        elif head in SIZED:
            width, more = SIZED[head]
            at += width + more + int.from_bytes(data[at : at + width], "big")
        else:
            at += FIXED[head]
        due += within
        announced += within
        if announced > max_objects:
            raise ValueError(f"it holds more than {max_objects} objects; split it")
