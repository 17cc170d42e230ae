"""Masks that a model's process replies with, looked at before anybody unpacks one: a few letters of run lengths can
stand for any number of pixels, and a process that its model took over says what it likes."""

from math import isfinite
from typing import Any

from assist.adapters import LONGEST_SIDE
from assist.errors import CopilotError

MAX_MASKS = 10_000  # of one reply
MAX_COUNTS = 4 * LONGEST_SIDE * LONGEST_SIDE  # letters of the run lengths of one mask
OPERATIONS = frozenset({"segment", "sharpen", "everything"})


def check(op: str, reply: dict[str, Any]) -> None:
    """Raises CopilotError "no-answer" where a mask is larger than those that masks travel as, or is none."""
    if op not in OPERATIONS:
        return
    masks, single = reply.get("masks", []), reply.get("mask")
    if not isinstance(masks, list) or len(masks) > MAX_MASKS or not all(map(_is_mask, masks)):
        raise _broken()
    if single is not None and not _is_mask(single):
        raise _broken()
    best = reply.get("best", 0)
    if type(best) is not int or not 0 <= best < max(1, len(masks)):
        raise _broken()
    if "image_size" in reply and not _is_size(reply["image_size"], most=1 << 20):
        raise _broken()


def _is_mask(mask: object) -> bool:
    if not isinstance(mask, dict) or not _is_size(mask.get("size"), LONGEST_SIDE):
        return False
    counts, score = mask.get("counts"), mask.get("score")
    if not isinstance(counts, str) or not isinstance(score, int | float):
        return False
    return len(counts) <= MAX_COUNTS and isfinite(score)


def _is_size(size: object, most: int) -> bool:
    return isinstance(size, list) and len(size) == 2 and all(type(side) is int and 1 <= side <= most for side in size)


def _broken() -> CopilotError:
    return CopilotError("no-answer", "The model's answer can't be used: a mask of it is none.")
