"""The managers' list of questions, and what they say to taskers."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.errors import Refused
from projects.models import Comment, Project
from projects.web.shared.access import manages, signed_in
from projects.web.shared.comments import answerable, key_typed, number
from projects.workflow.comments import answering, reading, saying
from taskers.errors import Problem
from taskers.web.requests import MemberRequest


@require_GET
@manages
def questions(request: MemberRequest, project: Project) -> HttpResponse:
    """What taskers asked of a project's tasks: those that wait, or those that were answered."""
    return _questions(request, project)


def _questions(request: MemberRequest, project: Project, status: int = 200, **context: object) -> HttpResponse:
    waiting = request.GET.get("answered") != "1"
    threads, before = reading.questions(project, waiting=waiting, before=number(request.GET.get("before")))
    context |= {"project": project, "threads": threads, "before": before, "waiting": waiting, "tab": "people"}
    return render(request, "projects/manager/questions.html", context | {"part": "questions"}, status=status)


@require_POST
@signed_in
def answer(request: MemberRequest, comment_id: UUID) -> HttpResponse:
    """Answer a question, or a comment from the task's page."""
    comment = answerable(request.user, comment_id)
    words = request.POST.get("words", "")
    try:
        answering.answer(comment, request.user, words, key_typed(request))
    except Refused as problem:
        if comment.to == Comment.To.MANAGER:
            said = {"problem": problem, "failed": comment.public_id, "words": words}
            return _questions(request, comment.task.project, problem.status, **said)
        messages.error(request, problem.text)
    else:
        messages.success(request, _("Sent. Whoever asked finds it in the studio and among their work."))
    if comment.to == Comment.To.MANAGER:
        return redirect("project-questions", comment.task.project.public_id)
    return redirect("task", comment.task.public_id)


@require_POST
@signed_in
def tell_taskers(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Leave a word for whoever does the task next."""
    task = access.task(request.user, task_id, *access.MANAGE)
    try:
        saying.tell_taskers(task, request.user, request.POST.get("words", ""), key_typed(request))
    except Problem as problem:
        messages.error(request, problem.text)
    else:
        messages.success(request, _("Kept. It is shown with the task in the studio."))
    return redirect("task", task.public_id)
