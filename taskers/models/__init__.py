"""People, trust and money: one file per chapter."""

from taskers.models.audit import AuditRecord
from taskers.models.consent import TrainingConsent
from taskers.models.finance import (
    Bonus,
    BonusAward,
    BonusRule,
    ClosingBalance,
    PayeeDetails,
    PayoutReturn,
    PayTerms,
    ReconciledFile,
    YearClosing,
)
from taskers.models.idempotency import IdempotencyKey
from taskers.models.inbox import MailDigest, Notification, NotificationChoice
from taskers.models.money import Account, Dispute, EarningDay, Payout, PayoutItem, Transfer, TransferCursor
from taskers.models.outbox import Cursor, Event, EventPart
from taskers.models.people import ApiToken, Invitation, Membership, Organization, Person, Scope
from taskers.models.preferences import Preferences
from taskers.models.service_accounts import ServiceAccount
from taskers.models.skills import Qualification, Skill
from taskers.models.standing import Grade, LabelStanding, Standing
from taskers.models.throttle import ThrottleBucket

__all__ = [
    "Account",
    "ApiToken",
    "AuditRecord",
    "Bonus",
    "BonusAward",
    "BonusRule",
    "ClosingBalance",
    "Cursor",
    "Dispute",
    "EarningDay",
    "Event",
    "EventPart",
    "Grade",
    "IdempotencyKey",
    "LabelStanding",
    "Invitation",
    "MailDigest",
    "Membership",
    "Notification",
    "NotificationChoice",
    "Organization",
    "PayTerms",
    "PayeeDetails",
    "Payout",
    "PayoutItem",
    "PayoutReturn",
    "Person",
    "Preferences",
    "Qualification",
    "Scope",
    "ReconciledFile",
    "ServiceAccount",
    "Skill",
    "Standing",
    "ThrottleBucket",
    "TrainingConsent",
    "Transfer",
    "TransferCursor",
    "YearClosing",
]
