"""What people are told of. A new kind is one file and one line: here, or where projects are known (reports/inbox/)."""

from taskers.notifications.kinds import bonuses, disputes, messages, payouts
from taskers.notifications.told import Kind

# Parts above this one add their own when they are installed.
KINDS: list[Kind] = [messages.KIND, disputes.KIND, payouts.KIND, bonuses.KIND]


def by_key() -> dict[str, Kind]:
    """All of them, in their order."""
    return {one.key: one for one in KINDS}
