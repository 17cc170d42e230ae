"""What goes along with a job or a question to the runtime, so that both know for which request they work."""

from collections.abc import Mapping
from typing import Any

from taskers.telemetry import request_ids, spans

NAME = "_carried"  # of the argument, or field, that holds it


def take_along() -> dict[str, str]:
    """The request, and the place in its trace; empty where there is neither."""
    found = {"request": request_ids.current(), "parent": spans.place()}
    return {name: value for name, value in found.items() if value}


def take_up(fields: dict[str, Any]) -> dict[str, Any]:
    """Go on, in this task or thread, with what came along in these fields; returns them without it."""
    came = fields.pop(NAME, None)
    said = came if isinstance(came, Mapping) else {}
    request_ids.resume(str(said.get("request", "")))
    spans.resume(str(said.get("parent", "")))
    return fields
