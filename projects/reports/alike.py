"""Tasks that are like one: who can find them is known above this app, and says so here when it is installed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from projects.models import Project, Task

MOST = 40
NEARLY = 0.98


@dataclass(frozen=True)
class Alike:
    """A task, and how like it is: the cosine of where both lie, at most 1."""

    task: Task
    likeness: float

    @property
    def nearly_the_same(self) -> bool:
        """Whether somebody should look if both are wanted."""
        return self.likeness >= NEARLY


@dataclass(frozen=True)
class Found:
    """The likest first; `indexed`: how many tasks of the project were looked at; `model`: by which they were laid."""

    tasks: Sequence[Alike]
    indexed: int
    model: str


# Raises Problem where nothing can be said, in one sentence.
Finder = Callable[[Task, int], Found]
FINDERS: list[Finder] = []


def of(task: Task, most: int = MOST) -> Found | None:
    """What is like a task in its project; None where nobody can tell."""
    return FINDERS[0](task, min(most, MOST)) if FINDERS else None


# Tasks of a project in groups of those that are alike; the last one holds those of which nobody can tell.
Grouper = Callable[[Project, Sequence[Task]], list[list[Task]]]
GROUPERS: list[Grouper] = []


def grouped(project: Project, tasks: Sequence[Task]) -> list[list[Task]]:
    """These tasks in groups, the largest first; all of them in one where nobody can tell."""
    return GROUPERS[0](project, tasks) if GROUPERS else [list(tasks)]
