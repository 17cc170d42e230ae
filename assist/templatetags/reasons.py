"""How sentences that were kept in English are said in templates."""

from django import template
from django.utils.translation import gettext

from assist.errors import TEXTS
from assist.learning import gate, pictures, reasons, slices
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
    return said_again(kept, KNOWN)


@register.filter
def kind_of_task(kept: str) -> str:
    """What a slice is called, in the reader's language."""
    return gettext("All tasks") if kept == gate.EVERYTHING else said_again(kept, slices.NAMES.values())
