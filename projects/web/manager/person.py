"""One person at work, for managers of the projects they work in: their figures, and keeping them out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.models import Exclusion, Project
from projects.quality.qualification import qualification_tests
from projects.reports import person as reports
from projects.reports import reviewers
from projects.web.manager.forms.rules import KeepOutForm
from projects.web.shared.access import signed_in
from projects.web.shared.person_figures import drawn
from projects.workflow import void_preview, void_work
from taskers import access as roles
from taskers.errors import NotAllowed, NotFound, Problem
from taskers.models import Membership, Person
from taskers.notifications.kinds import messages as messages_to
from taskers.web.requests import MemberRequest

MOST_REVIEWED = 40  # projects of which a person's page says what they decided


@dataclass(frozen=True)
class Seen:
    """Somebody, as far as whoever looks may see: the projects that they manage, and whether those are all there are."""

    person: Person
    projects: list[Project]
    whole: bool


@require_GET
@signed_in
def page(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """The page."""
    seen = _seen(request, person_id)
    return _page(request, seen)


@require_POST
@signed_in
def keep_out(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Pause, block or ban them. A ban is asked about once more, with what it would take back."""
    seen = _seen(request, person_id)
    form = KeepOutForm(request.POST, projects=_unarchived(seen), whole=seen.whole)
    if not form.is_valid():
        return _page(request, seen, form, status=422)
    said = form.cleaned_data
    project = next((one for one in seen.projects if str(one.public_id) == said["project"]), None)
    if said["kind"] == Exclusion.Kind.BANNED and "sure" not in request.POST:
        preview = void_preview.of(seen.person, request.organization, project)
        return _page(request, seen, form, preview=preview, where=project)
    where: dict[str, Any] = {"project": project} if project else {"organization": request.organization}
    until: datetime | None = said["until"]
    try:
        made = void_work.keep_out(
            seen.person, said["kind"], reason=said["reason"], until=until, by=request.user, **where
        )
    except Problem as problem:
        form.add_error(problem.place if problem.place in form.fields else None, problem.text)
        return _page(request, seen, form, status=problem.status)
    words = {"name": made.tasker, "kind": made.get_kind_display().lower()}
    messages.success(request, _("%(name)s is %(kind)s and reads why.") % words)
    return redirect("person-work", person_id)


@require_POST
@signed_in
def message(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Write to them."""
    seen = _seen(request, person_id)
    try:
        messages_to.send(seen.person, request.organization, request.POST.get("words", ""), by=request.user)
        messages.success(request, _("%(name)s reads it in their inbox.") % {"name": seen.person})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("person-work", person_id)


@require_POST
@signed_in
def retrain(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """Have them pass a project's course anew."""
    seen = _seen(request, person_id)
    project = next((one for one in seen.projects if str(one.public_id) == request.POST.get("project")), None)
    if project is None:
        raise NotFound()
    try:
        qualification_tests.retrain(project, seen.person, by=request.user)
        messages.success(request, _("%(name)s passes the course anew before going on.") % {"name": seen.person})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("person-work", person_id)


def _page(
    request: MemberRequest, seen: Seen, form: KeepOutForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    report = reports.for_managers(seen.person, request.organization.pk, seen.projects, whole=seen.whole)
    context = {
        "person": seen.person,
        "whole": seen.whole,
        "report": report,
        "drawn": [(one, drawn(one)) for one in report.projects],
        "reviewers": reviewers.reviewers(seen.projects[:MOST_REVIEWED], seen.person),
        "form": form or _empty(seen, report),
        "currency": request.organization.currency,
        "days": reports.DAYS,
    }
    return render(request, "projects/manager/person.html", context | more, status=status)


def _empty(seen: Seen, report: reports.Report) -> KeepOutForm:
    """The form, about the project in which they do most: nobody is kept from all of them by an oversight."""
    open_projects = _unarchived(seen)
    where = [one.project for one in report.projects if one.project in open_projects] or open_projects
    initial = {"project": str(where[0].public_id)} if where else {}
    return KeepOutForm(projects=_unarchived(seen), whole=seen.whole, initial=initial)


def _unarchived(seen: Seen) -> list[Project]:
    return [project for project in seen.projects if project.state != Project.State.ARCHIVED]


def _seen(request: MemberRequest, person_id: UUID) -> Seen:
    """NotFound for people from outside and of people from outside, NotAllowed for members who manage nothing."""
    organization = request.organization
    if not organization:
        raise NotFound()
    keys = roles.project_keys_of(request.user, organization, *access.MANAGE)
    known = Membership.objects.filter(organization=organization, person__public_id=person_id)
    membership = known.select_related("person").order_by("pk").first()
    if membership is None:
        raise NotFound()
    if keys is not None and not keys:
        raise NotAllowed("This page is for managers; ask one to give you the role.")
    return Seen(membership.person, list(access.among(organization, keys).order_by("-priority", "-pk")), keys is None)
