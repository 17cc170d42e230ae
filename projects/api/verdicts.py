"""What was decided: as a feed that misses nothing, and task by task."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.pagination import asked, page
from projects.api.serializers import GO_ON, PageQuery
from projects.api.verdict_serializers import FeedLine, TaskShape, VerdictList, VerdictPage, VerdictShape
from projects.api.work_serializers import JudgementList, JudgementShape, ReworkBody
from projects.models import Annotation, Assignment, Task, Verdict, VerdictEntry
from projects.models.verdict_index import feed_end
from projects.reports import label_names, verdict_index
from projects.task_types import TASK_TYPES
from projects.workflow import void_work
from taskers.errors import NotFound
from taskers.models import Scope

END = "end"


class FeedQuery(PageQuery):
    after = serializers.RegexField(
        rf"^(\d{{1,18}}|{END})$",
        required=False,
        help_text=f"`next` of the page before; `{END}`: no line, and as `next` the place from which on all is to come",
        error_messages={"invalid": GO_ON},
    )


class Verdicts(Endpoint):
    """A project's verdicts in the order in which they were decided.

    Keep `next` and ask again later with `after`: what was decided since is given, a task whose verdict changed once
    more (`kind`: `superseded`). A task that was reopened, went into the archive with its batch, or was cancelled before
    it was decided, is told too: whoever keeps the answer where `state` is `decided`, and drops it otherwise, holds
    exactly the verdicts that stand. `after=end` begins with what is told from now on. A line appears about a second
    later, as long as a worker is alive.
    """

    scopes = {"GET": (Scope.READ,)}

    @described("Follow verdicts", {200: VerdictPage}, operation_id="verdicts_list", parameters=[FeedQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        query = FeedQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        if query.validated_data.get("after") == END:
            return Response({"next": str(feed_end(project)), "more": False, "results": []})
        after, limit = asked(request)
        lines = verdict_index.since(project, after, limit + 1)
        names = label_names.by_project([project.pk])[project.pk]
        labels_of = partial(label_names.used, names=names, task_type=TASK_TYPES[project.task_type])

        def shaped(given: Sequence[verdict_index.Line]) -> Any:
            before = verdict_index.superseded(one.verdict for one in given if isinstance(one, VerdictEntry))
            rows = [one.verdict if isinstance(one, VerdictEntry) else one for one in given]
            return FeedLine(rows, many=True, context={"superseded": before, "labels_of": labels_of}).data

        return Response(page(lines, after, limit, shaped))


class OneTask(Endpoint):
    """A task and the verdict that stands."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get a task", {200: TaskShape}, operation_id="tasks_get")
    def get(self, request: Request, task_id: UUID) -> Response:
        return Response(TaskShape(self.task(task_id, *access.MANAGE)).data)


class Judgements(Endpoint):
    """What people and models handed in on a task, voided or not; one of them can be done again by somebody else."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("Get a task's judgements", {200: JudgementList}, operation_id="tasks_judgements")
    def get(self, request: Request, task_id: UUID) -> Response:
        found = self._of(self.task(task_id, *access.MANAGE)).select_related("assignment__tasker").order_by("pk")
        return Response({"results": JudgementShape(found, many=True).data})

    @described(
        "Void a judgement and have it done again",
        {200: JudgementList},
        request=ReworkBody,
        operation_id="tasks_rework",
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        task = self.task(task_id, *access.MANAGE)
        body = ReworkBody(data=request.data)
        body.is_valid(raise_exception=True)
        rows = Assignment.objects.select_related("task__project__organization").filter(task=task)
        one = rows.filter(public_id=body.validated_data["judgement"]).first()
        if one is None:
            raise NotFound()
        void_work.rework(one, body.validated_data["reason"], by=self.person)
        return self.get(request, task_id)

    def _of(self, task: Task):
        return Annotation.objects.current().filter(task=task, assignment__kind=Assignment.Kind.JUDGE)


class TaskVerdicts(Endpoint):
    """Every verdict a task ever had, the newest first; the one that stands isn't superseded."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get a task's verdicts", {200: VerdictList}, operation_id="tasks_verdicts")
    def get(self, request: Request, task_id: UUID) -> Response:
        rows = Verdict.objects.filter(task=self.task(task_id, *access.MANAGE))
        found = rows.select_related("task", "decided_by").order_by("-pk")
        return Response({"results": VerdictShape(found, many=True).data})
