"""Comparing a run with the processor's file: line by line, shown before anything is written, and applied as a whole.

The only writer of ReconciledFile. The file is a CSV with the columns payment_key and status, and if it has them amount,
currency and note; others are left alone.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import transaction

from taskers.errors import Problem, StateConflict
from taskers.models import Payout, PayoutItem, Person, ReconciledFile, limits
from taskers.money import payouts, returns

PAID = frozenset({"paid", "completed", "complete", "success", "succeeded", "settled", "executed"})
BACK = frozenset({"failed", "returned", "rejected", "unclaimed", "reversed", "refused", "error"})

AMOUNT = re.compile(r"(?P<units>[0-9]{1,15})(\.(?P<cents>[0-9]{1,2})0*)?")


class BadFile(Problem):
    """This is no table of a processor: it needs the columns payment_key and status."""

    code = "bad-processor-file"
    status = 422


class Differs(StateConflict):
    """The file and the run differ: nothing was written. Ask the processor about the lines that are marked."""

    code = "differs"


@dataclass(frozen=True)
class Compared:
    """A line of the file beside the run: `state` is matched, returned, differing, unmatched or missing."""

    state: str
    key: str
    tasker: str = ""
    cents: int | None = None  # by the run
    said: str = ""  # amount and status by the file
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """A run beside a file."""

    payout: Payout
    sha256: str
    lines: list[Compared]

    def of(self, *states: str) -> list[Compared]:
        """Those in one of these states."""
        return [one for one in self.lines if one.state in states]

    @property
    def applies(self) -> bool:
        """Whether nothing in it has to be asked about."""
        return not self.of("differing", "unmatched")

    @property
    def is_whole(self) -> bool:
        """Whether it tells of everybody in the run."""
        return self.applies and not self.of("missing")


def compare(payout: Payout, file: bytes) -> Comparison:
    """What a file says of a run; writes nothing. Raises BadFile."""
    if len(file) > limits.PROCESSOR_FILE:
        raise BadFile("The file is too large.", place="file")
    items = {item.key: item for item in payout.items.select_related("tasker").order_by("pk")}
    returned = set(payout.items.filter(returns__state__in=returns.OPEN).values_list("key", flat=True))
    told: dict[str, Compared] = {}
    lines: list[Compared] = []
    for row in _rows(file):
        key = row["payment_key"]
        item = items.get(key)
        line = _compared(payout, item, row)
        if line.state == "matched" and key in returned:
            line = replace(line, state="differing", note="It was said that this came back.")
        if key in told:
            line = Compared("differing", key, line.tasker, line.cents, line.said, "This stands in the file twice.")
        told[key] = line
        lines.append(line)
    missing = [item for key, item in items.items() if key not in told and key not in returned]
    lines += [Compared("missing", item.key, str(item.tasker), item.cents) for item in missing]
    return Comparison(payout, hashlib.sha256(file).hexdigest(), lines)


@transaction.atomic
def apply(payout: Payout, person: Person, file: bytes, *, reference: str = "") -> ReconciledFile:
    """Do what a file says: what wasn't paid waits for a second person to be owed again; and where it tells of everybody
    in an approved run, that is settled. The same file again changes nothing.

    Raises BadFile, Differs, what settling does, or StateConflict for a run that is neither approved nor settled.
    """
    payout.refresh_from_db(from_queryset=Payout.objects.select_for_update(no_key=True))
    if payout.state not in {Payout.State.APPROVED, Payout.State.SETTLED}:
        raise StateConflict("Only an approved or settled payout can be compared with what the processor did.")
    found = compare(payout, file)
    if (before := ReconciledFile.objects.filter(payout=payout, sha256=found.sha256).first()) is not None:
        return before
    if not found.applies:
        raise Differs()
    back = {one.key: one for one in found.of("returned")}
    for item in payout.items.filter(key__in=back).exclude(returns__state__in=returns.OPEN).order_by("pk"):
        returns.ask(item, person, reason=back[item.key].note or back[item.key].said)
    if found.is_whole and payout.state == Payout.State.APPROVED:
        payouts.settle(payout, person, reference=reference)
    lines = [asdict(one) for one in found.lines]
    return ReconciledFile.objects.create(payout=payout, sha256=found.sha256, lines=lines, applied_by=person)


def _rows(file: bytes) -> Iterator[dict[str, str]]:
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile("The file isn't text in UTF-8.", place="file") from None
    if "\x00" in text:
        raise BadFile("The file isn't text in UTF-8.", place="file")
    reader = csv.DictReader(io.StringIO(text), dialect=_dialect(text))
    names = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
    if not {"payment_key", "status"} <= names.keys():
        raise BadFile(place="file")
    try:
        for number, row in enumerate(reader, start=1):
            if number > limits.PROCESSOR_LINES:
                raise BadFile("The file has more than %(most)s lines.", place="file", most=limits.PROCESSOR_LINES)
            cells = {name: str(row.get(named) or "").strip() for name, named in names.items()}
            if any(cells.values()):
                yield cells
    except csv.Error:
        raise BadFile(place="file") from None


def _dialect(text: str) -> type[csv.Dialect]:
    class Dialect(csv.excel):
        delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","

    return Dialect


def _compared(payout: Payout, item: PayoutItem | None, row: dict[str, str]) -> Compared:
    said = " ".join(filter(None, (row.get("amount", ""), row.get("currency", ""), row["status"])))[:200]
    key, note = row["payment_key"][:120], row.get("note", "")[:200]
    if item is None:
        return Compared("unmatched", key, said=said, note="Nobody in this run has that key.")
    whose: dict[str, Any] = {"key": key, "tasker": str(item.tasker), "cents": item.cents, "said": said}
    if row.get("currency", payout.currency).upper() not in {"", payout.currency}:
        return Compared("differing", **whose, note="The currency is another one.")
    if row.get("amount") and _cents(row["amount"]) != item.cents:
        return Compared("differing", **whose, note="The amount is another one.")
    status = row["status"].casefold()
    if status in PAID:
        return Compared("matched", **whose, note=note)
    if status in BACK:
        return Compared("returned", **whose, note=note)
    return Compared("differing", **whose, note="It says neither that this was paid nor that it came back.")


def _cents(text: str) -> int | None:
    """Whole cents of an amount written with a point, or nothing where it is none."""
    found = AMOUNT.fullmatch(text.replace(" ", ""))
    return int(found["units"]) * 100 + int((found["cents"] or "").ljust(2, "0")) if found else None
