"""Audits: verdicts that a reviewer looks at because their task was drawn by chance, whatever was answered.

Reviewers mostly decide what people disagree on, or what an estimate doubts: how often the method errs there says little
of how often it errs. The tasks that were drawn are a fair sample: each gets a reviewer, either since the answers didn't
decide it or by its audit. They are opened with the verdict (consensus.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from projects.models import Project, SecondLook, Task, Verdict
from projects.queue.model_draws import VERDICT_AUDITED
from taskers.database.prepared import ask

REVIEW = "review_v1"

# The tasks of a project that were drawn, or would be by now, by what has become of them: a reviewer said what is right,
# the verdict waits for one, or the task itself does.
COUNTS = f"""
SELECT
  count(*) FILTER (WHERE v.method = '{REVIEW}' OR l.state = 'dismissed'),
  count(*) FILTER (WHERE v.method <> '{REVIEW}' AND l.state = 'open'),
  (SELECT count(*) FROM projects_task t WHERE t.project_id = %(project)s::bigint AND t.withheld = 'review' AND CASE
    WHEN EXISTS (SELECT FROM projects_verdict b WHERE b.task_id = t.id)
    THEN EXISTS (SELECT FROM projects_secondlook d
      WHERE d.project_id = t.project_id AND d.task_id = t.id AND d.reason = 'audit')
    ELSE {VERDICT_AUDITED.format(task="t.id", project="t.project_id", share="%(share)s::float")} END)
FROM (SELECT DISTINCT task_id FROM projects_secondlook
  WHERE project_id = %(project)s::bigint AND reason = 'audit') drawn
JOIN projects_verdict v ON v.task_id = drawn.task_id AND v.superseded_at IS NULL
LEFT JOIN projects_secondlook l ON l.verdict_id = v.id
"""


@dataclass(frozen=True)
class Reviewed:
    """What a reviewer holds right of a task that is decided; `drawn` if chance alone chose the task, `anew` if the
    reviewer gave the answer, by which its taskers were graded, rather than left the one that stood."""

    answer: dict
    drawn: bool
    anew: bool


@dataclass(frozen=True)
class Counts:
    """How many audits a project has: answered, open, and drawn tasks that wait for their review anyway."""

    answered: int
    open: int
    in_review: int


def open_with(verdict: Verdict, project: Project, reason: str = SecondLook.Reason.AUDIT) -> None:
    """Have a reviewer look at a verdict whose task was drawn, or that a rule names; what one decides is answered by
    that."""
    reviewer = verdict.decided_by
    SecondLook.objects.create(
        project=project,
        task=verdict.task,
        verdict=verdict,
        reason=reason,
        state=SecondLook.State.ANSWERED if reviewer else SecondLook.State.OPEN,
        before=verdict.confidence,
        now=verdict.confidence,
        ended_by=reviewer,
        ended_at=verdict.at if reviewer else None,
    )


def reviewed(tasks: Iterable[Task]) -> Mapping[int, Reviewed]:
    """Task key -> what a reviewer holds right of it, for those whose standing verdict one decided or confirmed."""
    keys = [one.pk for one in tasks]
    audits = list(SecondLook.objects.filter(task__in=keys, reason=SecondLook.Reason.AUDIT))
    drawn = {one.task_id for one in audits}
    confirmed = {one.verdict_id for one in audits if one.state == SecondLook.State.DISMISSED}
    rows = Verdict.objects.current().filter(task__in=keys).values_list("pk", "task", "method", "answer")
    return {
        task: Reviewed(answer, task in drawn, method == REVIEW)
        for pk, task, method, answer in rows
        if method == REVIEW or pk in confirmed
    }


def counts(project: Project, share: float) -> Counts:
    """How many of a project's audits are answered and how many aren't, by one query."""
    return Counts(*ask(COUNTS, {"project": project.pk, "share": share})[0])
