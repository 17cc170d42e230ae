"""What settings come to: each in a sentence about the tasks that answers decided lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from projects.models import Project, ProjectSettings
from projects.quality.audits import REVIEW
from projects.quality.consensus import AUTO, IMPORTED
from taskers.database.prepared import ask

NEWEST = 500
LEAST = 5  # fewer tasks tell nothing

# Those that a model alone or somebody elsewhere decided say nothing of how answers agree, and what a reviewer decided
# anew says it twice. Of what one decided first the answers were compared; how sure they were together isn't kept.
LATELY = f"""
SELECT v.confidence, v.method = '{REVIEW}', (SELECT count(*) FROM jsonb_object_keys(v.agreements)),
  array(SELECT value::float FROM jsonb_each_text(v.agreements) WHERE value IS NOT NULL),
  array(SELECT e.value::float FROM jsonb_each_text(v.agreements) e JOIN projects_annotation a ON a.id = e.key::bigint
    JOIN taskers_person p ON p.id = a.tasker_id AND p.kind = 'human' WHERE e.value IS NOT NULL),
  (SELECT sum(g.in_review) FROM projects_batch b JOIN projects_batchprogress g ON g.batch_id = b.id
    WHERE b.project_id = %(project)s::bigint)
FROM (
  SELECT e.verdict_id FROM projects_verdictentry e WHERE e.project_id = %(project)s::bigint AND e.label = ''
  ORDER BY e.id DESC LIMIT {NEWEST}
) lately JOIN projects_verdict v ON v.id = lately.verdict_id
WHERE v.superseded_at IS NULL AND v.method NOT IN ('{AUTO}', '{IMPORTED}') AND NOT (v.method = '{REVIEW}'
  AND EXISTS (SELECT FROM projects_verdict b WHERE b.task_id = v.task_id AND b.id < v.id))
"""


@dataclass(frozen=True)
class Lately:
    """How sure the newest tasks were that answers decided, how many answers those were, and how far each of them that
    was compared agreed with what was decided, there or by a reviewer; people's apart, who are paid by it. How many were
    `reviewed` instead, and how many wait for that."""

    sure: list[float]
    answers: int
    agreements: list[float]
    of_people: list[float]
    reviewed: int
    waiting: int

    @property
    def tasks(self) -> int:
        """All of them."""
        return len(self.sure) + self.reviewed + self.waiting


def lately(project: Project) -> Lately:
    """One query, however large the project."""
    rows = ask(LATELY, {"project": project.pk})
    decided = [row for row in rows if not row[1]]
    return Lately(
        [row[0] for row in decided],
        sum(row[2] for row in decided),
        [one for row in rows for one in row[3]],
        [one for row in rows for one in row[4]],
        len(rows) - len(decided),
        min(NEWEST, int(rows[0][5] or 0)) if rows else 0,
    )


def of(project: Project, settings: ProjectSettings, thresholds: Mapping[str, Any]) -> dict[str, str]:
    """A sentence by the name of the setting, in the reader's language; none where too little was decided
    lately, or nothing can be told. `thresholds` are those in force, with what holds where none is said."""
    found = lately(project)
    tasks = len(found.sure)
    if tasks < LEAST:
        return {}
    said = {"target": _unsure(found, settings), "audit_share": _audited(found, settings.audit_share)}
    said["wanted"] = _("The last %(tasks)s tasks that answers decided took %(each)s of them each.") % {
        "tasks": tasks,
        "each": number_format(found.answers / tasks, 1),
    }
    decided = tasks + found.reviewed
    if found.agreements:
        of_them, agreement = {"answers": len(found.agreements), "tasks": decided}, float(thresholds["agreement"])
        apart = _below(found.agreements, agreement)
        said["agreement"] = _(
            "With %(share)s %%, %(number)s of %(answers)s answers to the last %(tasks)s decided tasks would have been"
            " too unlike the verdict to decide it."
        ) % (of_them | {"share": round(100 * agreement), "number": apart})
    if found.of_people:
        of_them = {"answers": len(found.of_people), "tasks": decided}
        unpaid = _below(found.of_people, settings.pay_floor)
        said["pay_floor"] = _(
            "With %(share)s %%, %(number)s of %(answers)s answers to the last %(tasks)s decided tasks would not have"
            " been paid."
        ) % (of_them | {"share": round(100 * settings.pay_floor), "number": unpaid})
    return said


def _unsure(found: Lately, settings: ProjectSettings) -> str:
    words = {"share": round(100 * settings.target), "number": _below(found.sure, settings.target)}
    if settings.most is None:
        said = _("Of the last %(tasks)s tasks %(number)s had less than %(share)s %%; nobody more is asked.")
    else:
        said = _(
            "With %(share)s %%, %(number)s of the last %(tasks)s tasks would have been asked of one more person, and in"
            " the end of a reviewer."
        )
    return f"{said % (words | {'tasks': found.tasks})}{_with_reviewers(found)}"


def _audited(found: Lately, share: float) -> str:
    words = {"share": round(100 * share), "number": round(len(found.sure) * share), "tasks": found.tasks}
    said = _(
        "With %(share)s %%, about %(number)s of the last %(tasks)s tasks would have gone to a reviewer as an audit."
    )
    return f"{said % words}{_with_reviewers(found)}"


def _with_reviewers(found: Lately) -> str:
    if not found.reviewed and not found.waiting:
        return ""
    words = {"reviewed": found.reviewed, "waiting": found.waiting}
    said = _(
        "Answers left the rest open: a reviewer decided %(reviewed)s of these tasks, and %(waiting)s wait for one."
    )
    return f" {said % words}"


def _below(some: Sequence[float], line: float) -> int:
    return sum(one < line for one in some)
