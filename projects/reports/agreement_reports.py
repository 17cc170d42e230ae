"""Agreement reports: asked for by a person, worked out by a worker from a bounded sample, kept for the page.

The sample is drawn by chance from all tasks with two judgements or more, whatever became of them: the answers of tasks
that are decided agree more than those of tasks that wait for a third answer or for a reviewer.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any, Literal

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from procrastinate.contrib.django import app

from projects.configuration import methods
from projects.configuration.terms import terms_of
from projects.inference import agreement
from projects.inference.report import report
from projects.inference.report_tables import Answered, Asked, Field
from projects.models import AgreementReport, Annotation, Project, ProjectSettings, Task
from projects.quality.votes import TAMPERED, VOTELESS, as_it_counts
from projects.reports import confusions
from projects.task_types import TASK_TYPES, asked_fields
from taskers.database.prepared import ask as query

SAMPLE = 600  # tasks
MAX_DRAWN = 200_000  # tasks that are drawn at most to find those with two judgements
DAYS = 21  # a longer time is told week by week
JOB = "projects.jobs.report_agreement"
# A report that was asked for longer ago than this isn't being worked on any more: it may be asked for again.
PATIENCE = timedelta(minutes=10)
# What can be measured of two answers beside their agreement, by the field that holds their parts.
MEASURES = {"regions": agreement.region_measures, "spans": agreement.span_measures}

# The draw is by a hash of the task, so the same report is made again from the same tasks as far as they still count.
TWICE_JUDGED = """
SELECT t.id FROM (
  SELECT id FROM projects_task WHERE project_id = %(project)s::bigint
  ORDER BY hashint8extended(id, %(project)s::bigint), id LIMIT %(drawn)s::int
) t
WHERE (SELECT count(DISTINCT a.tasker_id) FROM projects_assignment a
  WHERE a.task_id = t.id AND (a.kind || '', a.state || '') = ('judge', 'submitted') AND a.voided_at IS NULL) >= 2
LIMIT %(sample)s::int
"""

OUTLINES: dict[str, dict[str, Any]] = {"regions": {"outlines": agreement.mask_outlines}}


def current(project: Project) -> AgreementReport | None:
    """The report as it stands, if anybody ever asked for one."""
    return AgreementReport.objects.filter(project=project).first()


@transaction.atomic
def ask(project: Project) -> bool:
    """Have a worker work it out; False if it is being worked out already."""
    AgreementReport.objects.get_or_create(project=project)
    rows = AgreementReport.objects.filter(project=project)
    idle = rows.filter(asked_at=None) | rows.filter(asked_at__lt=Now() - PATIENCE)
    if not idle.update(asked_at=Now()):
        return False
    app.configure_task(JOB, queue="jobs").defer(project_key=project.pk)
    return True


def make(project_key: int) -> None:
    """Work it out and keep it. Doing it again does no harm."""
    project = Project.objects.get(pk=project_key)
    tasks, changed = _sample(project)
    numbers = report(tasks, _asked(project)) | {"changed": changed, "confusion": confusions.of(project)}
    AgreementReport.objects.update_or_create(
        project=project, defaults={"numbers": numbers, "made_at": timezone.now(), "asked_at": None}
    )


def _asked(project: Project) -> Asked:
    room = TASK_TYPES[project.task_type]
    settings = project.settings_now()
    measures: Any = MEASURES.get(room.answer_list, lambda first, second: {})
    return Asked(
        labels=list(project.labels.in_use().values_list("key", flat=True)),
        agreement=partial(room.agreement, thresholds=settings.thresholds),
        measures=measures,
        part_list=room.answer_list,
        fields=_fields(project, settings),
        used=room.labels_used,
        **OUTLINES.get(room.answer_list, {}),
    )


def _fields(project: Project, settings: ProjectSettings) -> list[Field]:
    """What answers fill in and can be told by a coefficient: no texts. None where answers have parts."""
    room, choice = TASK_TYPES[project.task_type], methods.choice_in(project.task_type)
    if room.answer_list == "fields":
        asked = [one for one in settings.fields or asked_fields.usual() if one["kind"] != "text"]
        return [Field(one["key"], _scale(one), partial(_filled_in, one["key"])) for one in asked]
    return [] if choice is None else [Field("", "nominal", choice)]


def _scale(asked: Mapping[str, Any]) -> Literal["nominal", "interval"]:
    return "interval" if asked["kind"] == "number" else "nominal"


def _filled_in(key: str, answer: Mapping[str, Any]) -> Any:
    value = next((part["value"] for part in answer["fields"] if part["field"] == key), None)
    return tuple(value) if isinstance(value, list) else value


def _sample(project: Project) -> tuple[list[Answered], int]:
    """Tasks with two judgements or more, with their answers that have a vote, by day, or by week where they span more
    than DAYS; and how many answers have none since other hands changed them."""
    terms, answers, newest, changed = terms_of(project), defaultdict[int, dict[int, dict]](dict), dict[int, date](), 0
    tasks = {task.pk: task for task in Task.objects.filter(pk__in=_twice_judged(project)).only("pk", "payload")}
    rows = Annotation.objects.counting().filter(task__in=tasks).order_by("pk")
    for task, tasker, stored, at in rows.values_list("task", "tasker", "answer", "at"):
        answer, why = as_it_counts(terms, tasks[task], stored)
        changed += why == TAMPERED
        if why not in VOTELESS:
            answers[task][tasker] = answer
            newest[task] = at.date()
    days = newest.values()
    weekly = bool(newest) and max(days) - min(days) > timedelta(days=DAYS)
    return [Answered(_period(newest[task], weekly), given) for task, given in answers.items()], changed


def _period(day: date, weekly: bool) -> int:
    return (day - timedelta(days=day.weekday()) if weekly else day).toordinal()


def _twice_judged(project: Project) -> list[int]:
    """The keys of at most SAMPLE tasks with two judgements or more, drawn by chance."""
    terms = {"project": project.pk, "drawn": MAX_DRAWN, "sample": SAMPLE}
    return [task for (task,) in query(TWICE_JUDGED, terms)]
