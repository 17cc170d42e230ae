"""The admin of the work: tasks with the way to their review, and the rows behind them, to be read."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from projects.configuration import methods
from projects.models import Annotation, Assignment, Task, Verdict
from projects.queue.leases import SKIP_REASONS
from projects.reports import task_history
from taskers import access
from taskers.models import Event, Person
from taskers.models.people import Role
from taskers.organizations.project_names import project_names
from taskers.web.admin_access import OwnProjects
from taskers.web.admin_pages import Chosen, RecordAdmin, Told, badge, linked, percent, titled
from taskers.web.readable import as_given

LOOKS = {"review": "warn", "broken": "bad", "cancelled": "bad", "manager": "info"}
OF_STATE = {"submitted": "good", "held": "info", "expired": "warn", "skipped": "warn"}
REASONS = {
    "broken": gettext_lazy("Reported as broken"),
    "by-manager": gettext_lazy("Released by a manager"),
}
BY_PROJECT = titled(OwnProjects, gettext_lazy("Project"))
BY_STATE = titled(Chosen, gettext_lazy("State"))


def task_of(row: Any) -> str:
    """The task of a row, with the way to it."""
    return _leading_to(row.task_id, row.task.external_id)


def _leading_to(task: int, name: str) -> str:
    return linked(name, reverse("admin:projects_task_change", args=[task]))


def state_of(assignment: Assignment) -> str:
    if assignment.voided_at:
        return badge(_("Voided"), "bad")
    return badge(_(assignment.get_state_display()), OF_STATE.get(assignment.state, ""))


class OfTasks(RecordAdmin):
    """Rows that hang on a task."""

    organization_path = "task__project__organization"
    project_path = "task__project__public_id"
    list_filter: ClassVar[tuple] = (("task__project", BY_PROJECT),)
    unlisted: Sequence[str] = ("task__payload",)
    ordering = ("-pk",)

    def name_of(self, row: Any) -> str:
        return row.task.external_id

    def links(self, request: HttpRequest, row: Any) -> Sequence[tuple[str, str]]:
        return ways_to(request, row.task)


def ways_to(request: HttpRequest, task: Task) -> Sequence[tuple[str, str]]:
    """Where a task is worked with by whoever asks."""
    key, organization = task.public_id, request.organization  # type: ignore[attr-defined]
    found = [(_("Review"), reverse("review", args=[key]))] if task.withheld == Task.Withheld.REVIEW else []
    if access.may(request.user, organization, Role.MANAGER, project_key=task.project.public_id):  # type: ignore[arg-type]
        found.append((_("The task's page"), reverse("task", args=[key])))
    return found


@admin.register(Task)
class TaskAdmin(RecordAdmin):
    """Tasks; those that wait for review open on the reviewer's page."""

    roles = (Role.REVIEWER,)
    organization_path = "project__organization"
    project_path = "project__public_id"
    one, many = gettext_lazy("Task"), gettext_lazy("Tasks")
    about = gettext_lazy("What is asked for, newest first; what waits for review leads there.")
    list_filter = (("withheld", BY_STATE), ("project", BY_PROJECT))
    list_select_related = ("project", "batch")
    unlisted = ("payload",)
    ordering = ("-pk",)
    columns = (
        Told(gettext_lazy("Task"), lambda row: row.external_id),
        Told(gettext_lazy("Project"), lambda row: row.project.name),
        Told(gettext_lazy("Batch"), lambda row: row.batch.name),
        Told(gettext_lazy("State"), lambda row: TaskAdmin.state(row)),
        Told(gettext_lazy("Judgements wanted"), lambda row: row.wanted),
        Told(gettext_lazy("Loaded"), lambda row: row.created_at, "pk"),
        Told(gettext_lazy("Review"), lambda row: TaskAdmin.review(row)),
    )
    facts = (
        *columns[1:6],
        Told(gettext_lazy("Turn"), lambda row: _(row.get_priority_display())),
        Told(gettext_lazy("What it holds"), lambda row: as_given(row.payload)),
    )

    @staticmethod
    def state(task: Task) -> str:
        return badge(_(task.get_withheld_display()), LOOKS.get(task.withheld, ""))

    @staticmethod
    def review(task: Task) -> str:
        text = _("Review") if task.withheld == Task.Withheld.REVIEW else pgettext("verb", "Open")
        return linked(text, reverse("review", args=[task.public_id]))

    def links(self, request: HttpRequest, row: Any) -> Sequence[tuple[str, str]]:
        return ways_to(request, row)


