"""People, trust and money: one file per chapter."""

from taskers.models.money import Account, Dispute, Payout, PayoutItem, Transfer
from taskers.models.outbox import Cursor, Event
from taskers.models.people import ApiToken, Invitation, Membership, Organization, Person
from taskers.models.skills import Qualification, Skill
from taskers.models.trust import Grade, Standing

__all__ = [
    "Account",
    "ApiToken",
    "Cursor",
    "Dispute",
    "Event",
    "Grade",
    "Invitation",
    "Membership",
    "Organization",
    "Payout",
    "PayoutItem",
    "Person",
    "Qualification",
    "Skill",
    "Standing",
    "Transfer",
]
