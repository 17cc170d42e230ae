"""On which terms an organization pays, and the end of its years."""

from datetime import UTC, datetime
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from taskers.errors import NotFound, Problem
from taskers.files.csv_cells import plain
from taskers.models import YearClosing
from taskers.models.limits import PAY_TERMS, TYPED_CENTS
from taskers.money import items, ledger, pay_terms, years
from taskers.people import payees
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role
from taskers.web.views.finance.owed import FINANCE, table

CENT = items.MILLIONTHS_PER_CENT


class TermsForm(forms.Form):
    """The terms, each with an example of what it does."""

    hold_days = forms.IntegerField(
        label=gettext_lazy("Hold period, in days"),
        **PAY_TERMS["hold_days"].bounds,
        help_text=gettext_lazy(
            "What is earned may be paid out so many days later, if nobody takes it back until then. With 7, what was"
            " earned on the 1st goes into runs from the 8th on. 0: at once."
        ),
    )
    minimum = forms.DecimalField(
        label=gettext_lazy("Smallest payout"),
        **TYPED_CENTS,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("Whoever has less to get waits for a later run: with 10.00, 9.99 stays owed."),
    )
    bonus_alone = forms.DecimalField(
        label=gettext_lazy("Bonus that one person may give"),
        **TYPED_CENTS,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("Above it a second person says yes first. 0: always two."),
    )
    dispute_days = forms.IntegerField(
        label=gettext_lazy("Days in which a decision may be contested"), **PAY_TERMS["dispute_days"].bounds
    )
    answer_days = forms.IntegerField(
        label=gettext_lazy("Days in which a dispute is answered"),
        **PAY_TERMS["answer_days"].bounds,
        help_text=gettext_lazy("The tasker is told this date."),
    )


@require_http_methods(["GET", "POST"])
@needs_role(*FINANCE)
def terms(request: MemberRequest) -> HttpResponse:
    """Look at them, and change them."""
    now = pay_terms.of(request.organization)
    initial = {
        "hold_days": now.hold_days,
        "minimum": f"{Decimal(now.minimum_cents) / 100:.2f}",
        "bonus_alone": f"{Decimal(now.bonus_alone) / ledger.MILLIONTHS:.2f}",
        "dispute_days": now.dispute_days,
        "answer_days": now.answer_days,
    }
    form = TermsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        said["minimum_cents"] = int(said.pop("minimum") * 100)
        said["bonus_alone"] = int(said["bonus_alone"] * ledger.MILLIONTHS)
        try:
            pay_terms.change(request.organization, request.user, **said)
            messages.success(request, _("Saved."))
            return redirect("money-terms")
        except Problem as problem:
            place = {"minimum_cents": "minimum"}.get(problem.place, problem.place)
            form.add_error(place if place in form.fields else None, problem.text)
    context = {"part": "terms", "form": form, "currency": request.organization.currency}
    return render(request, "taskers/money/terms.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs_role(*FINANCE)
def all_years(request: MemberRequest) -> HttpResponse:
    """The years, their tables, and closing one that is over."""
    organization = request.organization
    if request.method == "POST":
        try:
            closing = years.close(organization, _year(request.POST.get("year", "")), request.user)
            text = _("The books of %(year)s are closed.")
            messages.success(request, text % {"year": closing.year})
        except NotFound:
            raise
        except Problem as problem:
            messages.error(request, problem.text)
        return redirect("money-years")
    closed = {
        one.year: one for one in YearClosing.objects.filter(organization=organization).select_related("closed_by")
    }
    last, this = max(closed, default=0), timezone.now().year
    over = timezone.now() - years.AFTER
    shown = [
        (year, closed.get(year), year > last and datetime(year + 1, 1, 1, tzinfo=UTC) < over)
        for year in range(this, max(this - 8, 2019), -1)
    ]
    return render(request, "taskers/money/years.html", {"part": "years", "years": shown})


@require_GET
@needs_role(*FINANCE)
def year_totals(request: MemberRequest, year: int) -> HttpResponse:
    """What each payee got in a year, for tax forms, with what they told about themselves: on record, payee by payee."""
    found = years.totals(request.organization, _year(str(year)))
    told = payees.view_all(request.organization, [one.person for one in found], request.user, why=f"year totals {year}")
    heading = ["payee", "name", "email", "legal_name", "country", "tax_number", "paid", "earned", "currency"]
    rows = [
        [
            str(one.person.public_id),
            plain(one.person.name),
            plain(one.person.email),
            *(plain(told.get(one.person.pk, {}).get(name, "")) for name in ("legal_name", "country", "tax_number")),
            _cents(one.paid),
            _cents(one.earned),
            request.organization.currency,
        ]
        for one in found
    ]
    return table(f"payees-{year}.csv", [heading, *rows])


@require_GET
@needs_role(*FINANCE)
def year_books(request: MemberRequest, year: int) -> StreamingHttpResponse:
    """The transfers that a closing carried forward, one a line, to be kept beside the archive."""
    closing = YearClosing.objects.filter(organization=request.organization, year=year).first()
    if closing is None:
        raise NotFound()
    headers = {"Content-Disposition": f'attachment; filename="books-{year}.jsonl"'}
    return StreamingHttpResponse(years.lines(closing), content_type="application/jsonl", headers=headers)


def _cents(amount: int) -> str:
    """Whole cents, to the nearest."""
    whole = abs(amount) + CENT // 2
    return f"{'-' if amount < 0 else ''}{whole // ledger.MILLIONTHS}.{whole % ledger.MILLIONTHS // CENT:02d}"


def _year(text: str) -> int:
    if not (text.isdecimal() and len(text) == 4 and 2000 <= int(text) <= 2999):
        raise NotFound()
    return int(text)
