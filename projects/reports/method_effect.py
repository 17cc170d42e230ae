"""What another method of deciding comes to: the newest decided tasks weighed by it, as people are known now."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from projects.configuration import methods
from projects.configuration.terms import AGREEMENT, Terms, terms_of
from projects.inference import deadline
from projects.inference.deadline import TooLong
from projects.models import Project, ProjectSettings, Task
from projects.quality.aggregation import Weighed, weigh
from projects.quality.consensus import AUTO, IMPORTED
from projects.quality.votes import gather
from projects.reports.sample_effect import STORED
from projects.task_types import TASK_TYPES
from taskers.database.prepared import ask

TASKS = 40  # the newest decided ones
LEAST = 5  # fewer tell nothing
LONGEST = 0.3  # seconds for weighing; those that are left by then aren't told of

# Of the newest that people's answers or a reviewer decided, while there is room for their answers.
DECIDED = f"""
SELECT task_id, answer, payload FROM (
  SELECT t.id AS task_id, v.answer::text, t.payload::text, lately.id, sum(stored.size + pg_column_size(t.payload))
    OVER (ORDER BY lately.id DESC) AS size
  FROM (
    SELECT e.id, e.task_id, e.verdict_id FROM projects_verdictentry e
    WHERE e.project_id = %(project)s::bigint AND e.label = '' ORDER BY e.id DESC LIMIT {TASKS}
  ) lately JOIN projects_verdict v ON v.id = lately.verdict_id AND v.superseded_at IS NULL
    AND v.method NOT IN ('{AUTO}', '{IMPORTED}')
  JOIN projects_task t ON t.id = lately.task_id
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(pg_column_size(a.answer)), 0) AS size FROM projects_annotation a
    WHERE a.task_id = lately.task_id AND a.superseded_at IS NULL
  ) stored
) sized WHERE size <= {STORED} ORDER BY id DESC
"""


class Weighing(NamedTuple):
    """How many tasks were weighed; of them how many would be decided as they were, and otherwise."""

    tasks: int
    same: int
    other: int

    @property
    def open(self) -> int:
        """Those that would not have been decided by these answers."""
        return self.tasks - self.same - self.other


def of(project: Project, settings: ProjectSettings) -> str:
    """In a sentence, in the reader's language; "" where too little was decided lately.

    Three queries, and one for an accuracy model that is new here.
    """
    if not any(one.key == settings.aggregation for one in methods.fitting(project.task_type, settings.fields or ())):
        return ""
    return told(weighing(project, settings), settings)


def told(found: Weighing, settings: ProjectSettings) -> str:
    """The sentence; what isn't decided by answers goes to others, or to a reviewer."""
    if found.tasks < LEAST:
        return ""
    said = _(
        "%(method)s, as people are known now, decides %(same)s of the last %(tasks)s decided tasks as they were"
        " decided, and %(other)s otherwise."
    )
    rest = _("It leaves %(open)s open: others are asked, or a reviewer.")
    words = {"method": methods.title(settings.aggregation), "tasks": found.tasks, "same": found.same}
    return f"{said} {rest}" % (words | {"other": found.other, "open": found.open})


def weighing(project: Project, settings: ProjectSettings) -> Weighing:
    """The newest decided tasks under these settings, saved or not."""
    rows = ask(DECIDED, {"project": project.pk})
    if len(rows) < LEAST:
        return Weighing(0, 0, 0)
    terms = terms_of(project, method=settings.aggregation)
    for name in ("aggregation", "thresholds", "target", "most"):
        setattr(terms.settings, name, getattr(settings, name))
    decided = {task: json.loads(answer) for task, answer, _payload in rows}
    tasks = [Task(pk=task, payload=json.loads(payload)) for task, _answer, payload in rows]
    found = [
        _alike(terms, weighed, decided[task]) if _decides(terms, weighed) else None
        for task, weighed in _weighed(terms, tasks)
    ]
    return Weighing(len(found), found.count(True), found.count(False))


def _weighed(terms: Terms, tasks: list[Task]) -> Iterator[tuple[int, Weighed]]:
    """Those that can be weighed in time, of tasks that anybody answered."""
    room, left = TASK_TYPES[terms.project.task_type], LONGEST
    try:
        with deadline.within(LONGEST):
            for key, votes in gather(terms, tasks).items():
                answers = [one.answer for one in votes if one.votes]
                effort = room.effort(answers, left)
                if answers and effort <= left:
                    left -= effort
                    yield key, weigh(terms, votes)
    except TooLong:
        return


def _decides(terms: Terms, weighed: Weighed) -> bool:
    settings = terms.settings
    return weighed.outcome.decided and (settings.most is None or weighed.confidence >= settings.target)


def _alike(terms: Terms, weighed: Weighed, answer: dict) -> bool:
    thresholds = terms.settings.thresholds
    alike = TASK_TYPES[terms.project.task_type].agreement(weighed.outcome.answer or {}, answer, thresholds)
    return alike >= float(thresholds.get("agreement", AGREEMENT))
