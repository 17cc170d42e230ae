"""The admin of money and standing. What may be done stands in web/admin_payouts.py, admin_disputes.py."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from taskers.errors import said_again
from taskers.models import Account, Dispute, Grade, Payout, Standing, Transfer
from taskers.models.people import Role
from taskers.money import ledger
from taskers.organizations.project_names import project_names
from taskers.standing import grades
from taskers.web.admin_disputes import DisputeAdmin
from taskers.web.admin_pages import Chosen, RecordAdmin, Told, linked, page_of, percent, titled
from taskers.web.admin_payouts import PayoutAdmin

# Reasons as the books keep them.
RUN = re.compile(r"^Payout [0-9a-f-]{36}$")
REASONS = (
    gettext_noop("Payout"),
    gettext_noop("Bonus: %(reason)s"),
    gettext_noop("The bonus was taken back."),
    gettext_noop("The task was decided anew, and this answer earns another amount or none."),
    gettext_noop("The reviewer took this decision back."),
)

# One way in for everybody, two-step sign-in included.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# What other apps register can be edited by hand, past every verb and every organization's wall.
for model in list(admin.site._registry):
    admin.site.unregister(model)

admin.site.register(Payout, PayoutAdmin)
admin.site.register(Dispute, DisputeAdmin)


@admin.register(Transfer)
class TransferAdmin(RecordAdmin):
    """The books, row by row."""

    roles = (Role.FINANCE,)
    organization_path = "source__organization"
    one, many = gettext_lazy("Transfer"), gettext_lazy("Transfers")
    about = gettext_lazy("The books, row by row, newest first: each amount leaves one account and comes to another.")
    list_select_related = ("source__tasker", "target__tasker")
    list_filter = (("target__kind", titled(Chosen, gettext_lazy("To"))),)
    search_fields = ("key__exact",)
    search_help_text = gettext_lazy("The exact key of a transfer")
    ordering = ("-pk",)
    columns = (
        Told(gettext_lazy("When"), lambda row: row.at, "pk"),
        Told(gettext_lazy("Amount"), lambda row: ledger.money(row.amount, row.currency)),
        Told(gettext_lazy("From"), lambda row: _named(row.source, row.names)),
        Told(gettext_lazy("To"), lambda row: _named(row.target, row.names)),
        Told(gettext_lazy("Reason"), lambda row: TransferAdmin.reason(row)),
    )
    facts = (
        *columns,
        Told(gettext_lazy("Takes back"), lambda row: TransferAdmin.taken_back(row)),
        Told(gettext_lazy("Key"), lambda row: row.key),
    )

    def name_of(self, row: Transfer) -> str:
        return ledger.money(row.amount, row.currency)

    def fill(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        names = project_names(request.organization)  # type: ignore[attr-defined]
        for row in rows:
            row.names = names

    @staticmethod
    def reason(transfer: Transfer) -> str:
        """In the reader's language where the words are ours; a run by what it is, not by its key."""
        return said_again(RUN.sub("Payout", transfer.reason), REASONS)

    @staticmethod
    def taken_back(transfer: Transfer) -> str:
        before = transfer.reverses
        if before is None:
            return ""
        return linked(
            ledger.money(before.amount, before.currency), reverse("admin:taskers_transfer_change", args=[before.pk])
        )


def _named(account: Account, names: dict[UUID, str]) -> str:
    """An account by what it is and whose: a tasker's, or a project's by its name."""
    key = account.project_key
    whose = str(account.tasker) if key is None else names.get(key, _("a project that is gone"))
    return f"{_(account.get_kind_display())}: {whose}"


class OfTaskers(RecordAdmin):
    """Rows about one tasker in one project."""

    roles = (Role.MANAGER,)
    project_path = "project_key"
    list_select_related = ("tasker",)
    ordering = ("-pk",)

    def name_of(self, row: Any) -> str:
        return str(row.tasker)

    def fill(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        names = project_names(request.organization)  # type: ignore[attr-defined]
        for row in rows:
            row.project = names.get(row.project_key, _("a project that is gone"))


@admin.register(Grade)
class GradeAdmin(OfTaskers):
    """The evidence about taskers."""

    one, many = gettext_lazy("Grade"), gettext_lazy("Grades")
    about = gettext_lazy("The evidence about taskers, newest first: how good one piece of work was, and who says so.")
    list_filter = (
        ("source", titled(Chosen, gettext_lazy("By what"))),
        ("blind", titled(admin.BooleanFieldListFilter, gettext_lazy("Without a model’s help"))),
    )
    columns = (
        Told(gettext_lazy("When"), lambda row: row.at, "pk"),
        Told(gettext_lazy("Tasker"), lambda row: row.tasker),
        Told(gettext_lazy("Project"), lambda row: row.project),
        Told(gettext_lazy("By what"), lambda row: _(row.get_source_display())),
        Told(gettext_lazy("Value"), lambda row: percent(row.value)),
        Told(gettext_lazy("Without a model’s help"), lambda row: row.blind),
    )
    facts = (*columns, Told(gettext_lazy("Details"), lambda row: row.detail))

    def links(self, request: HttpRequest, row: Grade) -> Sequence[tuple[str, str]]:
        kind, _colon, key = row.subject.partition(":")
        page = page_of(request, "projects.annotation", key) if kind == "annotation" and key.isdecimal() else ""
        return [(_("The work that was graded"), page)] if page else ()


@admin.register(Standing)
class StandingAdmin(OfTaskers):
    """What the evidence adds up to."""

    one, many = gettext_lazy("Standing"), gettext_lazy("Standings")
    about = gettext_lazy("What the grades of each tasker add up to, project by project.")
    columns = (
        Told(gettext_lazy("Tasker"), lambda row: row.tasker),
        Told(gettext_lazy("Project"), lambda row: row.project),
        Told(gettext_lazy("Good work, 9 times out of 10"), lambda row: StandingAdmin.likely(row)),
        Told(gettext_lazy("Evidence"), lambda row: round(row.good + row.poor, 1)),
        Told(gettext_lazy("Renewed"), lambda row: row.updated_at),
    )
    facts = columns

    @staticmethod
    def likely(standing: Standing) -> str:
        known = grades.estimate(standing.good, standing.poor)
        return f"{percent(known.low)} – {percent(known.high)}"
