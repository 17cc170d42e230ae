"""Somebody's account as finance sees it: the statement, where their money goes, and bonuses."""

from datetime import UTC, datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taskers.errors import NotFound, Problem
from taskers.models import Account, Bonus, BonusRule, Membership, Person, limits
from taskers.money import bonus_rules, bonuses, ledger, pay_terms, statements
from taskers.organizations.project_names import project_names
from taskers.people import payees
from taskers.web.requests import MemberRequest
from taskers.web.statement_table import rows_of
from taskers.web.views.access import needs_role
from taskers.web.views.finance.owed import FINANCE, table

SHOWN = 300


class BonusForm(forms.Form):
    """Money on top, for a reason."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        **limits.TYPED,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    project = forms.ChoiceField(label=gettext_lazy("Project that pays for it"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=limits.BONUS_REASON,
        help_text=gettext_lazy("Whoever gets it reads this."),
    )

    def __init__(self, *args, names: dict[UUID, str], alone: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = [(str(key), name) for key, name in names.items()]  # type: ignore[attr-defined]
        text = _("Up to %(amount)s at once; above that a second person says yes first.")
        self.fields["amount"].help_text = text % {"amount": alone}


@require_http_methods(["GET", "POST"])
@needs_role(*FINANCE)
def person(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """One person's statement of a year, and the form for a bonus."""
    whom = _person(request, person_id)
    alone = ledger.money(pay_terms.of(request.organization).bonus_alone, request.organization.currency)
    names = project_names(request.organization)
    paid = project_names(request.organization, archived=False, drafts=False)
    form = BonusForm(request.POST or None, names=paid, alone=alone)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            bonus = bonuses.give(
                request.organization,
                request.user,
                tasker=whom,
                project_key=UUID(said["project"]),
                amount=int(said["amount"] * ledger.MILLIONTHS),
                reason=said["reason"],
            )
            done = _("Given.") if bonus.state == "given" else _("Waiting: a second person says yes first.")
            messages.success(request, done)
            return redirect("money-person", person_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    year = year_asked(request)
    context = {
        "part": "owed",
        "person": whom,
        "form": form,
        "year": year,
        "years": range(timezone.now().year, timezone.now().year - 6, -1),
        "statement": statement_of(whom, request.organization, year),
        "names": names,
        "currency": request.organization.currency,
        "tells": whom.pk in payees.known(request.organization, [whom.pk]),
        "bonuses": Bonus.objects.filter(organization=request.organization, tasker=whom).order_by("-pk")[:20],
    }
    return render(request, "taskers/money/person.html", context, status=422 if form.errors else 200)


@require_GET
@needs_role(*FINANCE)
def statement(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """The same as a table."""
    whom, year = _person(request, person_id), year_asked(request)
    found = statement_of(whom, request.organization, year)
    names = project_names(request.organization)
    return table(f"statement-{year}.csv", rows_of(found, names, request.organization.currency))


@require_POST
@needs_role(*FINANCE)
def details(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Where their money goes, once; that it was looked at is written down first."""
    whom = _person(request, person_id)
    context = {"part": "owed", "person": whom, "details": payees.view(request.organization, whom, request.user)}
    return render(request, "taskers/money/details.html", context)


@require_GET
@needs_role(*FINANCE)
def all_bonuses(request: MemberRequest) -> HttpResponse:
    """Those that wait, and the newest."""
    rows = Bonus.objects.filter(organization=request.organization).select_related("tasker", "made_by", "approved_by")
    waiting = rows.filter(state="proposed").order_by("pk")
    context = {
        "part": "bonuses",
        "waiting": waiting[:SHOWN],
        "bonuses": rows.exclude(state="proposed").order_by("-pk")[:SHOWN],
        "names": project_names(request.organization),
        "rules": bonus_rules.with_given(BonusRule.objects.filter(organization=request.organization))
        .filter(state__in=["proposed", "on"])
        .select_related("made_by", "approved_by")
        .order_by("-state", "pk")[:SHOWN],
    }
    return render(request, "taskers/money/bonuses.html", context)


@require_POST
@needs_role(*FINANCE)
def act(request: MemberRequest, bonus_id: UUID) -> HttpResponse:
    """Say yes to one, or no, or take one back."""
    bonus = Bonus.objects.filter(organization=request.organization, public_id=bonus_id).first()
    if bonus is None:
        raise NotFound()
    try:
        match request.POST.get("act"):
            case "approve":
                bonuses.approve(bonus, request.user)
            case "refuse":
                bonuses.refuse(bonus, request.user)
            case "take_back":
                bonuses.take_back(bonus, request.user)
            case _:
                raise NotFound()
        messages.success(request, bonus.get_state_display())
    except NotFound:
        raise
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("money-bonuses")


@require_POST
@needs_role(*FINANCE)
def act_on_rule(request: MemberRequest, bonus_rule_id: UUID) -> HttpResponse:
    """Say yes to a rule that gives bonuses, or no, or switch one off."""
    rule = BonusRule.objects.filter(organization=request.organization, public_id=bonus_rule_id).first()
    if rule is None:
        raise NotFound()
    try:
        match request.POST.get("act"):
            case "approve":
                bonus_rules.approve(rule, request.user)
                messages.success(request, _("It is on."))
            case "end":
                bonus_rules.end(rule, request.user)
                messages.success(request, _("It is off. What it gave stays."))
            case _:
                raise NotFound()
    except NotFound:
        raise
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("money-bonuses")


def statement_of(whom: Person, organization, year: int, *, until: datetime | None = None) -> statements.Statement:
    """Somebody's account of a year, up to a moment if one is named."""
    begins, ends = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    return statements.of(whom, organization, begins, min(ends, until) if until else ends)


def year_asked(request: MemberRequest) -> int:
    """The year that the address names, or this one."""
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and len(text) == 4 and 2000 <= int(text) <= 2999 else timezone.now().year


def _person(request: MemberRequest, key: UUID) -> Person:
    """Somebody who works or worked here, or is owed anything."""
    found = Person.objects.filter(public_id=key).first()
    here = {"organization": request.organization}
    if found is not None:
        for rows in (Membership.objects.filter(person=found, **here), Account.objects.filter(tasker=found, **here)):
            if rows.exists():
                return found
    raise NotFound()
