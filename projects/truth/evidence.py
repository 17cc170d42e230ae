"""What speaks for which answer: the terms of a project as they stand, and a task's answers with what they are worth.

Every answer that was handed in gets a vote or a named reason why not: never a silent one, never a crash.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from projects.aggregation import BY_PART, incremental
from projects.aggregation.calibration import Calibration
from projects.aggregation.presence import SIDES
from projects.aggregation.reliability import first_crowd
from projects.aggregation.span_words import Words
from projects.errors import Refused
from projects.models import Annotation, Assignment, Crowd, Project, ProjectSettings, Task
from projects.tasktypes import TASK_TYPES
from projects.truth import methods
from taskers import quality
from taskers.models import Person
from taskers.statements import ask, columns, row_of, width

# Why an answer has no vote, or an uncommon one.
TAMPERED = "tampered"  # what is stored isn't what the task type would have taken: changed by other hands
RETIRED = "retired-label"  # it rests on a label that was retired with nothing in its place
RENAMED = "merged-label"  # it votes, with the label that took the place of its own
PARTLY = "partly-retired"  # it votes without the parts under a retired label
OLDER = "older-settings"  # it votes; it was given under settings that were changed since
NOT_BLIND = "model-was-seen"  # a model's own answer, where people saw what a model suggested
VOTELESS = {TAMPERED, RETIRED, NOT_BLIND}


@dataclass(frozen=True)
class Terms:
    """What holds for every task of a project at this moment."""

    project: Project
    settings: ProjectSettings
    calibration: Calibration
    labels: Mapping[str, str | None]  # every label there ever was -> the one in its place, None when there is none
    classes: Sequence[str]  # those of the crowd, in its order; part by part, whether a thing is there or not
    crowd_key: int | None = None
    crowd_version: int = 0
    verdict: int | None = None  # the key of the task's current verdict, where one task was asked about
    verdicts: Sequence[int] = ()  # all that there were, then
    correctable: bool = False  # an answer to it may still be corrected, then

    @property
    def most(self) -> int:
        """How many judgements a task may get by its own answers; 0 where their number is fixed, or where a budget goes
        to the least sure of all (budgets.py)."""
        return 0 if self.settings.budget else self.settings.most or 0

    @property
    def estimated_by(self) -> str:
        """The method by which the project's people are estimated, whatever decides."""
        return methods.estimated_by(self.settings.aggregation, self.project.task_type, self.settings.fields)

    @property
    def crowd(self) -> incremental.Crowd:
        """The population as numbers: estimated, or what is held before any estimate."""
        return _crowd(self.crowd_key)[0] if self.crowd_key else _first_crowd(len(self.classes))

    @property
    def words(self) -> Mapping[str, Words]:
        """Label -> what words tell of it, by the last estimate; where texts are decided span by span."""
        return _crowd(self.crowd_key)[1] if self.crowd_key else {}


@dataclass(frozen=True)
class Vote:
    """One answer, as it counts."""

    annotation: Annotation
    answer: dict[str, Any]
    why: str = ""
    standing: float = 0.75  # the chance that its tasker is right
    mean: list = field(default_factory=list)  # of their traits in the crowd; empty for a newcomer
    text: str = ""  # that was judged, where the task has one

    @property
    def votes(self) -> bool:
        """Whether it has a vote."""
        return self.why not in VOTELESS


# What is read of an answer, its assignment and its tasker, in the order of their tables; see `_said`.
ANNOTATION = ["id", "assignment_id", "task_id", "tasker_id", "answer", "settings_version", "refused"]
ASSIGNMENT = ["id", "task_id", "tasker_id", "rate", "copilot"]
PERSON = ["id", "kind"]
Said = tuple[Annotation, float, list]  # an answer, its tasker's standing and traits

METHOD = "coalesce(nullif(%(method)s::text, ''), s.aggregation)"  # the one that is asked about
BY_PART_KEYS = ", ".join(f"'{key}'" for key in BY_PART)
# What holds for a project, as one row: the settings in force, all labels, what is known of the method and of the crowd.
TERMS = f"""
  {columns(ProjectSettings, "s")},
  (SELECT json_agg(json_build_array(l.key, l.retired_at IS NOT NULL, i.key) ORDER BY l.position, l.id)
   FROM projects_label l LEFT JOIN projects_label i ON i.id = l.merged_into_id WHERE l.project_id = s.project_id)::text,
  (SELECT json_build_array(k.mean, k.covariance, k.known) FROM projects_calibrated k
   WHERE k.project_id = s.project_id AND k.method = {METHOD}
   ORDER BY k.id DESC LIMIT 1)::text,
  c.id, c.version, c.labels::text
"""
# The newest settings and the newest crowd are found from the newest end of their versions, whatever the statistics say.
PROJECT = f"""
(SELECT * FROM projects_projectsettings WHERE project_id = %(project)s::bigint ORDER BY version DESC LIMIT 1) s
LEFT JOIN LATERAL (
  SELECT id, version, labels FROM projects_crowd
  WHERE project_id = s.project_id AND method || '' = CASE WHEN {METHOD} IN ({BY_PART_KEYS}) THEN {METHOD}
    ELSE '{methods.CATEGORICAL}' END
  ORDER BY version DESC LIMIT 1
) c ON true
"""
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
 LEFT JOIN projects_trait tr ON tr.tasker_id = a.tasker_id AND tr.crowd_id = {crowd}
 WHERE a.task_id = ANY(%(tasks)s::bigint[]) AND a.superseded_at IS NULL)::text
