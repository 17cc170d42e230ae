"""What the pages say about the copilot."""

import time

from django.conf import settings

from assist.bindings import CAPABILITIES
from assist.client import reachable, status_now
from assist.errors import TEXTS
from projects.models import Project
from projects.tasktypes import TASK_TYPES

FRESH_SECONDS = 2.0
STARTING = "The copilot is starting; it will be there in a moment."


class _Asked:
    """The last answer, so that a page full of projects asks once."""

    at = -FRESH_SECONDS
    answer: dict | None = None


def of_project(project: Project) -> str:
    """One sentence if this project's taskers are without the copilot that they should have; else ""."""
    capability = CAPABILITIES.get(TASK_TYPES[project.task_type].media)
    if capability is None or not project.settings_now().copilot:
        return ""
    return of_capability(capability)


def of_capability(capability: str) -> str:
    """What is wrong with the copilot for "segment" or "spans", in one sentence with what to do; "" if it answers."""
    status = _status()
    if status is None and reachable(settings.RUNTIME_ADDRESS):
        return STARTING  # importing a model's libraries leaves it no time to answer
    if status is None:
        return "The copilot is off: its runtime is not running. Annotating works without it."
    models = [model for model in status["models"].values() if model["capability"] == capability]
    if any(model["state"] == "ready" for model in models):
        return ""
    if any(model["state"] == "loading" for model in models):
        return STARTING
    reason = next((model["text"] for model in models if model["text"]), TEXTS["model-missing"])
    return f"The copilot is off: {reason}"


def _status() -> dict | None:
    now = time.monotonic()
    if now - _Asked.at >= FRESH_SECONDS:
        _Asked.answer = status_now(settings.RUNTIME_ADDRESS)
        _Asked.at = now
    return _Asked.answer
