"""Money beside the ledger: on which terms it is paid, what is given on top, what came back, and where it goes."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from taskers.models import limits
from taskers.models.append_only import append_only
from taskers.models.limits import PAY_TERMS
from taskers.models.money import Account, Payout, PayoutItem
from taskers.models.people import Organization, Person


class PayTerms(models.Model):
    """On which terms an organization pays; without a row, as the defaults say (sole writer: pay_terms.py)."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="pay_terms", primary_key=True
    )
    hold_days = models.PositiveSmallIntegerField(default=0)  # what is earned may be paid out so many days later
    minimum_cents = models.BigIntegerField(default=1)  # whoever has less to get waits for the next run
    bonus_alone = models.BigIntegerField(default=50_000_000)  # millionths: what one person may give, without a second
    dispute_days = models.PositiveSmallIntegerField(default=30)  # how long after a decision it may be contested
    answer_days = models.PositiveSmallIntegerField(default=7)  # in which a dispute is to be answered

    class Meta:
        verbose_name_plural = "pay terms"
        constraints = [
            models.CheckConstraint(condition=PAY_TERMS[name].on(name), name=f"pay_terms_{name}") for name in PAY_TERMS
        ]

    def __str__(self) -> str:
        return f"Pay terms of {self.organization}"


class Bonus(models.Model):
    """Money on top, for a reason: given at once, or above an amount with a second person's yes (writer: bonuses.py)."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waiting for a second person"
        GIVEN = "given", "Given"  # proposed -> given
        REFUSED = "refused", "Refused"  # proposed -> refused
        TAKEN_BACK = "taken_back", "Taken back"  # given -> taken_back

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="bonuses")
    project_key = models.UUIDField()  # whose cost it is
    tasker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="bonuses")
    amount = models.BigIntegerField()  # millionths
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=limits.BONUS_REASON)
    alone = models.BigIntegerField()  # what one person could give when it was proposed
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    approved_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "bonuses"
        indexes = [models.Index(fields=["organization", "-id"], name="bonus_newest")]
        constraints = [
            models.CheckConstraint(condition=limits.BONUS.on("amount"), name="bonus_amount_sane"),
            models.CheckConstraint(
                condition=~Q(tasker=F("made_by")) & (Q(approved_by=None) | ~Q(tasker=F("approved_by"))),
                name="bonus_not_for_oneself",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("made_by")), name="bonus_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["given", "taken_back"])
                | Q(amount__lte=F("alone"))
                | Q(approved_by__isnull=False),
                name="bonus_above_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tasker}: {self.amount}"


class BonusRule(models.Model):
    """Bonuses that a project gives by itself: so much for every so many judged answers that are right often enough.
    Never edited, so that each bonus knows its rule (writer: bonus_rules.py)."""

    class Measure(models.TextChoices):
        # Nothing by gold: who is paid for it at once knows which it was.
        AGREEMENT = "agreement", "Agreement with verdicts"

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waiting for a second person"
        ON = "on", "On"  # proposed -> on
        ENDED = "ended", "Off"  # proposed | on -> ended

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="bonus_rules")
    project_key = models.UUIDField()  # whose cost it is
    measure = models.CharField(max_length=9, choices=Measure)
    least = models.FloatField()  # the mean that a row of answers must reach
    window = models.PositiveIntegerField()  # answers in a row
    amount = models.BigIntegerField()  # millionths for each row
    each_most = models.BigIntegerField()  # millionths that one person gets in all
    most = models.BigIntegerField()  # and everybody together
    currency = models.CharField(max_length=3)
    days = models.PositiveSmallIntegerField()  # that it lasts, once it is on
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    approved_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    begins_at = models.DateTimeField(null=True, blank=True)  # what is judged from then on counts
    begins_behind = models.BigIntegerField(null=True, blank=True)  # the newest grade at that moment
    looked_behind = models.BigIntegerField(null=True, blank=True)  # all up to this grade was looked at
    ended_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project_key", "-id"], name="bonus_rule_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=1, amount__lte=F("each_most"), each_most__lte=F("most"))
                & limits.BONUS.on("most"),
                name="bonus_rule_amounts_sane",
            ),
            models.CheckConstraint(
                condition=limits.BONUS_WINDOW.on("window")
                & limits.BONUS_LEAST.on("least")
                & limits.BONUS_DAYS.on("days"),
                name="bonus_rule_sane",
            ),
            models.CheckConstraint(
                condition=~Q(state="on")
                | Q(approved_by__isnull=False, begins_at__isnull=False, begins_behind__isnull=False),
                name="bonus_rule_on_by_two",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("made_by")), name="bonus_rule_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.window} answers"


class BonusAward(models.Model):
    """That a rule gave a bonus for one row of somebody's answers, once (same writer)."""

    rule = models.ForeignKey(BonusRule, on_delete=models.PROTECT, related_name="awards", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()  # which row of theirs it is, from 1
    measured = models.FloatField()
    bonus = models.OneToOneField(Bonus, on_delete=models.PROTECT, related_name="award")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("bonus_award_append_only")]
        constraints = [models.UniqueConstraint(fields=["rule", "person", "number"], name="bonus_award_once")]

    def __str__(self) -> str:
        return f"{self.person}: {self.number}"


