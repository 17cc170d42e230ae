"""A crowd's answers to one task in several chunks of a load: room for later ones, and a decision once all are in."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from projects import queue
from projects.models import Import
from projects.quality import consensus
from taskers.outbox.events import emit

DECIDED_AT_ONCE = 500  # tasks that are looked for at a time

COMPLETE = """
SELECT t.id FROM projects_task t WHERE t.batch_id = %(batch)s AND t.id >= %(after)s AND t.withheld = ''
  AND EXISTS (SELECT FROM projects_assignment a
    WHERE a.task_id = t.id AND a.state = 'submitted' AND a.reason = 'imported')
  AND NOT EXISTS (SELECT FROM projects_assignment a
    WHERE a.task_id = t.id AND a.kind = 'judge' AND a.state IN ('open', 'held'))
  AND NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL)
ORDER BY t.id LIMIT %(most)s
"""


@dataclass
class OwnTasks:
    """The tasks of a batch that one import makes: those from its first on."""

    file_import: Import
    first: int | None = None

    def begin(self, first: int) -> None:
        """Note the first task that is made, unless it is known."""
        self.first = self.first or first

    def holds(self, task: int) -> bool:
        """Whether a task is as new as those of the import."""
        return self.first is not None and task >= self.first

    def make_room(self, answers: Mapping[int, set[int]]) -> None:
        """Want as many judgements of these tasks as were given before and are given by these taskers now, where nobody
        here has worked on them. The caller holds their locks."""
        pairs = [(task, tasker) for task, taskers in answers.items() if self.holds(task) for tasker in taskers]
        if not pairs:
            return
        batch = self.file_import.batch
        added = queue.extend_imported(batch.pk, self.first or 0, pairs)
        if not added:
            return
        by = self.file_import.started_by
        emit(  # no task is new, and so many more judgements are wanted
            "loaded",
            organization_id=batch.project.organization_id,
            actor_id=by.pk if by else None,
            project_key=batch.project.public_id,
            subject=f"batch:{batch.public_id}",
            batch=batch.pk,
            tasks=0,
            wanted=sum(added.values()),
        )


def decide(file_import: Import) -> None:
    """Weigh the tasks of an import that nobody is waited for any more, now that all its answers are in. Each is a
    transaction of its own, and it may be done again."""
    first = Import.objects.values_list("first_task", flat=True).get(pk=file_import.pk)
    while first is not None:
        with connection.cursor() as cursor:
            cursor.execute(COMPLETE, {"batch": file_import.batch_id, "after": first, "most": DECIDED_AT_ONCE})
            tasks = [task for (task,) in cursor.fetchall()]
        for task in tasks:
            with transaction.atomic():
                consensus.consider(queue.lock(task))
        first = tasks[-1] + 1 if tasks else None
