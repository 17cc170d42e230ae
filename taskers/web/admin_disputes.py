"""Where the office answers what taskers contest."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from taskers.errors import Problem
from taskers.models import Dispute
from taskers.models.people import Role
from taskers.money import disputes
from taskers.web.admin_access import sees_disputes
from taskers.web.admin_pages import Chosen, RecordAdmin, Told, badge, titled

LOOKS = {"open": "warn", "upheld": "good"}


class DisputeAdmin(RecordAdmin):
    """Disputes, the open ones first, and answering them."""

    roles = (Role.REVIEWER, Role.FINANCE)
    one, many = gettext_lazy("Dispute"), gettext_lazy("Disputes")
    about = gettext_lazy("What taskers contest, newest first, and what they were answered.")
    list_filter = (("state", titled(Chosen, gettext_lazy("State"))),)
    list_select_related = ("tasker", "answered_by")
    ordering = ("-pk",)
    columns = (
        Told(gettext_lazy("Contested"), lambda row: row.opened_at, "opened_at"),
        Told(gettext_lazy("Tasker"), lambda row: row.tasker),
        Told(gettext_lazy("What they say"), lambda row: row.text[:80]),
        Told(gettext_lazy("State"), lambda row: badge(_(row.get_state_display()), LOOKS.get(row.state, "")), "state"),
        Told(gettext_lazy("Answered by"), lambda row: row.answered_by),
    )

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
        context = self.admin_site.each_context(request) | self.words()
        context |= {
            "title": str(dispute.tasker),
            "dispute": dispute,
            "look": LOOKS.get(dispute.state, ""),
            "own": dispute.tasker_id == request.user.pk,
            "may_answer": not disputes.judged_by(dispute, request.user),  # type: ignore[arg-type]
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
