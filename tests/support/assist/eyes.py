"""A detector that sees what it is told to, and decided pictures, without a runtime and without a table."""

from types import SimpleNamespace
from typing import Any

from assist.errors import CopilotError
from assist.learning.blind_verdicts import Decided
from assist.models import ModelVersion

FAULTS = {"spoilt": "no-image", "down": "copilot-down", "odd": "no-answer", "dense": "too-slow"}


def version(*labels: str, capability: str = "detect") -> ModelVersion:
    """With these names of its own; without any, one that doesn't say which it has."""
    terms = {"labels": list(labels), "label_map": {}} if labels else {"label_map": {}}
    return ModelVersion(name="sees", version="1", capability=capability, terms=terms)


class Eyes:
    """Sees in each picture what is told of it by its name; "spoilt" can't be read, at "down" it is away, of "odd" it
    makes nothing, "dense" takes too long every time and "heavy" once. `asked`: the pictures, in order."""

    def __init__(self, **seen: list[list[Any]]) -> None:
        self._seen = seen
        self.asked: list[str] = []

    async def boxes(self, model: str, image: str, supply: Any) -> dict[str, Any]:
        self.asked.append(image)
        if fault := FAULTS.get(image):
            raise CopilotError(fault)
        if image == "heavy" and self.asked.count(image) == 1:
            raise CopilotError("too-slow")
        return {"boxes": self._seen.get(image, []), "dropped": {}}


def box(label: str, x: float, y: float, width: float, height: float, **said: str) -> dict[str, Any]:
    shape = {"type": "box", "x": x, "y": y, "width": width, "height": height}
    return {"label": label, "shape": shape, "attributes": said}


def decided(key: int, name: str, *regions: dict[str, Any], blind: bool = True) -> Decided:
    """A picture of 100 pixels each way, by its name; without one, a task that has none."""
    asset = SimpleNamespace(sha256=name, height=100, width=100, file=SimpleNamespace(name=name))
    task: Any = SimpleNamespace(pk=key, payload={"width": 100, "height": 100}, asset=asset if name else None)
    task.batch = SimpleNamespace(name="First")
    entry: Any = SimpleNamespace(task=task)
    return Decided(entry, {"regions": list(regions)}, blind)
