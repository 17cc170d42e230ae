"""What may be asked of the runtime: every operation, how long it may take, and who answers it.

Who answers is the method of `Serving` (serving.py) that has the operation's name.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
Answers = Mapping[str, Answer]


@dataclass(frozen=True)
class Operation:
    """`seconds`: how long the runtime gives it. `of_a_model`: it names a model, whose process answers; the others are
    methods of the engine."""

    name: str
    seconds: float
    of_a_model: bool = True
    of_an_image: bool = False

    @property
    def patience(self) -> float:
        """Seconds that who asks waits: a little more, so that it is the runtime that says "too slow"."""
        return self.seconds + min(5.0, self.seconds / 5)


OPERATIONS = {
    one.name: one
    for one in (
        Operation("status", 5.0, of_a_model=False),
        Operation("pin", 10.0, of_a_model=False),
        Operation("embed", 120.0, of_an_image=True),
        Operation("segment", 60.0, of_an_image=True),
        Operation("sharpen", 60.0, of_an_image=True),
        Operation("everything", 90.0, of_an_image=True),
        Operation("progress", 5.0),
        Operation("spans", 30.0),
        Operation("spans_of", 300.0),
        Operation("classify", 30.0),
        Operation("vectors", 300.0),
        Operation("boxes", 130.0, of_an_image=True),
        Operation("shares", 300.0),
        Operation("written", 130.0),
        Operation("image_shares", 60.0, of_an_image=True),
        Operation("image_vector", 60.0, of_an_image=True),
    )
}
# What only whoever started a model's process asks of it, over its channel (model_process.py).
INNER_OPERATIONS = {operation.name: operation for operation in (Operation("metrics", 5.0), Operation("examine", 300.0))}
CANCEL = "cancel"  # no question: the one of this number needs no answer any more


def told_sharper(mask: dict[str, Any] | None) -> dict[str, Any]:
    """The reply to `sharpen`, for askers of this release, and of the one before, which look for `masks` and `best`:
    processes are exchanged one after another."""
    return {"mask": mask, "masks": [] if mask is None else [mask], "best": 0}


def sharper_mask(reply: dict[str, Any]) -> dict[str, Any] | None:
    """The mask of a reply to `sharpen`, of a runtime of this release or the one before; None where there is none."""
    if "mask" in reply:
        return reply["mask"]
    return reply["masks"][reply["best"]] if reply["masks"] else None