"""
OF_PROJECT = f"SELECT {TERMS} FROM {PROJECT}"
OF_TASKS = f"SELECT {ANSWERS.format(crowd='%(crowd)s::bigint')}"
# The verdicts of a task, oldest first, each with whether it stands; and whether an answer may still be corrected.
OF_TASK = f"""
SELECT {TERMS}, {ANSWERS.format(crowd="c.id")},
  (SELECT json_agg(json_build_array(v.id, v.superseded_at IS NULL) ORDER BY v.id)
   FROM projects_verdict v WHERE v.task_id = ANY(%(tasks)s::bigint[]))::text,
  EXISTS (SELECT FROM projects_annotation a JOIN projects_correctable c ON c.assignment_id = a.assignment_id
    WHERE a.task_id = ANY(%(tasks)s::bigint[]))
FROM {PROJECT}
"""


def terms_of(project: Project, *, method: str = "") -> Terms:
    """The settings in force, and what is known of labels, crowd and calibration: one query.

    `method` asks for another method than the project's, as it would be at this moment.
    """
    return _terms(project, ask(OF_PROJECT, {"project": project.pk, "method": method})[0], method=method)


def gather(terms: Terms, tasks: Iterable[Task]) -> dict[int, list[Vote]]:
    """Task key -> its answers that count, oldest first, each with its tasker's worth: one query for all."""
    asked = {one.pk: one for one in tasks}
    found = {"tasks": list(asked), "key": terms.project.public_id, "crowd": terms.crowd_key}
    ((answers,),) = ask(OF_TASKS, found)
    return _by_task(terms, asked, answers)


def of_task(task: Task) -> tuple[Terms, list[Vote]]:
    """Both for one task, with its verdicts: one query."""
    project = task.project
    found = {"project": project.pk, "method": "", "key": project.public_id, "tasks": [task.pk]}
    *row, answers, verdicts, correctable = ask(OF_TASK, found)[0]
    terms = replace(_terms(project, row, json.loads(verdicts or "[]")), correctable=correctable)
    return terms, _by_task(terms, {task.pk: task}, answers)[task.pk]


def _terms(
    project: Project, row: Sequence[Any], verdicts: Sequence[tuple[int, bool]] = (), *, method: str = ""
) -> Terms:
    settings = row_of(ProjectSettings, row[: width(ProjectSettings)])
    labels, calibration, crowd, version, classes = row[width(ProjectSettings) :]
    labels_now = _successors(json.loads(labels or "[]"))
    in_use = [key for key, into in labels_now.items() if key == into]
    known = json.loads(classes or "[]")
    if (method or settings.aggregation) in BY_PART:
        known = list(SIDES)
    elif set(in_use) - set(known):
        crowd, version, known = None, 0, []  # labels came since: begin anew rather than lose their votes
    return Terms(
        project,
        settings,
        _calibration(calibration),
        labels_now,
        known or in_use,
        crowd,
        version or 0,
        next((key for key, stands in verdicts if stands), None),
        [key for key, _ in verdicts],
    )


def _by_task(terms: Terms, tasks: Mapping[int, Task], answers: str | None) -> dict[int, list[Vote]]:
    found: dict[int, list[Said]] = {key: [] for key in tasks}
    for row in json.loads(answers or "[]"):
        found[row[1]].append(_said(terms, row))
    return {key: _votes(terms, tasks[key], some) for key, some in found.items()}


def _said(terms: Terms, row: Sequence[Any]) -> Said:
    """An annotation with what weighing, grades and money ask of its assignment and tasker; the rest is deferred."""
    pk, task, tasker, answer, version, refused, assignment, kind, rate, copilot, good, poor, trait = row
    one = Annotation.from_db("default", ANNOTATION, [pk, assignment, task, tasker, answer, version, refused])
    one.assignment = Assignment.from_db("default", ASSIGNMENT, [assignment, task, tasker, rate, copilot])
    one.tasker = Person.from_db("default", PERSON, [tasker, kind])
    # The traits of a crowd that knows too few labels are nobody's.
    return one, quality.mean(good or 0.0, poor or 0.0), (trait or []) if terms.crowd_key else []


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
    for one, standing, trait in answers:
        answer, why = as_it_counts(terms, task, one.answer)
        if why not in VOTELESS and seen and one.tasker.kind == Person.Kind.MODEL:
            why = NOT_BLIND
        elif not why and one.settings_version < terms.settings.version:
            why = OLDER
        votes.append(Vote(one, answer, why, standing, trait, text))
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


def _successors(rows: Sequence[tuple[str, bool, str | None]]) -> dict[str, str | None]:
    """Label -> the one that stands for it now, through however many merges."""
    by_key = {key: (retired, into) for key, retired, into in rows}

    def last(key: str) -> str | None:
        for _turn in range(len(by_key)):
            retired, into = by_key[key]
            if not retired:
                return key
            if not into:
                return None
            key = into
        return None

    return {key: last(key) for key in by_key}


def _calibration(stored: str | None) -> Calibration:
    if not stored:
        return Calibration()
    mean, ((a, b), (c, d)), known = json.loads(stored)
    return Calibration(tuple(mean), ((a, b), (c, d)), known)


@lru_cache(maxsize=256)
def _crowd(key: int) -> tuple[incremental.Crowd, dict[str, Words]]:
    """Crowds are never edited, so each process reads one once."""
    stored = Crowd.objects.values_list("numbers", flat=True).get(pk=key)
    words = {label: Words.from_json(one) for label, one in stored.get("words", {}).items()}
    return incremental.Crowd.from_json(stored), words


@lru_cache(maxsize=64)
def _first_crowd(classes: int) -> incremental.Crowd:
    return first_crowd(max(classes, 1))
