"""What the pages say about the copilot."""

import time

from django.conf import settings
from django.utils.translation import gettext as _

from assist.errors import TEXTS
from assist.runtime.client import default_models, reachable, status_now
from assist.runtime.embedding_store import USUAL
from assist.suggestions.bindings import capability_of
from projects.models import Project, ProjectSettings, Task

FRESH_SECONDS = 2.0
STARTING = "The copilot is starting; it will be there in a moment."


class _Asked:
    """The last answer, so that a page full of projects asks once."""

    at = -FRESH_SECONDS
    answer: dict | None = None


def of_project(project: Project, terms: ProjectSettings) -> str:
    """One sentence if this project's taskers are without the copilot that they should have; else ""."""
    capability = capability_of(project.task_type, terms)
    if not capability or not terms.copilot:
        return ""
    said = of_capability(capability)
    return "" if said and capability == "classify" and of_images(project) else said


def of_images(project: Project) -> bool:
    """Whether what was loaded last is an image, for which nothing is suggested anyway."""
    newest = Task.objects.filter(project=project).order_by("-pk").values_list("asset", flat=True).first()
    return newest is not None


def of_capability(capability: str) -> str:
    """What is wrong with the copilot for a capability, in one sentence with what to do; "" if it answers."""
    status = _status()
    if status is None and reachable(settings.RUNTIME_ADDRESS):
        return _(STARTING)  # importing a model's libraries leaves it no time to answer
    if status is None:
        return _("The copilot is off: its runtime is not running. Annotating works without it.")
    models = [model for model in default_models(status).values() if model["capability"] == capability]
    if any(model["state"] == "ready" for model in models):
        return ""
    if any(model["state"] == "loading" for model in models):
        return _(STARTING)
    # One that died is being started again; say that rather than that it is missing.
    models.sort(key=lambda model: model["state"] != "restarting")
    reason = next((model["text"] for model in models if model["text"]), TEXTS["model-missing"])
    return _("The copilot is off: %(reason)s") % {"reason": _(reason)}


def of_store() -> dict | None:
    """How full the store of embeddings is and how often it had what was asked for; None where nobody says."""
    said = (_status() or {}).get("store")
    if not said:
        return None
    asked = said["in_memory"] + said["on_disk"] + said["made"]
    found = said["in_memory"] + said["on_disk"]
    return said | {"asked": asked, "found_percent": round(100 * found / asked) if asked else None}


def images_kept() -> int:
    """Of how many images the store has room for what was made of them: as it says, else as the default model takes."""
    said = of_store()
    return said["pinned_most"] if said else (settings.EMBEDDINGS_MB << 20) // USUAL


def _status() -> dict | None:
    now = time.monotonic()
    if now - _Asked.at >= FRESH_SECONDS:
        _Asked.answer = status_now(settings.RUNTIME_ADDRESS)
        _Asked.at = now
    return _Asked.answer
