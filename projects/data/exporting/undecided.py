"""Answers that were submitted and that nothing was decided from yet, one after the other, marked as undecided."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef

from projects.data.exporting.decided import Decided, Judgement
from projects.models import Annotation, AnswerTimes, Batch, Project, Task, Verdict

UNDECIDED = "undecided"  # in place of the method that decided
TASKS_PER_QUERY = 50

COLUMNS = (
    *("task__public_id", "task__external_id", "task__batch__name", "task__payload", "public_id", "assignment__kind"),
    *("tasker__public_id", "tasker__kind", "answer", "active_ms", "settings_version", "at"),
    *("source_answered_at", "source_duration_ms"),
)


def undecided(project: Project, batch: Batch | None = None) -> Iterator[Decided]:
    """Each answer that counts for a task without a verdict, in the order of loading: one for each answer, so a task may
    be there several times. Tasks in the archive are left out, since nothing will be decided of them."""
    tasks = Task.objects.filter(**{"project": project} | ({} if batch is None else {"batch": batch}))
    answers, verdicts = Annotation.objects.counting(), Verdict.objects.current()
    waiting = tasks.filter(
        Exists(answers.filter(task=OuterRef("pk"))), ~Exists(verdicts.filter(task=OuterRef("pk")))
    ).order_by("pk")
    last = 0
    while keys := list(waiting.filter(pk__gt=last).values_list("pk", flat=True)[:TASKS_PER_QUERY]):
        for row in answers.filter(task__in=keys).order_by("task_id", "pk").values(*COLUMNS):
            yield _answer(row)
        last = keys[-1]


def _answer(row: dict[str, Any]) -> Decided:
    judgement = Judgement(
        id=str(row["public_id"]),
        kind=row["assignment__kind"],
        tasker=str(row["tasker__public_id"]),
        tasker_kind=row["tasker__kind"],
        answer=row["answer"],
        agreement=None,
        supports=False,
        voided=False,
        active_ms=row["active_ms"],
        settings_version=row["settings_version"],
        at=row["at"],
        source_answered_at=row["source_answered_at"],
        source_duration_ms=row["source_duration_ms"],
    )
    return Decided(
        id=str(row["task__public_id"]),
        external_id=row["task__external_id"],
        batch=row["task__batch__name"],
        payload=row["task__payload"],
        answer=row["answer"],
        verdict="",
        confidence=0.0,
        method=UNDECIDED,
        settings_version=row["settings_version"],
        decided_by=None,
        note="",
        at=row["at"],
        judgements=[judgement],
        source=AnswerTimes.of_annotation(row["source_answered_at"], row["source_duration_ms"], row["active_ms"]),
    )
