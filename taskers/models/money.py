"""Money: accounts, transfers between them, and payouts. Amounts are integer millionths of a currency unit."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from taskers.models import limits
from taskers.models.append_only import append_only
from taskers.models.outbox import CURRENT_TRANSACTION
from taskers.models.people import Organization, Person


class Account(models.Model):
    """A place where money is counted. Its balance is what its transfers say, and is stored nowhere."""

    class Kind(models.TextChoices):
        LABELLING = "labelling", "Cost of labelling"  # source: a project's spending
        OWED = "owed", "Owed to a tasker"  # labelling -> owed when a verdict earns it
        IN_PAYOUT = "in_payout", "In a payout"  # owed -> in_payout when a run is made
        PAID = "paid", "Paid out"  # in_payout -> paid when the run is settled

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="accounts")
    kind = models.CharField(max_length=12, choices=Kind)
    currency = models.CharField(max_length=3)
    tasker = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts")
    project_key = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "currency", "tasker", "project_key"],
                nulls_distinct=False,
                name="account_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="labelling", tasker=None, project_key__isnull=False)
                | Q(kind__in=["owed", "in_payout", "paid"], tasker__isnull=False, project_key=None),
                name="account_owner_fits_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.tasker or self.project_key}"


class Transfer(models.Model):
    """One movement of money: balanced by construction, made once per key, never changed (sole writer: ledger.py)."""

    key = models.CharField(max_length=120, unique=True)
    source = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="outgoing", db_index=False)
    target = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="incoming", db_index=False)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    reason = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now(), editable=False)
    # In the order of these a reader may rely on what it sees, as with the outbox (earning_days.py).
    transaction = models.BigIntegerField(db_default=CURRENT_TRANSACTION, editable=False)

    class Meta:
        triggers = [append_only("transfer_append_only")]
        indexes = [
            models.Index(fields=["transaction", "id"], name="transfer_order"),
            models.Index(fields=["source", "at"], name="transfer_out"),  # an account's newest, since a year was closed
            models.Index(fields=["target", "at"], name="transfer_in"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_amount_positive"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="transfer_between_two_accounts"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.amount / 1_000_000:.6f} {self.currency}"


class EarningDay(models.Model):
    """What a project's work earned on one day (UTC), less what was taken back then: one tasker's, and in a row without
    a tasker everybody's. Kept from the transfers (sole writer: earning_days.py)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    project_key = models.UUIDField()
    tasker = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    currency = models.CharField(max_length=3)
    day = models.DateField()
    amount = models.BigIntegerField(default=0)  # millionths

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_key", "tasker", "currency", "day"], nulls_distinct=False, name="earning_day_once"
            )
        ]
        indexes = [
            models.Index(fields=["tasker", "day"], condition=Q(tasker__isnull=False), name="earning_day_by_tasker"),
            models.Index(fields=["organization", "day"], condition=Q(tasker=None), name="earning_day_of_all"),
        ]

    def __str__(self) -> str:
        return f"{self.tasker or 'Everybody'} on {self.day}: {self.amount}"


class TransferCursor(models.Model):
    """How far a reader of the transfers has come."""

    reader = models.CharField(max_length=60, primary_key=True)
    transaction = models.BigIntegerField(default=-(2**63))  # before every transfer, restored ones too
    transfer_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.reader


class Payout(models.Model):
    """A run that pays what taskers are owed: one person makes it, another approves it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waiting for approval"
        APPROVED = "approved", "Approved"  # proposed -> approved, by a second person
        SETTLED = "settled", "Settled"  # approved -> settled, once the processor has paid
        CANCELLED = "cancelled", "Cancelled"  # proposed | approved -> cancelled: owed again, see payouts.cancel

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="payouts")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    approved_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    # Since the table was taken away, it may have been paid: then two people call it off.
    exported_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=limits.REFERENCE, blank=True)

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="payout_not_approved_by_who_is_paid",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__approved_by__isnull=False),
                func="""
                    IF EXISTS (
                      SELECT FROM taskers_payoutitem i WHERE i.payout_id = NEW.id AND i.tasker_id = NEW.approved_by_id
                    ) THEN RAISE EXCEPTION 'a payout is not approved by somebody whom it pays'; END IF;
                    RETURN NEW;
                """,
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("made_by")), name="payout_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "settled"])
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="payout_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled")
                | Q(exported_at=None)
                | Q(cancel_asked_by__isnull=False) & ~Q(cancel_asked_by=F("ended_by")),
                name="payout_exported_cancelled_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"Payout of {self.made_at:%Y-%m-%d}"


class PayoutItem(models.Model):
    """What one tasker gets in a run, in whole minor units (cents): the rounding happens here and nowhere else."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="items")
    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="payout_items")
    cents = models.BigIntegerField()
    # By it the processor knows the debt: a run that was called off after its table was taken away may have been paid,
    # so the next one asks for the same debt by the same key, and the processor pays it once.
    key = models.CharField(max_length=80)

    class Meta:
        triggers = [append_only("payout_item_append_only")]
        constraints = [
            models.UniqueConstraint(fields=["payout", "tasker"], name="payout_item_once"),
            models.UniqueConstraint(fields=["payout", "key"], name="payout_item_key_once"),
            models.CheckConstraint(condition=~Q(key=""), name="payout_item_has_key"),
            models.CheckConstraint(condition=Q(cents__gt=0), name="payout_item_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.tasker}: {self.cents}"


class Dispute(models.Model):
    """A tasker contests a grade or an earning; a reviewer or finance answers."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        UPHELD = "upheld", "Upheld"
        REFUSED = "refused", "Refused"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="disputes")
    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="disputes")
    subject = models.CharField(max_length=120)
    text = models.TextField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    answered_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)  # by when an answer was promised

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tasker", "subject"], condition=Q(state="open"), name="dispute_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.tasker}, {self.opened_at:%Y-%m-%d}"
