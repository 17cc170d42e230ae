"""The books. The only writer of Transfer; amounts are integer millionths of a currency unit."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, Sum

from taskers.database.prepared import ask, ask_named, columns, row_of
from taskers.errors import KeyReused
from taskers.models import Account, Organization, Person, Transfer

MILLIONTHS = 1_000_000
PER_CENT = MILLIONTHS // 100

# Opens the accounts that are missing and makes the transfers that weren't made, in one statement whatever their number.
# Sorted, so that two of these at once wait for each other instead of locking each other out; the accounts come first,
# since the transfers can't be sorted before all of them are known. An account that another transaction opens at this
# very moment can't be seen here; its transfers are then left out, and the next look at what is missing finds it.
EARN = """
WITH earned AS (
  SELECT * FROM unnest(%(keys)s::text[], %(organizations)s::bigint[], %(currencies)s::text[], %(projects)s::uuid[],
      %(taskers)s::bigint[], %(amounts)s::bigint[], %(reasons)s::text[], %(details)s::jsonb[])
    AS e(key, organization, currency, project, tasker, amount, reason, detail)
), opened AS (
  INSERT INTO taskers_account (organization_id, kind, currency, tasker_id, project_key)
  SELECT DISTINCT e.organization, 'labelling', e.currency, NULL::bigint, e.project FROM earned e
  WHERE NOT EXISTS (
    SELECT FROM taskers_account a WHERE a.organization_id = e.organization AND a.kind = 'labelling'
      AND a.currency = e.currency AND a.tasker_id IS NULL AND a.project_key = e.project)
  UNION ALL
  SELECT DISTINCT e.organization, 'owed', e.currency, e.tasker, NULL::uuid FROM earned e
  WHERE NOT EXISTS (
    SELECT FROM taskers_account a WHERE a.organization_id = e.organization AND a.kind = 'owed'
      AND a.currency = e.currency AND a.tasker_id = e.tasker AND a.project_key IS NULL)
  ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT DO NOTHING
  RETURNING *
), known AS NOT MATERIALIZED (
  SELECT id, organization_id, kind, currency, tasker_id, project_key FROM taskers_account
  UNION ALL
  SELECT id, organization_id, kind, currency, tasker_id, project_key FROM opened
)
INSERT INTO taskers_transfer AS t (key, source_id, target_id, amount, currency, reason, detail)
SELECT e.key, s.id, d.id, e.amount, e.currency, e.reason, e.detail
FROM earned e
JOIN known s ON s.organization_id = e.organization AND s.kind = 'labelling' AND s.currency = e.currency
  AND s.tasker_id IS NULL AND s.project_key = e.project
JOIN known d ON d.organization_id = e.organization AND d.kind = 'owed' AND d.currency = e.currency
  AND d.tasker_id = e.tasker AND d.project_key IS NULL
ORDER BY e.key
ON CONFLICT DO NOTHING
RETURNING t.key
"""

EARNED = """
SELECT t.key, s.kind AS source, d.kind AS target, s.organization_id, t.currency, s.project_key, d.tasker_id, t.amount
FROM taskers_transfer t JOIN taskers_account s ON s.id = t.source_id JOIN taskers_account d ON d.id = t.target_id
WHERE t.key = ANY(%(keys)s::text[])
"""

REVERSE = f"""
INSERT INTO taskers_transfer AS t (key, source_id, target_id, amount, currency, reverses_id, reason, detail)
SELECT 'reversal:' || o.id, o.target_id, o.source_id, o.amount, o.currency, o.id, %(reason)s, o.detail
FROM taskers_transfer o WHERE o.id = ANY(%(transfers)s::bigint[])
ORDER BY o.id
ON CONFLICT DO NOTHING
RETURNING {columns(Transfer, "t")}
"""
REVERSED = f"SELECT {columns(Transfer, 't')} FROM taskers_transfer t WHERE t.reverses_id = ANY(%(transfers)s::bigint[])"


# What an account held when its last year was closed (years.py), and what moved since: rows of closed years aren't read.
BALANCES = """
SELECT a.id, coalesce(c.balance, 0) + came.sum - went.sum
FROM unnest(%(accounts)s::bigint[]) AS a(id)
LEFT JOIN LATERAL (
  SELECT balance, ends FROM taskers_closingbalance WHERE account_id = a.id ORDER BY ends DESC LIMIT 1
) c ON true
CROSS JOIN LATERAL (
  SELECT coalesce(sum(amount), 0) AS sum FROM taskers_transfer
  WHERE target_id = a.id AND at >= coalesce(c.ends, '-infinity')
) came
CROSS JOIN LATERAL (
  SELECT coalesce(sum(amount), 0) AS sum FROM taskers_transfer
  WHERE source_id = a.id AND at >= coalesce(c.ends, '-infinity')
) went
"""
# What was earned in the last so many days and not taken back.
FRESH = """
SELECT t.target_id, sum(t.amount) FROM taskers_transfer t
JOIN taskers_account s ON s.id = t.source_id AND s.kind = 'labelling'
WHERE t.target_id = ANY(%(accounts)s::bigint[])
  AND t.at > statement_timestamp() - make_interval(days => %(days)s::int)
  AND NOT EXISTS (SELECT FROM taskers_transfer r WHERE r.reverses_id = t.id)
