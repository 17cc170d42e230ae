"""What a rule for reviews would have come to: of what was lately decided by answers, how much a reviewer had seen."""

from collections import Counter
from dataclasses import dataclass

from projects.configuration.review_rule import Decided, ReviewRule
from projects.models import Project
from projects.quality.audits import REVIEW
from projects.queue import draws
from taskers.database.prepared import ask
from taskers.standing.grades import PRIOR_GOOD, PRIOR_POOR

DAYS, NEWEST = 14, 2000

# The newest verdicts that answers gave, with the labels they use and the lowest standing of those they rest on.
LATELY = f"""
SELECT v.task_id, v.confidence,
  (SELECT string_agg(e.label, ',') FROM projects_verdictentry e WHERE e.verdict_id = v.id AND e.label <> ''),
  (SELECT min(({PRIOR_GOOD} + coalesce(s.good, 0)) / ({PRIOR_GOOD + PRIOR_POOR} + coalesce(s.good + s.poor, 0)))
   FROM projects_annotation a LEFT JOIN taskers_standing s
     ON s.tasker_id = a.tasker_id AND s.project_key = %(key)s::uuid WHERE a.id = ANY(v.rests_on))
FROM (
  SELECT e.verdict_id FROM projects_verdictentry e WHERE e.project_id = %(project)s::bigint AND e.label = ''
  ORDER BY e.id DESC LIMIT {NEWEST}
) newest JOIN projects_verdict v ON v.id = newest.verdict_id
WHERE v.at > now() - interval '{DAYS} days' AND v.method <> '{REVIEW}'
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
    for task, confidence, labels, standing in ask(LATELY, {"project": project.pk, "key": project.public_id}):
        decided += 1
        least = 1.0 if standing is None else standing
        found = rule.reasons(Decided(draws.share("review", str(task)), confidence, least, (labels or "").split(",")))
        looked += bool(found)
        by.update(found)
    return Effect(decided, looked, dict(by))
