"""The index of current verdicts, kept from the outbox: who looks for a label or follows verdicts reads only this."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q

from projects.models import ArchivedTask, Batch, LabelTally, Project, Task, Verdict, VerdictEntry, VerdictGone
from projects.task_types import TASK_TYPES
from taskers.database.prepared import ask
from taskers.models import Cursor, Event
from taskers.outbox.events import follow

READER = "verdict_index"
RETURNED = "returned"  # from the archive
KINDS = ("decided", "reopened", RETURNED)
ARCHIVED = "part_archived"
CANCELLED = "batch_cancelled"
KEYS = """
SELECT nextval(pg_get_serial_sequence('projects_verdictentry', 'id')) FROM generate_series(1, %(number)s::int)
"""
# Of a batch that was cancelled: the tasks that have no verdict, known answers left out. One statement, however many.
GIVEN_UP = """
WITH told AS (
INSERT INTO projects_verdictgone (id, project_id, task_public_id, external_id, why)
SELECT nextval(pg_get_serial_sequence('projects_verdictentry', 'id')), t.project_id, t.public_id, t.external_id,
  'cancelled'
FROM (
  SELECT * FROM projects_task t WHERE t.batch_id = ANY(%(batches)s::bigint[]) AND t.wanted > 0
    AND NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL)
  ORDER BY t.id
) t
ON CONFLICT (task_public_id) DO UPDATE SET id = excluded.id, why = excluded.why, at = now()
WHERE projects_verdictgone.why <> 'cancelled'
RETURNING 1
) SELECT count(*) FROM told
"""
# Which verdict each of these took the place of.
BEFORE = """
SELECT v.id, b.public_id FROM projects_verdict v CROSS JOIN LATERAL (
  SELECT public_id FROM projects_verdict b WHERE b.task_id = v.task_id AND b.id < v.id ORDER BY b.id DESC LIMIT 1
) b
WHERE v.id = ANY(%(verdicts)s::bigint[])
"""

Line = VerdictEntry | VerdictGone


def catch_up() -> int:
    """Index what was decided since the last look; returns how many events there were."""
    return follow(READER, add, limit=200)


def add(events: Iterable[Event]) -> None:
    """Bring the lines of the events' tasks up to date. What is indexed already keeps its place."""
    events = list(events)
    tasks = {event.data["task"] for event in events if event.kind in KINDS}
    if tasks:
        _renew(tasks, {event.data["task"] for event in events if event.kind == RETURNED})
    batches = {event.data["batch"] for event in events if event.kind == CANCELLED}
    if batches:
        ask(GIVEN_UP, {"batches": sorted(batches)})
    _renew_given_up({event.data["task"] for event in events if _is_of_cancelling(event)})
    parts = [event.data["part"] for event in events if event.kind == ARCHIVED]
    if parts:
        gone = ArchivedTask.objects.filter(part__in=parts, decided=True).order_by("id")
        _say_gone(gone.values_list("project", "public_id", "external_id"), VerdictGone.Why.ARCHIVED)


def since(project: Project, after: int, limit: int) -> Sequence[Line]:
    """The next lines of a project's feed: current verdicts, and those that stand no longer here; each task once, in the
    order in which that came about. A line's key is where to go on. Who follows holds exactly the current verdicts."""
    lines = VerdictEntry.objects.filter(project=project, label="", pk__gt=after)
    gone = VerdictGone.objects.filter(project=project, pk__gt=after)
    found: list[Line] = [*lines.select_related("task", "verdict").order_by("pk")[:limit], *gone.order_by("pk")[:limit]]
    return sorted(found, key=lambda line: line.pk)[:limit]


def superseded(verdicts: Iterable[Verdict]) -> dict[int, UUID]:
    """For each of these that took the place of an earlier verdict, by its key, the id of that one."""
    return dict(ask(BEFORE, {"verdicts": [one.pk for one in verdicts]}))


def _is_of_cancelling(event: Event) -> bool:
    """Whether it tells that a task was cancelled, or is asked again after all."""
    return event.kind in ("withheld", "restored") and event.data.get("why") == Task.Withheld.CANCELLED