GROUP BY t.target_id
"""


@dataclass(frozen=True)
class Earning:
    """What a decision earns one tasker, in millionths; owed once per key."""

    key: str
    organization: Organization
    project_key: UUID
    tasker: Person
    amount: int
    reason: str = ""
    detail: dict = field(default_factory=dict)

    @property
    def terms(self) -> dict[str, Any]:
        """What a second one with the same key must agree in."""
        return {
            "source": Account.Kind.LABELLING,
            "target": Account.Kind.OWED,
            "organization_id": self.organization.pk,
            "currency": self.organization.currency,
            "project_key": self.project_key,
            "tasker_id": self.tasker.pk,
            "amount": self.amount,
        }


def account(
    organization: Organization, kind: str, *, tasker: Person | None = None, project_key: UUID | None = None
) -> Account:
    """The account of this kind and owner, opened if there is none yet."""
    found, _ = Account.objects.get_or_create(
        organization=organization,
        kind=kind,
        currency=organization.currency,
        tasker=tasker,
        project_key=project_key,
    )
    return found


def post(
    *, key: str, source: Account, target: Account, amount: int, reason: str = "", detail: dict | None = None
) -> Transfer:
    """Move money once. The same key with the same terms returns the first transfer; with others raises KeyReused."""
    transfer, made = Transfer.objects.get_or_create(
        key=key,
        defaults={
            "source": source,
            "target": target,
            "amount": amount,
            "currency": source.currency,
            "reason": reason,
            "detail": detail or {},
        },
    )
    same = (transfer.source_id, transfer.target_id, transfer.amount) == (source.pk, target.pk, amount)
    if not made and not same:
        raise _reused(key)
    return transfer


def earn(
    *, key: str, organization: Organization, project_key: UUID, tasker: Person, amount: int, reason: str, detail: dict
) -> None:
    """Owe a tasker what a decision earned them, once per key."""
    earn_all([Earning(key, organization, project_key, tasker, amount, reason, detail)])


def earn_all(rows: Sequence[Earning]) -> None:
    """Owe what decisions earned, each once per key.

    One statement while nothing was made before. Raises KeyReused if a key was used on other terms; the rest may be made
    by then, and is undone with the caller's transaction. Calls of one transaction should come in the same order
    everywhere, as with anything that locks; within a call that is seen to.
    """
    missing: dict[str, Earning] = {}
    for one in rows:
        if missing.setdefault(one.key, one).terms != one.terms:
            raise _reused(one.key)
    while missing:
        for row in ask_named(EARN, _as_columns(missing.values())):
            del missing[row["key"]]
        for key in _made_before(missing):
            del missing[key]


def reverse(transfer: Transfer, *, reason: str) -> Transfer:
    """Take a transfer back by its opposite; a second reversal of the same returns the first."""
    return reverse_all([transfer], reason=reason)[0]


def reverse_all(transfers: Sequence[Transfer], *, reason: str) -> list[Transfer]:
    """Take transfers back by their opposites, each once; the reversals, made now or before, in their order."""
    if not transfers:
        return []
    keys = [one.pk for one in transfers]
    made = {one.reverses_id: one for one in map(_transfer, ask(REVERSE, {"transfers": keys, "reason": reason[:200]}))}
    if missing := [key for key in keys if key not in made]:
        made |= {one.reverses_id: one for one in map(_transfer, ask(REVERSED, {"transfers": missing}))}
    return [made[key] for key in keys]


def unreversed(keys: Iterable[str]) -> list[Transfer]:
    """Those of the transfers with these keys that were not taken back."""
    return list(Transfer.objects.filter(key__in=list(keys), reversed_by=None))


def balance(of: Account) -> int:
    """What came in less what went out, in millionths."""
    return balances([of])[of.pk]


def balances(accounts: Iterable[Account]) -> dict[int, int]:
    """Account key -> balance in millionths, in one query however many accounts there are."""
    keys = [one.pk for one in accounts]
    found = {key: int(amount) for key, amount in ask(BALANCES, {"accounts": keys})} if keys else {}
    return {key: found.get(key, 0) for key in keys}


@dataclass(frozen=True)
class Owed:
    """What somebody is owed, in millionths, and how much of it may be paid out now: what was earned within the hold
    period waits, as far as it wasn't paid out all the same."""

    account: Account
    tasker: Person
    amount: int
    held: int

    @property
    def payable(self) -> int:
        """Less than nothing where more was taken back than is owed."""
        return self.amount - self.held


