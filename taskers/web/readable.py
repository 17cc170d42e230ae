"""Values as they are read: names and values in lists, never as JSON or as Python writes them."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

NOTHING = "–"
EMPTY: tuple[object, ...] = ("", None, {}, [])
MOST = 400  # names and values that are shown of one
LONGEST = 2_000  # characters of one text
# What answers and events call what they hold; other names are looked up too, and are told as they are.
NAMES = (
    *(gettext_noop("Provenance"), gettext_noop("Regions"), gettext_noop("Points"), gettext_noop("Attributes")),
    *(gettext_noop("Suggestion"), gettext_noop("Reason"), gettext_noop("Width"), gettext_noop("Height")),
    *(gettext_noop("Choices"), gettext_noop("Tiles"), gettext_noop("Scores"), gettext_noop("Agreement")),
)
KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


def readable(value: object) -> str:
    """One value for a person. What nests becomes lists of names and values; keys and what is empty are left out."""
    return _Writing().of(value)


def as_given(value: object) -> str:
    """The same of what a customer gave: it is shown whole, for no key in it is one of ours."""
    return _Given().of(value)


def moment(at: datetime) -> str:
    """A day and a time, as pages write them."""
    return date_format(localtime(at), "j M Y, H:i")


class _Writing:
    """How much of one value may still be shown."""

    def __init__(self) -> None:
        self.left = MOST

    def of(self, value: object) -> str:
        if isinstance(value, Mapping):
            return self.names(value)
        if isinstance(value, list | tuple):
            return self.items(value)
        return _plain(value)

    def names(self, value: Mapping) -> str:
        """Names and what they stand for; where all names are keys, what they stand for alone."""
        if value and all(self.ours("", name) for name in value):
            return self.items(list(value.values()))
        told = {name: one for name, one in value.items() if not self.ours(name, one) and one not in EMPTY}
        rows = [(self.title(str(name)), self.of(one)) for name, one in self.some(told.items())]
        more = format_html("<dt>…</dt><dd></dd>") if len(rows) < len(told) else ""
        shown = format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows)
        return format_html('<dl class="facts">{}{}</dl>', shown, more) if rows else NOTHING

    def items(self, value: list | tuple) -> str:
        """A line of plain values, or a list of those that nest."""
        told = [one for one in value if not self.ours("", one)]
        if not told:
            return NOTHING
        nests = any(isinstance(one, Mapping | list | tuple) for one in told)
        rows = [self.of(one) for one in self.some(told)]
        rows += ["…"] if len(rows) < len(told) else []
        if not nests:
            return ", ".join(rows)
        return format_html('<ol class="list-plain stack">{}</ol>', format_html_join("", "<li>{}</li>", zip(rows)))

    def ours(self, name: str, value: object) -> bool:
        """Whether this is a key, which nobody reads."""
        return name == "id" or _is_key(value)

    def title(self, name: str) -> str:
        """What stands before a value."""
        return _title(name)

    def some(self, values: Iterable) -> Iterable:
        """As many as may still be shown."""
        for one in values:
            if self.left <= 0:
                return
            self.left -= 1
            yield one


class _Given(_Writing):
    """The same for what isn't ours."""

    def ours(self, name: str, value: object) -> bool:
        return False

    def title(self, name: str) -> str:
        return name or NOTHING  # as it is looked for, and as it comes back


def _plain(value: object) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, int):
        return number_format(value)
    if isinstance(value, float):
        return number_format(_rounded(value))
    if isinstance(value, SafeString):
        return value
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _rounded(value: float) -> float:
    """Three places; three digits of what is too small for them."""
    small = 0 < abs(value) < 0.1
    return round(value, 2 - math.floor(math.log10(abs(value))) if small else 3)


def _title(name: str) -> str:
    """A name as it is written for people, in their language where the catalogue has it."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return _(words[:1].upper() + words[1:]) if words else NOTHING


def _is_key(value: object) -> bool:
    return isinstance(value, UUID) or isinstance(value, str) and bool(KEY.fullmatch(value))
