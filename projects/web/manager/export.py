"""Decided tasks on their way out: ordered as deliveries, or as files at once."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects import access
from projects.data import deliveries, exporting
from projects.data.exporting.slots import TooManyExports
from projects.errors import Refused
from projects.models import Batch, Project
from projects.reports import notices
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.deliveries import DeliveryForm, KeepForm
from projects.web.shared.access import manages
from taskers.access import may
from taskers.errors import NotFound, Problem
from taskers.models import Person
from taskers.web.problems import reads_json, with_headers
from taskers.web.requests import MemberRequest, key_in

SHOWN = 50  # deliveries of the page
TRUE = ("on", "true", "1")


@require_http_methods(["GET", "POST"])
@manages
def export(request: MemberRequest, project: Project) -> HttpResponse:
    """The formats that make sense for the project's type, and what was delivered; posting orders a delivery."""
    form = DeliveryForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            made = deliveries.order(project, by=request.user, **form.order())
            return redirect("project-delivery", project.public_id, made.number)
        except (Refused, deliveries.TooManyDeliveries) as refused:
            form.refuse(refused)
    return _page(request, project, form)


@require_POST
@manages
def keep(request: MemberRequest, project: Project) -> HttpResponse:
    """How long the files of deliveries are kept from now on."""
    term = KeepForm(request.POST)
    if not term.is_valid():
        return _page(request, project, DeliveryForm(project=project), refused=term)
    deliveries.retention.keep(project, term.cleaned_data["days"], by=request.user)
    messages.success(request, _("Kept."))
    return redirect("export", project.public_id)


def _page(
    request: MemberRequest,
    project: Project,
    form: DeliveryForm,
    refused: KeepForm | None = None,
    problem: Problem | None = None,
) -> HttpResponse:
    now = deliveries.retention.term_of(project)
    context = {
        "form": form,
        "problem": problem,
        "term_form": refused or KeepForm(initial={"days": now.days}),
        "term": now,
        "office": may(request.user, project.organization, *access.MANAGE),
        "deliveries": deliveries.newest(project)[:SHOWN],
        "worker": notices.worker_alive(),
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "formats": exporting.formats_for(project),
        "batches": project.batches.exclude(state=Batch.State.DRAFT).order_by("-pk")[:200],
        "tab": "export",
    }
    status = problem.status if problem else 422 if form.errors or refused else 200
    return render(request, "projects/manager/export.html", context, status=status)


@require_GET
@manages
def download(request: MemberRequest, project: Project, format: str) -> HttpResponseBase:
    """The file, written while it is read; of one batch if the address names it, with undecided answers if it asks.
    Where it is refused, the page says so to people; programs get the problem."""
    undecided = request.GET.get("undecided", "") in TRUE
    try:
        return file_of(project, format, request.GET.get("batch", ""), by=request.user, undecided=undecided)
    except (Refused, TooManyExports) as problem:
        if reads_json(request):
            raise
        return with_headers(_page(request, project, DeliveryForm(project=project), problem=problem), problem)


def file_of(
    project: Project, format: str, batch_id: str, *, by: Person, undecided: bool = False
) -> StreamingHttpResponse:
    """The response that carries an export. Raises Refused for another type's format, NotFound for no batch of it,
    TooManyExports, and what goes wrong in its beginning."""
    batch = _batch(project, batch_id) if batch_id else None
    name = exporting.file_name(project, format, batch=batch)
    pieces = exporting.download(project, format, by=by, batch=batch, undecided=undecided)
    response = StreamingHttpResponse(pieces, content_type=exporting.FORMATS[format].media_type)
    if pieces.length is not None:
        response["Content-Length"] = str(pieces.length)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _batch(project: Project, batch_id: str) -> Batch:
    found = project.batches.filter(public_id=key_in(batch_id)).first()
    if found is None:
        raise NotFound("There is no such batch in this project.")
    return found
