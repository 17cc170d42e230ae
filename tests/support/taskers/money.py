"""Makers and readers of money for tests. Balances are added up here from Transfer rows, not by the ledger."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from uuid import UUID

from django.utils import timezone

from taskers.models import Organization, Payout, Person, Transfer
from taskers.money import ledger, payouts
from taskers.standing import grades
from tests.support import owner
from tests.support.cast import Cast

PROJECT = UUID(int=1)
_keys = count(1)


def earn(
    cast: Cast, tasker: Person, amount: int, *, organization: Organization | None = None, key: str = ""
) -> Transfer:
    """Owe a tasker an amount in millionths."""
    key = key or f"earning:{next(_keys)}"
    ledger.earn(
        key=key,
        organization=organization or cast.riverside,
        project_key=PROJECT,
        tasker=tasker,
        amount=amount,
        reason="work",
        detail={},
    )
    return Transfer.objects.get(key=key)


def judged(
    cast: Cast,
    tasker: Person,
    *values: float,
    project_key: UUID = PROJECT,
    source: str = "verdict",
    blind: bool = True,
    again: str = "",
) -> None:
    """So many of a tasker's answers are graded, one after the other; `again`: one that was graded before."""
    for value in values:
        number = next(_keys)
        grades.record(
            key=f"judged:{number}",
            subject=again or f"annotation:{10**9 + number}",
            organization=cast.riverside,
            project_key=project_key,
            tasker=tasker,
            source=source,
            value=value,
            blind=blind,
        )


def earned(rows: Sequence[ledger.Earning]) -> list[Transfer]:
    """Owe all of it; the transfers, in the order of the rows."""
    ledger.earn_all(rows)
    made = {one.key: one for one in Transfer.objects.filter(key__in=[row.key for row in rows])}
    return [made[row.key] for row in rows]


def ago(transfer: Transfer, **back: int) -> None:
    """As if it had been made so long ago."""
    with owner.unguarded("taskers_transfer"):
        Transfer.objects.filter(pk=transfer.pk).update(at=timezone.now() - timedelta(**back))


def balance_of(tasker: Person, kind: str) -> int:
    """What Transfers alone say of a tasker's accounts of a kind, in millionths."""
    came = Transfer.objects.filter(target__tasker=tasker, target__kind=kind).values_list("amount", flat=True)
    went = Transfer.objects.filter(source__tasker=tasker, source__kind=kind).values_list("amount", flat=True)
    return sum(came) - sum(went)


def cost(project_key: UUID = PROJECT) -> int:
    """What a project spent by Transfers alone, in millionths."""
    spent = Transfer.objects.filter(source__project_key=project_key).values_list("amount", flat=True)
    back = Transfer.objects.filter(target__project_key=project_key).values_list("amount", flat=True)
    return sum(spent) - sum(back)


def with_the_processor(cast: Cast, **amounts: int) -> Payout:
    """An approved run of these people's earnings, whose table was taken away."""
    for name, amount in amounts.items():
        earn(cast, getattr(cast, name), amount)
    payout = payouts.approve(payouts.propose(cast.riverside, cast.finn), cast.fay)
    payouts.export(payout, cast.finn)
    return payout


def file_of(payout: Payout, *changes: tuple[str, str, str], leave_out: str = "", more: str = "") -> bytes:
    """What a processor would send: paid all, but for these people's lines (name, amount, status)."""
    other = {name: (amount, status) for name, amount, status in changes}
    rows = ["payment_key,amount,currency,status,note"]
    for item in payout.items.select_related("tasker").order_by("pk"):
        amount, status = other.get(item.tasker.name, (f"{item.cents / 100:.2f}", "Paid"))
        if item.tasker.name != leave_out:
            rows.append(f"{item.key},{amount},USD,{status},")
    return ("\n".join([*rows, more])).encode()
