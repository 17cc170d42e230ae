"""A tasker's own statement, and where their money goes."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from projects.reports import earnings
from taskers.errors import Problem
from taskers.models import limits
from taskers.organizations.project_names import project_names
from taskers.people import payees
from taskers.web.requests import MemberRequest
from taskers.web.statement_table import rows_of
from taskers.web.views.access import require_fresh_sign_in
from taskers.web.views.finance.owed import table
from taskers.web.views.finance.people import statement_of, year_asked


class PayeeForm(forms.Form):
    """Where the money goes."""

    legal_name = forms.CharField(label=gettext_lazy("Legal name"), max_length=limits.PAYEE)
    country = forms.CharField(label=gettext_lazy("Country"), max_length=limits.PAYEE)
    tax_number = forms.CharField(label=gettext_lazy("Tax number"), max_length=limits.PAYEE, required=False)
    account = forms.CharField(
        label=gettext_lazy("Account"), max_length=limits.PAYEE, help_text=gettext_lazy("An IBAN, or its number.")
    )
    bank = forms.CharField(label=gettext_lazy("Bank"), max_length=limits.PAYEE, required=False)


@require_GET
@login_required
def page(request: MemberRequest) -> HttpResponse:
    """One year, day by day; as of the last turn, like My work."""
    organization, year = _organization(request), year_asked(request)
    context = {
        "year": year,
        "years": range(timezone.now().year, timezone.now().year - 6, -1),
        "statement": _statement(request, year),
        "totals": earnings.totals(request.user, organization),
        "names": project_names(organization),
        "currency": organization.currency,
        "details": payees.own(organization, request.user),
    }
    return render(request, "projects/annotator/statement.html", context)


@require_GET
@login_required
def file(request: MemberRequest) -> HttpResponse:
    """The same as a table."""
    organization, year = _organization(request), year_asked(request)
    rows = rows_of(_statement(request, year), project_names(organization), organization.currency)
    return table(f"statement-{year}.csv", rows)


@require_http_methods(["GET", "POST"])
@login_required
def payee(request: MemberRequest) -> HttpResponse:
    """Say where the money goes: anew as a whole, after a sign-in of just now."""
    organization = _organization(request)
    form = PayeeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require_fresh_sign_in(request)
        try:
            payees.tell(organization, request.user, form.cleaned_data)
            messages.success(request, _("Saved, and sealed: whoever of finance looks at it is written down."))
            return redirect("my-statement")
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    context = {"form": form, "details": payees.own(organization, request.user)}
    return render(request, "projects/annotator/payee.html", context, status=422 if form.errors else 200)


def _statement(request: MemberRequest, year: int):
    return statement_of(request.user, _organization(request), year, until=min(earnings.as_of(), earnings.FAR))


def _organization(request: MemberRequest):
    if not request.organization:
        raise Http404
    return request.organization
