"""How sentences that were kept in English are said in templates."""

from django import template

from assist.errors import TEXTS
from assist.learning import gate, pictures, reasons
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
