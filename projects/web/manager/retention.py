"""How long the files of deliveries are kept in all of an organization's projects."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from projects import access
from projects.data.deliveries import retention
from projects.web.manager.forms.deliveries import KeepForm
from projects.web.shared.access import signed_in
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role


@require_http_methods(["GET", "POST"])
@signed_in
@needs_role(*access.MANAGE)
def page(request: MemberRequest) -> HttpResponse:
    """What the organization says, and which projects say something themselves; posting says it anew."""
    now = retention.of_organization(request.organization)
    form = KeepForm(request.POST or None, initial={"days": now.days})
    if request.method == "POST" and form.is_valid():
        retention.keep_all(request.organization, form.cleaned_data["days"], by=request.user)
        messages.success(request, _("Kept."))
        return redirect("deliveries-keep")
    context = {"form": form, "rows": retention.of_projects(request.organization)}
    return render(request, "projects/manager/retention.html", context, status=422 if form.errors else 200)
