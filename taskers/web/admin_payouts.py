"""Finance in the admin: what is owed, payout runs, and what two people do with them. Each step is one verb."""

import csv
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from taskers.errors import Problem
from taskers.models import Payout, Person
from taskers.models.people import Role
from taskers.money import ledger, pay_terms, payouts, returns
from taskers.web.admin_pages import Chosen, RecordAdmin, Told, badge, titled

CENT = ledger.MILLIONTHS // 100
LOOKS = {"proposed": "warn", "approved": "info", "settled": "good", "cancelled": "warn"}
SHOWN = 500  # rows of one table on a page; the CSV has them all


class PayoutAdmin(RecordAdmin):
    """Payouts, and everything that may be done to them."""

    roles = (Role.FINANCE,)
    one, many = gettext_lazy("Payout"), gettext_lazy("Payouts")
    about = gettext_lazy("Runs that pay what is owed, newest first: one person makes a run, another approves it.")
    list_filter = (("state", titled(Chosen, gettext_lazy("State"))),)
    list_select_related = ("made_by", "approved_by")
    ordering = ("-pk",)
    list_head = "admin/money/payouts_before.html"
    columns = (
        Told(gettext_lazy("Made"), lambda row: row.made_at, "made_at"),
        Told(gettext_lazy("Amount"), lambda row: ledger.money((row._cents or 0) * CENT, row.currency)),
        Told(gettext_lazy("People"), lambda row: row._people),
        Told(gettext_lazy("State"), lambda row: badge(_(row.get_state_display()), LOOKS[row.state]), "state"),
        Told(gettext_lazy("Failed"), lambda row: _failed(row)),
        Told(gettext_lazy("Made by"), lambda row: row.made_by),
        Told(gettext_lazy("Approved by"), lambda row: row.approved_by),
        Told(gettext_lazy("The processor’s reference"), lambda row: row.reference),
    )

    def get_queryset(self, request: HttpRequest):
        return returns.with_failed(super().get_queryset(request)).annotate(
            _cents=Sum("items__cents"), _people=Count("items")
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("owed/", view(require_GET(self.owed)), name="taskers_payout_owed"),
            path("propose/", view(require_POST(self.propose)), name="taskers_payout_propose"),
            path("<int:payout_id>/approve/", view(require_POST(self.approve)), name="taskers_payout_approve"),
            path("<int:payout_id>/settle/", view(require_POST(self.settle)), name="taskers_payout_settle"),
            path("<int:payout_id>/cancel/", view(require_POST(self.cancel)), name="taskers_payout_cancel"),
            path("<int:payout_id>/keep/", view(require_POST(self.keep)), name="taskers_payout_keep"),
            path("<int:payout_id>/processor.csv", view(require_GET(self.processor)), name="taskers_payout_processor"),
            *super().get_urls(),
        ]

    def owed(self, request: HttpRequest) -> HttpResponse:
        """What each tasker is owed, and the button that makes a run of it."""
        self._only_finance(request)
        organization = request.organization  # type: ignore[attr-defined]
        terms = pay_terms.of(organization)
        rows = [one for one in ledger.owing(ledger.owed_accounts(organization), terms.hold_days) if one.amount]
        rows.sort(key=lambda one: (-one.amount, one.tasker.pk))
        payable = sum(payouts.payable_cents(one, terms) for one in rows) * CENT
        context = self._frame(request, _("What is owed")) | {
            "headers": [_("Tasker"), _("Email"), _("Owed")],
            "rows": [
                (str(one.tasker), one.tasker.email, ledger.money(one.amount, organization.currency))
                for one in rows[:SHOWN]
            ],
            "more": max(0, len(rows) - SHOWN),
            "total": ledger.money(sum(one.amount for one in rows), organization.currency),
            "payable": ledger.money(payable, organization.currency) if payable else "",
        }
        return render(request, "admin/money/owed.html", context)

    def propose(self, request: HttpRequest) -> HttpResponse:
        """Make a run of everything owed."""
        self._only_finance(request)
        try:
            payout = payouts.propose(request.organization, request.user)  # type: ignore[attr-defined, arg-type]
        except Problem as problem:
            messages.error(request, problem.text)
            return redirect("admin:taskers_payout_owed")
        messages.success(request, _("The run is made. A second person of finance approves it."))
        return redirect("admin:taskers_payout_change", payout.pk)

    def approve(self, request: HttpRequest, payout_id: int) -> HttpResponse:
        """The second person says yes."""
        done = _("Approved. Export the table and pay it.")
        return self._step(request, payout_id, payouts.approve, lambda payout: done)

    def cancel(self, request: HttpRequest, payout_id: int) -> HttpResponse:
        """Call it off, or ask a second person to."""
        asked = _("Asked. A second person of finance calls it off, once the processor has said that nothing was paid.")
        return self._step(
            request,
            payout_id,
            payouts.cancel,
            lambda payout: asked if payout.state == "approved" else _("Cancelled. The money is owed again."),
        )

    def keep(self, request: HttpRequest, payout_id: int) -> HttpResponse:
        """Don't call it off after all."""
        return self._step(request, payout_id, payouts.keep, lambda payout: _("The run goes on."))

    def settle(self, request: HttpRequest, payout_id: int) -> HttpResponse:
        """The processor has paid."""
        reference = request.POST.get("reference", "")

        def settled(payout: Payout, person: Person) -> Payout:
            return payouts.settle(payout, person, reference=reference)

        return self._step(request, payout_id, settled, lambda payout: _("Settled. Everybody in it is paid."))

    def processor(self, request: HttpRequest, payout_id: int) -> HttpResponse:
        """The table for the payment processor."""
        payout = self._payout(request, payout_id)
        try:
            rows = payouts.export(payout, request.user)  # type: ignore[arg-type]
        except Problem as problem:
            messages.error(request, problem.text)
            return redirect("admin:taskers_payout_change", payout.pk)
        name = f"payout-{payout.public_id}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
        csv.writer(response).writerows(rows)
        return response

    @method_decorator(require_GET)
    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context=None) -> HttpResponse:
        """One payout: who gets what, who did what, and the next step."""
        payout = self._payout(request, object_id)
        items = payout.items.select_related("tasker").order_by("-cents", "pk")
        amount = payout._cents or 0  # type: ignore[attr-defined]
        context = self._frame(request, ledger.money(amount * CENT, payout.currency)) | {
            "payout": payout,
            "look": LOOKS[payout.state],
            "own": payout.made_by_id == request.user.pk,
            "headers": [_("Tasker"), _("Email"), _("Amount")],
            "rows": [
                (str(item.tasker), item.tasker.email, ledger.money(item.cents * CENT, payout.currency))
                for item in items[:SHOWN]
            ],
            "more": max(0, payout._people - SHOWN),  # type: ignore[attr-defined]
        }
        return render(request, "admin/money/payout.html", context)

    def _step(
        self,
        request: HttpRequest,
        payout_id: int,
        verb: Callable[[Payout, Person], Payout],
        done: Callable[[Payout], str],
    ) -> HttpResponse:
        payout = self._payout(request, payout_id)
        try:
            messages.success(request, done(verb(payout, request.user)))  # type: ignore[arg-type]
        except Problem as problem:
            messages.error(request, problem.text)
        return redirect("admin:taskers_payout_change", payout.pk)

    def _payout(self, request: HttpRequest, key: int | str) -> Payout:
        self._only_finance(request)
        payout = self.get_object(request, str(key))
        if payout is None:
            raise Http404
        return payout

    def _only_finance(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _frame(self, request: HttpRequest, title: str) -> dict:
        return self.admin_site.each_context(request) | self.words() | {"title": title}


def _failed(row: Any) -> str:
    """How many payments failed, as a way to who they are; nothing where none did."""
    if not row.failed:
        return ""
    address = reverse("money-payout", args=[row.public_id]) + "#came-back"
    return format_html('<a href="{}">{}</a>', address, row.failed)
