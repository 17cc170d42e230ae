"""A statement of money as it is read: the words of what moved, and its rows for a file."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from taskers.files.csv_cells import plain
from taskers.money.ledger import MILLIONTHS
from taskers.money.statements import Line, Statement

WHAT = {
    "work": gettext_lazy("Work"),
    "reviews": gettext_lazy("Reviews"),
    "bonus": gettext_lazy("Bonus"),
    "taken back": gettext_lazy("Taken back"),
    "payout": gettext_lazy("Into a payout"),
    "called off": gettext_lazy("Payout called off"),
    "returned": gettext_lazy("Came back"),
}


def rows_of(statement: Statement, names: Mapping[UUID, str], currency: str) -> list[list[str]]:
    """A heading, what was owed before, then a row for each line."""
    heading = [_("Day"), _("What"), _("Project"), _("Pieces"), _("Amount"), _("Owed"), _("Currency")]
    first = [statement.since.date().isoformat(), _("Owed before"), "", "", "", _units(statement.opening), currency]
    lines = [
        [
            one.day.isoformat(),
            plain(_what(one)),
            plain(names.get(one.project_key, "")) if one.project_key else "",
            str(one.pieces),
            _units(one.amount),
            _units(one.balance),
            currency,
        ]
        for one in statement.lines
    ]
    return [heading, first, *lines]


def _what(one: Line) -> str:
    said = [str(WHAT[one.what])]
    if one.note:
        said.append(one.note)
    if one.raised:
        said.append(_("%(amount)s of it for accuracy") % {"amount": _units(one.raised)})
    return ": ".join(said)


def _units(amount: int) -> str:
    sign, amount = ("-" if amount < 0 else ""), abs(amount)
    return f"{sign}{amount // MILLIONTHS}.{amount % MILLIONTHS:06d}"
