"""Tasks as a list shows them: how far each is, and what it is about with its marks drawn."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from projects.models import Assignment, Correctable, Task, TaskTag, Verdict
from projects.queue.clock import Clock
from projects.reports.task_choices import Choices
from projects.reports.task_search import STATES
from projects.reports.task_words import words
from projects.task_types.preference import words_of, words_of_blinded
from taskers.database.prepared import ask
from taskers.models import Person

K = TypeVar("K", int, str)
ANSWERED = "answered"  # by all who were asked, and not decided yet: nobody looks for it, since it passes by itself
SNIPPET = 240  # characters
BEFORE = 60  # of them before the word that was looked for
HEAVIEST = 40_000  # bytes of an answer, as it is stored, that a list draws

LOOKS = """
SELECT t.id, s.start, substr(t.payload->>'text', s.start, %(snippet)s::int),
  CASE WHEN NOT t.payload ? 'text' AND pg_column_size(t.payload) < %(heaviest)s::int THEN t.payload::text END,
  t.payload->>'width', t.payload->>'height',
  CASE WHEN pg_column_size(t.payload) < 10 * %(heaviest)s::int THEN (t.payload->'meta')::text END,
  CASE WHEN pg_column_size(a.answer) < %(heaviest)s::int THEN a.answer::text END, a.decided
FROM projects_task t CROSS JOIN LATERAL (
  SELECT greatest(1, strpos(lower(t.payload->>'text'), nullif(%(word)s::text, '')) - %(before)s::int) AS start
) s LEFT JOIN LATERAL (
  (SELECT v.answer, true AS decided FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL
     AND %(whose)s::bigint IS NULL)
  UNION ALL
  (SELECT n.answer, false FROM projects_annotation n
   JOIN projects_assignment w ON w.id = n.assignment_id AND w.voided_at IS NULL
   WHERE n.task_id = t.id AND n.superseded_at IS NULL
     AND (%(whose)s::bigint IS NULL OR n.tasker_id = %(whose)s::bigint) ORDER BY n.id DESC LIMIT 1)
  ORDER BY decided DESC LIMIT 1
) a ON true
WHERE t.id = ANY(%(tasks)s::bigint[])
"""


@dataclass(frozen=True)
class Line:
    """A task as a list shows it."""

    task: Task
    state: str  # a key of STATES, ANSWERED, or "" while nothing is open, held, answered or decided
    submitted: int
    confidence: float | None  # of the verdict that stands
    tags: Sequence[str] = ()
    correctable_until: datetime | None = None  # until when an answer may still be corrected; nothing is decided before

    @property
    def first(self) -> bool:
        """Whether it is handed out before others: it was put first, and isn't over."""
        return bool(self.task.priority) and self.state not in ("decided", "withheld-cancelled")

    @property
    def state_text(self) -> str:
        """The state in words."""
        if self.state == ANSWERED:
            return str(_("Fully answered"))
        return str(STATES.get(self.state, _("Not handed out")))

    @property
    def percent(self) -> int | None:
        """The verdict's confidence in whole percent."""
        return None if self.confidence is None else round(100 * self.confidence)


@dataclass(frozen=True)
class Look:
    """What a task is about, as far as a list shows it, and the answer that is drawn over it."""

    text: str | None
    size: Mapping[str, Any]  # of its picture
    meta: Mapping[str, Any]
    answer: Mapping[str, Any]
    decided: bool  # whether the answer is the verdict, or the newest that came in


def lines(keys: Sequence[int]) -> list[Line]:
    """These tasks in this order, with what has become of them; one query however many there are."""
    counting = Assignment.objects.counting().filter(task=OuterRef("pk")).order_by()
    correctable = Correctable.objects.filter(assignment__task=OuterRef("pk"), until__gt=Clock())
    correctable = correctable.filter(assignment__kind=Assignment.Kind.JUDGE, assignment__voided_at=None)
    current = Verdict.objects.current().filter(task=OuterRef("pk"))
    number = counting.filter(state="submitted").values("task").annotate(number=Count("pk")).values("number")
    rows = Task.objects.select_related("batch").defer("payload")
    rows = rows.annotate(
        number=Subquery(number),
        held=Exists(counting.filter(state="held")),
        open=Exists(counting.filter(state="open")),
        correctable_until=Subquery(correctable.order_by("-until").values("until")[:1]),
        confidence=Subquery(current.values("confidence")[:1]),
        tagged=ArraySubquery(TaskTag.objects.filter(task=OuterRef("pk")).order_by("tag").values("tag")),
    )
    found = rows.in_bulk(list(keys))
    return [_line(found[key]) for key in keys if key in found]


def _line(row: Any) -> Line:
    if row.confidence is not None:
        state = "decided"
    elif row.withheld:
        state = f"withheld-{row.withheld}"
    else:
        state = "held" if row.held else "open" if row.open else ANSWERED if row.number else ""
    until = row.correctable_until if state == ANSWERED else None
    return Line(row, state, row.number or 0, row.confidence, row.tagged, until)


def looks(keys: Sequence[int], said: str = "", whose: Person | None = None) -> dict[int, Look]:
    """What these tasks are about, by their keys: of a text the beginning, or the place of the first word that was
    looked for; with the answer that stands. Where it is one tasker who looks, only with what they answered, and a pair
    only with its prompt: its candidates' order and names could tell which is whose.

    One query however many there are; what is heavier than a list should be is left out."""
    terms = {"tasks": list(keys), "word": next(iter(words(said)), ""), "whose": whose.pk if whose else None}
    bounds = {"snippet": SNIPPET, "heaviest": HEAVIEST, "before": BEFORE}
    read = words_of if whose is None else words_of_blinded
    return {row[0]: _look(row, read) for row in ask(LOOKS, terms | bounds)}


def _look(row: tuple, read: Callable[[Mapping[str, Any]], str | None]) -> Look:
    _key, start, text, payload, width, height, meta, answer, decided = row
    if text is None and payload is not None:
        text, start = read(json.loads(payload)), 1
        text = text and text[:SNIPPET]
    size = {"width": int(width or 0), "height": int(height or 0)}
    about = json.loads(meta) if meta else None
    marks = _shifted(json.loads(answer), start - 1) if answer else {}
    return Look(text, size, about if isinstance(about, dict) else {}, marks, bool(decided))


def _shifted(answer: Mapping[str, Any], by: int) -> Mapping[str, Any]:
    """The answer over the piece of the text that is shown."""
    if "spans" not in answer:
        return answer
    spans = [
        one | {"start": max(0, one["start"] - by), "end": min(SNIPPET, one["end"] - by)}
        for one in answer["spans"]
        if one["end"] > by and one["start"] < by + SNIPPET
    ]
    return {**answer, "spans": spans}


def view(choices: Choices, found: Mapping[K, Look], pictures: Mapping[K, Mapping[str, str]]) -> dict[str, Any]:
    """What pages/tasks.js draws them by; `pictures` are addresses, by the tasks' keys or ids."""
    return {
        "labels": {one["key"]: {"name": one["name"], "colour": one["colour"]} for one in choices.labels},
        "fields": {one["key"]: one["name"] for one in choices.fields},
        "tasks": {
            key: {"text": one.text, "size": one.size, "answer": one.answer} | dict(pictures.get(key, {}))
            for key, one in found.items()
        },
    }
