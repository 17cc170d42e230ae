"""Decided tasks on their way out, as files."""

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects.data import exporting
from projects.models import Batch, Project
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from taskers.errors import NotFound
from taskers.models import Person
from taskers.web.requests import MemberRequest, key_in


@require_GET
@manages
def export(request: MemberRequest, project: Project) -> HttpResponse:
    """The formats that make sense for the project's type."""
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "formats": exporting.formats_for(project),
        "batches": project.batches.exclude(state=Batch.State.DRAFT).order_by("-pk")[:200],
        "tab": "export",
    }
    return render(request, "projects/manager/export.html", context)


@require_GET
@manages
def download(request: MemberRequest, project: Project, format: str) -> HttpResponseBase:
    """The file, written while it is read; of one batch if the address names it."""
    return file_of(project, format, request.GET.get("batch", ""), by=request.user)


def file_of(project: Project, format: str, batch_id: str, *, by: Person) -> StreamingHttpResponse:
    """The response that carries an export. Raises Refused for another type's format, NotFound for no batch of it, and
    TooManyExports."""
    batch = _batch(project, batch_id) if batch_id else None
    name = exporting.file_name(project, format, batch=batch)
    response = StreamingHttpResponse(
        exporting.download(project, format, by=by, batch=batch), content_type=exporting.FORMATS[format].media_type
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _batch(project: Project, batch_id: str) -> Batch:
    found = project.batches.filter(public_id=key_in(batch_id)).first()
    if found is None:
        raise NotFound("There is no such batch in this project.")
    return found
