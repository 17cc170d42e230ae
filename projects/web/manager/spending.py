"""What a project spends, and how much it may."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from projects.configuration import spending_limit
from projects.models import Project, ProposedDeadline, ReviewDeadline, SpendingLimit
from projects.models.limits import REVIEW_DAYS, SPENDING
from projects.quality import approvals
from projects.reports import pay_example
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from projects.web.shared.units import amount, in_currency, in_units, to_millionths
from taskers.errors import Problem
from taskers.web.requests import MemberRequest


class LimitForm(forms.Form):
    """How much a project may spend in all."""

    amount = amount(
        gettext_lazy("It may spend in all"),
        SPENDING,
        required=False,
        help_text=gettext_lazy(
            "Once what was earned and what is handed in and not decided yet come to this, nothing more is handed out."
            " Empty: no limit."
        ),
    )


class ReviewDeadlineForm(forms.Form):
    """After how many days what waits for a reviewer is paid."""

    days = forms.IntegerField(
        label=gettext_lazy("Pay what waits for a reviewer after, days"),
        **REVIEW_DAYS.bounds,
        required=False,
        help_text=gettext_lazy(
            "Where nobody looked by then, answers are paid as they were handed in; a verdict that comes later"
            " doesn’t take it back, only voiding the answer does. Empty: they wait as long as it takes. A second"
            " person, of finance, says yes first; neither of you is paid by it."
        ),
    )


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """What was spent and promised, what work earned by the terms of now, and the limit."""
    form = _limit_form(project, request.POST or None)
    if request.method == "POST" and form.is_valid():
        said: Decimal | None = form.cleaned_data["amount"]
        try:
            spending_limit.allow(project, request.user, None if said is None else to_millionths(said))
            messages.success(request, _("Saved."))
            return redirect("project-spending", project.public_id)
        except Problem as problem:
            form.add_error("amount", problem.text)
    return _shown(request, project, form, None)


@require_POST
@manages
def deadline(request: MemberRequest, project: Project) -> HttpResponse:
    """Say after how many days what waits for a reviewer is paid, or that it waits as long as it takes."""
    form = ReviewDeadlineForm(request.POST)
    if not form.is_valid():
        return _shown(request, project, _limit_form(project, None), form)
    asked = approvals.propose(project, request.user, form.cleaned_data["days"])
    said = _("Waiting: somebody of finance says yes first, under Money.") if asked else _("Saved.")
    messages.success(request, said)
    return redirect("project-spending", project.public_id)


def _limit_form(project: Project, sent: QueryDict | None) -> LimitForm:
    limit = SpendingLimit.objects.filter(project=project).first()
    form = LimitForm(sent, initial={"amount": in_units(limit.amount) if limit else None})
    form.fields["amount"].label = in_currency(form.fields["amount"].label, project.organization)
    return form


def _shown(request: MemberRequest, project: Project, form: LimitForm, sent: ReviewDeadlineForm | None) -> HttpResponse:
    """The page, with what is wrong with either form."""
    (spent,) = spending_limit.of([project]).values()
    deadline = ReviewDeadline.objects.filter(project=project).select_related("changed_by", "approved_by").first()
    asked = ProposedDeadline.objects.filter(project=project).select_related("made_by").first()
    days = asked.days if asked else deadline.days if deadline else None
    deadline_form = sent or ReviewDeadlineForm(initial={"days": days})
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "form": form,
        "limit": SpendingLimit.objects.filter(project=project).select_related("changed_by").first(),
        "spent": spent,
        "example": pay_example.of(project),
        "currency": project.organization.currency,
        "deadline_form": deadline_form,
        "deadline": deadline,
        "asked": asked,
        "tab": "dashboard",
    }
    context |= dict(zip(("waiting", "unreviewed"), approvals.waiting(project), strict=True)) if deadline else {}
    status = 422 if form.errors or deadline_form.errors else 200
    return render(request, "projects/manager/spending.html", context, status=status)
