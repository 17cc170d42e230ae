"""Text in XML: escaped, and without the characters that XML has no way to say."""

import re
from xml.sax.saxutils import escape, quoteattr

UNSAYABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: object) -> str:
    """Between tags."""
    return escape(UNSAYABLE.sub("\ufffd", str(value)))


def quoted(value: object) -> str:
    """An attribute's value with its quotes."""
    return quoteattr(UNSAYABLE.sub("\ufffd", str(value)))


def number(value: float) -> str:
    """A coordinate to a hundredth, without zeros at its end."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
