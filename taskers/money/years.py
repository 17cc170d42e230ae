"""The books of a year: closed once it is over, its balances carried forward, and what each payee got in it.

The only writer of YearClosing and ClosingBalance. From a closing on, balances are read without the rows before it, so
these may be kept in a file (`lines`) beside the archive; while they are in the table, `ledger.audit` adds them up
again.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from taskers.audit import trail
from taskers.database.prepared import ask, ask_named
from taskers.errors import StateConflict
from taskers.models import Organization, Payout, Person, YearClosing
from taskers.money import ledger
from taskers.outbox.events import emit

# Its last transfers may be on their way for so long.
AFTER = timedelta(days=1)
PIECE = 5000

CARRY = """
INSERT INTO taskers_closingbalance (closing_id, account_id, ends, balance)
SELECT %(closing)s::bigint, a.id, %(ends)s::timestamptz,
  coalesce(before.balance, 0)
  + (SELECT coalesce(sum(t.amount), 0) FROM taskers_transfer t
     WHERE t.target_id = a.id AND t.at < %(ends)s::timestamptz AND t.at >= coalesce(before.ends, '-infinity'))
  - (SELECT coalesce(sum(t.amount), 0) FROM taskers_transfer t
     WHERE t.source_id = a.id AND t.at < %(ends)s::timestamptz AND t.at >= coalesce(before.ends, '-infinity'))
FROM taskers_account a
LEFT JOIN LATERAL (
  SELECT balance, ends FROM taskers_closingbalance WHERE account_id = a.id ORDER BY ends DESC LIMIT 1
) before ON true
WHERE a.organization_id = %(organization)s::bigint
ORDER BY a.id
RETURNING balance
"""
LINES = """
SELECT t.id, t.key, t.at, t.amount, t.currency, t.reason, t.reverses_id AS reverses, t.detail,
  s.kind AS source, d.kind AS target, coalesce(s.project_key, d.project_key)::text AS project,
  coalesce(d.tasker_id, s.tasker_id) AS person
FROM taskers_transfer t JOIN taskers_account s ON s.id = t.source_id JOIN taskers_account d ON d.id = t.target_id
WHERE s.organization_id = %(organization)s::bigint AND t.at >= %(begins)s::timestamptz AND t.at < %(ends)s::timestamptz
  AND (t.at, t.id) > (%(at)s::timestamptz, %(after)s::bigint)
