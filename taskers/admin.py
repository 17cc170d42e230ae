"""The admin of money, standing and the outbox. What may be done stands in web/admin_payouts.py, admin_disputes.py."""

from uuid import UUID

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from taskers.models import Account, Dispute, Event, Grade, Payout, Standing, Transfer
from taskers.models.people import Role
from taskers.money import ledger
from taskers.organizations.project_names import project_names
from taskers.standing import grades
from taskers.web.admin_access import OfficeAdmin
from taskers.web.admin_disputes import DisputeAdmin
from taskers.web.admin_payouts import PayoutAdmin

# One way in for everybody, two-step sign-in included.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# What other apps register can be edited by hand, past every verb and every organization's wall.
for model in list(admin.site._registry):
    admin.site.unregister(model)

admin.site.register(Payout, PayoutAdmin)
admin.site.register(Dispute, DisputeAdmin)


@admin.register(Transfer)
class TransferAdmin(OfficeAdmin):
    """The books, row by row."""

    roles = (Role.FINANCE,)
    organization_path = "source__organization"
    list_display = ("at", "money", "reason", "key")
    list_select_related = ("source__tasker", "target__tasker")
    list_filter = ("target__kind",)
    search_fields = ("key__exact",)
    search_help_text = _("The exact key of a transfer")
    fields = ("at", "money", "from_account", "to_account", "reason", "key", "reverses")
    readonly_fields = ("money", "from_account", "to_account")
    ordering = ("-pk",)

    def get_list_display(self, request: HttpRequest) -> list:
        """The columns, and both accounts, a project's by its name."""
        names = project_names(request.organization)  # type: ignore[attr-defined]

        @display(description=_("From"))
        def source(transfer: Transfer) -> str:
            return _named(transfer.source, names)

        @display(description=_("To"))
        def target(transfer: Transfer) -> str:
            return _named(transfer.target, names)

        at, money, *others = self.list_display
        return [at, money, source, target, *others]

    @display(description=_("Amount"))
    def money(self, transfer: Transfer) -> str:
        return ledger.money(transfer.amount, transfer.currency)

    @display(description=_("From"))
    def from_account(self, transfer: Transfer) -> str:
        return _named(transfer.source, project_names(transfer.source.organization))

    @display(description=_("To"))
    def to_account(self, transfer: Transfer) -> str:
        return _named(transfer.target, project_names(transfer.target.organization))


def _named(account: Account, names: dict[UUID, str]) -> str:
    """An account by what it is and whose: a tasker's, or a project's by its name."""
    key = account.project_key
    whose = str(account.tasker) if key is None else names.get(key, str(key))
    return f"{account.get_kind_display()}: {whose}"


@admin.register(Grade)
class GradeAdmin(OfficeAdmin):
    """The evidence about taskers."""

    roles = (Role.MANAGER,)
    project_path = "project_key"
    list_display = ("at", "tasker", "source", "value", "blind", "subject")
    list_select_related = ("tasker",)
    list_filter = ("source", "blind")
    ordering = ("-pk",)


@admin.register(Standing)
class StandingAdmin(OfficeAdmin):
    """What the evidence adds up to."""

    roles = (Role.MANAGER,)
    project_path = "project_key"
    list_display = ("tasker", "likely", "evidence", "updated_at")
    list_select_related = ("tasker",)
    ordering = ("-pk",)

    def get_list_display(self, request: HttpRequest) -> list:
        """The columns, and the project by its name."""
        names = project_names(request.organization)  # type: ignore[attr-defined]

        @display(description=_("Project"))
        def project(standing: Standing) -> str:
            return names.get(standing.project_key, str(standing.project_key))

        first, *others = self.list_display
        return [first, project, *others]

    @display(description=_("Good work, 9 times out of 10"))
    def likely(self, standing: Standing) -> str:
        known = grades.estimate(standing.good, standing.poor)
        return f"{known.low:.0%} – {known.high:.0%}"

    @display(description=_("Evidence"))
    def evidence(self, standing: Standing) -> str:
        return f"{standing.good + standing.poor:.1f}"


@admin.register(Event)
class EventAdmin(OfficeAdmin):
    """What happened, newest first."""

    roles = (Role.MANAGER,)
    organization_path = "organization_id"
    project_path = "project_key"
    list_display = ("at", "kind", "subject", "actor_id", "data")
    search_fields = ("subject__exact",)
    search_help_text = _("The exact subject, as in task:…")
    ordering = ("-pk",)
