"""What speaks for which answer: a task's answers with what they are worth.

Every answer that was handed in gets a vote or a named reason why not: never a silent one, never a crash.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from projects.configuration import terms
from projects.configuration.terms import Terms
from projects.errors import Refused
from projects.models import Annotation, Assignment, Task
from projects.task_types import TASK_TYPES
from taskers.database.prepared import ask
from taskers.models import Person
from taskers.standing import grades

# Why an answer has no vote, or an uncommon one.
TAMPERED = "tampered"  # what is stored isn't what the task type would have taken: changed by other hands
RETIRED = "retired-label"  # it rests on a label that was retired with nothing in its place
RENAMED = "merged-label"  # it votes, with the label that took the place of its own
PARTLY = "partly-retired"  # it votes without the parts under a retired label
OLDER = "older-settings"  # it votes; it was given under settings that were changed since
NOT_BLIND = "model-was-seen"  # a model's own answer, where people saw what a model suggested
VOTELESS = {TAMPERED, RETIRED, NOT_BLIND}


@dataclass(frozen=True)
class Vote:
    """One answer, as it counts."""

    annotation: Annotation
    answer: dict[str, Any]
    why: str = ""
    standing: float = 0.75  # the chance that its tasker is right
    mean: list = field(default_factory=list)  # of their parameters in the accuracy model; empty for a newcomer
    text: str = ""  # that was judged, where the task has one

    @property
    def votes(self) -> bool:
        """Whether it has a vote."""
        return self.why not in VOTELESS


# What is read of an answer, its assignment and its tasker, in the order of their tables; see `_said`.
ANNOTATION = ["id", "assignment_id", "task_id", "tasker_id", "answer", "settings_version", "refused"]
ASSIGNMENT = ["id", "task_id", "tasker_id", "rate", "copilot"]
PERSON = ["id", "kind"]
Said = tuple[Annotation, float, list]  # an answer, its tasker's standing and parameters

# The answers to tasks that count (see Annotation.objects.counting), oldest first, each with its tasker's worth. Found
# by the task and then by the assignment's key: a comparison that implied "submitted judgements" would let the planner
# walk all of those.
ANSWERS = """
(SELECT json_agg(json_build_array(
   a.id, a.task_id, a.tasker_id, a.answer, a.settings_version, a.refused, a.assignment_id, p.kind,
   d.rate, d.copilot, st.good, st.poor, tr.mean) ORDER BY a.id)
 FROM projects_annotation a
 JOIN projects_assignment d ON d.id = a.assignment_id
   AND (d.kind || '', d.state || '') = ('judge', 'submitted') AND d.voided_at IS NULL
 JOIN taskers_person p ON p.id = a.tasker_id
 LEFT JOIN taskers_standing st ON st.tasker_id = a.tasker_id AND st.project_key = %(key)s::uuid
 LEFT JOIN projects_annotatorparameters tr ON tr.tasker_id = a.tasker_id AND tr.accuracy_model_id = {accuracy_model}
 WHERE a.task_id = ANY(%(tasks)s::bigint[]) AND a.superseded_at IS NULL)::text
"""
OF_TASKS = f"SELECT {ANSWERS.format(accuracy_model='%(accuracy_model)s::bigint')}"
# The verdicts of a task, oldest first, each with whether it stands; and whether an answer may still be corrected.
OF_TASK = f"""
SELECT {terms.TERMS}, {ANSWERS.format(accuracy_model="c.id")},
  (SELECT json_agg(json_build_array(v.id, v.superseded_at IS NULL) ORDER BY v.id)
   FROM projects_verdict v WHERE v.task_id = ANY(%(tasks)s::bigint[]))::text,
  EXISTS (SELECT FROM projects_annotation a JOIN projects_correctable c ON c.assignment_id = a.assignment_id
    WHERE a.task_id = ANY(%(tasks)s::bigint[]))
FROM {terms.PROJECT}
"""


def gather(terms: Terms, tasks: Iterable[Task]) -> dict[int, list[Vote]]:
    """Task key -> its answers that count, oldest first, each with its tasker's worth: one query for all."""
    asked = {one.pk: one for one in tasks}
    found = {"tasks": list(asked), "key": terms.project.public_id, "accuracy_model": terms.accuracy_model_key}
    ((answers,),) = ask(OF_TASKS, found)
    return _by_task(terms, asked, answers)


