"""How sentences that were kept in English are said in templates."""

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


@register.filter
def reason(kept: str) -> str:
    """Why something came to nothing, in the reader's language."""
    told = said_again(kept, KNOWN)
    return gettext(kept) if kept and told == kept else told  # a refusal without values stands in the catalogue whole


@register.filter
def lost(kept: str) -> str:
    """What a plan was begun for, in the reader's language: a kind of drift, or of task."""
    return str(KINDS[kept].title) if kept in KINDS else kind_of_task(kept)


@register.filter
def kind_of_task(kept: str) -> str:
    """What a slice is called, in the reader's language."""
    if kept == gate.EVERYTHING:
        return gettext("All tasks")
    return traits.JOINED.join(said_again(one, slices.NAMES.values()) for one in kept.split(traits.JOINED))
