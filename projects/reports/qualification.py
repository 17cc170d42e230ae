"""How a course fares: what its items teach and where people fail, and who passed, failed or is under way."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from projects.configuration import pictured
from projects.models import AssignmentRules, Label, PooledGold, Project, QualificationAttempt, Verdict
from projects.quality.gold import difference_words
from projects.queue.qualification import course_items
from projects.task_types.preference import words_of
from taskers.models import Person

MOST_OUT = 50  # items taken out that are listed

# How often each item was answered, and below the pass mark.
FARED = """
SELECT kept_id, count(*), count(*) FILTER (WHERE score < %(mark)s) FROM projects_qualificationstep
WHERE kept_id = ANY(%(kept)s) GROUP BY kept_id
"""

# What is most often wrong with an item: the same part in the same way counts once for each answer. What is marked too
# much is nowhere twice, so it counts by its label.
COMMONEST = """
SELECT DISTINCT ON (kept_id) kept_id, number, example FROM (
  SELECT s.kept_id, count(DISTINCT s.id) AS number, (array_agg(d ORDER BY s.id))[1] AS example
  FROM projects_qualificationstep s CROSS JOIN LATERAL jsonb_array_elements(s.differences) d
  WHERE s.kept_id = ANY(%(kept)s) AND d->>'code' <> 'close'
  GROUP BY s.kept_id, d->>'code', d->>'label', d->>'given', d->>'field',
    CASE WHEN d->>'code' <> 'extra' THEN d->>'at' END
) found ORDER BY kept_id, number DESC, example::text
"""

# Everybody's newest try, and how many count against them.
PEOPLE = """
SELECT DISTINCT ON (t.tasker_id) t.id, sum((t.passed IS FALSE AND t.forgiven_at IS NULL)::int) OVER mine,
  max(t.score) OVER mine, (SELECT count(*) FROM projects_qualificationstep s WHERE s.attempt_id = t.id)
FROM projects_qualificationattempt t WHERE t.project_id = %(project)s AND t.tasker_id > %(after)s
WINDOW mine AS (PARTITION BY t.tasker_id)
ORDER BY t.tasker_id, t.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Item:
    """An item of a course: how often it was answered, the share that failed it, and what is wrong most often."""

    kept: PooledGold
    answered: int
    failed: int
    common: str  # a sentence, empty where nothing was wrong
    common_number: int
    explanation_html: str = ""

    @property
    def failure_rate(self) -> float | None:
        return self.failed / self.answered if self.answered else None


@dataclass(frozen=True)
class Standing:
    """Where one person is with a course, by their newest try; `best` is the best score of all."""

    pk: int  # of the person: the place in a list
    attempt: QualificationAttempt
    failures: int
    best: float | None
    done: int

    @property
    def tasker(self) -> Person:
        return self.attempt.tasker

    @property
    def state(self) -> str:
        """passed, failed, under-way, or reset: the last try was given back."""
        if self.attempt.forgiven_at is not None:
            return "reset"
        if self.attempt.ended_at is None:
            return "under-way"
        return "passed" if self.attempt.passed else "failed"


def items(project: Project, rules: AssignmentRules) -> list[Item]:
    """A course's items in its order."""
    rows = list(course_items(project).select_related("gold__task__asset"))
    keys = [row.pk for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(FARED, {"kept": keys, "mark": rules.training_pass - 1e-9})
        fared = {kept: (answered, failed) for kept, answered, failed in cursor.fetchall()}
    common, labels = _commonest(keys), difference_words.names_in(project)
    found = []
    why = pictured.each_html([row.explanation for row in rows], project)
    for row, html in zip(rows, why, strict=True):
        number, example = common.get(row.pk, (0, None))
        text = row.gold.task.payload.get("text")
        said = difference_words.said([example], labels, text)[0] if example else ""
        found.append(Item(row, *fared.get(row.pk, (0, 0)), said, number, html))
    return found


def taken_out(project: Project) -> list[PooledGold]:
    """The items that were taken out of a course last, and are neither in it, nor mixed in, nor ordinary work."""
    rows = PooledGold.objects.filter(project=project, pool=PooledGold.Pool.TRAINING, gold__retired_at=None)
    rows = rows.exclude(retired_at=None).select_related("gold__task")
    verdicts = Verdict.objects.current().filter(task=OuterRef("gold__task"))
    return list(rows.annotate(decided=Exists(verdicts)).order_by("-retired_at")[:MOST_OUT])


def people(project: Project, *, after: int = 0, limit: int = 50) -> list[Standing]:
    """Who has tried a course, in the order of their keys, from the one after `after` on."""
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"project": project.pk, "after": after, "limit": limit})
        rows = cursor.fetchall()
    tries = QualificationAttempt.objects.select_related("tasker").in_bulk([row[0] for row in rows])
    return [Standing(tries[key].tasker_id, tries[key], int(failed), best, done) for key, failed, best, done in rows]


def tries_of(tasker: Person, project: Project) -> QuerySet[QualificationAttempt]:
    """One person's tries, the newest first."""
    return QualificationAttempt.objects.filter(project=project, tasker=tasker).order_by("-pk")


def taken_by(tasker: Person, projects: QuerySet[Project]) -> list[QualificationAttempt]:
    """This person's newest try in each of these projects."""
    rows = QualificationAttempt.objects.filter(tasker=tasker, project__in=projects).select_related("project")
    return list(rows.order_by("project__name", "project", "-pk").distinct("project__name", "project"))


def showing(rows: list[Item]) -> str:
    """When a course shows its answers: "each" after its item, at the "end", or "mixed"."""
    kinds = {row.kept.shown for row in rows}
    return "mixed" if len(kinds) == 2 else "end" if kinds == {False} else "each"


def view(project: Project, rows: list[Item]) -> dict[str, Any]:
    """What a page needs to draw the right answers, by the public id of each task."""
    labels = Label.objects.filter(project=project)
    return {
        "labels": {one.key: {"name": one.name, "colour": one.colour} for one in labels},
        "fields": {one["key"]: one["name"] for one in project.settings_now().fields},
        "items": {str(row.kept.gold.task.public_id): _drawn(row.kept) for row in rows},
    }


def _drawn(kept: PooledGold) -> dict[str, Any]:
    task = kept.gold.task
    size = {"width": task.asset.width, "height": task.asset.height} if task.asset else None
    return {"text": words_of(task.payload), "size": size, "answer": kept.gold.answer}


def _commonest(keys: list[int]) -> dict[int, tuple[int, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(COMMONEST, {"kept": keys})
        return {kept: (number, _plain(example)) for kept, number, example in cursor.fetchall()}


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