def owing(accounts: Iterable[Account], hold_days: int) -> list[Owed]:
    """What taskers' accounts owe, in the order of the accounts: two queries however many there are."""
    found = [one for one in accounts if one.tasker]
    by_key = balances(found)
    fresh = ask(FRESH, {"accounts": list(by_key), "days": hold_days}) if hold_days and by_key else []
    held = {key: int(amount) for key, amount in fresh}
    return [
        Owed(one, one.tasker, by_key[one.pk], max(0, min(by_key[one.pk], held.get(one.pk, 0))))  # type: ignore[arg-type]
        for one in found
    ]


def earned_between(person: Person, organization: Organization, since: datetime, until: datetime) -> int:
    """What somebody earned after one moment and before another and that wasn't taken back, in millionths."""
    rows = Transfer.objects.filter(
        target__tasker=person,
        target__organization=organization,
        target__kind=Account.Kind.OWED,
        source__kind=Account.Kind.LABELLING,
        at__gt=since,
        at__lt=until,
        reversed_by=None,
    )
    return rows.aggregate(sum=Sum("amount"))["sum"] or 0


def owed_accounts(organization: Organization) -> QuerySet[Account]:
    """In which an organization owes its taskers."""
    rows = Account.objects.filter(
        organization=organization, kind=Account.Kind.OWED, currency=organization.currency, tasker__isnull=False
    )
    return rows.select_related("tasker").order_by("pk")


def owed(organization: Organization) -> list[tuple[Person, int]]:
    """Each tasker with a balance, and what they are owed in millionths, largest first."""
    rows = [(one.tasker, one.amount) for one in owing(owed_accounts(organization), 0) if one.amount]
    return sorted(rows, key=lambda row: (-row[1], row[0].pk))


def money(amount: int, currency: str) -> str:
    """An amount in millionths for people: at least two decimals, more only where there are any."""
    sign, amount = ("−" if amount < 0 else ""), abs(amount)
    whole, rest = divmod(amount, MILLIONTHS)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    symbol = {"USD": "$", "EUR": "€", "GBP": "£"}.get(currency)
    return f"{sign}{symbol}{whole:,}.{decimals}" if symbol else f"{sign}{whole:,}.{decimals} {currency}"


def about(amount: float, currency: str) -> str:
    """An amount in millionths for people, to the cent; of less than one, to a hundredth of one."""
    step = PER_CENT if abs(amount) >= PER_CENT else PER_CENT // 100
    return money(round(amount / step) * step, currency)


