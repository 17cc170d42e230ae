"""How sentences that were kept in English are said in templates.

`names`: what the project's labels and tasks are called, by their keys, which is how kinds of tasks are kept.
"""

import re

from django import template
from django.utils.translation import gettext

from assist.errors import TEXTS
from assist.learning import gate, pictures, reasons, slices, traits
from assist.learning.drift.series import KINDS
from assist.web.slice_names import SliceNames
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
LABEL = re.compile(slices.NAMES["label"] % {"label": "(.+)"})
LIKE = re.compile(slices.NAMES["like"] % {"value": r"([-0-9a-f]{36}) ([.\d]+)"})


@register.filter
def reason(kept: str, names: SliceNames | None = None) -> str:
    """Why something came to nothing, in the reader's language."""
    told = said_again(_with_kinds(kept, names), KNOWN)
    return gettext(kept) if kept and told == kept else told  # a refusal without values stands in the catalogue whole


@register.filter
def lost(kept: str, names: SliceNames | None = None) -> str:
    """What a plan was begun for, in the reader's language: a kind of drift, or of task."""
    return str(KINDS[kept].title) if kept in KINDS else kind_of_task(kept, names)


@register.filter
def kind_of_task(kept: str, names: SliceNames | None = None) -> str:
    """What a slice is called, in the reader's language."""
    if kept == gate.EVERYTHING:
        return gettext("All tasks")
    said = [
        said_again(_by_name(one, names) if names else one, slices.NAMES.values()) for one in kept.split(traits.JOINED)
    ]
    return traits.JOINED.join(said)


def _by_name(kept: str, names: SliceNames) -> str:
    """One trait of a slice, with the name of the label or task that it is kept by."""
    if found := LABEL.fullmatch(kept):
        return slices.NAMES["label"] % {"label": names.label(found[1])}
    if found := LIKE.fullmatch(kept):
        return slices.NAMES["like"] % {"value": f"{names.task(found[1])} ({found[2]})"}
    return kept


def _with_kinds(kept: str, names: SliceNames | None) -> str:
    """A reason with the kinds of tasks in it as they are called."""
    for head in HEADS:
        if kept.startswith(head):
            listed = kept[len(head) :].removesuffix(".").split(LISTED)
            return f"{head}{LISTED.join(kind_of_task(one, names) for one in listed)}."
    return kept
