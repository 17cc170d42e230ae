"""What is owed, and the runs that pay it. Each step is one verb."""

import csv
from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from taskers.errors import NotFound, Problem
from taskers.models import PayeeDetails, Payout, PayoutItem, PayoutReturn, Person
from taskers.models.people import Role
from taskers.money import ledger, origins, pay_terms, payouts, reconciling, returns
from taskers.organizations.project_names import project_names
from taskers.people import payees
from taskers.web.requests import MemberRequest, key_in
from taskers.web.views.access import needs_role

SHOWN = 500  # rows of a table on a page; the CSV has them all
NAMED = 20  # people that a warning names
FINANCE = (Role.FINANCE,)


@require_GET
@needs_role(*FINANCE)
def owed(request: MemberRequest) -> HttpResponse:
    """What each tasker is owed, what of it may be paid now, and the form that makes a run of it."""
    organization = request.organization
    terms = pay_terms.of(organization)
    rows = [one for one in ledger.owing(ledger.owed_accounts(organization), terms.hold_days) if one.amount]
    rows.sort(key=lambda one: (-one.payable, one.tasker.pk))
    cents = [payouts.payable_cents(one, terms) for one in rows]
    context = {
        "part": "owed",
        "rows": list(zip(rows, cents, strict=True))[:SHOWN],
        "more": max(0, len(rows) - SHOWN),
        "known": payees.known(organization, [one.tasker.pk for one in rows[:SHOWN]]),
        "total": sum(one.amount for one in rows),
        "held": sum(one.held for one in rows),
        "due": sum(cents),
        "people": sum(map(bool, cents)),
        "terms": terms,
        "currency": organization.currency,
    }
    return render(request, "taskers/money/owed.html", context)


@require_POST
@needs_role(*FINANCE)
def run(request: MemberRequest) -> HttpResponse:
    """Make a run of what is payable, of everybody's or of the people who are ticked."""
    chosen: list[int] | None = None
    if request.POST.get("who") == "chosen":
        keys = [key_in(text) for text in request.POST.getlist("person")]
        chosen = list(Person.objects.filter(public_id__in=keys).values_list("pk", flat=True))
    try:
        payout = payouts.propose(request.organization, request.user, people=chosen)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("money")
    messages.success(request, _("The run is made. A second person of finance approves it."))
    return redirect("money-payout", payout.public_id)


@require_GET
@needs_role(*FINANCE)
def runs(request: MemberRequest) -> HttpResponse:
    """The newest runs."""
    rows = Payout.objects.filter(organization=request.organization).select_related("made_by", "approved_by")
    found = returns.with_failed(rows).annotate(cents=Sum("items__cents"), people=Count("items")).order_by("-pk")[:SHOWN]
    return render(request, "taskers/money/payouts.html", {"part": "payouts", "payouts": found})


@require_GET
@needs_role(*FINANCE)
def payout(request: MemberRequest, payout_key: UUID) -> HttpResponse:
    """One run: who gets what, who did what, what came back, and the next step."""
    return _page(request, _payout(request, payout_key))


@require_POST
@needs_role(*FINANCE)
def step(request: MemberRequest, payout_key: UUID) -> HttpResponse:
    """Approve it, settle it, call it off or don't."""
    found = _payout(request, payout_key)
    reference = request.POST.get("reference", "")
    person = request.user

    def settled(one: Payout, by: Person) -> Payout:
        return payouts.settle(one, by, reference=reference)

    steps: dict[str, tuple[Callable[[Payout, Person], Payout], str]] = {
        "approve": (payouts.approve, _("Approved. Export the table and pay it.")),
        "settle": (settled, _("Settled. Everybody in it is paid.")),
        "cancel": (payouts.cancel, _("Cancelled. The money is owed again.")),
        "keep": (payouts.keep, _("The run goes on.")),
    }
    verb, done = steps.get(request.POST.get("act", ""), (None, ""))
    if verb is None:
        raise NotFound()
    try:
        found = verb(found, person)
        if found.state == Payout.State.APPROVED and found.cancel_asked_by_id:
            done = _(
                "Asked. A second person of finance calls it off, once the processor has said that nothing was paid."
            )
        messages.success(request, done)
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("money-payout", payout_key)


@require_GET
@needs_role(*FINANCE)
def processor(request: MemberRequest, payout_key: UUID) -> HttpResponse:
    """The table for the payment processor."""
    found = _payout(request, payout_key)
    try:
        rows = payouts.export(found, request.user)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("money-payout", payout_key)
    return table(f"payout-{found.public_id}.csv", rows)


