"""The names of what kinds of tasks are kept by: a label's key, and the id of a task that others are like."""

from functools import cached_property

from assist.web.evaluation_rows import excerpt_of
from projects.models import Project, Task


class SliceNames:
    """Those of a project; nothing is asked of the database before a name is."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._tasks: dict[str, str] = {}

    def label(self, key: str) -> str:
        """What a label is called; its key where there is none such."""
        return self._labels.get(key, key)

    def task(self, key: str) -> str:
        """What a task shows, in a few words; its id once it was archived or removed."""
        if key not in self._tasks:
            found = Task.objects.filter(project=self.project, public_id=key).first()
            self._tasks[key] = f"“{excerpt_of(found)}”" if found else key
        return self._tasks[key]

    def choice(self, kept: str) -> str:
        """A field and what is chosen there: "mood: good", as it is kept, by both their names."""
        field, colon, key = kept.partition(": ")
        return f"{self._fields.get(field, field)}{colon}{self.label(key)}"

    @cached_property
    def _fields(self) -> dict[str, str]:
        return {one["key"]: one["name"] for one in self.project.settings_now().fields}

    @cached_property
    def _labels(self) -> dict[str, str]:
        return dict(self.project.labels.values_list("key", "name"))
