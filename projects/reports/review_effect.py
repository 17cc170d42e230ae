"""What a rule for reviews would have come to: of what answers lately decided, or would have but for the rule that was
in force, how much a reviewer had seen.

What a model decided alone, or somebody elsewhere, isn't counted: no rule is asked of it.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from projects.configuration.review_rule import SENTENCES, Decided, ReviewRule
from projects.models import Project
from projects.quality.audits import REVIEW
from projects.quality.consensus import AUTO, IMPORTED
from projects.quality.votes import VOTELESS
from projects.queue import draws
from projects.task_types import TASK_TYPES
from taskers.database.prepared import ask
from taskers.standing.grades import PRIOR_GOOD, PRIOR_POOR

DAYS, NEWEST, WAITING = 14, 2000, 500
LATE = f"now() - interval '{DAYS} days'"
APART = f"('{AUTO}', '{IMPORTED}')"
SAID = json.dumps(list(SENTENCES.values()))  # what tasks were passed on with
UNHEARD = ", ".join(f"'{why}'" for why in sorted(VOTELESS))

# The newest tasks that are decided, and those that wait for a reviewer, each with what its answers decided or held
# likely, the labels of its verdict (of an answer, where it has none), and the lowest standing of those who have a vote.
# Where a reviewer decided, the answers had done so before, or a rule had passed on what they would have decided.
LATELY = f"""
WITH newest AS (
  SELECT v.task_id, v.id AS verdict FROM (
    SELECT e.verdict_id FROM projects_verdictentry e WHERE e.project_id = %(project)s::bigint AND e.label = ''
    ORDER BY e.id DESC LIMIT {NEWEST}
  ) lately JOIN projects_verdict v ON v.id = lately.verdict_id
  WHERE v.at > {LATE} AND v.superseded_at IS NULL AND v.method NOT IN {APART}
  UNION ALL
  (SELECT t.id, NULL FROM projects_task t WHERE t.project_id = %(project)s::bigint AND t.withheld = 'review'
   ORDER BY t.id DESC LIMIT {WAITING})
)
SELECT n.task_id, coalesce(d.confidence, b.confidence, 0),
  (SELECT string_agg(e.label, ',') FROM projects_verdictentry e WHERE e.verdict_id = n.verdict AND e.label <> ''),
  CASE WHEN n.verdict IS NULL AND %(labels)s::bool THEN votes.answer::text END, votes.standing
FROM newest n JOIN projects_task t ON t.id = n.task_id LEFT JOIN projects_posterior b ON b.task_id = n.task_id
LEFT JOIN LATERAL (
  SELECT v.confidence, v.agreements, v.at FROM projects_verdict v
  WHERE v.task_id = n.task_id AND v.method NOT IN ('{REVIEW}', '{AUTO}', '{IMPORTED}') ORDER BY v.id DESC LIMIT 1
) d ON true
CROSS JOIN LATERAL (
  SELECT (array_agg(a.answer ORDER BY a.id))[1] AS answer,
    min(({PRIOR_GOOD} + coalesce(s.good, 0)) / ({PRIOR_GOOD + PRIOR_POOR} + coalesce(s.good + s.poor, 0))) AS standing
  FROM projects_annotation a
  JOIN projects_assignment m ON m.id = a.assignment_id
    AND (m.kind || '', m.state || '') = ('judge', 'submitted') AND m.voided_at IS NULL
  LEFT JOIN taskers_standing s ON s.tasker_id = a.tasker_id AND s.project_key = %(key)s::uuid
  WHERE a.task_id = n.task_id AND a.superseded_at IS NULL
    AND coalesce(b.votes ->> a.id::text, '') NOT IN ({UNHEARD})
    AND (d.agreements IS NULL OR d.agreements ? a.id::text)
) votes
WHERE d.at > {LATE} OR d.at IS NULL AND EXISTS (
  SELECT FROM taskers_event e WHERE e.subject = 'task:' || t.public_id AND e.kind = 'withheld' AND e.at > {LATE}
    AND e.data ->> 'note' IN (SELECT jsonb_array_elements_text(%(sentences)s::jsonb)))
"""


@dataclass(frozen=True)
class Effect:
    """Of so many that were decided, how many a reviewer had looked at, and how many for each reason by itself."""

    decided: int
    looked: int
    by: dict[str, int]

    @property
    def share(self) -> float:
        return self.looked / self.decided if self.decided else 0.0


def of(project: Project, rule: ReviewRule) -> Effect:
    """One query, however large the project."""
    decided, looked, by = 0, 0, Counter[str]()
    asked = {"project": project.pk, "key": project.public_id, "labels": bool(rule.labels)}
    for task, confidence, labels, answer, standing in ask(LATELY, asked | {"sentences": SAID}):
        decided += 1
        least = 1.0 if standing is None else standing
        used = _labels(project, labels, answer)
        found = rule.reasons(Decided(draws.share("review", str(task)), confidence, least, used))
        looked += bool(found)
        by.update(found)
    return Effect(decided, looked, dict(by))


def _labels(project: Project, of_verdict: str | None, answer: str | None) -> Collection[str]:
    if answer is not None:
        return TASK_TYPES[project.task_type].labels_used(json.loads(answer))
    return (of_verdict or "").split(",")