@require_POST
@needs_role(*FINANCE)
def reconcile(request: MemberRequest, payout_key: UUID) -> HttpResponse:
    """Compare a run with the processor's file: shown first, and applied as a whole once somebody has looked."""
    found = _payout(request, payout_key)
    file = request.FILES.get("file")
    text = file.read() if file else request.POST.get("text", "").encode()
    try:
        if "apply" in request.POST:
            reconciling.apply(found, request.user, text, reference=request.POST.get("reference", ""))
            messages.success(request, _("Applied. What wasn't paid waits for a second person."))
            return redirect("money-payout", payout_key)
        compared = reconciling.compare(found, text)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("money-payout", payout_key)
    context = {
        "part": "payouts",
        "payout": found,
        "compared": compared,
        "text": text.decode("utf-8-sig"),
        "asks": compared.of("differing", "unmatched", "missing"),
    }
    return render(request, "taskers/money/reconcile.html", context)


@require_GET
@needs_role(*FINANCE)
def item(request: MemberRequest, item_id: int) -> HttpResponse:
    """What one person gets in a run, down to the work that earned it; and saying that it came back."""
    found = _item(request, item_id)
    returned = list(found.returns.select_related("asked_by", "ended_by").order_by("-pk"))
    with_processor = found.payout.exported_at and found.payout.state in {"approved", "settled"}
    offset = int(request.GET["from"]) if request.GET.get("from", "").isdecimal() and len(request.GET["from"]) < 9 else 0
    context = {
        "part": "payouts",
        "item": found,
        "payout": found.payout,
        "origins": origins.of(found, offset=offset, limit=200),
        "next": offset + 200,
        "names": project_names(request.organization),
        "returned": returned,
        "may_come_back": with_processor and not any(one.state in returns.OPEN for one in returned),
    }
    return render(request, "taskers/money/item.html", context)


@require_POST
@needs_role(*FINANCE)
def give_back(request: MemberRequest, item_id: int) -> HttpResponse:
    """Say that an item wasn't paid; as a second person, confirm that, or say that it was. NotFound for aught else."""
    found = _item(request, item_id)
    act = request.POST.get("act")
    asked = PayoutReturn.objects.filter(item=found, state="asked").first()
    try:
        if act == "ask":
            returns.ask(found, request.user, reason=request.POST.get("reason", ""))
            messages.success(request, _("Noted. A second person of finance confirms it."))
        elif asked is None:
            raise NotFound()
        elif act == "confirm":
            returns.confirm(asked, request.user)
            messages.success(request, _("It is owed again, and goes into the next run."))
        elif act == "refuse":
            returns.refuse(asked, request.user)
            messages.success(request, _("It counts as paid."))
        else:
            raise NotFound()
    except NotFound:
        raise
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("money-item", item_id)


def table(name: str, rows: list[list[str]]) -> HttpResponse:
    """Rows as a CSV file to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    csv.writer(response).writerows(rows)
    return response


def _page(request: MemberRequest, found: Payout) -> HttpResponse:
    rows = found.items.select_related("tasker").prefetch_related("returns").order_by("-cents", "pk")
    came_back = Q(pk__in=PayoutReturn.objects.filter(item__payout=found, state__in=returns.OPEN).values("item"))
    totals = found.items.aggregate(returned=Sum("cents", filter=came_back), cents=Sum("cents"), people=Count("pk"))
    told = PayeeDetails.objects.filter(organization=found.organization).values("person")
    undetailed = found.items.exclude(tasker__in=told).select_related("tasker").order_by("-cents", "pk")
    context = {
        "part": "payouts",
        "payout": found,
        "without_details": undetailed[:NAMED] if found.state in {"proposed", "approved"} else [],
        "without_details_number": undetailed.count(),
        "came_back": found.items.filter(came_back).select_related("tasker").order_by("-cents", "pk")[:NAMED],
        "items": [(one, _back(one)) for one in rows[:SHOWN]],
        "more": max(0, totals["people"] - SHOWN),
        "cents": totals["cents"] or 0,
        "people": totals["people"],
        "returned": totals["returned"] or 0,
        "own": found.made_by_id == request.user.pk,
        "with_processor": found.state in {"approved", "settled"},
    }
    return render(request, "taskers/money/payout.html", context)


def _back(one: PayoutItem) -> PayoutReturn | None:
    """What was said of its coming back, where that stands."""
    return next((back for back in one.returns.all() if back.state in returns.OPEN), None)


def _payout(request: MemberRequest, key: UUID) -> Payout:
    rows = Payout.objects.select_related("organization", "made_by", "approved_by", "ended_by", "cancel_asked_by")
    found = rows.filter(organization=request.organization, public_id=key).first()
    if found is None:
        raise NotFound()
    return found


def _item(request: MemberRequest, key: int) -> PayoutItem:
    rows = PayoutItem.objects.select_related("tasker", "payout__organization")
    found = rows.filter(payout__organization=request.organization, pk=key).first()
    if found is None:
        raise NotFound()
    return found
