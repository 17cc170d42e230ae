"""From a cent to the answer that earned it: for finance, who see what it says and how the amount adds up."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects import access
from projects.reports import earned
from taskers import access as roles
from taskers.models.people import Role
from taskers.organizations.project_names import project_names
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role


@require_GET
@needs_role(Role.OWNER, Role.FINANCE)
def page(request: MemberRequest, transfer_id: int) -> HttpResponse:
    """One earning."""
    found = earned.of(request.organization, transfer_id)
    key = found.project_key
    opens = roles.may(request.user, request.organization, *access.MANAGE, project_key=key) if key else False
    context = {
        "part": "payouts",
        "found": found,
        "transfer": found.transfer,
        "who": found.transfer.target.tasker,
        "names": project_names(request.organization),
        "opens_task": opens and found.task is not None,
    }
    return render(request, "projects/finance/earning.html", context)
