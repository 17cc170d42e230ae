"""Which candidate of a pair is shown on which side: drawn for each person and task, so that no side is favoured.

A person judges a task once, so this is a draw for each assignment; and what is shown ahead of its assignment
(queue.look_ahead) is shown the same way when it is held. The keyed hash is nobody's to guess, and looking again tells
nothing new.
"""

from projects.models import Task
from projects.queue import draws
from projects.task_types.preference import PAIR
from taskers.models import Person


def left_of(task: Task, person: Person) -> str:
    """The candidate that this person sees on the left: "first" or "second"."""
    return PAIR[draws.digest("sides", f"{task.public_id}:{person.public_id}")[0] % 2]
