"""Where the office answers what taskers contest."""

from django.contrib import messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from unfold.decorators import display as shown

from taskers.errors import Problem
from taskers.models import Dispute
from taskers.models.people import Role
from taskers.money import disputes
from taskers.web.admin_access import OfficeAdmin, sees_disputes


class DisputeAdmin(OfficeAdmin):
    """Disputes, the open ones first, and answering them."""

    roles = (Role.REVIEWER, Role.FINANCE)
    list_display = ("opened_at", "tasker", "beginning", "state_shown", "answered_by")
    list_filter = ("state",)
    list_select_related = ("tasker", "answered_by")
    ordering = ("-pk",)

    @display(description=gettext_lazy("What they say"))
    def beginning(self, dispute: Dispute) -> str:
        return dispute.text[:80]

    @shown(description=gettext_lazy("State"), label={"open": "warning", "upheld": "success", "refused": "info"})
    def state_shown(self, dispute: Dispute) -> tuple[str, str]:
        return dispute.state, dispute.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        answer = self.admin_site.admin_view(require_POST(self.answer))
        return [path("<int:dispute_id>/answer/", answer, name="taskers_dispute_answer"), *super().get_urls()]

    @method_decorator(require_GET)
    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context=None) -> HttpResponse:
        """One dispute, and the form that answers it."""
        return self._page(request, self._dispute(request, object_id))

    def answer(self, request: HttpRequest, dispute_id: int) -> HttpResponse:
        """Uphold or refuse it, with a reason."""
        dispute = self._dispute(request, dispute_id)
        try:
            disputes.answer(
                dispute,
                request.user,  # type: ignore[arg-type]
                state=request.POST.get("state", ""),
                text=request.POST.get("answer", ""),
            )
        except Problem as problem:
            messages.error(request, problem.text)
            return self._page(request, dispute, status=problem.status)
        messages.success(request, _("Answered. The tasker sees it beside the piece of work."))
        return redirect("admin:taskers_dispute_changelist")

    def _page(self, request: HttpRequest, dispute: Dispute, status: int = 200) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("Dispute"),
            "opts": self.opts,
            "original": dispute,
            "dispute": dispute,
            "own": dispute.tasker_id == request.user.pk,
            "involved": disputes.judged_by(dispute, request.user),  # type: ignore[arg-type]
            "typed": request.POST.get("answer", ""),
            "evidence": reverse("dispute", args=[dispute.public_id]) if sees_disputes(request) else "",
        }
        return render(request, "admin/money/dispute.html", context, status=status)

    def _dispute(self, request: HttpRequest, key: int | str) -> Dispute:
        if not self.has_view_permission(request):
            raise PermissionDenied
        dispute = self.get_object(request, str(key))
        if dispute is None:
            raise Http404
        return dispute
