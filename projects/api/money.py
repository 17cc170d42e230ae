"""Money, to be read: what is owed, what moved, what was paid; and contesting what one's own work earned."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.pagination import asked, page
from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.configuration import spending_limit
from projects.models import Annotation, Project, ProposedDeadline, ReviewDeadline, SpendingLimit
from projects.models.limits import REVIEW_DAYS, SPENDING
from projects.quality import approvals
from projects.reports import earnings
from projects.web.shared.units import in_units, to_millionths
from taskers.access import require
from taskers.errors import NotFound
from taskers.models import Account, Dispute, Payout, PayoutItem, Scope, Transfer
from taskers.models.limits import DISPUTE
from taskers.models.people import Role
from taskers.money import disputes, ledger

FINANCE = (Role.OWNER, Role.FINANCE)
SCOPES = {"GET": (Scope.FINANCE,)}
HELP = "in units of the currency"


class OwedShape(serializers.Serializer):
    person = serializers.UUIDField()
    name = serializers.CharField()
    amount = serializers.CharField(help_text=HELP)


class OwedList(serializers.Serializer):
    currency = serializers.CharField()
    results = OwedShape(many=True)


class TransferShape(serializers.Serializer):
    """One movement of money. It is never changed: what was wrong is reversed by another."""

    id = serializers.IntegerField(source="pk")
    key = serializers.CharField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    target = serializers.SerializerMethodField()
    amount = serializers.SerializerMethodField(help_text=HELP)
    currency = serializers.CharField()
    project = serializers.SerializerMethodField()
    person = serializers.SerializerMethodField()
    reverses = serializers.CharField(source="reverses.key", allow_null=True, default=None)
    reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()

    def get_source(self, one: Transfer) -> str:
        return one.source.kind

    def get_target(self, one: Transfer) -> str:
        return one.target.kind

    def get_amount(self, one: Transfer) -> str:
        return str(in_units(one.amount))

    def get_project(self, one: Transfer) -> str | None:
        key = one.source.project_key or one.target.project_key
        return str(key) if key else None

    def get_person(self, one: Transfer) -> str | None:
        tasker = one.target.tasker or one.source.tasker
        return str(tasker.public_id) if tasker else None


class TransferPage(PageShape):
    results = TransferShape(many=True)


class PayoutShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(Payout.State.values)
    currency = serializers.CharField()
    made_by = serializers.CharField(source="made_by.name")
    made_at = serializers.DateTimeField()
    approved_by = serializers.CharField(source="approved_by.name", allow_null=True, default=None)
    approved_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    reference = serializers.CharField(allow_blank=True)


class PayoutPage(PageShape):
    results = PayoutShape(many=True)


class PaidShape(serializers.Serializer):
    person = serializers.UUIDField(source="tasker.public_id")
    name = serializers.CharField(source="tasker.name")
    cents = serializers.IntegerField(help_text="minor units of the currency")
    key = serializers.CharField(help_text="by which the processor knows the debt")


class WholePayout(PayoutShape):
    items = PaidShape(many=True)


class ContestBody(KnownFields):
    annotation = serializers.UUIDField(help_text="of one's own, as `submitted.id` said")
    text = serializers.CharField(max_length=DISPUTE)


class DisputeShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    subject = serializers.CharField()
    text = serializers.CharField()
    state = serializers.ChoiceField(Dispute.State.values)
    answer = serializers.CharField(allow_blank=True)
    opened_at = serializers.DateTimeField()


class SpendingBody(KnownFields):
    limit = serializers.DecimalField(**SPENDING.bounds, allow_null=True, help_text=f"{HELP}, in all; null: none")


class SpendingShape(serializers.Serializer):
    """What a project spends, in units of the currency."""

    currency = serializers.CharField()
    earned = serializers.CharField()
    promised = serializers.CharField(help_text="about, for what is handed in and not decided yet")
    limit = serializers.CharField(allow_null=True)
    reached = serializers.BooleanField(help_text="nothing more is handed out")


class ProjectSpending(Endpoint):
    """What a project spends, and how much it may."""

    scopes = {"GET": (Scope.MANAGE,), "PUT": (Scope.MANAGE,)}

    @described("See what a project spends", {200: SpendingShape}, operation_id="project_spending")
    def get(self, request: Request, project_id: UUID) -> Response:
        return self._said(self.project(project_id, *access.MANAGE))

    @described(
        "Say what a project may spend", {200: SpendingShape}, request=SpendingBody, operation_id="project_spending_set"
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = SpendingBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data["limit"]
        spending_limit.allow(project, self.person, None if said is None else to_millionths(said))
        return self._said(project)

    def _said(self, project: Project) -> Response:
        (spent,) = spending_limit.of([project]).values()
        limit = SpendingLimit.objects.filter(project=project).first()
        said = {
            "currency": project.organization.currency,
            "earned": str(in_units(spent.earned)),
            "promised": str(in_units(spent.promised)),
            "limit": str(in_units(limit.amount)) if limit else None,
            "reached": bool(limit and limit.reached_at),
        }
        return Response(SpendingShape(said).data)


class ReviewDeadlineBody(KnownFields):
    days = serializers.IntegerField(
        min_value=int(REVIEW_DAYS.least),
        max_value=int(REVIEW_DAYS.most),
        allow_null=True,
        help_text="after which answers that wait for a reviewer are paid; null: they wait as long as it takes",
    )


class ReviewDeadlineShape(ReviewDeadlineBody):
    proposed = serializers.IntegerField(allow_null=True, help_text="days that wait for somebody of finance to say yes")
    waiting = serializers.IntegerField(help_text="tasks whose day has yet to come")
    unreviewed = serializers.IntegerField(help_text="tasks that were paid without a review and wait still")


class ProjectReviewDeadline(Endpoint):
    """When answers that wait for a reviewer are paid though nobody looked."""

    scopes = {"GET": (Scope.MANAGE,), "PUT": (Scope.MANAGE,)}

    @described("See when unreviewed answers are paid", {200: ReviewDeadlineShape}, operation_id="review_deadline")
    def get(self, request: Request, project_id: UUID) -> Response:
        return self._said(self.project(project_id, *access.MANAGE))

    @described(
        "Ask finance to pay unreviewed answers, or pay none", {200: ReviewDeadlineShape}, request=ReviewDeadlineBody,
        operation_id="review_deadline_set",
    )  # fmt: skip
    def put(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = ReviewDeadlineBody(data=request.data)
        body.is_valid(raise_exception=True)
        approvals.propose(project, self.person, body.validated_data["days"])
        return self._said(project)

    def _said(self, project: Project) -> Response:
        deadline = ReviewDeadline.objects.filter(project=project).first()
        waiting, unreviewed = approvals.waiting(project)
        asked = ProposedDeadline.objects.filter(project=project).values_list("days", flat=True).first()
        said = {
            "days": deadline.days if deadline else None,
            "proposed": asked,
            "waiting": waiting,
            "unreviewed": unreviewed,
        }
        return Response(ReviewDeadlineShape(said).data)


class _Books(Endpoint):
    """For finance."""

    scopes = SCOPES

    def enter(self) -> None:
        """Raises NotAllowed for everybody else."""
        require(self.person, self.organization, *FINANCE)


class Owed(_Books):
    """What each tasker is owed now, the largest first."""

    @described("See what is owed", {200: OwedList}, operation_id="money_owed")
    def get(self, request: Request) -> Response:
        self.enter()
        rows: list[dict[str, Any]] = [
            {"person": one.public_id, "name": one.name, "amount": str(in_units(amount))}
            for one, amount in ledger.owed(self.organization)
        ]
        return Response(OwedList({"currency": self.organization.currency, "results": rows}).data)


class Transfers(_Books):
    """Every movement of money, in order."""

    @described("List transfers", {200: TransferPage}, operation_id="money_transfers", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        self.enter()
        after, limit = asked(request)
        mine = Account.objects.filter(organization=self.organization).values("pk")
        rows = Transfer.objects.filter(Q(source__in=mine), pk__gt=after).order_by("pk")
        found = list(rows.select_related("source__tasker", "target__tasker", "reverses")[: limit + 1])
        return Response(page(found, after, limit, lambda given: TransferShape(given, many=True).data))


class Payouts(_Books):
    """The runs, oldest first."""

    @described("List payouts", {200: PayoutPage}, operation_id="money_payouts", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        self.enter()
        after, limit = asked(request)
        rows = Payout.objects.filter(organization=self.organization, pk__gt=after).order_by("pk")
        found = list(rows.select_related("made_by", "approved_by")[: limit + 1])
        return Response(page(found, after, limit, lambda given: PayoutShape(given, many=True).data))


class OnePayout(_Books):
    """One of them, with whom it pays."""

    @described("Get a payout", {200: WholePayout}, operation_id="money_payout")
    def get(self, request: Request, payout_key: UUID) -> Response:
        self.enter()
        rows = Payout.objects.filter(organization=self.organization, public_id=payout_key)
        found = rows.select_related("made_by", "approved_by").first()
        if found is None:
            raise NotFound()
        items = PayoutItem.objects.filter(payout=found).select_related("tasker").order_by("pk")
        return Response(PayoutShape(found).data | {"items": PaidShape(items, many=True).data})


class Contest(Endpoint):
    """Contesting how a piece of one's own work was judged."""

    scopes = {"POST": (Scope.LABEL,)}

    @described(
        "Contest how your work was judged", {201: DisputeShape}, request=ContestBody, operation_id="disputes_open"
    )
    def post(self, request: Request) -> Response:
        body = ContestBody(data=request.data)
        body.is_valid(raise_exception=True)
        rows = Annotation.objects.filter(tasker=self.person, task__project__organization=self.organization)
        mine = (
            rows.select_related("assignment", "task__project")
            .filter(public_id=body.validated_data["annotation"])
            .first()
        )
        if mine is None:
            raise NotFound()
        subject, text = f"task:{mine.task.public_id}", body.validated_data["text"]
        decision = earnings.entry(self.person, mine).decision
        made = disputes.open(
            self.organization,
            self.person,
            subject=subject,
            text=text,
            decided_at=decision.at if decision else None,
        )
        made.refresh_from_db()
        return Response(DisputeShape(made).data, status=201)
