"""safetensors: a header that says where each tensor lies, then the tensors side by side. The header is checked against
the file before a library makes room for what it claims."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assist.adapters.refusals import ManifestProblem

MAX_HEADER = 8 << 20  # bytes; a model of ten thousand tensors has one
MAX_DIMENSIONS, MAX_SIDE = 8, 1 << 40
METADATA = "__metadata__"
BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16}
BITS |= {"U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64}


def check(name: str, path: Path) -> None:
    """Raises ManifestProblem."""
    header(name, path)


def header(name: str, path: Path) -> dict[str, Sequence[int]]:
    """Each tensor's shape. Raises ManifestProblem where the tensors aren't side by side, each of the size that it is
    said to have."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(MAX_HEADER, size - 8):
            raise _bad(name, "its header isn't as long as it says")
        content = file.read(length)
    try:
        tensors = json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _bad(name, "its header is no JSON") from None
    if not isinstance(tensors, dict):
        raise _bad(name, "its header is no object")
    tensors.pop(METADATA, None)
    at = 0
    for tensor, where in sorted(((one, _place(name, said)) for one, said in tensors.items()), key=lambda pair: pair[1]):
        shape, (begin, end), bits = _said(name, tensors[tensor])
        if begin != at or end - begin != math.prod(shape) * bits // 8:
            raise _bad(name, "a tensor isn't where, or isn't as large as, the header says")
        at = where[1]
    if at != size - 8 - length:
        raise _bad(name, "its tensors don't fill it")
    return {tensor: said["shape"] for tensor, said in tensors.items()}


def _place(name: str, said: Any) -> tuple[int, int]:
    begin, end = _said(name, said)[1]
    return begin, end


def _said(name: str, said: Any) -> tuple[list[int], tuple[int, int], int]:
    """A tensor's shape, its place and the bits of each of its numbers."""
    if not isinstance(said, dict) or said.keys() != {"dtype", "shape", "data_offsets"}:
        raise _bad(name, "a tensor lacks its shape or its place")
    shape, place, bits = said["shape"], said["data_offsets"], BITS.get(str(said["dtype"]))
    if bits is None:
        raise _bad(name, "a tensor is of numbers that are unknown here")
    whole = isinstance(shape, list) and isinstance(place, list) and len(shape) <= MAX_DIMENSIONS and len(place) == 2
    if not whole or not all(type(side) is int and 0 <= side <= MAX_SIDE for side in (*shape, *place)):
        raise _bad(name, "a tensor's shape or place is no list of numbers")
    return shape, (place[0], place[1]), bits


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object each of whose names is there once: of two, readers take different ones."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError
    return made


def _bad(name: str, why: str) -> ManifestProblem:
    return ManifestProblem("not-safetensors", name, f"It is damaged: {why}.")
