"""Loading data: files or a kept place go in, their progress and refused rows are told as they come."""

import csv
import io
from collections.abc import Generator, Iterator
from itertools import chain, islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects import access
from projects.data import exporting, importing
from projects.data.importing import start, uploads
from projects.data.importing.progress import pace_of
from projects.data.reading import recognise
from projects.data.reading.rows import told
from projects.models import Import, ImportFaults, Project
from projects.reports import notices
from projects.task_types import TASK_TYPES
from projects.web.manager import plan
from projects.web.manager.forms.load import IntoBatchForm, LoadForm, LoadFromForm
from projects.web.shared import polling
from projects.web.shared.access import managed_import, managed_upload, manages, signed_in
from projects.workflow import tags
from taskers.errors import Problem, StateConflict
from taskers.files.csv_cells import plain
from taskers.web.requests import MemberRequest, key_asked

# What waits for a choice has a button of its own (_plan.html).
DROPPABLE = (Import.State.WAITING, Import.State.PLANNING, Import.State.RUNNING, Import.State.FAILED)
SHOWN = 50  # refused rows on the page; the CSV has all
ROWS_A_PIECE = 1000
MOST_ZIPPED = 2**32  # bytes of a zip that the browser makes (static/js/pages/zip.js)
BESIDE = 64 * 1024  # bytes of the form beside its file


@require_http_methods(["GET", "POST"])
@manages
def load(request: MemberRequest, project: Project) -> HttpResponse:
    """The form, and the files that were loaded before."""
    form = LoadForm(request.POST or None, request.FILES or None, project=project, initial=_initial(request, project))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = _load(request, project, form)
                return _go(request, reverse("import", args=[made.public_id]))
            except Problem as problem:
                form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    return _page(request, project, form, status=status)


@require_POST
@manages
def load_from(request: MemberRequest, project: Project) -> HttpResponse:
    """Load from a place that the organization keeps; for managers of all of it."""
    _require_office(request, project)
    form = LoadFromForm(request.POST, project=project)
    if form.is_valid():
        try:
            place, media = form.cleaned_data["connector"], form.cleaned_data["pictures"]
            made = start.load_from(project, place, _into(form), by=request.user, media=media)
            return redirect("import", made.public_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    usual = LoadForm(project=project, initial=_initial(request, project))
    return _page(request, project, usual, from_form=form, status=422)


def _require_office(request: MemberRequest, project: Project) -> None:
    access.access.require(request.user, project.organization, *access.MANAGE)


def _page(
    request: MemberRequest, project: Project, form: LoadForm, *, from_form: LoadFromForm | None = None, status: int
) -> HttpResponse:
    task_type = TASK_TYPES[project.task_type]
    office = access.access.may(request.user, project.organization, *access.MANAGE)
    if office and from_form is None and project.organization.connectors.filter(ended_at=None).exists():
        from_form = LoadFromForm(project=project, initial=_initial(request, project))
    before = Import.objects.filter(batch__project=project).select_related("batch").defer("errors", "losses", "plan")
    context = {
        "project": project,
        "form": form,
        "task_type": task_type,
        "endings": recognise.endings_for(task_type.key),
        "formats": recognise.formats_for(task_type.key),
        "from_form": from_form if office else None,
        "office": office,
        "under_way": [(one, uploads.reached(one)) for one in uploads.under_way(project)[:SHOWN]],
        "imports": before.order_by("-pk")[:20],
        "worker": notices.worker_alive(),
        "most": min(settings.UPLOAD_MOST, MOST_ZIPPED) - BESIDE,
        "tab": "load",
    }
    template = "projects/manager/_load_form.html" if request.htmx else "projects/manager/load.html"
    return render(request, template, context, status=status)


def _initial(request: MemberRequest, project: Project) -> dict:
    chosen = project.batches.filter(public_id=key_asked(request, "batch")).first()
    name = date_format(timezone.localtime(), "Y-m-d H:i")
    return {"batch": chosen, "batch_name": name, "offered": name}


def _load(request: MemberRequest, project: Project, form: LoadForm) -> Import:
    return start.load_files(project, form.cleaned_data["file"], _into(form), by=request.user)


def _into(form: IntoBatchForm) -> start.Into:
    said = form.cleaned_data
    return start.Into(said["batch"], form.name, said["live"], form.stop)


def _go(request: MemberRequest, address: str) -> HttpResponse:
    """On to another page, for a browser that sent the form and for one whose script did."""
    return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else redirect(address)


@require_POST
@signed_in
def drop_upload(request: MemberRequest, upload_id: UUID) -> HttpResponse:
    """Give up a file that comes in parts."""
    found = managed_upload(request, upload_id)
    uploads.drop(found)
    messages.success(request, _("%(name)s was given up.") % {"name": found.name})
    return redirect("load", found.batch.project.public_id)


@require_GET
@signed_in
def show(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """A file on its way in. Asked by htmx, the part that changes; once it is done, it needn't be asked again."""
    found = managed_import(request, import_id)
    context: dict[str, Any] = {
        "file_import": found,
        "project": found.batch.project,
        "errors": [told(one) for one in found.errors[:SHOWN]],
        "stuck": importing.is_stuck(found),
        "asked_again": bool(request.htmx),
        "droppable": found.state in DROPPABLE,
        "going_on": found.state in (Import.State.WAITING, Import.State.PLANNING, Import.State.RUNNING),
        "losses": [told(one) for one in found.losses[:SHOWN]],
        "pace": pace_of(found, timezone.now()),
        "worker": notices.worker_alive(),
        "nearly": tags.nearly_the_same(found.batch),
        "tab": "load",
    }
    if not request.htmx:
        return render(request, "projects/manager/import.html", context | plan.shown(found))
    if found.state == Import.State.PLANNED:
        return HttpResponse(headers={"HX-Refresh": "true"})  # what is in it is drawn by a script of the page's
    return render(request, "projects/manager/_import.html", context, status=polling.status(context["going_on"]))


@require_POST
@signed_in
def go_on(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """Have what is left of a file loaded; says why not where that can't be."""
    found = managed_import(request, import_id)
    try:
        importing.go_on(found)
    except StateConflict as problem:
        messages.error(request, problem.text)
    return redirect("import", found.public_id)


@require_GET
@signed_in
def errors(request: MemberRequest, import_id: UUID, kind: str = ImportFaults.Kind.REFUSED) -> HttpResponseBase:
    """The refused rows as CSV: where, what, why, in English; or what of other rows was lost."""
    found = managed_import(request, import_id)
    pieces = exporting.in_thread(_csv(importing.all_faults(found, kind)))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}-{found.public_id}.csv"'
    return response


def _csv(faults: Iterator[dict]) -> Generator[bytes, None, None]:
    rows = chain([["place", "code", "text"]], _cells(faults))
    while some := list(islice(rows, ROWS_A_PIECE)):
        piece = io.StringIO()
        csv.writer(piece).writerows(some)
        yield piece.getvalue().encode()


def _cells(faults: Iterator[dict]) -> Iterator[list[str]]:
    """Cells that a spreadsheet doesn't take for formulas: rows quote what strangers sent."""
    for fault in faults:
        yield [plain(str(fault.get(name, ""))) for name in ("place", "code", "text")]
