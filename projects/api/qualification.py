"""A project's course: terms, items, who passed; and gold made by program."""

import random
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.course_serializers import (
    CourseChange,
    CourseShape,
    ItemChange,
    NewItem,
    OrderBody,
    StandingPage,
    StandingShape,
    TriesBack,
    TriesShape,
)
from projects.api.endpoint import Endpoint, described
from projects.api.etags import tag, unchanged
from projects.api.pagination import asked, page
from projects.api.serializers import PageQuery
from projects.models import PooledGold, Project, QualificationAttempt
from projects.quality.gold import authoring, grading
from projects.quality.qualification import feedback, qualification_tests
from projects.queue.qualification import course_items
from projects.reports import qualification
from projects.workforce import rules
from taskers.errors import NotFound
from taskers.models import Person, Scope

FARING = {"answered", "failed", "common"}  # of an item


class Course(Endpoint):
    """What is asked before the first judgement."""

    scopes = {"GET": (Scope.READ,), "PATCH": (Scope.MANAGE,)}

    @described("Get the course", {200: CourseShape}, operation_id="courses_get")
    def get(self, request: Request, project_id: UUID) -> Response:
        return self._tagged(self.project(project_id, *access.MANAGE))

    @described("Change its terms", {200: CourseShape}, request=CourseChange, operation_id="courses_change")
    def patch(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = CourseChange(data=request.data, context={"organization": self.organization})
        body.is_valid(raise_exception=True)
        with unchanged(request, Project.objects.filter(pk=project.pk), lambda: _terms(_course(project))):
            qualification_tests.set_terms(project, self.person, **body.terms())
        return self._tagged(project)

    def _tagged(self, project: Project) -> Response:
        shown = _course(project)
        return Response(shown, headers={"ETag": tag(_terms(shown))})


def _terms(course: dict[str, Any]) -> dict[str, Any]:
    """A course without how its items fare, which changes with every answer."""
    items = [{name: one[name] for name in one if name not in FARING} for one in course["items"]]
    return course | {"items": items}


class Items(Endpoint):
    """Making an item: it comes last."""

    scopes = {"POST": (Scope.MANAGE,), "PUT": (Scope.MANAGE,)}

    @described("Add an item", {201: CourseShape}, request=NewItem, operation_id="courses_add")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = NewItem(data=request.data)
        body.is_valid(raise_exception=True)
        keep(self, project, body.validated_data, course=True)
        return Response(_course(project), status=201)

    @described("Put the items in order", {200: CourseShape}, request=OrderBody, operation_id="courses_arrange")
    def put(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = OrderBody(data=request.data)
        body.is_valid(raise_exception=True)
        known = {kept.gold.task.public_id: kept.pk for kept in course_items(project)}
        if any(task not in known for task in body.validated_data["tasks"]):
            raise NotFound("One of these tasks isn't in the course.")
        qualification_tests.arrange(project, [known[task] for task in body.validated_data["tasks"]], by=self.person)
        return Response(_course(project))


class OneItem(Endpoint):
    """An item of the course, by its task."""

    scopes = {"PUT": (Scope.MANAGE,), "DELETE": (Scope.MANAGE,)}

    @described("Explain an item", {200: CourseShape}, request=ItemChange, operation_id="courses_explain")
    def put(self, request: Request, project_id: UUID, task_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = ItemChange(data=request.data)
        body.is_valid(raise_exception=True)
        qualification_tests.explain(_item(project, task_id), **body.validated_data, by=self.person)
        return Response(_course(project))

    @described("Take an item out", {204: None}, operation_id="courses_remove")
    def delete(self, request: Request, project_id: UUID, task_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        grading.retire(_item(project, task_id), "taken out of the course", by=self.person)
        return Response(status=204)


class People(Endpoint):
    """Who passed, failed or is under way."""

    scopes = {"GET": (Scope.READ,)}

    @described("List who took it", {200: StandingPage}, operation_id="courses_people", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        after, limit = asked(request)
        rows = qualification.people(project, after=after, limit=limit + 1)
        return Response(page(rows, after, limit, lambda given: StandingShape(given, many=True).data))


class Again(Endpoint):
    """Giving somebody their tries back."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Reset a person's tries", {200: TriesBack}, request=None, operation_id="courses_reset")
    def post(self, request: Request, project_id: UUID, person_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        tried = QualificationAttempt.objects.filter(project=project).values("tasker")
        person = Person.objects.filter(public_id=person_id, pk__in=tried).first()
        if person is None:
            raise NotFound()
        return Response({"tries": qualification_tests.forgive(project, person, by=self.person)})


class Mine(Endpoint):
    """The asker's own tries."""

    scopes = {"GET": (Scope.LABEL,)}

    @described("See your own tries again", {200: TriesShape}, operation_id="courses_mine")
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.WORK)
        tries = qualification.tries_of(self.person, project).select_related("project")
        return Response({"results": [_own(one) for one in tries]})


def keep(endpoint: Endpoint, project: Project, given: dict[str, Any], *, course: bool) -> PooledGold:
    """Keep the answer that was sent, or the task's verdict, as gold."""
    task = endpoint.task(given.pop("task"), *access.MANAGE)
    if task.project_id != project.pk:
        raise NotFound()
    given |= {"by": endpoint.person, "dice": random.SystemRandom(), "course": course}
    if "answer" in given:
        return authoring.keep(task, given.pop("answer"), **given)
    return authoring.keep_decided(task, **given)


def _own(attempt: QualificationAttempt) -> dict[str, Any]:
    items = feedback.again(attempt)
    for item in items:
        item["picture"] = reverse("api-task-media", args=[item["task"]]) if item["picture"] else None
        item["second"] = reverse("api-task-media-second", args=[item["task"]]) if item["second"] else None
    return {
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "score": attempt.score,
        "passed": attempt.passed,
        "set_aside": attempt.forgiven_at is not None,
        "done": feedback.done(attempt),
        "of": attempt.items,
        "items": items,
    }


def _course(project: Project) -> Any:
    return CourseShape(rules.in_force(project)).data


def _item(project: Project, task_id: UUID) -> PooledGold:
    rows = PooledGold.objects.filter(project=project, pool=PooledGold.Pool.TRAINING).select_related("project")
    found = rows.select_related("project", "gold__task__project").filter(gold__task__public_id=task_id).first()
    if found is None:
        raise NotFound()
    return found