def of_task(task: Task) -> tuple[Terms, list[Vote]]:
    """Both for one task, with its verdicts: one query."""
    project = task.project
    found = {"project": project.pk, "method": "", "key": project.public_id, "tasks": [task.pk]}
    *row, answers, verdicts, correctable = ask(OF_TASK, found)[0]
    found_terms = replace(terms.from_row(project, row, json.loads(verdicts or "[]")), correctable=correctable)
    return found_terms, _by_task(found_terms, {task.pk: task}, answers)[task.pk]


def _by_task(terms: Terms, tasks: Mapping[int, Task], answers: str | None) -> dict[int, list[Vote]]:
    found: dict[int, list[Said]] = {key: [] for key in tasks}
    for row in json.loads(answers or "[]"):
        found[row[1]].append(_said(terms, row))
    return {key: _votes(terms, tasks[key], some) for key, some in found.items()}


def _said(terms: Terms, row: Sequence[Any]) -> Said:
    """An annotation with what weighing, grades and money ask of its assignment and tasker; the rest is deferred."""
    pk, task, tasker, answer, version, refused, assignment, kind, rate, copilot, good, poor, parameters = row
    one = Annotation.from_db("default", ANNOTATION, [pk, assignment, task, tasker, answer, version, refused])
    one.assignment = Assignment.from_db("default", ASSIGNMENT, [assignment, task, tasker, rate, copilot])
    one.tasker = Person.from_db("default", PERSON, [tasker, kind])
    # The parameters of an accuracy model that knows too few labels are nobody's.
    return one, grades.mean(good or 0.0, poor or 0.0), (parameters or []) if terms.accuracy_model_key else []


def exposed(answers: Sequence[Annotation]) -> bool:
    """Whether any person who judged the task saw, or may have seen, what a model suggested for it."""
    return any(one.tasker.kind == Person.Kind.HUMAN and _saw(one) for one in answers)


def _saw(annotation: Annotation) -> bool:
    if annotation.assignment.copilot or annotation.refused:
        return True
    return any(_source(part) != "human" for part in _parts(annotation.answer))


def _parts(answer: object) -> list:
    if not isinstance(answer, dict):
        return []
    return [part for value in answer.values() if isinstance(value, list) for part in value]


def _source(part: object) -> str:
    provenance = part.get("provenance") if isinstance(part, dict) else None
    return provenance.get("source", "human") if isinstance(provenance, dict) else "human"


def _votes(terms: Terms, task: Task, answers: Sequence[Said]) -> list[Vote]:
    seen = exposed([one for one, _, _ in answers])
    text = _text_of(task)
    votes = []
    for one, standing, parameters in answers:
        answer, why = as_it_counts(terms, task, one.answer)
        if why not in VOTELESS and seen and one.tasker.kind == Person.Kind.MODEL:
            why = NOT_BLIND
        elif not why and one.settings_version < terms.settings.version:
            why = OLDER
        votes.append(Vote(one, answer, why, standing, parameters, text))
    return votes


def _text_of(task: Task) -> str:
    text = task.payload.get("text")
    return text if isinstance(text, str) else ""


def as_it_counts(terms: Terms, task: Task, answer: object) -> tuple[dict[str, Any], str]:
    """A stored answer under the labels of today, and what is uncommon about it ("" for nothing)."""
    room = TASK_TYPES[terms.project.task_type]
    try:
        checked = room.check_answer(answer, task.payload, set(terms.labels))
        if checked != answer:
            return {}, TAMPERED  # what was stored was canonical
        return _renamed(terms, checked)
    except Refused:
        return {}, TAMPERED
    except (TypeError, KeyError, ValueError, AttributeError, IndexError, OverflowError, RecursionError):
        # What other hands wrote may be anything; a room promises only Refused for what people send.
        return {}, TAMPERED


def known_answer(terms: Terms, task: Task, answer: object) -> dict[str, Any] | None:
    """A known answer under the labels of today; None where it no longer fits the task or its labels are gone."""
    room = TASK_TYPES[terms.project.task_type]
    try:
        renamed, why = _renamed(terms, room.check_answer(answer, task.payload, set(terms.labels)))
    except Refused:
        return None
    return None if why in VOTELESS else renamed


def _renamed(terms: Terms, answer: dict[str, Any]) -> tuple[dict[str, Any], str]:
    room = TASK_TYPES[terms.project.task_type]
    used = room.labels_used(answer)
    if all(terms.labels.get(label) == label for label in used):
        return answer, ""
    kept, lost = room.relabelled(answer, terms.labels)
    if not room.labels_used(kept):
        return kept, RETIRED
    return kept, PARTLY if lost else RENAMED
