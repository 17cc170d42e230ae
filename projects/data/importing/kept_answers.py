"""What becomes of answers that came with rows: offers, past work, gold or verdicts, in the chunk's transaction.

The only writer of ImportedPrediction, PredictionSource and ImportedAnnotator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from django.db import connection

from projects import queue
from projects.data.importing.answers import Spoken, Words
from projects.data.importing.choices import LEAVE, Choices, meanings
from projects.data.importing.crowd_room import OwnTasks
from projects.data.importing.row_check import Ready
from projects.data.reading.rows import Fault, Known, Row
from projects.models import Import, ImportedAnnotator, PredictionSource, Project, limits
from projects.quality import consensus
from projects.queue.answer_check import asked_of, labels_of
from projects.task_types import TASK_TYPES
from taskers.models import Person

UNNAMED = "imported"  # whoever is named neither in the files nor by whoever loads them
MOST_WANTED = queue.MOST_WANTED
NOBODY_ASKED = "The task wants no more judgements, or has one by this annotator already."

COPY = "COPY projects_importedprediction (task_id, source_id, answer, score) FROM STDIN"
AGAIN = """
INSERT INTO projects_importedprediction (task_id, source_id, answer, score, at)
SELECT task, source, answer, score, statement_timestamp()
FROM unnest(%(tasks)s::bigint[], %(sources)s::bigint[], %(answers)s::jsonb[], %(scores)s::float[])
  AS t(task, source, answer, score)
ON CONFLICT (task_id, source_id) DO UPDATE SET answer = excluded.answer, score = excluded.score, at = excluded.at
"""


class Brought(NamedTuple):
    """A row's answers and the task that they are about."""

    task: int
    row: Ready
    new: bool  # the task was made of this very row


class Offer(NamedTuple):
    """What a source says of a task that is there."""

    task: int
    spoken: Spoken


