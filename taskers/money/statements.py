"""Somebody's account, day by day: what work earned, what was taken back, given on top, paid and returned."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from taskers.database.prepared import ask, ask_named
from taskers.models import Organization, Person

# By day and project, so that it tells of no piece of work which it was. Of one day what came in comes first, then what
# was taken back, then payouts: nobody reads of a payout larger than what is owed.
DAYS = """
SELECT (t.at AT TIME ZONE 'UTC')::date AS day, t.what, t.project_key, count(*) AS pieces, sum(t.signed) AS amount,
  max(t.note) AS note, max(t.currency) AS currency, coalesce(sum(t.raised), 0)::bigint AS raised
FROM (
  SELECT t.at, t.amount AS signed, s.project_key, t.currency,
    CASE WHEN t.key LIKE 'bonus:%%' THEN t.reason ELSE '' END AS note, (t.detail->>'raised')::bigint AS raised,
    CASE WHEN s.kind = 'labelling' AND t.key LIKE 'bonus:%%' THEN 'bonus'
      WHEN s.kind = 'labelling' AND t.key LIKE 'review:%%' THEN 'reviews'
      WHEN s.kind = 'labelling' THEN 'work'
      WHEN s.kind = 'paid' OR t.key LIKE '%%:return' THEN 'returned' ELSE 'called off' END AS what
  FROM taskers_account a JOIN taskers_transfer t ON t.target_id = a.id JOIN taskers_account s ON s.id = t.source_id
  WHERE {mine}
  UNION ALL
  SELECT t.at, -t.amount, d.project_key, t.currency, '', NULL,
    CASE WHEN d.kind = 'labelling' THEN 'taken back' ELSE 'payout' END
  FROM taskers_account a JOIN taskers_transfer t ON t.source_id = a.id JOIN taskers_account d ON d.id = t.target_id
  WHERE {mine}
) t
GROUP BY 1, 2, 3, CASE WHEN t.what = 'bonus' THEN t.note ELSE '' END
ORDER BY 1, sum(t.signed) < 0, t.what = 'payout', 2, 3
"""
MINE = """a.organization_id = %(organization)s::bigint AND a.tasker_id = %(person)s::bigint AND a.kind = 'owed'
    AND t.at >= %(since)s::timestamptz AND t.at < %(until)s::timestamptz"""
OF_DAYS = DAYS.format(mine=MINE)
# What the account held at a moment: carried forward from the last year that was closed by then.
HELD = """
SELECT coalesce(sum(coalesce(c.balance, 0)
  + (SELECT coalesce(sum(amount), 0) FROM taskers_transfer
     WHERE target_id = a.id AND at < %(since)s::timestamptz AND at >= coalesce(c.ends, '-infinity'))
  - (SELECT coalesce(sum(amount), 0) FROM taskers_transfer
     WHERE source_id = a.id AND at < %(since)s::timestamptz AND at >= coalesce(c.ends, '-infinity'))), 0)
FROM taskers_account a
LEFT JOIN LATERAL (
  SELECT balance, ends FROM taskers_closingbalance
  WHERE account_id = a.id AND ends <= %(since)s::timestamptz ORDER BY ends DESC LIMIT 1
) c ON true
WHERE a.organization_id = %(organization)s::bigint AND a.tasker_id = %(person)s::bigint AND a.kind = 'owed'
"""


@dataclass(frozen=True)
class Line:
    """What moved on one day, for one reason."""

    day: date
    what: str  # "work", "reviews", "bonus", "taken back", "payout", "called off" or "returned"
    project_key: UUID | None
    pieces: int
    amount: int  # millionths; below nothing where it left the account
    balance: int  # what is owed after it
    note: str = ""
    raised: int = 0  # of the amount: by what the rate was raised for accuracy


@dataclass(frozen=True)
class Statement:
    """An account from one moment to another: amounts in millionths."""

    since: datetime
    until: datetime
    opening: int
    lines: list[Line]

    @property
    def closing(self) -> int:
        """What is owed at the end of it."""
        return self.lines[-1].balance if self.lines else self.opening


def of(person: Person, organization: Organization, since: datetime, until: datetime) -> Statement:
    """Somebody's account between two moments, the first included: two queries."""
    asked = {"organization": organization.pk, "person": person.pk, "since": since, "until": until}
    ((opening,),) = ask(HELD, {name: asked[name] for name in ("organization", "person", "since")})
    return Statement(since, until, int(opening), list(_with_balances(int(opening), ask_named(OF_DAYS, asked))))


def _with_balances(balance: int, rows: list[dict]) -> Iterator[Line]:
    for row in rows:
        balance += int(row["amount"])
        note = row["note"].removeprefix("Bonus: ") if row["what"] == "bonus" else ""
        yield Line(
            row["day"], row["what"], row["project_key"], row["pieces"], int(row["amount"]), balance, note, row["raised"]
        )
