"""Rows of a load as they are checked: which make a task, which are about a task that is there, what can't be kept.

Nothing is written, so that a preview finds the same faults as the load.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from projects.data.importing import repeated_rows
from projects.data.importing.callbacks import Callbacks
from projects.data.importing.kept_answers import AnswersKept, Brought
from projects.data.importing.loaded import Loaded
from projects.data.importing.row_check import Ready, parts, ready
from projects.data.media import assets
from projects.data.reading.rows import Fault, Item, Row
from projects.errors import Refused
from projects.models import ArchivedTask, Asset, Project, Task
from projects.quality.gold import grading
from projects.quality.qualification import qualification_tests
from projects.queue.answer_check import canonical, labels_of
from projects.task_types import TASK_TYPES, TaskType


@dataclass(frozen=True)
class RowIntake:
    """What rows of a project are checked by."""

    project: Project
    task_type: TaskType
    callbacks: Callbacks
    answers: AnswersKept

    @classmethod
    def of(cls, project: Project, answers: AnswersKept) -> "RowIntake":
        """That of a project, whose answers become what was chosen."""
        return cls(project, TASK_TYPES[project.task_type], Callbacks.of(project), answers)

    def take(self, chunk: Sequence[Item], report: Loaded) -> tuple[list[Ready], list[Brought]]:
        """The rows of a chunk that make a task, and those with answers to tasks that are there. Adds to the report what
        is known, rejected and lost."""
        rows = repeated_rows.merge(self._checked(chunk, report), self.answers.choices.answers, report)
        return self._by_task(rows, report)

    def _checked(self, chunk: Sequence[Item], report: Loaded) -> list[Ready]:
        named = self._named_assets(chunk)
        labels = labels_of(self.project) if any(isinstance(item, Row) and item.known for item in chunk) else {}
        passed = []
        for item in chunk:
            if isinstance(item, Fault):
                report.faults.append(item)
                continue
            try:
                row = ready(self.task_type, item, named)._replace(callback=self.callbacks.checked(item.callback))
                row, lost = self.answers.read(item, self._with_known(item, row, labels))
                report.losses += lost
                passed.append(row)
            except Refused as refused:
                report.reject(item.place, Fault.of(refused, item.place))
        return passed

    def _named_assets(self, chunk: Sequence[Item]) -> dict[str, Asset]:
        """Stored pictures that rows without a picture of their own refer to."""
        rows = (item for item in chunk if isinstance(item, Row) and item.picture is None)
        hashes = [part.get("asset") for row in rows for part in parts(self.task_type, row.fields).values()]
        named = (name for name in hashes if isinstance(name, str) and len(name) == 64)
        return assets.find(self.project.organization, named)

    def _with_known(self, row: Row, ready: Ready, labels: dict[str, dict]) -> Ready:
        """With the row's right answer checked, if one came; Refused with the place in it."""
        if row.known is None:
            return ready
        if not row.known.course:
            grading.refuse_in_file_order(self.project)
        try:
            answer = canonical(self.project, ready.payload, row.known.answer, labels)
        except Refused as refused:
            place = f"gold.{refused.place}" if refused.place else "gold"
            raise Refused(refused.template, code=refused.code, place=place, **refused.values) from None
        explanation = qualification_tests.explained(row.known.explanation)
        return ready._replace(known=row.known._replace(answer=answer, explanation=explanation))

    def _by_task(self, rows: list[Ready], report: Loaded) -> tuple[list[Ready], list[Brought]]:
        """The rows that no task was made of yet; and those with answers to tasks that are there."""
        tasks = self._tasks_of(rows)
        new, known = [], []
        for row in rows:
            name = row.external_id if row.external_id in tasks else row.formerly
            if name not in tasks:
                new.append(row)
                continue
            key, digest, payload = tasks[name]
            if name == row.formerly:
                report.known += 1
            elif not repeated_rows.is_same_task(row, digest, payload, "", report):
                continue
            if key is not None and row.said:
                known.append(Brought(key, row, False))
            else:
                text = "The task is in the archive."
                report.losses += [Fault(f"{said.place}, answer", "task-archived", text) for said in row.said]
        return new, known

    def _tasks_of(self, rows: list[Ready]) -> dict[str, tuple[int | None, str, dict[str, Any] | None]]:
        """The tasks that go by these rows' names: key, digest, and the payload where a row has another one; of
        archived ones no key and no payload."""
        names = {name: row for row in rows for name in (row.external_id, row.formerly) if name}
        live = Task.objects.filter(project=self.project, external_id__in=list(names))
        tasks: dict[str, tuple[int | None, str, dict[str, Any] | None]] = {
            name: (key, digest, None) for name, key, digest in live.values_list("external_id", "pk", "payload_hash")
        }
        others = [name for name, (_, digest, _) in tasks.items() if digest != names[name].digest]
        for name, payload in live.filter(external_id__in=others).values_list("external_id", "payload"):
            key, digest, _ = tasks[name]
            tasks[name] = (key, digest, payload)
        # In this order: a task that is archived between the two looks is seen by one.
        archived = ArchivedTask.objects.filter(project=self.project, external_id__in=list(names))
        return tasks | {
            name: (None, digest, None) for name, digest in archived.values_list("external_id", "payload_hash")
        }
