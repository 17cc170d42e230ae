"""How sentences that were kept in English are said in templates.

`names`: what the project's labels are called, by their keys, which is how kinds of tasks are kept.
"""

import re
from collections.abc import Mapping

from django import template
from django.utils.translation import gettext

from assist.errors import TEXTS
from assist.learning import gate, pictures, reasons, slices, traits
from assist.learning.drift.series import KINDS
from taskers.errors import said_again

register = template.Library()
KNOWN = (
    *gate.REASONS.values(),
    *reasons.REASONS.values(),
    pictures.NoRoom().template,
    *TEXTS.values(),
)


# What reasons begin with that end with a list of kinds.
HEADS = [
    one.partition("%(slices)s.")[0]
    for one in (gate.REASONS["worse"], gate.REASONS["slices"], reasons.REASONS["slices-unread"])
]
LISTED = ", "
LABEL = slices.NAMES["label"]
_LABEL = re.compile(LABEL % {"label": "(.+)"})


@register.filter
def reason(kept: str, names: Mapping[str, str] | None = None) -> str:
    """Why something came to nothing, in the reader's language."""
    told = said_again(_with_kinds(kept, names), KNOWN)
    return gettext(kept) if kept and told == kept else told  # a refusal without values stands in the catalogue whole


@register.filter
def lost(kept: str, names: Mapping[str, str] | None = None) -> str:
    """What a plan was begun for, in the reader's language: a kind of drift, or of task."""
    return str(KINDS[kept].title) if kept in KINDS else kind_of_task(kept, names)


@register.filter
def kind_of_task(kept: str, names: Mapping[str, str] | None = None) -> str:
    """What a slice is called, in the reader's language."""
    if kept == gate.EVERYTHING:
        return gettext("All tasks")
    said = [said_again(_by_name(one, names or {}), slices.NAMES.values()) for one in kept.split(traits.JOINED)]
    return traits.JOINED.join(said)


def _by_name(kept: str, names: Mapping[str, str]) -> str:
    """One trait of a slice, a label by its name."""
    found = _LABEL.fullmatch(kept)
    return LABEL % {"label": names.get(found[1], found[1])} if found else kept


def _with_kinds(kept: str, names: Mapping[str, str] | None) -> str:
    """A reason with the kinds of tasks in it as they are called."""
    for head in HEADS:
        if kept.startswith(head):
            listed = kept[len(head) :].removesuffix(".").split(LISTED)
            return f"{head}{LISTED.join(kind_of_task(one, names) for one in listed)}."
    return kept
