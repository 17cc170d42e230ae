"""Finding a project's tasks, and doing something to one of them or to many at once."""

import json
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.pagination import asked, page
from projects.api.serializers import MAX_LIMIT, KnownFields, ObjectJSON, PageQuery, PageShape
from projects.api.verdict_serializers import PRIORITY, TaskShape
from projects.errors import Refused
from projects.models import Batch, BulkAction, Project, Task, limits
from projects.queue import MOST_WANTED
from projects.queue.work_lists import MOST_LISTED
from projects.reports import task_lines, task_search
from projects.reports.task_lines import ANSWERED, Line
from projects.reports.task_search import SORTS, STATES, Filters
from projects.web.shared import storable
from projects.workflow import bulk_actions, bulk_preview
from projects.workflow.bulk_verbs import ASKED
from taskers.models import Person, Scope
from taskers.models.limits import SKILL_KEY

LOOK_AT = 20_000  # tasks, for one page
MOST_IDS = bulk_actions.MOST
LONGEST_META, LONGEST_CURSOR = 2000, 600  # characters, in an address
LEAST = 1
SHOWN = 10  # of what a dry run finds
TERMS = ("note", "wanted", "meta", "tag", "teams", "how")


class FilterBody(KnownFields):
    """Which tasks. What is left out asks nothing."""

    external_id = serializers.CharField(
        max_length=limits.EXTERNAL_ID, required=False, allow_blank=True, help_text="how it begins"
    )
    batch = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(list(STATES), required=False)
    words = serializers.CharField(
        max_length=limits.SEARCHED,
        required=False,
        trim_whitespace=False,
        help_text="in its text, metadata or external id, the last as a beginning; indexed some seconds after loading",
    )
    tag = serializers.CharField(max_length=limits.TAG, required=False)
    priority = serializers.ChoiceField(
        [int(Task.Priority.FIRST)], required=False, help_text="1: put first, neither decided nor cancelled"
    )
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=limits.KEY, required=False, help_text="a label's key, in the verdict that stands"
    )
    tasker = serializers.UUIDField(required=False, help_text="who has or had it in hand")
    confidence_from = serializers.FloatField(required=False, **limits.SHARE.bounds)
    confidence_to = serializers.FloatField(required=False, **limits.SHARE.bounds)
    meta = ObjectJSON(required=False, help_text="fields of its metadata that must be so; in a query as JSON")
    loaded_since = serializers.DateTimeField(required=False)
    loaded_until = serializers.DateTimeField(required=False)
    decided_since = serializers.DateTimeField(required=False)

    def filters(self, project: Project) -> Filters:
        """The same as task_search takes it. Raises Refused where something that is named isn't here."""
        said = self.validated_data
        batch = label = tasker = None
        if "batch" in said:
            batch = _here("batch", Batch.objects.filter(project=project, public_id=said["batch"]))
        if "label" in said:
            label = _here("label", project.labels.filter(key=said["label"]))
        if "tasker" in said:
            members = Person.objects.filter(memberships__organization=project.organization_id)
            tasker = _here("tasker", members.filter(public_id=said["tasker"]))
        return Filters(
            external_id=said.get("external_id", ""),
            batch=batch,
            state=said.get("state", ""),
            label=label,
            tasker=tasker,
            low=said.get("confidence_from"),
            high=said.get("confidence_to"),
            meta=said.get("meta") or None,
            since=said.get("loaded_since"),
            until=said.get("loaded_until"),
            decided_since=said.get("decided_since"),
            words=said.get("words", ""),
            tag=said.get("tag", "").casefold(),
            first="priority" in said,
        )


def _here(name: str, rows: QuerySet[Any]) -> Any:
    """The one that a filter names, or Refused."""
    if (found := rows.first()) is None:
        raise Refused("There is no such %(name)s here.", code="unknown-filter", place=name, name=name)
    return found