ORDER BY t.at, t.id LIMIT %(limit)s::int
"""
# Settled in the year, less what came back in it; and what was earned in it.
TOTALS = """
SELECT person, sum(paid) AS paid, sum(earned) AS earned FROM (
  SELECT d.tasker_id AS person, t.amount AS paid, 0 AS earned
  FROM taskers_account d JOIN taskers_transfer t ON t.target_id = d.id
  WHERE d.organization_id = %(organization)s::bigint AND d.kind = 'paid' AND {year}
  UNION ALL
  SELECT s.tasker_id, -t.amount, 0 FROM taskers_account s JOIN taskers_transfer t ON t.source_id = s.id
  WHERE s.organization_id = %(organization)s::bigint AND s.kind = 'paid' AND {year}
  UNION ALL
  SELECT d.tasker_id, 0, t.amount FROM taskers_account d JOIN taskers_transfer t ON t.target_id = d.id
  JOIN taskers_account s ON s.id = t.source_id AND s.kind = 'labelling'
  WHERE d.organization_id = %(organization)s::bigint AND d.kind = 'owed' AND {year}
  UNION ALL
  SELECT s.tasker_id, 0, -t.amount FROM taskers_account s JOIN taskers_transfer t ON t.source_id = s.id
  JOIN taskers_account d ON d.id = t.target_id AND d.kind = 'labelling'
  WHERE s.organization_id = %(organization)s::bigint AND s.kind = 'owed' AND {year}
) moved GROUP BY person ORDER BY sum(paid) DESC, person
""".format(year="t.at >= %(begins)s::timestamptz AND t.at < %(ends)s::timestamptz")
LONG = "SELECT count(*) FROM pg_stat_activity WHERE xact_start < %(ends)s::timestamptz AND pid <> pg_backend_pid()"


@dataclass(frozen=True)
class YearTotal:
    """What one payee was paid and earned in a year, in millionths."""

    person: Person
    paid: int
    earned: int


def begins(year: int) -> datetime:
    """Its first moment, in UTC."""
    return datetime(year, 1, 1, tzinfo=UTC)


@transaction.atomic
def close(organization: Organization, year: int, by: Person) -> YearClosing:
    """Close the books of a year that is over: every account's balance is carried forward.

    Raises StateConflict while it isn't over for a day, where it or a later one is closed, where the books are wrong,
    and while a run of that year is still under way.
    """
    ends = begins(year + 1)
    if timezone.now() < ends + AFTER or ask(LONG, {"ends": ends}) != [(0,)]:
        raise StateConflict("This year isn't over; its books are closed a day after its end, in UTC.")
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if YearClosing.objects.filter(organization=organization, ends__gte=ends).exists():
        raise StateConflict("The books of this year are closed.")
    under_way = Payout.objects.filter(organization=organization, state__in=["proposed", "approved"])
    if under_way.filter(made_at__lt=ends).exists():
        raise StateConflict("A payout of this year is still under way: settle or cancel it first.")
    if ledger.audit():
        raise StateConflict("The books don't balance: nothing is closed until that is found.")
    return _close(organization, year, ends, by)


def lines(closing: YearClosing) -> Iterator[str]:
    """The transfers that a closing carried forward, oldest first, each as a line of JSON: what is kept of them where
    the rows are not. Their sha256 is the closing's digest."""
    yield from _lines(closing.organization, _since(closing.organization, closing.ends), closing.ends)


def totals(organization: Organization, year: int) -> list[YearTotal]:
    """What each payee was paid and earned in a year, who got most first."""
    asked = {"organization": organization.pk, "begins": begins(year), "ends": begins(year + 1)}
    rows = ask_named(TOTALS, asked)
    people = Person.objects.in_bulk([row["person"] for row in rows])
    return [YearTotal(people[row["person"]], int(row["paid"]), int(row["earned"])) for row in rows]


def _close(organization: Organization, year: int, ends: datetime, by: Person) -> YearClosing:
    digest, number = hashlib.sha256(), 0
    for line in _lines(organization, _since(organization, ends), ends):
        digest.update(line.encode())
        number += 1
    made = YearClosing.objects.create(
        organization=organization, year=year, ends=ends, transfers=number, digest=digest.hexdigest(), closed_by=by
    )
    ask(CARRY, {"closing": made.pk, "organization": organization.pk, "ends": ends})
    trail.record(trail.Kind.YEAR_CLOSED, organization=organization, actor=by, subject=str(year))
    emit("year_closed", organization_id=organization.pk, actor_id=by.pk, subject=f"year:{year}")
    return made


def _since(organization: Organization, ends: datetime) -> datetime:
    """When the year before was closed, or a moment before all money."""
    before = YearClosing.objects.filter(organization=organization, ends__lt=ends).order_by("-ends").first()
    return before.ends if before else datetime(1, 1, 2, tzinfo=UTC)


def _lines(organization: Organization, begins: datetime, ends: datetime) -> Iterator[str]:
    asked = {"organization": organization.pk, "begins": begins, "ends": ends, "limit": PIECE}
    at, after = begins, 0
    while rows := ask_named(LINES, asked | {"at": at, "after": after}):
        at, after = rows[-1]["at"], rows[-1]["id"]
        for row in rows:
            detail = row.pop("detail")
            row["detail"] = json.loads(detail) if isinstance(detail, str) else detail
            yield json.dumps(row | {"at": row["at"].isoformat()}, sort_keys=True) + "\n"
