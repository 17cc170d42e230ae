"""What the methods are given, checked before it is used: a NaN that slips in would come out as somebody's answer.

Each check returns the argument as an array, or raises BadArgument, which names it and says what it must be. They cost
microseconds and stand at the entrance of a method, not in its loops.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


# So far may sums of probabilities be beyond their ends by the way in which a computer adds; they are taken for the end.
ROUNDING = 1e-9


class BadArgument(ValueError):
    """An argument that no method can work with: `name` is which, `why` what it must be."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name
        self.why = why


def weights(name: str, values: ArrayLike | None, size: int) -> Floats:
    """(size,) weights that are finite, not below zero and not all zero; None stands for equal ones."""
    if values is None:
        return np.ones(size)
    found = finite(name, values)
    if found.shape != (size,):
        raise BadArgument(name, f"there must be {size}, one for each, not {found.size}")
    if (found < 0).any():
        raise BadArgument(name, "none may be below zero")
    if size and not found.any():
        raise BadArgument(name, "one at least must be above zero")
    return found


def chances(name: str, values: ArrayLike, size: int | None = None) -> Floats:
    """(size,) probabilities in [0, 1]; of any length where none is said."""
    found = finite(name, values)
    if found.ndim != 1 or (size is not None and found.size != size):
        raise BadArgument(name, f"there must be {'a row' if size is None else size} of them, not {found.shape}")
    if ((found < -ROUNDING) | (found > 1 + ROUNDING)).any():
        raise BadArgument(name, "each must be between 0 and 1")
    return np.clip(found, 0.0, 1.0)


def chance(name: str, value: float) -> float:
    """One probability in [0, 1]."""
    if not -ROUNDING <= value <= 1 + ROUNDING:
        raise BadArgument(name, f"it must be between 0 and 1, not {value}")
    return min(max(value, 0.0), 1.0)


def finite(name: str, values: ArrayLike) -> Floats:
    """Numbers that are all finite, in the shape they have."""
    found = np.asarray(values, dtype=float)
    if not np.isfinite(found).all():
        raise BadArgument(name, "all must be finite numbers")
    return found


def indices(name: str, values: ArrayLike, size: int, count: int | None = None) -> Ints:
    """A row of whole numbers from 0 to below `size`; `count` of them where that is said."""
    return _whole(name, values, 0, size, count)


def known(name: str, values: ArrayLike, tasks: int, classes: int) -> Ints:
    """(tasks,) known answers: the class, or -1 where it isn't known."""
    return _whole(name, values, -1, classes, tasks)


def kinds(name: str, shapes: Sequence[object], allowed: Collection[str]) -> str:
    """The one kind of some shapes ({"type": …}), at least one."""
    found = {shape.get("type") if isinstance(shape, dict) else None for shape in shapes}
    if not found:
        raise BadArgument(name, "there must be one at least")
    if len(found) > 1 or not found <= set(allowed):
        said = ", ".join(sorted(str(one) for one in found))
        raise BadArgument(name, f"shapes of kind {said} can't be fused; one kind of {', '.join(sorted(allowed))} can")
    return str(found.pop())


def _whole(name: str, values: ArrayLike, low: int, high: int, count: int | None) -> Ints:
    found = np.asarray(values)
    if found.ndim != 1 or (count is not None and found.size != count):
        raise BadArgument(name, f"there must be {'a row' if count is None else count} of them, not {found.shape}")
    if found.size and found.dtype.kind not in "iub":
        raise BadArgument(name, "all must be whole numbers")
    if found.size and not (found.min() >= low and found.max() < high):
        raise BadArgument(name, f"a {name} index is out of range: all must be from {low} to {high - 1}")
    return found.astype(np.int64, copy=False)
