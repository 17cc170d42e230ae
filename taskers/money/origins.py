"""From a cent of a payout to the work that earned it.

What somebody earns is paid in the order in which it was earned: the items of earlier runs took the first of it, this
one the next. As things stood when the run was made, so that it says the same for ever: what was taken back before
then isn't part of it, what was taken back later is made up for by later earnings.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from taskers.database.prepared import ask_named
from taskers.models import PayoutItem
from taskers.money import items

OF_ITEM = """
WITH reserved AS (
  SELECT id, source_id AS account FROM taskers_transfer WHERE key = %(key)s
), before AS (
  SELECT coalesce(sum(t.amount), 0) AS amount FROM taskers_transfer t, reserved r
  JOIN taskers_account a ON a.id = r.account
  WHERE t.source_id = r.account AND t.id < r.id AND t.key LIKE 'payout:%%:reserve'
    AND NOT EXISTS (
      SELECT FROM taskers_transfer b
      WHERE b.key IN (replace(t.key, ':reserve', ':cancel'), replace(t.key, ':reserve', ':return')) AND b.id < r.id)
), earned AS (
  SELECT t.id, t.key, t.at, t.amount, t.reason, t.detail, s.project_key, sum(t.amount) OVER (ORDER BY t.id) AS upto
  FROM taskers_transfer t JOIN reserved r ON t.target_id = r.account AND t.id < r.id
  JOIN taskers_account s ON s.id = t.source_id AND s.kind = 'labelling'
  WHERE NOT EXISTS (SELECT FROM taskers_transfer b WHERE b.reverses_id = t.id AND b.id < r.id)
)
SELECT e.id, e.key, e.at, e.amount, e.reason, e.detail, e.project_key,
  least(e.upto, b.amount + %(amount)s::bigint) - greatest(e.upto - e.amount, b.amount) AS part
FROM earned e, before b
WHERE e.upto > b.amount AND e.upto - e.amount < b.amount + %(amount)s::bigint
ORDER BY e.id OFFSET %(offset)s::int LIMIT %(limit)s::int
"""


@dataclass(frozen=True)
class Origin:
    """An earning of which a payout's item holds a part: all of it, but for the first and the last."""

    id: int  # of its transfer
    key: str
    at: datetime
    amount: int  # millionths
    part: int  # of it, in this item
    reason: str
    project_key: UUID
    detail: dict[str, Any]

    @property
    def raised(self) -> int:
        """Of the amount: by what the rate was raised for accuracy."""
        return int(self.detail.get("raised", 0))

    @property
    def task(self) -> str:
        """The public id of the task, where it was earned by one."""
        return str(self.detail.get("task", ""))


def of(item: PayoutItem, *, offset: int = 0, limit: int = 200) -> list[Origin]:
    """What an item was earned by, oldest first."""
    asked = {"key": items.key_of(item, "reserve"), "amount": item.cents * items.MILLIONTHS_PER_CENT}
    rows = ask_named(OF_ITEM, asked | {"offset": offset, "limit": limit})
    names = ("id", "key", "at", "amount", "reason", "project_key")
    return [
        Origin(**{name: row[name] for name in names}, part=int(row["part"]), detail=json.loads(row["detail"] or "{}"))
        for row in rows
    ]