# DESIGN rule 5: each row is balanced by construction, so what can go wrong is a transfer between currencies or
# organizations, a reversal that isn't the opposite of what it takes back, or a payout that moved other money than it
# says.
BOOKS = """
SELECT 'currencies differ' AS what, t.key FROM taskers_transfer t
  JOIN taskers_account s ON s.id = t.source_id JOIN taskers_account d ON d.id = t.target_id
  WHERE t.currency <> s.currency OR t.currency <> d.currency OR s.organization_id <> d.organization_id
UNION ALL
SELECT 'reversal is not the opposite', r.key FROM taskers_transfer r JOIN taskers_transfer t ON t.id = r.reverses_id
  WHERE r.amount <> t.amount OR r.source_id <> t.target_id OR r.target_id <> t.source_id
UNION ALL
SELECT 'payout item without its money', 'payout:' || i.payout_id || ':tasker:' || i.tasker_id FROM taskers_payoutitem i
  LEFT JOIN taskers_transfer t ON t.key = 'payout:' || i.payout_id || ':tasker:' || i.tasker_id || ':reserve'
  WHERE t.id IS NULL OR t.amount <> i.cents * 10000
UNION ALL
SELECT 'settled without its money', 'payout:' || i.payout_id || ':tasker:' || i.tasker_id FROM taskers_payoutitem i
  JOIN taskers_payout p ON p.id = i.payout_id AND p.state = 'settled'
  LEFT JOIN taskers_transfer t ON t.key = 'payout:' || i.payout_id || ':tasker:' || i.tasker_id || ':settle'
  LEFT JOIN taskers_payoutreturn b ON b.item_id = i.id AND b.state <> 'refused'
  WHERE t.amount <> i.cents * 10000 OR t.id IS NULL AND b.id IS NULL
UNION ALL
SELECT 'returned without its money', 'payout:' || i.payout_id || ':tasker:' || i.tasker_id FROM taskers_payoutreturn b
  JOIN taskers_payoutitem i ON i.id = b.item_id AND b.state = 'confirmed'
  LEFT JOIN taskers_transfer t ON t.key = 'payout:' || i.payout_id || ':tasker:' || i.tasker_id || ':return'
  WHERE t.id IS NULL OR t.amount <> i.cents * 10000
UNION ALL
SELECT 'bonus without its money', 'bonus:' || b.public_id FROM taskers_bonus b
  LEFT JOIN taskers_transfer t ON t.key = 'bonus:' || b.public_id
  LEFT JOIN taskers_transfer r ON r.reverses_id = t.id
  WHERE (b.state IN ('given', 'taken_back')) <> (t.id IS NOT NULL) OR t.amount <> b.amount
    OR (b.state = 'taken_back') <> (r.id IS NOT NULL)
UNION ALL
SELECT 'bonus differs from its rule', 'bonus:' || b.public_id FROM taskers_bonusaward w
  JOIN taskers_bonus b ON b.id = w.bonus_id JOIN taskers_bonusrule r ON r.id = w.rule_id
  WHERE b.amount <> r.amount OR b.tasker_id <> w.person_id OR b.project_key <> r.project_key
    OR b.state NOT IN ('given', 'taken_back') OR (b.made_by_id, b.approved_by_id) <> (r.made_by_id, r.approved_by_id)
UNION ALL
SELECT 'a rule gave more than it may', 'bonus-rule:' || r.public_id FROM taskers_bonusrule r
  JOIN (SELECT rule_id, sum(times) AS times, max(times) AS most FROM (
      SELECT rule_id, person_id, count(*) AS times FROM taskers_bonusaward GROUP BY 1, 2) a GROUP BY 1
  ) w ON w.rule_id = r.id
  WHERE w.times * r.amount > r.most OR w.most * r.amount > r.each_most
UNION ALL
SELECT 'closing balance differs', 'account:' || c.account_id || ':' || y.year FROM taskers_closingbalance c
  JOIN taskers_yearclosing y ON y.id = c.closing_id
  WHERE c.balance <> coalesce((
      SELECT p.balance FROM taskers_closingbalance p WHERE p.account_id = c.account_id AND p.ends < c.ends
      ORDER BY p.ends DESC LIMIT 1), 0)
    + (SELECT coalesce(sum(t.amount) FILTER (WHERE t.target_id = c.account_id), 0)
         - coalesce(sum(t.amount) FILTER (WHERE t.source_id = c.account_id), 0)
       FROM taskers_transfer t WHERE c.account_id IN (t.target_id, t.source_id) AND t.at < c.ends
         AND t.at >= coalesce((SELECT max(p.ends) FROM taskers_closingbalance p
           WHERE p.account_id = c.account_id AND p.ends < c.ends), '-infinity'))
UNION ALL
SELECT 'closing is not balanced', 'year:' || y.year FROM taskers_yearclosing y
  JOIN taskers_closingbalance c ON c.closing_id = y.id GROUP BY y.id, y.year HAVING sum(c.balance) <> 0
UNION ALL
SELECT 'one debt is asked for twice', i.key FROM taskers_payoutitem i
  JOIN taskers_payout p ON p.id = i.payout_id AND p.state <> 'cancelled'
  GROUP BY i.key HAVING count(*) > 1
"""


def audit() -> list[tuple[str, str]]:
    """What is wrong with the books, as (what, key); empty when nothing is."""
    with connection.cursor() as cursor:
        cursor.execute(BOOKS)
        return cursor.fetchall()


def _as_columns(rows: Collection[Earning]) -> dict[str, list]:
    return {
        "keys": [one.key for one in rows],
        "organizations": [one.organization.pk for one in rows],
        "currencies": [one.organization.currency for one in rows],
        "projects": [one.project_key for one in rows],
        "taskers": [one.tasker.pk for one in rows],
        "amounts": [one.amount for one in rows],
        "reasons": [one.reason for one in rows],
        "details": [json.dumps(one.detail) for one in rows],
    }


def _made_before(missing: Mapping[str, Earning]) -> list[str]:
    """The keys of those of these earnings that were made before. Raises KeyReused where it was on other terms."""
    made = ask_named(EARNED, {"keys": list(missing)}) if missing else []
    for row in made:
        if row != {"key": row["key"], **missing[row["key"]].terms}:
            raise _reused(row["key"])
    return [row["key"] for row in made]


def _transfer(row: tuple) -> Transfer:
    return row_of(Transfer, row)


def _reused(key: str) -> KeyReused:
    return KeyReused("The transfer %(key)s was already made on other terms.", place=key, key=key)
