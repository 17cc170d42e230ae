"""What people did lately in a project, as conditions look at it: one statement."""

import json
from collections import defaultdict
from datetime import datetime

from projects.models import Project
from projects.workflow.automatic_rules.conditions.protocol import Piece
from taskers.database.prepared import ask

DAYS = 28
MOST = 400  # pieces of one person, the newest

# Grades are as they are now: a preview sees what became of the work since.
PIECES = """
SELECT w.tasker_id, json_agg(json_build_array(w.at, w.ms, g.source, g.value, w.skipped) ORDER BY w.at)::text
FROM (
  SELECT *, row_number() OVER (PARTITION BY u.tasker_id ORDER BY u.at DESC) AS place FROM (
    SELECT a.tasker_id, n.at, nullif(n.active_ms, 0) AS ms, 'annotation:' || n.id AS subject, false AS skipped
    FROM projects_assignment a JOIN projects_batch b ON b.id = a.batch_id AND b.project_id = %(project)s::bigint
    JOIN projects_annotation n ON n.assignment_id = a.id AND n.superseded_at IS NULL
    JOIN taskers_person p ON p.id = a.tasker_id AND p.kind = 'human'
    WHERE a.kind IN ('judge', 'gold', 'extra') AND a.state = 'submitted' AND a.voided_at IS NULL
      AND n.at > now() - make_interval(days => %(days)s::int)
    UNION ALL
    SELECT a.tasker_id, a.ended_at, NULL, NULL, true
    FROM projects_assignment a JOIN projects_batch b ON b.id = a.batch_id AND b.project_id = %(project)s::bigint
    JOIN taskers_person p ON p.id = a.tasker_id AND p.kind = 'human'
    WHERE a.state = 'skipped' AND a.ended_at > now() - make_interval(days => %(days)s::int)
  ) u
) w
LEFT JOIN LATERAL (
  SELECT d.source, d.value FROM taskers_grade d WHERE d.subject = w.subject ORDER BY d.id DESC LIMIT 1
) g ON true
WHERE w.place <= %(most)s::int
GROUP BY w.tasker_id
"""


def pieces(project: Project) -> dict[int, list[Piece]]:
    """Person -> what they did in the last four weeks, oldest first."""
    found: dict[int, list[Piece]] = defaultdict(list)
    for person, rows in ask(PIECES, {"project": project.pk, "days": DAYS, "most": MOST}):
        for at, ms, source, value, skipped in json.loads(rows):
            found[person].append(
                Piece(
                    at=datetime.fromisoformat(at),
                    seconds=None if ms is None else ms / 1000,
                    gold=value if source == "gold" else None,
                    agreement=value if source in {"verdict", "review"} else None,
                    reviewed=value if source == "review" else None,
                    skipped=skipped,
                )
            )
    return found
