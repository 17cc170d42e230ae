"""What one piece of work earns by what was promised for it: for the task, for each unit of it, for the time it took.

The rate of the task is kept with the assignment, the rest with the version of the settings under which it was taken,
which is never edited. Gold earns by the same rule as any other work, so that money doesn't tell it.
"""

from collections.abc import Iterable, Mapping

from projects.configuration import raised_rate
from projects.models import Annotation, Assignment, Project, ProjectSettings, Task, assignment_context
from projects.task_types import TASK_TYPES
from taskers.models import Person

HOUR_MS = 3_600_000
RAISED = "raised"  # in the detail of what was earned: the part of it that the rate was raised by


def promised(project: Project, now: ProjectSettings, answers: Iterable[Annotation]) -> Mapping[int, ProjectSettings]:
    """Version -> settings, of all under which these answers were given: no query where all were given under those of
    now."""
    older = {one.settings_version for one in answers} - {now.version}
    rows = ProjectSettings.objects.filter(project=project, version__in=older) if older else ()
    return {now.version: now} | {row.version: row for row in rows}


def worth(one: Annotation, task: Task, promised: ProjectSettings, right: dict | None) -> int:
    """What an answer earns where it is accepted, in millionths. Units count as far as they are in what was held right;
    where nothing was (None), as they were answered. A model is never paid."""
    if one.tasker.kind != Person.Kind.HUMAN:
        return 0
    units = units_of(one.answer, task, right) if promised.unit_rate else 0
    return amount(promised, one.assignment.rate or 0, units, one.active_ms)


def at_hand_in(assignment: Assignment, answer: dict, active_ms: int) -> int:
    """What work is promised when it is handed in, in millionths: `worth` of it, were it accepted as it is; of a course
    its rate alone. The assignment comes with its task, and that with its project."""
    task, rate = assignment.task, assignment.rate or 0
    if assignment.kind == Assignment.Kind.TRAINING:
        return rate
    promised = assignment_context.settings_of(task.project, assignment.settings_version or 0)
    units = units_of(answer, task) if promised.unit_rate else 0
    return amount(promised, rate, units, active_ms)


def amount(promised: ProjectSettings, rate: int, units: float, active_ms: float) -> int:
    """The rule: so much for the task, for each of its units, and for the time, as far as that is paid."""
    by_time = promised.hourly_rate * min(active_ms, promised.paid_seconds * 1000) // HOUR_MS
    return int(rate + promised.unit_rate * units + by_time)


def units_of(answer: dict, task: Task, right: dict | None = None) -> int:
    """How many units an answer has; no more than what was held right, where that is known."""
    room = TASK_TYPES[task.project.task_type]
    units = room.units(answer, task.payload)
    return min(units, room.units(right, task.payload)) if right is not None else units


def raised(one: Annotation, promised: ProjectSettings) -> dict[str, int]:
    """What a transfer's detail says of the rise of its rate by accuracy, in millionths; nothing where none was."""
    part = raised_rate.part_of(promised, one.assignment.rate or 0)
    return {RAISED: part} if part else {}


def for_a_review(promised: ProjectSettings, reviewer: Person) -> int:
    """What a review earns, in millionths."""
    return promised.review_rate if reviewer.kind == Person.Kind.HUMAN else 0
