"""A delivery: how far it is, what is in it, and its files."""

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from projects.data import deliveries, exporting
from projects.data.exporting import terms as export_terms
from projects.models import Delivery, Project
from projects.reports import notices
from projects.web.shared import polling
from projects.web.shared.access import manages
from projects.web.shared.media import Media, send
from taskers.errors import NotFound, StateConflict
from taskers.web.requests import MemberRequest


@require_GET
@manages
def show(request: MemberRequest, project: Project, number: int) -> HttpResponse:
    """One of a project's. Asked by htmx, the part that changes; once it is done, it needn't be asked again."""
    one = deliveries.one_of(project, number)
    going_on = one.state in (Delivery.State.WAITING, Delivery.State.RUNNING)
    context = {
        "project": project,
        "delivery": one,
        "format": exporting.FORMATS.get(one.format),
        "terms": terms_of(one),
        "going_on": going_on,
        "stuck": deliveries.is_stuck(one),
        "expires_at": deliveries.retention.expires_at(one, deliveries.retention.term_of(project)),
        "expired": deliveries.retention.is_expired(one),
        "worker": notices.worker_alive(),
        "tab": "export",
    }
    if not request.htmx:
        return render(request, "projects/manager/delivery.html", context)
    return render(request, "projects/manager/_delivery.html", context, status=polling.status(going_on))


def terms_of(one: Delivery) -> list[tuple[str, object]]:
    """Those that say something."""
    return [(name.replace("_", " "), value) for name, value in one.terms.items() if value]


@require_POST
@manages
def go_on(request: MemberRequest, project: Project, number: int) -> HttpResponse:
    """Have it made that failed, or that nobody is at; says why not where that can't be."""
    try:
        deliveries.go_on(deliveries.one_of(project, number))
    except StateConflict as problem:
        messages.error(request, problem.text)
    return redirect("project-delivery", project.public_id, number)


@require_GET
@manages
def file(request: MemberRequest, project: Project, number: int) -> HttpResponseBase:
    """The file of one that is to be downloaded, or a part of it."""
    return file_of(request, deliveries.one_of(project, number))


@require_GET
@manages
def manifest(request: MemberRequest, project: Project, number: int) -> HttpResponseBase:
    """Its manifest."""
    return manifest_of(request, deliveries.one_of(project, number))


@require_GET
@manages
def differences(request: MemberRequest, project: Project, number: int) -> HttpResponseBase:
    """What differs from the one before, as a table."""
    return differences_of(request, deliveries.one_of(project, number))


def file_of(request: HttpRequest, one: Delivery) -> HttpResponseBase:
    """The response that carries a delivery's file, in ranges. Raises NotFound where there is none to download,
    and Expired where it was removed."""
    if not one.file:
        raise NotFound("There is nothing to download: it isn't done, or went elsewhere.")
    deliveries.retention.see_that_it_is_kept(one)
    said = export_terms.read(one.project, one.terms)
    found = exporting.FORMATS[one.format]
    return _sent(request, one.file, exporting.media_type(found, said), one.sha256)


def manifest_of(request: HttpRequest, one: Delivery) -> HttpResponseBase:
    """The same of its manifest. Raises NotFound until it is done."""
    if not one.manifest:
        raise NotFound("A delivery has a manifest once it is done.")
    return _sent(request, one.manifest, "application/json", one.manifest_sha256)


def differences_of(request: HttpRequest, one: Delivery) -> HttpResponseBase:
    """The same of its differences. Raises NotFound until its tasks are picked."""
    if not one.differences:
        raise NotFound("A delivery has its differences once its tasks are picked.")
    return _sent(request, one.differences, "text/csv; charset=utf-8", one.differences)


def _sent(request: HttpRequest, name: str, media_type: str, etag: str) -> HttpResponseBase:
    if not default_storage.exists(name):
        raise NotFound("A file of this delivery is missing from the store; tell the operator.")
    called = name.rpartition("/")[2][37:]  # behind the run that wrote it
    return async_to_sync(send)(request, Media(name, media_type, f'"{etag.rpartition("/")[2]}"', called))
