"""What was decided: as a feed that misses nothing, and task by task."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from projects import access, verdict_index
from projects.api.endpoint import Endpoint, described
from projects.api.lists import asked, page
from projects.api.shapes import PageQuery, TaskShape, VerdictList, VerdictPage, VerdictShape
from projects.models import Verdict


class Verdicts(Endpoint):
    """A project's verdicts in the order in which they were decided.

    Keep `next` and ask again later with `after`: what was decided since is given, a task whose verdict changed once
    more. A verdict appears about a second after its decision, as long as a worker is alive.
    """

    @described("Follow verdicts", {200: VerdictPage}, operation_id="verdicts_list", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        after, limit = asked(request)
        lines = verdict_index.since(project, after, limit + 1)
        return Response(
            page(lines, after, limit, lambda given: VerdictShape([one.verdict for one in given], many=True).data)
        )


class OneTask(Endpoint):
    """A task and the verdict that stands."""

    @described("Get a task", {200: TaskShape}, operation_id="tasks_get")
    def get(self, request: Request, task_id: UUID) -> Response:
        return Response(TaskShape(self.task(task_id, *access.MANAGE)).data)


class TaskVerdicts(Endpoint):
    """Every verdict a task ever had, the newest first; the one that stands isn't superseded."""

    @described("Get a task's verdicts", {200: VerdictList}, operation_id="tasks_verdicts")
    def get(self, request: Request, task_id: UUID) -> Response:
        rows = Verdict.objects.filter(task=self.task(task_id, *access.MANAGE))
        found = rows.select_related("task", "decided_by").order_by("-pk")
        return Response({"results": VerdictShape(found, many=True).data})
