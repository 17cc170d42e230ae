"""Talk about tasks on the wire: in the studio, in review, on the managers' list, and on the tasker's own."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.errors import OwnWork, Refused
from projects.models import Assignment, Project, Remark
from projects.studio import wire
from projects.talk import answering, reading, saying
from projects.views.door import manages, signed_in
from taskers.errors import NotFound, Problem
from taskers.models import Person
from taskers.models.people import Role
from taskers.requests import MemberRequest

# --- in the studio ------------------------------------------------------------------------------------------------


@require_POST
@wire
def over(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """What was said over a piece of one's own work; what is shown counts as read."""
    return _over(access.own_assignment(request.user, assignment_id), request.user)


@require_POST
@wire
def say(request: MemberRequest, body: dict, assignment_id: UUID) -> dict:
    """A comment to the reviewer, or a question to a manager; then everything that was said."""
    assignment = access.own_assignment(request.user, assignment_id)
    said = {name: str(body.get(name) or "") for name in ("to", "words", "mark")}
    saying.say(assignment, request.user, _key(body), **said)
    return _over(assignment, request.user)


def _over(assignment: Assignment, tasker: Person) -> dict:
    talks = reading.over(assignment, tasker)
    told = {"talks": [reading.told(talk, tasker) for talk in talks]}
    reading.seen(tasker, talks)
    return told


# --- in review ----------------------------------------------------------------------------------------------------


@require_POST
@wire
def answer_in_review(request: MemberRequest, body: dict, remark_id: UUID) -> dict:
    """Answer a tasker's comment, beside the mark it is about."""
    remark = _answerable(request.user, remark_id)
    answering.answer(remark, request.user, str(body.get("words") or ""), _key(body))
    (talk,) = [one for one in reading.of_task(remark.task, remark.to) if one.first.pk == remark.pk]
    return {"talk": reading.told(talk, request.user)}


def _answerable(person: Person, remark_id: UUID) -> Remark:
    """A remark that this person may answer for the office: comments as reviewer, questions as manager."""
    remark = reading.find(remark_id)
    roles = access.REVIEW if remark.to == Remark.To.REVIEWER else access.MANAGE
    project = remark.task.project
    access.access.require(person, project.organization, *roles, project_key=project.public_id)
    if remark.author_id == person.pk:
        raise OwnWork(_("Nobody answers their own question."))
    return remark


# --- the managers' list -------------------------------------------------------------------------------------------


@require_GET
@manages
def questions(request: MemberRequest, project: Project) -> HttpResponse:
    """What taskers asked of a project's tasks: those that wait, or those that were answered."""
    return _questions(request, project)


def _questions(request: MemberRequest, project: Project, status: int = 200, **context: object) -> HttpResponse:
    waiting = request.GET.get("answered") != "1"
    talks, before = reading.questions(project, waiting=waiting, before=_number(request.GET.get("before")))
    context |= {"project": project, "talks": talks, "before": before, "waiting": waiting, "tab": "people"}
    return render(request, "projects/questions.html", context | {"part": "questions"}, status=status)


@require_POST
@signed_in
def answer(request: MemberRequest, remark_id: UUID) -> HttpResponse:
    """Answer a question, or a comment from the task's page."""
    remark = _answerable(request.user, remark_id)
    words = request.POST.get("words", "")
    try:
        answering.answer(remark, request.user, words, _key_typed(request))
    except Refused as problem:
        if remark.to == Remark.To.MANAGER:
            said = {"problem": problem, "failed": remark.public_id, "words": words}
            return _questions(request, remark.task.project, problem.status, **said)
        messages.error(request, problem.text)
    else:
        messages.success(request, _("Sent. Whoever asked finds it in the studio and among their work."))
    if remark.to == Remark.To.MANAGER:
        return redirect("project-questions", remark.task.project.public_id)
    return redirect("task", remark.task.public_id)


@require_POST
@signed_in
def tell_taskers(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Leave a word for whoever does the task next."""
    task = access.task(request.user, task_id, *access.MANAGE)
    try:
        saying.tell_taskers(task, request.user, request.POST.get("words", ""), _key_typed(request))
    except Problem as problem:
        messages.error(request, problem.text)
    else:
        messages.success(request, _("Kept. It is shown with the task in the studio."))
    return redirect("task", task.public_id)


# --- the tasker's own list ----------------------------------------------------------------------------------------


@require_GET
@signed_in
def mine(request: MemberRequest) -> HttpResponse:
    """What somebody asked and said, with the answers; what is shown counts as read."""
    talks, before = reading.said_by(request.user, _mine(request), _number(request.GET.get("before")))
    shown = render(request, "taskers/questions.html", {"talks": talks, "before": before, "me": request.user.pk})
    reading.seen(request.user, talks)
    return shown


@require_POST
@signed_in
def more(request: MemberRequest, remark_id: UUID) -> HttpResponse:
    """Say more in a talk of one's own: it waits for an answer again."""
    remark = Remark.objects.filter(public_id=remark_id, author=request.user, project__in=_mine(request)).first()
    if remark is None:
        raise NotFound()
    try:
        answering.answer(remark, request.user, request.POST.get("words", ""), _key_typed(request))
    except Problem as problem:
        messages.error(request, problem.text)
    else:
        messages.success(request, _("Sent."))
    return redirect("my-questions")


def _mine(request: MemberRequest):
    if not request.organization:
        raise NotFound()
    return access.projects_for(request.user, request.organization, *Role.values)


def _key(body: dict) -> UUID:
    try:
        return UUID(str(body.get("id")))
    except ValueError:
        raise Refused(_("id is missing or isn't a UUID."), code="wrong-shape", place="id") from None


def _key_typed(request: MemberRequest) -> UUID:
    """The key that the form brought, so that a second press of its button says nothing twice."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
