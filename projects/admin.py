"""The admin of the work: tasks with the way to their review, and the rows behind them, to be read."""

import json

from django.contrib import admin
from django.contrib.admin import display
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display as shown

from projects.configuration import methods
from projects.models import Annotation, Assignment, Task, Verdict
from taskers.models.people import Role
from taskers.web.admin_access import OfficeAdmin, OwnProjects

LONGEST = 4000  # characters of an answer that are shown


class OfTasks(OfficeAdmin):
    """Rows that hang on a task."""

    organization_path = "task__project__organization"
    project_path = "task__project__public_id"
    list_filter: tuple = (("task__project", OwnProjects),)
    ordering = ("-pk",)

    @display(description=_("Answer"))
    def answer_shown(self, row: Annotation | Verdict) -> str:
        text = json.dumps(row.answer, ensure_ascii=False, indent=1)
        return format_html("<pre>{}</pre>", text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


@admin.register(Task)
class TaskAdmin(OfficeAdmin):
    """Tasks; those that wait for review open on the reviewer's page."""

    roles = (Role.REVIEWER,)
    organization_path = "project__organization"
    project_path = "project__public_id"
    list_display = ("external_id", "project", "batch", "withheld_shown", "wanted", "created_at", "review")
    list_filter = ("withheld", ("project", OwnProjects))
    list_select_related = ("project", "batch")
    fields = ("external_id", "project", "batch", "withheld", "wanted", "payload", "public_id", "created_at", "review")
    readonly_fields = ("review",)
    ordering = ("-pk",)

    @shown(
        description=_("State"),
        label={"review": "warning", "broken": "danger", "cancelled": "danger", "manager": "info"},
    )
    def withheld_shown(self, task: Task) -> tuple[str, str]:
        return task.withheld, task.get_withheld_display()

    @display(description=_("Review"))
    def review(self, task: Task) -> str:
        text = _("Review") if task.withheld == Task.Withheld.REVIEW else _("Open")
        look = "font-medium text-primary-600 dark:text-primary-500"
        return format_html('<a class="{}" href="{}">{}</a>', look, reverse("review", args=[task.public_id]), text)


@admin.register(Verdict)
class VerdictAdmin(OfTasks):
    """Decided answers, those that stand and those before them."""

    roles = (Role.REVIEWER,)
    list_display = ("at", "task", "decided_how", "confidence", "decided_by", "superseded_at")
    list_filter = (*OfTasks.list_filter, "method")
    list_select_related = ("task", "decided_by")
    fields = (
        "task",
        "decided_how",
        "confidence",
        "answer_shown",
        "decided_by",
        "note",
        "rests_on",
        "at",
        "superseded_at",
    )
    readonly_fields = ("answer_shown", "decided_how")

    @display(description=_("How"), ordering="method")
    def decided_how(self, verdict: Verdict) -> str:
        return methods.title(verdict.method)


@admin.register(Assignment)
class AssignmentAdmin(OfTasks):
    """Promises of work."""

    roles = (Role.MANAGER,)
    list_display = ("task", "kind", "state", "tasker", "held_at", "deadline", "ended_at", "voided_at")
    list_filter = (*OfTasks.list_filter, "kind", "state")
    list_select_related = ("task", "tasker")
    exclude = ("token",)


@admin.register(Annotation)
class AnnotationAdmin(OfTasks):
    """Work that was handed in."""

    roles = (Role.MANAGER,)
    list_display = ("at", "task", "tasker", "active_ms", "settings_version")
    list_select_related = ("task", "tasker")
    fields = ("task", "tasker", "answer_shown", "active_ms", "refused", "settings_version", "public_id", "at")
    readonly_fields = ("answer_shown",)
