"""A project's course, for its managers: terms, items, explanations, and who passed."""

import random
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects import access
from projects.models import PooledGold, Project, QualificationAttempt
from projects.quality.gold import authoring, grading, pool
from projects.quality.qualification import feedback, qualification_tests
from projects.reports import qualification
from projects.task_types import TASK_TYPES
from projects.web.annotator import work_json
from projects.web.manager.forms.qualification import CourseForm, course_initial
from projects.web.shared.access import manages, signed_in
from projects.workflow import task_actions
from projects.workforce import rules
from taskers.errors import NotFound, Problem
from taskers.models import Person
from taskers.web.requests import MemberRequest

PEOPLE = 50


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The course as it is, and a form that changes its terms."""
    row = rules.in_force(project)
    items = qualification.items(project, row)
    initial = course_initial(row, qualification.showing(items))
    form = CourseForm(request.POST or None, project=project, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            qualification_tests.set_terms(project, request.user, **form.terms())
            messages.success(request, _("Saved. It holds from the next claim on."))
            return redirect("project-course", project.public_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    status = 422 if request.method == "POST" else 200
    return render(request, "projects/manager/course.html", _context(request, project, form, items), status=status)


@require_GET
@manages
def preview(request: MemberRequest, project: Project) -> HttpResponse:
    """The course as whoever takes it gets it: what they read first, and what is said after each item."""
    row = rules.in_force(project)
    items = feedback.examples(project, request.user)
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "rules": row,
        "items": items,
        "at_end": [place for place, one in enumerate(qualification.items(project, row), 1) if not one.kept.shown],
        "instructions": work_json.instructions_json(project, project.settings_now(), request.user),
        "view": work_json.lessons_json(project, {"all": items}, request.user),
        "tab": "people",
        "part": "course",
    }
    return render(request, "projects/manager/course_preview.html", context)


@require_POST
@manages
def item(request: MemberRequest, project: Project, task_id: UUID) -> HttpResponse:
    """Move an item of the course, take it out, say what becomes of it then, or why its answer is right."""
    kept, said = _item(project, task_id), ""
    try:
        match request.POST.get("act"):
            case "up":
                qualification_tests.move(kept, -1, by=request.user)
            case "down":
                qualification_tests.move(kept, 1, by=request.user)
            case "remove":
                grading.retire(kept, "taken out of the course", by=request.user)
            case "back":
                pool.restore(kept, by=request.user)
            case "mix":
                pool.restore(kept, by=request.user, pool=PooledGold.Pool.CONTROL)
            case "work":
                task_actions.make_ordinary(kept.gold.task, by=request.user)
            case _:
                shown = request.POST.get("shown") != "end"
                qualification_tests.explain(kept, request.POST.get("explanation", ""), shown=shown, by=request.user)
    except Problem as problem:
        said = problem.text
    if request.htmx:
        items = qualification.items(project, rules.in_force(project))
        return render(request, "projects/manager/_course_items.html", _items(project, items) | {"problem": said})
    if said:
        messages.error(request, said)
    return redirect("project-course", project.public_id)


@require_POST
@manages
def again(request: MemberRequest, project: Project, person_id: UUID) -> HttpResponse:
    """Give somebody their tries back."""
    person = Person.objects.filter(public_id=person_id, pk__in=_triers(project)).first()
    if person is None:
        raise NotFound()
    number = qualification_tests.forgive(project, person, by=request.user)
    said = ngettext("%(who)s has %(n)d try back.", "%(who)s has %(n)d tries back.", number)
    messages.success(request, said % {"who": person, "n": number})
    return redirect("project-course", project.public_id)


@require_POST
@signed_in
def keep(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Use a decided task as an item of the course, or as gold that is mixed in unseen."""
    task = access.task(request.user, task_id, *access.MANAGE)
    course = request.POST.get("pool") != "control"
    try:
        authoring.keep_decided(
            task,
            by=request.user,
            dice=random.SystemRandom(),
            course=course,
            explanation=request.POST.get("explanation", ""),
            shown=request.POST.get("shown") != "end",
        )
    except Problem as problem:
        messages.error(request, problem.text)
    else:
        messages.success(request, _("It is the last item of the course.") if course else _("It is gold now."))
    return redirect("task", task.public_id)


def _item(project: Project, task_id: UUID) -> PooledGold:
    rows = PooledGold.objects.filter(project=project, pool=PooledGold.Pool.TRAINING)
    found = rows.select_related("project", "gold__task__project").filter(gold__task__public_id=task_id).first()
    if found is None:
        raise NotFound()
    return found


def _triers(project: Project):
    return QualificationAttempt.objects.filter(project=project).values("tasker")


def _items(project: Project, items: list[qualification.Item]) -> dict[str, Any]:
    out = qualification.taken_out(project)
    return {"project": project, "items": items, "out": out, "view": qualification.view(project, items)}


def _context(request: MemberRequest, project: Project, form: CourseForm, items: list) -> dict[str, Any]:
    after = request.GET.get("after", "")
    key = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    people = qualification.people(project, after=key, limit=PEOPLE + 1)
    return _items(project, items) | {
        "task_type": TASK_TYPES[project.task_type],
        "form": form,
        "rules": rules.in_force(project),
        "people": people[:PEOPLE],
        "next": people[PEOPLE - 1].pk if len(people) > PEOPLE else None,
        "tab": "people",
        "part": "course",
    }