class ByMethod(admin.SimpleListFilter):
    """Verdicts by what decided them."""

    title = gettext_lazy("How it was decided")
    parameter_name = "method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, methods.title(key)) for key in (*methods.TOLD, *methods.BY_HAND)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(method=self.value()) if self.value() else queryset


@admin.register(Verdict)
class VerdictAdmin(OfTasks):
    """Decided answers, those that stand and those before them."""

    roles = (Role.REVIEWER,)
    one, many = gettext_lazy("Verdict"), gettext_lazy("Verdicts")
    about = gettext_lazy("What was decided, newest first: what holds, and what another verdict took the place of.")
    list_filter = (*OfTasks.list_filter, ByMethod)
    list_select_related = ("task", "decided_by")
    unlisted = (*OfTasks.unlisted, "answer", "agreements")
    columns = (
        Told(gettext_lazy("Decided"), lambda row: row.at, "pk"),
        Told(gettext_lazy("Task"), task_of),
        Told(gettext_lazy("How"), lambda row: methods.title(row.method)),
        Told(gettext_lazy("Confidence"), lambda row: percent(row.confidence)),
        Told(gettext_lazy("By"), lambda row: row.decided_by),
        Told(gettext_lazy("Replaced"), lambda row: row.superseded_at),
    )
    facts = (
        *columns,
        Told(gettext_lazy("Answer"), lambda row: row.answer),
        Told(gettext_lazy("Note"), lambda row: row.note),
        Told(gettext_lazy("Answers it rests on"), lambda row: VerdictAdmin.rests_on(row)),
    )

    def fill(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        managed = access.project_keys_of(request.user, request.organization, Role.MANAGER)  # type: ignore[attr-defined,arg-type]
        for row in rows:
            row.managed = managed

    @staticmethod
    def rests_on(verdict: Any) -> int | list[str]:
        """How many; whose they are is told to managers, for reviewers judge answers without names."""
        if verdict.managed is not None and verdict.task.project.public_id not in verdict.managed:
            return len(verdict.rests_on)
        found = Annotation.objects.filter(pk__in=verdict.rests_on, task=verdict.task_id).order_by("pk")
        return [str(one.tasker) for one in found.select_related("tasker")]


@admin.register(Assignment)
class AssignmentAdmin(OfTasks):
    """Promises of work."""

    roles = (Role.MANAGER,)
    one, many = gettext_lazy("Assignment"), gettext_lazy("Assignments")
    about = gettext_lazy("Each piece of work that was promised, newest first: who had it, and how it ended.")
    list_filter = (
        *OfTasks.list_filter,
        ("kind", titled(Chosen, gettext_lazy("Kind"))),
        ("state", BY_STATE),
    )
    list_select_related = ("task", "tasker")
    columns = (
        Told(gettext_lazy("Task"), lambda row: row.task.external_id),
        Told(gettext_lazy("Kind"), lambda row: _(row.get_kind_display())),
        Told(gettext_lazy("State"), state_of),
        Told(gettext_lazy("Tasker"), lambda row: row.tasker),
        Told(gettext_lazy("Taken up"), lambda row: row.held_at),
        Told(gettext_lazy("Due"), lambda row: row.deadline),
        Told(gettext_lazy("Ended"), lambda row: row.ended_at),
    )
    facts = (
        *columns,
        Told(gettext_lazy("Batch"), lambda row: row.batch.name),
        Told(gettext_lazy("Reason"), lambda row: AssignmentAdmin.reason(row)),
        Told(gettext_lazy("Note"), lambda row: row.note),
        Told(gettext_lazy("Copilot offered"), lambda row: row.copilot),
        Told(gettext_lazy("Voided"), lambda row: row.voided_at),
        Told(gettext_lazy("Why it was voided"), lambda row: row.void_reason),
    )

    @staticmethod
    def reason(assignment: Assignment) -> str:
        if assignment.reason in SKIP_REASONS:
            return _(SKIP_REASONS[assignment.reason])
        return str(REASONS.get(assignment.reason, assignment.reason))


@admin.register(Annotation)
class AnnotationAdmin(OfTasks):
    """Work that was handed in."""

    roles = (Role.MANAGER,)
    one, many = gettext_lazy("Annotation"), gettext_lazy("Annotations")
    about = gettext_lazy("What was handed in, newest first; a correction stands beside what it took the place of.")
    list_select_related = ("task", "tasker")
    unlisted = (*OfTasks.unlisted, "answer", "refused")
    columns = (
        Told(gettext_lazy("Handed in"), lambda row: row.at, "pk"),
        Told(gettext_lazy("Task"), task_of),
        Told(gettext_lazy("Tasker"), lambda row: row.tasker),
        Told(gettext_lazy("Seconds of work"), lambda row: round(row.active_ms / 1000)),
        Told(gettext_lazy("Corrected"), lambda row: row.superseded_at),
    )
    facts = (
        *columns,
        Told(gettext_lazy("Answer"), lambda row: row.answer),
        Told(gettext_lazy("Suggestions turned down"), lambda row: len(row.refused)),
        Told(gettext_lazy("Version of the settings"), lambda row: row.settings_version),
    )


# What an event is about, where it is no task.
SUBJECTS = {
    "alert": gettext_lazy("An alert"),
    "annotation": gettext_lazy("An answer"),
    "batch": gettext_lazy("A batch"),
    "bonus": gettext_lazy("A bonus"),
    "bonus-rule": gettext_lazy("A bonus rule"),
    "bulk": gettext_lazy("A change of many tasks"),
    "delivery": gettext_lazy("A delivery"),
    "import": gettext_lazy("An import"),
    "invitation": gettext_lazy("An invitation"),
    "model": gettext_lazy("A model"),
    "organization": gettext_lazy("The organization"),
    "pay": gettext_lazy("Pay"),
    "payout": gettext_lazy("A payout"),
    "person": gettext_lazy("A person"),
    "project": gettext_lazy("A project"),
    "service": gettext_lazy("A service account"),
    "skill": gettext_lazy("A skill"),
    "subscription": gettext_lazy("A webhook"),
    "task": gettext_lazy("A task"),
    "token": gettext_lazy("An API token"),
    "tokens": gettext_lazy("API tokens"),
    "year": gettext_lazy("A year of the books"),
}
BARE = {"annotation", "assignment", "batch", "delivery", "person", "project", "suggestion", "task", "verdict"}  # keys


@admin.register(Event)
class EventAdmin(RecordAdmin):
    """What happened, newest first."""

    roles = (Role.MANAGER,)
    organization_path = "organization_id"
    project_path = "project_key"
    one, many = gettext_lazy("Event"), gettext_lazy("Events")
    about = gettext_lazy("What happened, newest first: who did what to what.")
    search_fields = ("subject__exact",)
    search_help_text = gettext_lazy("The exact subject, as in task:…")
    ordering = ("-pk",)
    columns = (
        Told(gettext_lazy("When"), lambda row: row.at, "pk"),
        Told(gettext_lazy("What happened"), lambda row: EventAdmin.what(row)),
        Told(gettext_lazy("To what"), lambda row: row.about),
        Told(gettext_lazy("By"), lambda row: row.actor),
        Told(gettext_lazy("Project"), lambda row: row.project),
    )
    facts = (*columns, Told(gettext_lazy("Details"), lambda row: EventAdmin.details(row)))

    def name_of(self, row: Event) -> str:
        return task_history.said_of(row.kind)[0]

    def fill(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        names = project_names(request.organization)  # type: ignore[attr-defined]
        people = {one.pk: str(one) for one in Person.objects.filter(pk__in={row.actor_id for row in rows})}
        keys = [row.subject.removeprefix("task:") for row in rows if row.subject.startswith("task:")]
        named = Task.objects.filter(public_id__in=keys).values_list("public_id", "pk", "external_id")
        tasks = {f"task:{key}": _leading_to(pk, name) for key, pk, name in named}
        for row in rows:
            kind = row.subject.partition(":")[0]
            row.about = tasks.get(row.subject) or str(SUBJECTS.get(kind, kind))
            row.actor, row.project = people.get(row.actor_id, ""), names.get(row.project_key, "")

    @staticmethod
    def what(event: Event) -> str:
        text, mood = task_history.said_of(event.kind)
        return badge(text, mood)

    @staticmethod
    def details(event: Event) -> dict:
        """What is told of it, less bare keys; a sentence of ours in the reader's language."""
        told = {name: one for name, one in event.data.items() if name not in BARE}
        return {name: task_history.note_again(one) if name == "note" else one for name, one in told.items()}