def _renew_given_up(tasks: Collection[int]) -> None:
    """Say of each undecided task among these whether it is cancelled, as it stands now."""
    undecided = Task.objects.filter(pk__in=tasks).exclude(pk__in=Verdict.objects.current().values("task"))
    cancelled = Q(withheld=Task.Withheld.CANCELLED) | Q(batch__state=Batch.State.CANCELLED)
    names = ("project", "public_id", "external_id")
    _say_gone(undecided.filter(cancelled).order_by("pk").values_list(*names), VerdictGone.Why.CANCELLED)
    told = VerdictGone.objects.filter(why=VerdictGone.Why.CANCELLED).values("task_public_id")
    again = undecided.exclude(cancelled).filter(public_id__in=told)
    _say_gone(again.order_by("pk").values_list(*names), VerdictGone.Why.REOPENED)


def _renew(tasks: Collection[int], returned: Collection[int]) -> None:
    """Bring the lines of these tasks up to date. The tally knows those of tasks that come back from the archive."""
    current = Verdict.objects.current().filter(task__in=tasks)
    lines = VerdictEntry.objects.filter(task__in=tasks, label="")
    new = list(
        current.exclude(pk__in=list(lines.values_list("verdict", flat=True)))
        .select_related("task__project")
        .order_by("pk")
    )
    undone = lines.exclude(task__in=current.values("task"))
    undone_rows = list(undone.order_by("pk").values_list("project", "task__public_id", "task__external_id"))
    over = VerdictEntry.objects.filter(task__in=tasks).exclude(verdict__superseded_at=None)
    _tally(list(over.exclude(label="")), -1)
    over.delete()
    if new:
        VerdictGone.objects.filter(task_public_id__in=[verdict.task.public_id for verdict in new]).delete()
    made = VerdictEntry.objects.bulk_create([entry for verdict in new for entry in _entries(verdict)])
    _tally([entry for entry in made if entry.label and entry.task_id not in returned], 1)
    _say_gone(undone_rows, VerdictGone.Why.REOPENED)


def _tally(lines: Iterable[VerdictEntry], times: int) -> None:
    """Count these lines under their labels; `times=-1` takes them off again."""
    numbers = Counter((line.project_id, line.label) for line in lines)
    rows = [LabelTally(project_id=project, label=label) for project, label in sorted(numbers)]
    LabelTally.objects.bulk_create(rows, ignore_conflicts=True)
    for (project, label), number in sorted(numbers.items()):
        LabelTally.objects.filter(project=project, label=label).update(tasks=F("tasks") + times * number)


@transaction.atomic
def tally_anew() -> int:
    """Count the labels of every project that has no tally yet: those of before it was kept. Returns how many there are.

    What is archived has no lines any more, and isn't counted.
    """
    list(Cursor.objects.select_for_update().filter(reader=READER))  # the reader waits meanwhile
    lines = VerdictEntry.objects.exclude(label="").exclude(project__in=LabelTally.objects.values("project"))
    found = lines.values_list("project", "label").annotate(number=Count("pk"))
    rows = [LabelTally(project_id=project, label=label, tasks=number) for project, label, number in found]
    return len(LabelTally.objects.bulk_create(rows))


def _say_gone(rows: Iterable[tuple[int, UUID, str]], why: str) -> None:
    """One line for each of these tasks (project, id, external id), at the end of the feed."""
    rows = list(rows)
    if not rows:
        return
    VerdictGone.objects.filter(task_public_id__in=[public for _project, public, _name in rows]).delete()
    keys = (key for (key,) in ask(KEYS, {"number": len(rows)}))
    VerdictGone.objects.bulk_create(
        VerdictGone(id=key, project_id=project, task_public_id=public, external_id=name, why=why)
        for key, (project, public, name) in zip(keys, rows, strict=True)
    )


def _entries(verdict: Verdict) -> Iterable[VerdictEntry]:
    project = verdict.task.project
    for label in ("", *sorted(TASK_TYPES[project.task_type].labels_used(verdict.answer))):
        yield VerdictEntry(
            project=project, task_id=verdict.task_id, verdict=verdict, label=label, confidence=verdict.confidence
        )