class MetaText(serializers.CharField):
    """A JSON object, in an address."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            value = json.loads(super().to_internal_value(data))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or storable.fault(value):
            raise serializers.ValidationError("Expected an object, as JSON.")
        return value


class TaskQuery(FilterBody):
    """Which tasks, in what order, and which page of them."""

    meta = MetaText(  # type: ignore[assignment]
        required=False, max_length=LONGEST_META, help_text='as JSON: {"city": "Oslo"}'
    )
    sort = serializers.ChoiceField(
        [*SORTS, *(f"-{one}" for one in SORTS)],
        required=False,
        default="created",
        help_text="`-`: the other way round; by confidence, decided ones alone",
    )
    after = serializers.CharField(required=False, max_length=LONGEST_CURSOR, help_text="`next` of the page before")
    limit = serializers.IntegerField(required=False, min_value=LEAST, max_value=MAX_LIMIT, default=50)


class TaskLine(serializers.Serializer):
    """A task in a list."""

    id = serializers.UUIDField(source="task.public_id")
    batch = serializers.UUIDField(source="task.batch.public_id")
    external_id = serializers.CharField(source="task.external_id")
    state = serializers.CharField(
        allow_blank=True, help_text=f"{', '.join([*STATES, ANSWERED])}; empty: not handed out"
    )
    wanted = serializers.IntegerField(source="task.wanted", help_text="judgements")
    priority = serializers.IntegerField(source="task.priority", help_text=PRIORITY)
    submitted = serializers.IntegerField(help_text="judgements that count")
    confidence = serializers.FloatField(allow_null=True, help_text="of the verdict that stands")
    tags = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField(source="task.created_at")


class TaskPage(PageShape):
    results = TaskLine(many=True)


class Tasks(Endpoint):
    """A project's tasks: a page costs what the first one does. A page may be short, or empty, and say that there is
    more: after a while of looking it stops, and the next one goes on there."""

    scopes = {"GET": (Scope.READ,)}

    @described("Find tasks", {200: TaskPage}, operation_id="tasks_list", parameters=[TaskQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        query = TaskQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        said = query.validated_data
        filters = query.filters(project)
        keys, after = task_search.walk(project, filters, said["sort"], said.get("after", ""), said["limit"], LOOK_AT)
        lines: list[Line] = task_lines.lines(keys)
        return Response({"next": after or None, "more": bool(after), "results": TaskLine(lines, many=True).data})


class VerbBody(KnownFields):
    """What to do, and on which terms."""

    verb = serializers.ChoiceField(ASKED)
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=limits.WITHHELD_NOTE,
        help_text="of `hold`, `cancel`, `review`, `void`: why",
    )
    wanted = serializers.IntegerField(
        required=False, min_value=LEAST, max_value=MOST_WANTED, help_text="of `overlap`: judgements"
    )
    meta = ObjectJSON(required=False, help_text="of `amend`: fields to set; null takes one out")
    tag = serializers.CharField(required=False, max_length=limits.TAG, help_text="of `tag` and `untag`")
    tasker = serializers.UUIDField(required=False, help_text="of `void`: whose work")
    people = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_LISTED, help_text="of `list`, `unlist`: whose"
    )
    teams = serializers.ListField(
        child=serializers.CharField(max_length=SKILL_KEY),
        required=False,
        max_length=MOST_LISTED,
        help_text="of `list`, `unlist`: keys of skills",
    )
    how = serializers.CharField(
        required=False, max_length=limits.KEY, help_text="of `list`: on the list of `each`, or of one, in `turns`"
    )

    def terms(self) -> dict[str, Any]:
        said = {name: self.validated_data[name] for name in TERMS if name in self.validated_data}
        if "people" in self.validated_data:
            said["people"] = [str(one) for one in self.validated_data["people"]]
        return said | ({"tasker": str(self.validated_data["tasker"])} if "tasker" in self.validated_data else {})


class BulkBody(VerbBody):
    """The same for many: `tasks` by their ids, `external_ids`, or all that a `filter` finds; at most 100,000."""

    tasks = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_IDS)
    external_ids = serializers.ListField(
        child=serializers.CharField(max_length=limits.EXTERNAL_ID), required=False, max_length=MOST_IDS
    )
    filter = FilterBody(required=False)
    dry_run = serializers.BooleanField(required=False, default=False, help_text="count them and do nothing")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in ("tasks", "external_ids", "filter")) != 1:
            raise serializers.ValidationError("Name `tasks`, `external_ids` or a `filter`: one of the three.")
        return attrs

    def keys(self, project: Project) -> list[int]:
        """The tasks that are meant, one more than MOST_IDS where there are more. Raises Refused for ids that aren't
        here."""
        if "filter" in self.validated_data:
            body = FilterBody(data=cast(dict, self.initial_data)["filter"])
            body.is_valid(raise_exception=True)
            return task_search.all_keys(project, body.filters(project), MOST_IDS)
        name = "tasks" if "tasks" in self.validated_data else "external_ids"
        named = set(self.validated_data[name])
        field = "public_id" if name == "tasks" else "external_id"
        rows = Task.objects.filter(project=project, **{f"{field}__in": named})
        found = dict(rows.values_list(field, "pk"))
        if missing := sorted(str(one) for one in named - set(found)):
            text = "%(number)s of these tasks aren't here, “%(first)s” for one."
            raise Refused(text, code="unknown-task", place=name, number=len(missing), first=missing[0])
        return sorted(found.values())


class BulkFault(serializers.Serializer):
    task = serializers.CharField(allow_blank=True)
    external_id = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    text = serializers.CharField()


class BulkShape(serializers.Serializer):
    """How far it has come. What a task refuses is passed by."""

    id = serializers.UUIDField(source="public_id")
    project = serializers.UUIDField(source="project.public_id")
    verb = serializers.ChoiceField(BulkAction.Verb.values)
    state = serializers.ChoiceField(BulkAction.State.values)
    total = serializers.IntegerField(help_text="tasks")
    done = serializers.IntegerField()
    skipped = serializers.IntegerField()
    faults = BulkFault(many=True, source="refusals", help_text="why, of the first 100 that were skipped")
    asked_by = serializers.CharField(source="asked_by.name")
    made_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class DryRun(serializers.Serializer):
    total = serializers.IntegerField(help_text="tasks that are meant; 100,001: more than may be done at once")
    external_ids = serializers.ListField(child=serializers.CharField(), help_text="of the first 10")
    would = serializers.IntegerField(help_text="of them, done as things stand now")
    left = serializers.DictField(
        child=serializers.IntegerField(), help_text=f"left alone, by why: {', '.join(bulk_preview.REASONS)}"
    )


class BulkPage(PageShape):
    results = BulkShape(many=True)


class Bulk(Endpoint):
    """One verb for many tasks, which a worker goes through."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List bulk actions", {200: BulkPage}, operation_id="bulk_list", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        after, limit = asked(request)
        rows = list(bulk_actions.of_project(project).filter(pk__gt=after).order_by("pk")[: limit + 1])
        return Response(page(rows, after, limit, lambda given: BulkShape(given, many=True).data))

    @described(
        "Do something to many tasks", {202: BulkShape, 200: DryRun}, request=BulkBody, operation_id="bulk_create"
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = BulkBody(data=request.data)
        body.is_valid(raise_exception=True)
        verb, keys = body.validated_data["verb"], body.keys(project)
        if body.validated_data["dry_run"]:
            bulk_actions.check(verb, body.terms())
            names = Task.objects.filter(pk__in=keys[:SHOWN]).order_by("pk").values_list("external_id", flat=True)
            told = bulk_preview.of(keys[:MOST_IDS], verb, body.terms())
            shown = {"total": len(keys), "external_ids": list(names), "would": told.would, "left": told.left}
            return Response(shown)
        made = bulk_actions.start(project, verb, keys, by=self.person, terms=body.terms())
        made.refresh_from_db(fields=["made_at"])
        return Response(BulkShape(made).data, status=202)


class OneBulk(Endpoint):
    """One of them."""

    scopes = {"GET": (Scope.READ,)}

    @described("Get a bulk action", {200: BulkShape}, operation_id="bulk_get")
    def get(self, request: Request, project_id: UUID, action_id: UUID) -> Response:
        return Response(BulkShape(bulk_actions.one_of(self.project(project_id, *access.MANAGE), action_id)).data)


class StopBulk(Endpoint):
    """Doing it to no further task."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Stop a bulk action", {200: BulkShape}, request=None, operation_id="bulk_stop")
    def post(self, request: Request, project_id: UUID, action_id: UUID) -> Response:
        found = bulk_actions.one_of(self.project(project_id, *access.MANAGE), action_id)
        return Response(BulkShape(bulk_actions.stop(found, by=self.person)).data)


class UndoBulk(Endpoint):
    """Bringing what it changed back to how it was; what was changed since is left."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Undo a bulk action", {202: BulkShape}, request=None, operation_id="bulk_undo")
    def post(self, request: Request, project_id: UUID, action_id: UUID) -> Response:
        found = bulk_actions.one_of(self.project(project_id, *access.MANAGE), action_id)
        made = bulk_actions.undo(found, by=self.person)
        made.refresh_from_db(fields=["made_at"])
        return Response(BulkShape(made).data, status=202)


class Act(Endpoint):
    """The same verbs for one task, now."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Do something to a task", {200: TaskShape}, request=VerbBody, operation_id="tasks_act")
    def post(self, request: Request, task_id: UUID) -> Response:
        task = self.task(task_id, *access.MANAGE)
        body = VerbBody(data=request.data)
        body.is_valid(raise_exception=True)
        bulk_actions.act(task, body.validated_data["verb"], body.terms(), by=self.person)
        return Response(TaskShape(self.task(task_id, *access.MANAGE)).data)