class PayoutReturn(models.Model):
    """The processor couldn't pay one of a run, or it came back: owed again once a second person has seen that
    (writer: returns.py)."""

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for a second person"
        CONFIRMED = "confirmed", "Owed again"  # asked -> confirmed
        REFUSED = "refused", "It was paid"  # asked -> refused

    item = models.ForeignKey(PayoutItem, on_delete=models.PROTECT, related_name="returns")
    reason = models.CharField(max_length=limits.RETURN_REASON)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=~Q(state="refused"), name="payout_return_once"),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(ended_by__isnull=False) & ~Q(ended_by=F("asked_by")),
                name="payout_return_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.state}"


class ReconciledFile(models.Model):
    """A processor's file that was compared with a run and applied: what it said, line by line (writer:
    reconciling.py)."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="files")
    sha256 = models.CharField(max_length=64)
    lines = models.JSONField()
    applied_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("reconciled_file_append_only")]
        constraints = [models.UniqueConstraint(fields=["payout", "sha256"], name="reconciled_file_once")]

    def __str__(self) -> str:
        return f"{self.payout}: {self.sha256[:12]}"


class PayeeDetails(models.Model):
    """Where somebody's money goes and what tax forms ask, sealed; the newest holds (writer: payees.py)."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="payee_details")
    sealed = models.TextField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "payee details"
        constraints = [models.UniqueConstraint(fields=["organization", "person"], name="payee_details_once")]

    def __str__(self) -> str:
        return str(self.person)


class YearClosing(models.Model):
    """The books of a year are closed: from here on its balances are carried forward (writer: years.py)."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="closings")
    year = models.PositiveSmallIntegerField()
    ends = models.DateTimeField()  # transfers before this moment are in it
    transfers = models.BigIntegerField()  # since the closing before
    digest = models.CharField(max_length=64)  # sha256 of its transfers as `years.lines` writes them
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        triggers = [append_only("year_closing_append_only")]
        constraints = [
            models.UniqueConstraint(fields=["organization", "year"], name="year_closed_once"),
            models.UniqueConstraint(fields=["organization", "ends"], name="year_ends_once"),
        ]

    def __str__(self) -> str:
        return str(self.year)


class ClosingBalance(models.Model):
    """What an account held when a year was closed: its balance is this, and what moved since then."""

    closing = models.ForeignKey(YearClosing, on_delete=models.PROTECT, related_name="balances", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="closing_balances", db_index=False)
    ends = models.DateTimeField()
    balance = models.BigIntegerField()  # millionths

    class Meta:
        triggers = [append_only("closing_balance_append_only")]
        constraints = [
            models.UniqueConstraint(fields=["closing", "account"], name="closing_balance_once"),
            models.UniqueConstraint(fields=["account", "ends"], name="closing_balance_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.balance}"
