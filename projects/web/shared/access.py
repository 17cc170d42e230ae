"""Who comes in where, and what every page of a project shows."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache

from projects import access
from projects.models import Batch, Import, Project, Upload
from taskers.errors import NotFound
from taskers.web.requests import MemberRequest

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Sends strangers to the sign-in page; a part of a page that asks after its session ended has the page do so."""

    @wraps(view)
    @never_cache
    def wrapped(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.htmx and not request.user.is_authenticated:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return login_required(view)(request, *args, **kwargs)

    return wrapped


def manages(view: View) -> View:
    """Lets in managers of the project that the address names; the view gets the project instead of its key."""

    @wraps(view)
    @signed_in
    def wrapped(request: MemberRequest, project_id: UUID, *args: Any, **kwargs: Any) -> HttpResponseBase:
        project = access.project(request.user, project_id, *access.MANAGE)
        return view(request, project, *args, **kwargs)

    return wrapped


def managed_batch(request: MemberRequest, batch_id: UUID) -> Batch:
    """The batch, for managers of its project; NotFound for outsiders, NotAllowed for members."""
    found = Batch.objects.select_related("project__organization").filter(public_id=batch_id).first()
    if found is None:
        raise NotFound()
    found.project = _entered(request, found.project)
    return found


def managed_import(request: MemberRequest, import_id: UUID) -> Import:
    """The import, under the same rules."""
    rows = Import.objects.select_related("batch__project__organization", "started_by")
    found = rows.filter(public_id=import_id).first()
    if found is None:
        raise NotFound()
    found.batch.project = _entered(request, found.batch.project)
    return found


def managed_upload(request: MemberRequest, upload_id: UUID) -> Upload:
    """The file that comes in parts, under the same rules."""
    found = Upload.objects.select_related("batch__project__organization").filter(public_id=upload_id).first()
    if found is None:
        raise NotFound()
    found.batch.project = _entered(request, found.batch.project)
    return found


def _entered(request: MemberRequest, project: Project) -> Project:
    access.access.require(
        request.user,
        project.organization,
        *access.MANAGE,
        project_key=project.public_id,
    )
    return project
