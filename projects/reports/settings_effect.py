"""What settings come to: each in a sentence about the tasks that answers decided lately."""

from collections.abc import Mapping
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

# Those that a reviewer, a model alone or somebody elsewhere decided say nothing of how answers agree.
LATELY = f"""
SELECT v.confidence, (SELECT count(*) FROM jsonb_object_keys(v.agreements)),
  array(SELECT value::float FROM jsonb_each_text(v.agreements) WHERE value IS NOT NULL)
FROM (
  SELECT e.verdict_id FROM projects_verdictentry e WHERE e.project_id = %(project)s::bigint AND e.label = ''
  ORDER BY e.id DESC LIMIT {NEWEST}
) lately JOIN projects_verdict v ON v.id = lately.verdict_id
WHERE v.superseded_at IS NULL AND v.method NOT IN ('{REVIEW}', '{AUTO}', '{IMPORTED}')
"""


@dataclass(frozen=True)
class Lately:
    """How sure the newest tasks were that answers decided, how many answers those were, and how far each of them that
    was compared agreed with what was decided."""

    sure: list[float]
    answers: int
    agreements: list[float]

    def less_sure(self, target: float) -> int:
        return sum(one < target for one in self.sure)

    def less_alike(self, share: float) -> int:
        return sum(one < share for one in self.agreements)


def lately(project: Project) -> Lately:
    """One query, however large the project."""
    rows = ask(LATELY, {"project": project.pk})
    return Lately([row[0] for row in rows], sum(row[1] for row in rows), [one for row in rows for one in row[2]])


def of(project: Project, settings: ProjectSettings, thresholds: Mapping[str, Any]) -> dict[str, str]:
    """A sentence by the name of the setting, in the reader's language; none where too little was decided
    lately, or nothing can be told. `thresholds` are those in force, with what holds where none is said."""
    found = lately(project)
    tasks = len(found.sure)
    if tasks < LEAST:
        return {}
    said = {"target": _unsure(found, settings), "audit_share": _audited(tasks, settings.audit_share)}
    said["wanted"] = _("The last %(tasks)s tasks that answers decided took %(each)s of them each.") % {
        "tasks": tasks,
        "each": number_format(found.answers / tasks, 1),
    }
    if compared := len(found.agreements):
        of_them = {"answers": compared, "tasks": tasks}
        agreement = float(thresholds["agreement"])
        apart, unpaid = found.less_alike(agreement), found.less_alike(settings.pay_floor)
        said["agreement"] = _(
            "With %(share)s %%, %(number)s of %(answers)s answers to the last %(tasks)s decided tasks would have been"
            " too unlike the verdict to decide it."
        ) % (of_them | {"share": round(100 * agreement), "number": apart})
        said["pay_floor"] = _(
            "With %(share)s %%, %(number)s of %(answers)s answers to the last %(tasks)s decided tasks would not have"
            " been paid."
        ) % (of_them | {"share": round(100 * settings.pay_floor), "number": unpaid})
    return said


def _unsure(found: Lately, settings: ProjectSettings) -> str:
    unsure, tasks = found.less_sure(settings.target), len(found.sure)
    words = {"share": round(100 * settings.target), "number": unsure, "tasks": tasks}
    if settings.most is None:
        return (
            _("Of the last %(tasks)s decided tasks %(number)s had less than %(share)s %%; nobody more is asked.")
            % words
        )
    return (
        _(
            "With %(share)s %%, %(number)s of the last %(tasks)s decided tasks would have been asked of one more"
            " person, and in the end of a reviewer."
        )
        % words
    )


def _audited(tasks: int, share: float) -> str:
    words = {"share": round(100 * share), "number": round(tasks * share), "tasks": tasks}
    return (
        _("With %(share)s %%, about %(number)s of the last %(tasks)s decided tasks would have gone to a reviewer.")
        % words
    )
