"""What numbers and texts about people may be, each said once: models, forms, serializers and verbs ask here."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q


@dataclass(frozen=True)
class Between:
    """From the least to the most that a number may be, both included."""

    least: float
    most: float

    @property
    def bounds(self) -> dict[str, Any]:
        """As fields of forms and of serializers take them."""
        return {"min_value": self.least, "max_value": self.most}

    def on(self, field: str) -> Q:
        """As a constraint on a field."""
        return Q(**{f"{field}__gte": self.least, f"{field}__lte": self.most})

    def holds(self, value: object) -> bool:
        """Whether this is a number within it: neither a truth value nor no number at all."""
        return isinstance(value, (int, float)) and not isinstance(value, bool) and self.least <= value <= self.most


# Characters.
NAME = 120  # of a person, an organization
SKILL_NAME = 80
SKILL_KEY = 60
SKILL_NOTE = 200
TOKEN_NAME = 80
SERVICE_NOTE = 200  # what a service account is for
REFERENCE = 120  # of the bank's, for a payout
DISPUTE = 4_000  # of what a tasker says, and of what is answered

TOKEN_DAYS = Between(1, 3650)
SKILL_VALUE = Between(-1e9, 1e9)

# Money, in millionths where nothing else is said.
BONUS = Between(1, 10**12 - 1)
BONUS_REASON = 200
RETURN_REASON = 200
# Of a rule that gives bonuses by itself: judged answers for one, the share that is right, and how long it lasts.
BONUS_WINDOW = Between(5, 10_000)
BONUS_LEAST = Between(0.01, 1)
BONUS_DAYS = Between(1, 365)
# By the names of an organization's pay terms.
PAY_TERMS: dict[str, Between] = {
    "hold_days": Between(0, 90),
    "minimum_cents": Between(1, 10**9),
    "bonus_alone": Between(0, 10**12 - 1),
    "dispute_days": Between(1, 365),
    "answer_days": Between(1, 90),
}
# As decimal fields take amounts in units of a currency: of a bonus, and of whole cents.
TYPED: dict[str, Any] = {"min_value": 0, "max_digits": 12, "decimal_places": 6}
TYPED_CENTS: dict[str, Any] = {"min_value": 0, "max_digits": 10, "decimal_places": 2}
PAYEE = 120  # of each thing that a payee tells
PROCESSOR_FILE = 2_000_000  # bytes
PROCESSOR_LINES = 50_000
