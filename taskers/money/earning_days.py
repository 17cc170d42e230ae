"""What each day's work earned, added up from the transfers: no page sums the books, and no decision waits for a sum.

The only writer of EarningDay. A reversal counts on the day that it was made. Transfers are read as the outbox is: in
the order of their transactions, and only below the oldest one still running, so that each is added once.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Case, Sum, When

from taskers.database.prepared import ask
from taskers.database.snapshots import at_one_moment
from taskers.models import EarningDay, Organization, TransferCursor

READER = "earning_days"
LIMIT = 2000

OWN = """
SELECT transaction, transfer_id FROM taskers_transfercursor WHERE reader = %(reader)s FOR UPDATE SKIP LOCKED
"""
NEXT = """
SELECT t.transaction, t.id FROM taskers_transfer t
WHERE (t.transaction, t.id) > (%(transaction)s::bigint, %(transfer)s::bigint)
  AND t.transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY t.transaction, t.id LIMIT %(limit)s::int
"""
# What was owed counts for its project and tasker, what was taken back against them; each once for its tasker and once
# for everybody.
ADD = """
INSERT INTO taskers_earningday AS d (organization_id, project_key, tasker_id, currency, day, amount)
SELECT organization_id, project_key, tasker_id, currency, day, sum(amount)
FROM (
  SELECT s.organization_id, s.project_key, w.tasker_id, t.currency, (t.at AT TIME ZONE 'UTC')::date AS day, t.amount
  FROM taskers_transfer t JOIN taskers_account s ON s.id = t.source_id JOIN taskers_account w ON w.id = t.target_id
  WHERE s.kind = 'labelling' AND w.kind = 'owed' AND {which}
  UNION ALL
  SELECT s.organization_id, s.project_key, w.tasker_id, t.currency, (t.at AT TIME ZONE 'UTC')::date, -t.amount
  FROM taskers_transfer t JOIN taskers_account s ON s.id = t.target_id JOIN taskers_account w ON w.id = t.source_id
  WHERE s.kind = 'labelling' AND w.kind = 'owed' AND {which}
) moved
GROUP BY GROUPING SETS ((organization_id, project_key, tasker_id, currency, day),
  (organization_id, project_key, currency, day))
ORDER BY project_key, tasker_id, currency, day
ON CONFLICT (project_key, tasker_id, currency, day) DO UPDATE SET amount = d.amount + excluded.amount
RETURNING d.id
"""
ADD_THESE = ADD.format(which="t.id = ANY(%(transfers)s::bigint[])")
ADD_SETTLED = ADD.format(which="t.transaction < %(horizon)s::bigint")
MOVE = """
UPDATE taskers_transfercursor SET transaction = %(transaction)s::bigint, transfer_id = %(transfer)s::bigint
WHERE reader = %(reader)s RETURNING reader
"""


@transaction.atomic
def catch_up(limit: int = LIMIT) -> int:
    """Add the next transfers; returns how many there were. A second process at the same time adds none."""
    mine = ask(OWN, {"reader": READER})
    if not mine and TransferCursor.objects.get_or_create(reader=READER)[1]:
        mine = ask(OWN, {"reader": READER})
    if not mine:
        return 0
    at, transfer = mine[0]
    rows = ask(NEXT, {"transaction": at, "transfer": transfer, "limit": limit})
    if rows:
        add(key for _transaction, key in rows)
        ask(MOVE, {"reader": READER, "transaction": rows[-1][0], "transfer": rows[-1][1]})
    return len(rows)


def add(transfers: Iterable[int]) -> None:
    """Add these transfers, by their keys."""
    ask(ADD_THESE, {"transfers": list(transfers)})


def rebuild() -> int:
    """Add everything up anew while work goes on, and read on from here; returns how many days of somebody there are."""
    TransferCursor.objects.get_or_create(reader=READER)
    return at_one_moment(_add_up_anew)


def _add_up_anew() -> int:
    ask(OWN.replace(" SKIP LOCKED", ""), {"reader": READER})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (horizon,) = cursor.fetchone()
    EarningDay.objects.all().delete()
    ask(ADD_SETTLED, {"horizon": horizon})
    ask(MOVE, {"reader": READER, "transaction": horizon - 1, "transfer": 2**63 - 1})
    return EarningDay.objects.filter(tasker__isnull=False).count()


def spent(organization: Organization, projects: Iterable[UUID]) -> dict[UUID, int]:
    """What these projects' work has earned, in millionths."""
    rows = EarningDay.objects.filter(
        organization=organization, project_key__in=list(projects), tasker=None, currency=organization.currency
    )
    return {key: int(amount) for key, amount in rows.values_list("project_key").annotate(sum=Sum("amount"))}


def by_project(
    organization: Organization, projects: Iterable[UUID], since: date
) -> dict[UUID, tuple[int, dict[date, int]]]:
    """The same of each project that earned or took back anything: before a day, and day by day since then."""
    rows = EarningDay.objects.filter(
        organization=organization, project_key__in=list(projects), tasker=None, currency=organization.currency
    )
    lately = rows.annotate(at=Case(When(day__gte=since, then="day"))).values_list("project_key", "at")
    found: dict[UUID, tuple[int, dict[date, int]]] = {}
    for key, day, amount in lately.annotate(sum=Sum("amount")):
        before, days = found.get(key, (0, {}))
        found[key] = (before, days | {day: int(amount)}) if day else (before + int(amount), days)
    return found


def by_day(organization: Organization, project_key: UUID) -> dict[date, int]:
    """The same of one project, day by day."""
    rows = EarningDay.objects.filter(project_key=project_key, tasker=None, currency=organization.currency)
    return dict(rows.order_by("day").values_list("day", "amount"))
