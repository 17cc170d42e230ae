"""Loading data: a file goes in, its progress and its refused rows are told as they come."""

import csv
import io
from collections.abc import Generator, Iterator
from itertools import chain, islice
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects.data import exporting, importing
from projects.data.importing import start
from projects.models import Import, Project
from projects.reports import notices
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.project import LoadForm
from projects.web.shared.access import managed_import, manages, signed_in
from taskers.errors import Problem, StateConflict
from taskers.files.csv_cells import plain
from taskers.web.requests import MemberRequest, key_asked

SHOWN = 50  # refused rows on the page; the CSV has all
ROWS_A_PIECE = 1000
POLLING_STOPS = 286  # htmx's own status for "stop asking"


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
    task_type = TASK_TYPES[project.task_type]
    before = Import.objects.filter(batch__project=project).select_related("batch").defer("errors")
    context = {
        "project": project,
        "form": form,
        "task_type": task_type,
        "endings": ",".join(ending for ending, name in importing.ENDINGS.items() if name in task_type.import_formats),
        "imports": before.order_by("-pk")[:20],
        "worker": notices.worker_alive(),
        "tab": "load",
    }
    template = "projects/manager/_load_form.html" if request.htmx else "projects/manager/load.html"
    return render(request, template, context, status=status)


def _initial(request: MemberRequest, project: Project) -> dict:
    chosen = project.batches.filter(public_id=key_asked(request, "batch")).first()
    return {"batch": chosen, "batch_name": date_format(timezone.localtime(), "Y-m-d H:i")}


def _load(request: MemberRequest, project: Project, form: LoadForm) -> Import:
    file = form.cleaned_data["file"]
    return start.load_file(
        project,
        file,
        name=file.name,
        by=request.user,
        batch=form.cleaned_data["batch"],
        batch_name=form.cleaned_data["batch_name"],
        live=form.cleaned_data["live"],
    )


def _go(request: MemberRequest, address: str) -> HttpResponse:
    """On to another page, for a browser that sent the form and for one whose script did."""
    return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else redirect(address)


@require_GET
@signed_in
def show(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """A file on its way in. Asked by htmx, the part that changes; once it is done, it needn't be asked again."""
    found = managed_import(request, import_id)
    context = {
        "file_import": found,
        "project": found.batch.project,
        "errors": found.errors[:SHOWN],
        "stuck": importing.is_stuck(found),
        "going_on": found.state in (Import.State.WAITING, Import.State.RUNNING),
        "worker": notices.worker_alive(),
        "tab": "load",
    }
    if not request.htmx:
        return render(request, "projects/manager/import.html", context)
    return render(
        request, "projects/manager/_import.html", context, status=200 if context["going_on"] else POLLING_STOPS
    )


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
def errors(request: MemberRequest, import_id: UUID) -> HttpResponseBase:
    """The refused rows as CSV: where, what, why."""
    found = managed_import(request, import_id)
    pieces = exporting.in_thread(_csv(importing.all_faults(found)))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{found.public_id}.csv"'
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