@dataclass
class AnswersKept:
    """How the answers of one load are kept; it remembers whom it has met."""

    project: Project
    choices: Choices
    words: Words
    version: int
    by: Person | None
    own: OwnTasks | None = None  # tasks of this load, whose answers may come in several chunks
    _sources: dict[str, int] = field(default_factory=dict)
    _annotators: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, project: Project, choices: Choices, by: Person | None, new_labels: Mapping[str, dict] | None = None
    ) -> "AnswersKept":
        """How they are kept; `new_labels` are what labels ask for that the project will have by then."""
        room, rules = TASK_TYPES[project.task_type], labels_of(project) | dict(new_labels or {})
        asked = asked_of(project, rules)
        if choices.answers == Import.Answers.PREDICTION:
            _want_nothing(asked)
        version = project.settings_now().version
        return cls(project, choices, Words(room, asked, _Meanings(project, choices, rules)), version, by)

    def read(self, row: Row, ready: Ready) -> tuple[Ready, list[Fault]]:
        """The row with its answers in the project's words, and what of it is lost."""
        lost = list(row.lost)
        if row.said and self.choices.answers == Import.Answers.LEAVE:
            lost.append(Fault(row.place, "answer-left-out", "What the file says of its answer is left out."))
        elif row.said:
            spoken, faults = self._spoken(row, ready)
            lost += [Fault(f"{row.place}, {one.place}", one.code, one.text) for one in faults]
            if self.choices.answers == Import.Answers.GOLD and spoken and ready.known is None:
                return ready._replace(known=Known(spoken[0].answer), said=spoken), lost
            return ready._replace(said=spoken), lost
        return ready, lost

    def _spoken(self, row: Row, ready: Ready) -> tuple[tuple[Spoken, ...], list[Fault]]:
        found: dict[str, Spoken] = {}
        lost: list[Fault] = []
        one_alone = self.choices.answers in (Import.Answers.GOLD, Import.Answers.VERDICT)
        for said in row.said:
            spoken, faults = self.words.spoken(said, ready.payload)
            lost += faults
            if spoken is None:
                continue
            name = self.name_of(spoken.by)
            if name in found or (one_alone and found):
                lost.append(Fault("answer", "said-twice", "The row has more than one answer; the first is kept."))
            elif len(found) >= MOST_WANTED:
                lost.append(Fault("answer", "nobody-asked", NOBODY_ASKED))
            else:
                found[name] = spoken._replace(by=name, place=row.place)
        return tuple(found.values()), lost

    def name_of(self, by: str) -> str:
        """The source's name as it is kept: what the row says, else what was chosen."""
        said = " ".join(by.split()).replace("@", " ")[: limits.SOURCE] or self.choices.source or UNNAMED
        return said.replace("\x00", "").encode("utf-8", "replace").decode()

    def wanted(self, row: Ready, usual: int) -> int:
        """How many judgements a new task wants: room for each that was given before."""
        judged = len(row.said) if self.choices.answers == Import.Answers.JUDGEMENT else 0
        return max(usual, judged)

    def keep(self, brought: Sequence[Brought]) -> tuple[int, list[Fault]]:
        """Keep the answers of these rows, whose tasks are there; how many, and what couldn't be kept."""
        brought = [one for one in brought if one.row.said]
        if not brought:
            return 0, []
        ways = {
            Import.Answers.PREDICTION: self._predictions,
            Import.Answers.JUDGEMENT: self._judgements,
            Import.Answers.GOLD: self._gold,
            Import.Answers.VERDICT: self._verdicts,
        }
        return ways[Import.Answers(self.choices.answers)](brought)

    def _predictions(self, brought: Sequence[Brought]) -> tuple[int, list[Fault]]:
        rows = [
            (one.task, self._source(said.by), said.text, said.score)
            for one in brought
            if one.new
            for said in one.row.said
        ]
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in rows:
                copy.write_row(row)
        again = [Offer(one.task, said) for one in brought if not one.new for said in one.row.said]
        self.offer_again(again)
        return len(rows) + len(again), []

    def offer_again(self, offers: Sequence[Offer]) -> None:
        """Keep what sources say of tasks that were there before, one for each task and source, over what they said."""
        if not offers:
            return
        values: dict[str, Any] = {
            "tasks": [one.task for one in offers],
            "sources": [self._source(one.spoken.by) for one in offers],
            "answers": [one.spoken.text for one in offers],
            "scores": [one.spoken.score for one in offers],
        }
        with connection.cursor() as cursor:
            cursor.execute(AGAIN, values)

    def _judgements(self, brought: Sequence[Brought]) -> tuple[int, list[Fault]]:
        rows = [(one, said) for one in brought for said in one.row.said]
        given = [queue.PastJudgement(one.task, self._annotator(said.by), said.text, said.times) for one, said in rows]
        for task in sorted({one.task for one in given}):
            queue.lock(task)
        if self.own:
            taskers: dict[int, set[int]] = {}
            for (brought_one, _said), past in zip(rows, given, strict=True):
                if not brought_one.new:
                    taskers.setdefault(past.task, set()).add(past.tasker)
            self.own.make_room(taskers)
        left, complete = queue.hand_in_imported(self.project, self.version, given)
        for task in sorted(task for task in complete if not (self.own and self.own.holds(task))):
            consensus.consider(queue.lock(task))
        lost = [Fault(f"{rows[index][1].place}, answer", "nobody-asked", NOBODY_ASKED) for index in left]
        return len(given) - len(left), lost

    def unwanted(self, brought: Sequence[Brought]) -> list[Fault]:
        """Which of these past judgements of tasks that are there `keep` would find no place for; writes nothing."""
        if self.choices.answers != Import.Answers.JUDGEMENT:
            return []
        names = {said.by for row_task in brought for said in row_task.row.said}
        annotators = dict(
            ImportedAnnotator.objects.filter(project=self.project, name__in=names).values_list("name", "person_id")
        )
        openings = queue.openings_of([row_task.task for row_task in brought])
        lost = []
        for row_task in brought:
            for said in row_task.row.said:
                if not openings[row_task.task].take(annotators.get(said.by)):
                    lost.append(Fault(f"{said.place}, answer", "nobody-asked", NOBODY_ASKED))
        return lost

    def _gold(self, brought: Sequence[Brought]) -> tuple[int, list[Fault]]:
        text = "The task was there already: make it gold on its own page."
        lost = [Fault(f"{one.row.place}, answer", "task-known", text) for one in brought if not one.new]
        return len(brought) - len(lost), lost

    def _verdicts(self, brought: Sequence[Brought]) -> tuple[int, list[Fault]]:
        lost = []
        for one in sorted(brought, key=lambda one: one.task):
            said = one.row.said[0]
            task = queue.lock(one.task)
            sure = 1.0 if said.score is None else said.score
            if consensus.adopt(task, said.answer, confidence=sure, note=said.by, times=said.times) is None:
                text = "The task is decided already, or somebody is still correcting an answer to it."
                lost.append(Fault(f"{said.place}, answer", "already-decided", text))
        return len(brought) - len(lost), lost

    def _source(self, name: str) -> int:
        if name not in self._sources:
            row, _made = PredictionSource.objects.get_or_create(project=self.project, name=name)
            self._sources[name] = row.pk
        return self._sources[name]

    def _annotator(self, name: str) -> int:
        if name not in self._annotators:
            found = ImportedAnnotator.objects.filter(project=self.project, name=name).first()
            if found is None:
                person = Person.objects.create_user(
                    f"{uuid4()}@imported.invalid", name=name, kind=Person.Kind.IMPORTED, is_active=False
                )
                found = ImportedAnnotator.objects.create(project=self.project, name=name, person=person)
            self._annotators[name] = found.person_id
        return self._annotators[name]


class _Meanings:
    """What names in the files mean: as was chosen; of one that nobody was asked about, a label that is called so."""

    def __init__(self, project: Project, choices: Choices, in_use: dict[str, dict]) -> None:
        self._project = project
        self._found: dict[str, str | None] = {
            name: key if key in in_use else None for name, key in choices.labels.items()
        }

    def __call__(self, name: str) -> str | None:
        if name not in self._found:
            meaning = meanings(self._project, [name])[name]
            self._found[name] = None if meaning == LEAVE else meaning
        return self._found[name]


def _want_nothing(asked: Mapping[str, Mapping[str, Any]]) -> None:
    """An offer may leave a field or an attribute open: whoever takes it fills it in."""
    for one in (fields := getattr(asked, "fields", [])):
        fields[fields.index(one)] = one | {"required": False}
    for rule in asked.values():
        for attribute in rule.get("attributes") or ():
            attribute.pop("required", None)
