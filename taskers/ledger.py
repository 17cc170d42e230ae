"""The books. The only writer of Transfer; amounts are integer millionths of a currency unit."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum

from taskers.errors import KeyReused
from taskers.models import Account, Organization, Person, Transfer

MILLIONTHS = 1_000_000


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
        raise KeyReused(f"The transfer {key} was already made on other terms.", place=key)
    return transfer


def earn(
    *, key: str, organization: Organization, project_key: UUID, tasker: Person, amount: int, reason: str, detail: dict
) -> Transfer:
    """Owe a tasker what a decision earned them, once per key."""
    return post(
        key=key,
        source=account(organization, Account.Kind.LABELLING, project_key=project_key),
        target=account(organization, Account.Kind.OWED, tasker=tasker),
        amount=amount,
        reason=reason,
        detail=detail,
    )


def reverse(transfer: Transfer, *, reason: str) -> Transfer:
    """Take a transfer back by its opposite; a second reversal of the same returns the first."""
    with transaction.atomic():
        # The lock makes two reversals of one transfer follow each other instead of failing on the key.
        Transfer.objects.select_for_update().get(pk=transfer.pk)
        found = Transfer.objects.filter(reverses=transfer).first()
        return found or Transfer.objects.create(
            key=f"reversal:{transfer.pk}",
            source=transfer.target,
            target=transfer.source,
            amount=transfer.amount,
            currency=transfer.currency,
            reverses=transfer,
            reason=reason,
            detail=transfer.detail,
        )


def unreversed(keys: Iterable[str]) -> list[Transfer]:
    """Those of the transfers with these keys that were not taken back."""
    return list(Transfer.objects.filter(key__in=list(keys), reversed_by=None))


def balance(of: Account) -> int:
    """What came in less what went out, in millionths."""
    came = of.incoming.aggregate(sum=Sum("amount"))["sum"] or 0
    went = of.outgoing.aggregate(sum=Sum("amount"))["sum"] or 0
    return came - went


def balances(accounts: Iterable[Account]) -> dict[int, int]:
    """Account key -> balance in millionths, in two queries however many accounts there are."""
    keys = [one.pk for one in accounts]
    result = dict.fromkeys(keys, 0)
    for key, amount in Transfer.objects.filter(target__in=keys).values_list("target").annotate(Sum("amount")):
        result[key] += amount
    for key, amount in Transfer.objects.filter(source__in=keys).values_list("source").annotate(Sum("amount")):
        result[key] -= amount
    return result


def owed(organization: Organization) -> list[tuple[Person, int]]:
    """Each tasker with a balance, and what they are owed in millionths, largest first."""
    accounts = list(
        Account.objects.filter(
            organization=organization, kind=Account.Kind.OWED, currency=organization.currency
        ).select_related("tasker")
    )
    by_key = balances(accounts)
    rows = [(one.tasker, by_key[one.pk]) for one in accounts if one.tasker and by_key[one.pk]]
    return sorted(rows, key=lambda row: (-row[1], row[0].pk))


def money(amount: int, currency: str) -> str:
    """An amount in millionths for people: at least two decimals, more only where there are any."""
    sign, amount = ("−" if amount < 0 else ""), abs(amount)
    whole, rest = divmod(amount, MILLIONTHS)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    symbol = {"USD": "$", "EUR": "€", "GBP": "£"}.get(currency)
    return f"{sign}{symbol}{whole:,}.{decimals}" if symbol else f"{sign}{whole:,}.{decimals} {currency}"


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
  WHERE t.id IS NULL OR t.amount <> i.cents * 10000
"""


def audit() -> list[tuple[str, str]]:
    """What is wrong with the books, as (what, key); empty when nothing is."""
    with connection.cursor() as cursor:
        cursor.execute(BOOKS)
        return cursor.fetchall()
