"""What is considered when a task is decided: its answers with what they are worth, and the verdicts there were.

Every answer that was handed in gets a vote or a named reason why not: never a silent one, never a crash.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from projects.configuration import terms
from projects.configuration.terms import Terms
from projects.errors import Refused
from projects.models import Annotation, Assignment, Task
from projects.queue.model_draws import VERDICT_AUDITED
from projects.task_types import TASK_TYPES
from taskers.database.prepared import ask_named
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

UNDECIDED = "undecided:annotation:"  # with an answer's key: under which it is paid without a verdict


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


@dataclass(frozen=True)
class Case:
    """A task as it is considered: what holds in its project, its answers, oldest first, and its verdicts."""

    task: Task
    terms: Terms
    votes: Sequence[Vote]
    verdicts: Sequence[int]  # the keys of all that there were, oldest first
    standing: int | None  # the key of the one that stands
    open: bool  # judgements of it wait to be taken
    correctable: bool  # an answer may still be corrected: nothing follows yet
    audited: bool  # chance drew it: what the method decides of it, a reviewer looks at
    paid_undecided: bool  # an answer was paid without a verdict once: the task or its batch was cancelled

    @property
    def complete(self) -> bool:
        """Whether all judgements that are wanted are in, and nobody else's word is waited for."""
        return not self.task.withheld and len(self.votes) >= self.task.wanted


# What is read of an answer, of its assignment and of its tasker; the rest is deferred.
ANNOTATION = ["id", "assignment_id", "task_id", "tasker_id", "answer", "settings_version", "active_ms", "refused"]
ASSIGNMENT = ["id", "task_id", "tasker_id", "rate", "copilot"]
PERSON = ["id", "kind"]

# The answers to tasks that count (see Annotation.objects.counting), oldest first, each with its tasker's worth. Found
# by the task and then by the assignment's key: a comparison that implied "submitted judgements" would let the planner
# walk all of those.
ANSWERS = """
(SELECT json_agg(json_build_object(
   'id', a.id, 'task', a.task_id, 'tasker', a.tasker_id, 'answer', a.answer, 'version', a.settings_version,
   'active', a.active_ms, 'refused', a.refused, 'assignment', a.assignment_id, 'kind', p.kind, 'rate', d.rate,
   'copilot', d.copilot, 'good', st.good, 'poor', st.poor, 'mean', tr.mean) ORDER BY a.id)
 FROM projects_annotation a
 JOIN projects_assignment d ON d.id = a.assignment_id
   AND (d.kind || '', d.state || '') = ('judge', 'submitted') AND d.voided_at IS NULL
 JOIN taskers_person p ON p.id = a.tasker_id
 LEFT JOIN taskers_standing st ON st.tasker_id = a.tasker_id AND st.project_key = %(key)s::uuid
 LEFT JOIN projects_annotatorparameters tr ON tr.tasker_id = a.tasker_id AND tr.accuracy_model_id = {accuracy_model}
 WHERE a.task_id = ANY(%(tasks)s::bigint[]) AND a.superseded_at IS NULL)::text AS answers
"""
OF_TASKS = f"SELECT {ANSWERS.format(accuracy_model='%(accuracy_model)s::bigint')}"
# The same of one task, with all that it takes to decide it. Whether chance draws it for an audit is asked until it has
# a verdict; then it is what was drawn with the first.
DRAWN = VERDICT_AUDITED.format(task="%(task)s::bigint", project="%(project)s::bigint", share="s.audit_share")
OF_TASK = f"""
SELECT {terms.TERMS}, {ANSWERS.format(accuracy_model="c.id")}, d.verdicts, d.standing,
  EXISTS (SELECT FROM projects_assignment o
    WHERE o.task_id = %(task)s::bigint AND (o.kind || '', o.state || '') = ('judge', 'open')) AS open,
  EXISTS (SELECT FROM projects_annotation a JOIN projects_correctable c ON c.assignment_id = a.assignment_id
    WHERE a.task_id = %(task)s::bigint) AS correctable,
  EXISTS (SELECT FROM projects_annotation a JOIN taskers_transfer t ON t.key = '{UNDECIDED}' || a.id
    WHERE a.task_id = %(task)s::bigint) AS paid_undecided,
  CASE WHEN d.verdicts IS NULL THEN {DRAWN} ELSE EXISTS (
    SELECT FROM projects_secondlook l
    WHERE l.project_id = %(project)s::bigint AND l.task_id = %(task)s::bigint AND l.reason = 'audit') END AS audited
FROM {terms.PROJECT} CROSS JOIN (
  SELECT array_agg(id ORDER BY id) AS verdicts, max(id) FILTER (WHERE superseded_at IS NULL) AS standing
  FROM projects_verdict WHERE task_id = %(task)s::bigint
) d
"""


def gather(terms: Terms, tasks: Iterable[Task]) -> dict[int, list[Vote]]:
    """Task key -> its answers that count, oldest first, each with its tasker's worth: one query for all."""
    asked = {one.pk: one for one in tasks}
    found = {"tasks": list(asked), "key": terms.project.public_id, "accuracy_model": terms.accuracy_model_key}
    (row,) = ask_named(OF_TASKS, found)
    answers: dict[int, list[Mapping[str, Any]]] = {key: [] for key in asked}
    for one in json.loads(row["answers"] or "[]"):
        answers[one["task"]].append(one)
    return {key: _votes(terms, task, answers[key]) for key, task in asked.items()}


def case_of(task: Task) -> Case:
    """All that there is to consider of one task: one query."""
    project = task.project
    asked = {"project": project.pk, "method": "", "key": project.public_id, "tasks": [task.pk], "task": task.pk}
    (row,) = ask_named(OF_TASK, asked)
    found = terms.from_row(project, row)
    votes = _votes(found, task, json.loads(row["answers"] or "[]"))
    return Case(
        task=task,
        terms=found,
        votes=votes,
        verdicts=row["verdicts"] or [],
        standing=row["standing"],
        open=row["open"],
        correctable=row["correctable"],
        audited=row["audited"],
        paid_undecided=row["paid_undecided"],
    )


def _annotation(row: Mapping[str, Any]) -> Annotation:
    """An answer with what weighing, grades and money ask of its assignment and tasker."""
    task, tasker, assignment = row["task"], row["tasker"], row["assignment"]
    values = [row["id"], assignment, task, tasker, row["answer"], row["version"], row["active"], row["refused"]]
    one = Annotation.from_db("default", ANNOTATION, values)
    one.assignment = Assignment.from_db("default", ASSIGNMENT, [assignment, task, tasker, row["rate"], row["copilot"]])
    one.tasker = Person.from_db("default", PERSON, [tasker, row["kind"]])
    return one


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


def _votes(terms: Terms, task: Task, rows: Sequence[Mapping[str, Any]]) -> list[Vote]:
    answers = [_annotation(row) for row in rows]
    seen, text = exposed(answers), _text_of(task)
    votes = []
    for one, row in zip(answers, rows, strict=True):
        answer, why = as_it_counts(terms, task, one.answer)
        if why not in VOTELESS and seen and one.tasker.kind == Person.Kind.MODEL:
            why = NOT_BLIND
        elif not why and one.settings_version < terms.settings.version:
            why = OLDER
        # The parameters of an accuracy model that knows too few labels are nobody's.
        parameters = (row["mean"] or []) if terms.accuracy_model_key else []
        votes.append(Vote(one, answer, why, grades.mean(row["good"] or 0.0, row["poor"] or 0.0), parameters, text))
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
