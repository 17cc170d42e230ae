"""A project's rules, work in progress, and gold."""

import random
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from projects import access, queue
from projects.api.course_serializers import KeepBody
from projects.api.endpoint import Endpoint, described
from projects.api.etags import tagged, unchanged
from projects.api.pagination import asked, page
from projects.api.qualification import keep
from projects.api.rule_serializers import (
    BatchPlace,
    GoldAnswerBody,
    GoldMove,
    GoldPage,
    GoldShape,
    KeepManyBody,
    LeasesShape,
    ManyKept,
    QualifyingShape,
    ReleaseBody,
    ReleasedShape,
    RulesShape,
)
from projects.api.serializers import BatchShape, PageQuery
from projects.models import Assignment, PooledGold, Project
from projects.quality.gold import authoring, pool
from projects.workflow import batches, task_actions
from projects.workforce import qualified_people, rules
from taskers.errors import NotFound
from taskers.models import Person, Scope

MOST = 300
POOLS = {"course": PooledGold.Pool.TRAINING, "mix": PooledGold.Pool.CONTROL}


class Rules(Endpoint):
    """Who may work on a project, how much, and what is mixed in."""

    scopes = {"GET": (Scope.READ,), "PATCH": (Scope.MANAGE,)}

    @described("Get the rules", {200: RulesShape}, operation_id="rules_get")
    def get(self, request: Request, project_id: UUID) -> Response:
        return tagged(_rules(self.project(project_id, *access.MANAGE)))

    @described("Change rules", {200: RulesShape}, request=RulesShape, operation_id="rules_change")
    def patch(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = RulesShape(data=request.data, context={"organization": self.organization})
        body.is_valid(raise_exception=True)
        with unchanged(request, Project.objects.filter(pk=project.pk), lambda: _rules(project)):
            rules.revise(project, self.person, **body.validated_data)
        return tagged(_rules(project))


def _rules(project: Project) -> dict[str, Any]:
    return RulesShape(rules.in_force(Project.objects.get(pk=project.pk))).data


class Qualifying(Endpoint):
    """Who may work now."""

    scopes = {"GET": (Scope.READ,)}

    @described("Count who qualifies", {200: QualifyingShape}, operation_id="rules_qualifying")
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(QualifyingShape(qualified_people.look_over(self.project(project_id, *access.MANAGE))).data)


class Place(Endpoint):
    """How soon a batch is wanted."""

    scopes = {"PUT": (Scope.MANAGE,)}

    @described("Set priority and deadline", {200: BatchShape}, request=BatchPlace, operation_id="batches_arrange")
    def put(self, request: Request, batch_id: UUID) -> Response:
        batch = self.batch(batch_id)
        body = BatchPlace(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(BatchShape(batches.arrange(batch, by=self.person, **body.validated_data)).data)


class Leases(Endpoint):
    """Work in progress, by who holds it."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List what is held", {200: LeasesShape}, operation_id="leases_list")
    def get(self, request: Request, project_id: UUID) -> Response:
        rows = list(queue.held(self.project(project_id, *access.MANAGE))[: MOST + 1])
        return Response(LeasesShape({"results": rows[:MOST], "more": len(rows) > MOST}).data)

    @described("Take work back", {200: ReleasedShape}, request=ReleaseBody, operation_id="leases_release")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = ReleaseBody(data=request.data)
        body.is_valid(raise_exception=True)
        if person := body.validated_data.get("person"):
            held = Assignment.objects.held().filter(batch__project=project).values("tasker")
            found = Person.objects.filter(public_id=person, pk__in=held).first()
            taken = task_actions.force_release_all(project, found, by=self.person) if found else 0
            return Response({"released": taken})
        rows = Assignment.objects.select_related("task__project").filter(batch__project=project)
        one = rows.filter(public_id=body.validated_data["assignment"]).first()
        if one is None:
            raise NotFound()
        queue.force_release(one, by=self.person)
        return Response({"released": 1})


class Gold(Endpoint):
    """The gold of a project."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List gold", {200: GoldPage}, operation_id="gold_list", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        after, limit = asked(request)
        rows = list(pool.known_answers(project).filter(pk__gt=after).order_by("pk")[: limit + 1])
        return Response(page(rows, after, limit, lambda given: GoldShape(pool.lines(given), many=True).data))

    @described("Add gold", {201: GoldShape}, request=KeepBody, operation_id="gold_keep")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = KeepBody(data=request.data)
        body.is_valid(raise_exception=True)
        kept = keep(self, project, body.validated_data, course=False)
        return Response(GoldShape(pool.lines([kept])[0]).data, status=201)


class ManyGold(Endpoint):
    """Making gold of decided tasks, by lot."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Make gold of decided tasks", {201: ManyKept}, request=KeepManyBody, operation_id="gold_keep_many")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = KeepManyBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        made = authoring.keep_many(project, said["number"], said["least"], by=self.person, dice=random.SystemRandom())
        return Response({"kept": made}, status=201)


class OneGold(Endpoint):
    """Retiring gold, putting it back, and holding another answer right."""

    scopes = {"POST": (Scope.MANAGE,), "PUT": (Scope.MANAGE,)}

    @described("Change a gold task's answer", {200: GoldShape}, request=GoldAnswerBody, operation_id="gold_answer")
    def put(self, request: Request, project_id: UUID, task_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = GoldAnswerBody(data=request.data)
        body.is_valid(raise_exception=True)
        kept = pool.one_of(project, task_id)
        made = authoring.answer_anew(
            kept, body.validated_data["answer"], by=self.person, dice=random.SystemRandom()
        )  # fmt: skip
        return Response(GoldShape(pool.lines([made])[0]).data)

    @described("Retire, restore, or make ordinary work", {204: None}, request=GoldMove, operation_id="gold_move")
    def post(self, request: Request, project_id: UUID, task_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = GoldMove(data=request.data)
        body.is_valid(raise_exception=True)
        kept = pool.one_of(project, task_id)
        move = body.validated_data["move"]
        if move == "retire":
            pool.retire(kept, body.validated_data["why"], by=self.person)
        elif move == "work":
            task_actions.make_ordinary(kept.gold.task, by=self.person)
        elif move in POOLS:
            pool.put_back(kept.gold.task, POOLS[move], by=self.person)
        else:
            pool.restore(kept, by=self.person)
        return Response(status=204)
