"""The index of current verdicts, kept from the outbox: who looks for a label or follows verdicts reads only this."""

from collections.abc import Iterable, Sequence

from projects.models import Project, Verdict, VerdictEntry
from projects.tasktypes import TASK_TYPES
from taskers.models import Event
from taskers.outbox import follow

READER = "verdict_index"
KINDS = ("decided", "reopened", "returned")  # returned: from the archive


def catch_up() -> int:
    """Index what was decided since the last look; returns how many events there were."""
    return follow(READER, add, limit=200)


def add(events: Iterable[Event]) -> None:
    """Bring the lines of the events' tasks up to date. What is indexed already keeps its place."""
    tasks = {event.data["task"] for event in events if event.kind in KINDS}
    if not tasks:
        return
    current = Verdict.objects.current().filter(task__in=tasks)
    indexed = VerdictEntry.objects.filter(task__in=tasks, label="").values_list("verdict", flat=True)
    new = current.exclude(pk__in=list(indexed)).select_related("task__project").order_by("pk")
    VerdictEntry.objects.filter(task__in=tasks).exclude(verdict__superseded_at=None).delete()
    VerdictEntry.objects.bulk_create([entry for verdict in new for entry in _entries(verdict)])


def since(project: Project, after: int, limit: int) -> Sequence[VerdictEntry]:
    """The next current verdicts of a project in the order of their lines; a line's key is where to go on."""
    lines = VerdictEntry.objects.filter(project=project, label="", pk__gt=after)
    return list(lines.select_related("task", "verdict").order_by("pk")[:limit])


def _entries(verdict: Verdict) -> Iterable[VerdictEntry]:
    project = verdict.task.project
    for label in ("", *sorted(TASK_TYPES[project.task_type].labels_used(verdict.answer))):
        yield VerdictEntry(
            project=project, task_id=verdict.task_id, verdict=verdict, label=label, confidence=verdict.confidence
        )
