"""What the least score of suggestions comes to, on those that were offered lately: who keeps them is known above this
app, and says so here when it is installed."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from projects.models import Project, ProjectSettings

MOST = 500
LEAST = 5  # fewer suggestions tell nothing


class Offered(NamedTuple):
    """A suggestion that could have been held back: under which label, how sure it was, and what became of it."""

    label: str
    score: float
    accepted: bool  # as it was
    refused: bool


# The newest that have a score, at most so many.
Finder = Callable[[Project, int], Sequence[Offered]]
FINDERS: list[Finder] = []


def of(project: Project, settings: ProjectSettings) -> str:
    """In a sentence, in the reader's language; "" where too little was offered. One query."""
    return told(FINDERS[0](project, MOST), settings) if FINDERS else ""


def told(found: Sequence[Offered], settings: ProjectSettings) -> str:
    """The sentence; labels with a least score of their own keep it."""
    own = settings.label_minimums
    if len(found) < LEAST:
        return ""
    held_back = [one for one in found if one.score < own.get(one.label, settings.minimum_score)]
    words = {
        "share": round(100 * settings.minimum_score),
        "number": len(held_back),
        "all": len(found),
        "accepted": sum(one.accepted for one in held_back),
        "refused": sum(one.refused for one in held_back),
    }
    said = _(
        "With %(share)s %%, %(number)s of the last %(all)s suggestions with a score would not have been shown: of"
        " these %(accepted)s were accepted as they were and %(refused)s refused."
    )
    return f"{said} {_('What was too unsure to be shown then isn’t among them.')}" % words
