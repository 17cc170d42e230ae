"""Which tasks of a batch are handed out before its others: those that a manager put first.

What is open of such a task stands in slots of its own, which a claim walks before the batch's other slots. So a claim
asks as many statements as ever, and where nothing was put first, looks at nothing more.
"""

from django.db import transaction

from projects.models import FIRST_SLOTS, Task
from projects.queue.events import emit_of_task
from projects.queue.slots import lock
from taskers.database.prepared import ask
from taskers.errors import StateConflict
from taskers.models import Person

# What is open goes on ahead of every cursor of the slots that it comes to. What somebody takes at this moment stays.
PLACE = f"""
WITH placed AS (
  UPDATE projects_assignment SET slot = mod(slot, {FIRST_SLOTS}) + %(priority)s::int * {FIRST_SLOTS},
    walk_key = DEFAULT
  WHERE task_id = %(task)s::bigint AND (kind || '', state || '') = ('judge', 'open')
)
UPDATE projects_task SET priority = %(priority)s::int WHERE id = %(task)s::bigint AND priority <> %(priority)s::int
RETURNING id
"""


@transaction.atomic
def prioritize(task: Task, priority: int, *, by: Person | None) -> Task:
    """Hand a task out before the others of its batch, or in its turn again, behind what is open there by now.

    Raises StateConflict where it has this priority already.
    """
    task = lock(task.pk)
    if task.priority == priority:
        raise StateConflict("It is handed out so already.", code="same-priority")
    ask(PLACE, {"task": task.pk, "priority": priority})
    task.priority = priority
    emit_of_task("put_first" if priority else "put_in_turn", task, by)
    return task
