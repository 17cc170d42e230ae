"""Moving the money of one item of a run, each step once."""

from taskers.models import Account, Payout, PayoutItem, Transfer
from taskers.money import ledger

MILLIONTHS_PER_CENT = ledger.PER_CENT
# From where to where each step moves it; a return comes from wherever the money is.
STEPS = {
    "reserve": (Account.Kind.OWED, Account.Kind.IN_PAYOUT),
    "settle": (Account.Kind.IN_PAYOUT, Account.Kind.PAID),
    "cancel": (Account.Kind.IN_PAYOUT, Account.Kind.OWED),
}


def move(payout: Payout, item: PayoutItem, step: str) -> None:
    """Reserve, settle or cancel what somebody gets."""
    _move(payout, item, step, *STEPS[step])


def give_back(payout: Payout, item: PayoutItem) -> None:
    """It is owed again, whether it was settled or not."""
    settled = Transfer.objects.filter(key=key_of(item, "settle")).exists()
    _move(payout, item, "return", Account.Kind.PAID if settled else Account.Kind.IN_PAYOUT, Account.Kind.OWED)


def key_of(item: PayoutItem, step: str) -> str:
    """Under which a step moves its money."""
    return f"payout:{item.payout_id}:tasker:{item.tasker_id}:{step}"


def _move(payout: Payout, item: PayoutItem, step: str, source: str, target: str) -> None:
    ledger.post(
        key=key_of(item, step),
        source=ledger.account(payout.organization, source, tasker=item.tasker),
        target=ledger.account(payout.organization, target, tasker=item.tasker),
        amount=item.cents * MILLIONTHS_PER_CENT,
        reason=f"Payout {payout.public_id}",
        detail={"payout": str(payout.public_id)},
    )
