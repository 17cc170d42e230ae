"""Before a batch is closed or cancelled: what that will do."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from projects.task_types import TASK_TYPES
from projects.web.shared.access import managed_batch, signed_in
from projects.workflow import batches, closing_forecast
from taskers.errors import NotFound
from taskers.money import ledger
from taskers.web.requests import MemberRequest

ENDS = ("closed", "cancelled")


@require_GET
@signed_in
def page(request: MemberRequest, batch_id: UUID, state: str) -> HttpResponse:
    """What closing or cancelling a batch will do, and the button that does it."""
    batch = managed_batch(request, batch_id)
    if state not in ENDS:
        raise NotFound()
    if batch.state not in batches.MOVES[state]:
        return redirect("project", batch.project.public_id)
    told, currency = closing_forecast.forecast(batch), batch.project.organization.currency
    context = {
        "project": batch.project,
        "task_type": TASK_TYPES[batch.project.task_type],
        "batch": batch,
        "state": state,
        "told": told,
        "earned": ledger.money(told.earned, currency),
        "promised": ledger.about(told.promised, currency),
        "tab": "overview",
    }
    return render(request, "projects/manager/closing.html", context)
