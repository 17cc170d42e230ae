"""The list of what is in a zip: how large it is, before it is read as a whole. Each 46 bytes of it become half a
kilobyte of memory."""

import os
import struct
from pathlib import Path

MAX_BYTES = 1 << 20  # of the list: room for 500 files of the longest names, and for a large model's 10,000 tensors
TAIL = 22 + 65_535 + 20 + 56  # bytes: the record at the end with the longest comment, and those of large files
END, END_LARGE = b"PK\x05\x06", b"PK\x06\x06"


def is_too_long(path: Path) -> bool:
    """Whether the list takes more than MAX_BYTES, by any record that a reader may take for the last one."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
        tail = file.read()
    return max((*_sizes(tail, END, "<I", 12), *_sizes(tail, END_LARGE, "<Q", 40)), default=0) > MAX_BYTES


def _sizes(tail: bytes, mark: bytes, form: str, offset: int) -> list[int]:
    sizes, at = [], tail.find(mark)
    while at >= 0:
        if len(tail) >= at + offset + struct.calcsize(form):
            (size,) = struct.unpack_from(form, tail, at + offset)
            sizes.append(0 if size == 0xFFFFFFFF and form == "<I" else size)  # then the other record says it
        at = tail.find(mark, at + 1)
    return sizes
