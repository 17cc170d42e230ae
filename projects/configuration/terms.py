"""What holds for every task of a project at this moment: its settings, its labels, and what is known of its people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from projects.configuration import methods
from projects.inference import BY_PART, incremental
from projects.inference.calibration import Calibration
from projects.inference.instance_level import SIDES
from projects.inference.naming import Naming
from projects.inference.reliability import first_accuracy_model
from projects.inference.span_words import Words
from projects.models import AccuracyModel, Project, ProjectSettings
from taskers.database.prepared import ask_named, columns, from_columns

AGREEMENT = 0.75  # where a project names no threshold of its own
METHOD = "coalesce(nullif(%(method)s::text, ''), s.aggregation)"  # the one that is asked about
BY_PART_KEYS = ", ".join(f"'{key}'" for key in BY_PART)
# What holds for a project, as one row: the settings in force, all labels, what is known of the method, and the newest
# accuracy model.
TERMS = f"""
  {columns(ProjectSettings, "s")},
  (SELECT json_agg(json_build_array(l.key, l.retired_at IS NOT NULL, i.key) ORDER BY l.position, l.id)
   FROM projects_label l LEFT JOIN projects_label i ON i.id = l.merged_into_id
   WHERE l.project_id = s.project_id)::text AS label_rows,
  (SELECT json_build_array(k.mean, k.covariance, k.known) FROM projects_methodcalibration k
   WHERE k.project_id = s.project_id AND k.method = {METHOD}
   ORDER BY k.id DESC LIMIT 1)::text AS calibration,
  c.id AS accuracy_model, c.version AS accuracy_version, c.labels::text AS classes
"""
# The newest settings and accuracy model are found from the newest end of their versions, whatever the statistics say.
PROJECT = f"""
(SELECT * FROM projects_projectsettings WHERE project_id = %(project)s::bigint ORDER BY version DESC LIMIT 1) s
LEFT JOIN LATERAL (
  SELECT id, version, labels FROM projects_accuracymodel
  WHERE project_id = s.project_id AND method || '' = CASE WHEN {METHOD} IN ({BY_PART_KEYS}) THEN {METHOD}
    ELSE '{methods.CATEGORICAL}' END
  ORDER BY version DESC LIMIT 1
) c ON true
"""
OF_PROJECT = f"SELECT {TERMS} FROM {PROJECT}"


@dataclass(frozen=True)
class Terms:
    """What holds for every task of a project at this moment."""

    project: Project
    settings: ProjectSettings
    calibration: Calibration
    labels: Mapping[str, str | None]  # every label there ever was -> the one in its place, None when there is none
    classes: Sequence[str]  # those of the accuracy model, in its order; part by part, whether a thing is there or not
    accuracy_model_key: int | None = None
    accuracy_version: int = 0

    @property
    def most(self) -> int:
        """How many judgements a task may get by its own answers; 0 where their number is fixed, or where a budget goes
        to the least sure of all (budgets.py)."""
        return 0 if self.settings.budget else self.settings.most or 0

    @property
    def estimated_by(self) -> str:
        """The method by which the project's people are estimated, whatever decides."""
        return methods.estimated_by(self.settings.aggregation, self.project.task_type, self.settings.fields)

    @property
    def accuracy_model(self) -> incremental.AccuracyModel:
        """The population as numbers: estimated, or what is held before any estimate."""
        return _stored(self.accuracy_model_key)[0] if self.accuracy_model_key else _first(len(self.classes))

    @property
    def words(self) -> Mapping[str, Words]:
        """Label -> what words tell of it, by the last estimate; where texts are decided span by span."""
        return _stored(self.accuracy_model_key)[1] if self.accuracy_model_key else {}

    @property
    def naming(self) -> Naming:
        """How often what each tasker calls a thing is right, by the last estimate; where it decides part by part."""
        return _stored(self.accuracy_model_key)[2] if self.accuracy_model_key else Naming()


def terms_of(project: Project, *, method: str = "") -> Terms:
    """The settings in force, and what is known of labels, accuracy model and calibration: one query.

    `method` asks for another method than the project's, as it would be at this moment.
    """
    (row,) = ask_named(OF_PROJECT, {"project": project.pk, "method": method})
    return from_row(project, row, method=method)


def from_row(project: Project, row: Mapping[str, Any], *, method: str = "") -> Terms:
    """The terms from a row that has the columns of `TERMS`."""
    settings = from_columns(ProjectSettings, "s", row)
    settings.thresholds |= {"asked": settings.fields} if settings.fields else {}  # what merging must know of them
    labels_now = _successors(json.loads(row["label_rows"] or "[]"))
    in_use = [key for key, into in labels_now.items() if key == into]
    accuracy_model, version, known = (
        row["accuracy_model"],
        row["accuracy_version"] or 0,
        json.loads(row["classes"] or "[]"),
    )
    if (method or settings.aggregation) in BY_PART:
        known = list(SIDES)
    elif set(in_use) - set(known):
        accuracy_model, version, known = None, 0, []  # labels came since: begin anew rather than lose their votes
    return Terms(
        project, settings, _calibration(row["calibration"]), labels_now, known or in_use, accuracy_model, version
    )


def _successors(rows: Sequence[tuple[str, bool, str | None]]) -> dict[str, str | None]:
    """Label -> the one that stands for it now, through however many merges."""
    by_key = {key: (retired, into) for key, retired, into in rows}

    def last(key: str) -> str | None:
        for _turn in range(len(by_key)):
            retired, into = by_key[key]
            if not retired:
                return key
            if not into:
                return None
            key = into
        return None

    return {key: last(key) for key in by_key}


def _calibration(stored: str | None) -> Calibration:
    if not stored:
        return Calibration()
    mean, ((a, b), (c, d)), known = json.loads(stored)
    return Calibration(tuple(mean), ((a, b), (c, d)), known)


@lru_cache(maxsize=256)
def _stored(key: int) -> tuple[incremental.AccuracyModel, dict[str, Words], Naming]:
    """Accuracy models are never edited, so each process reads one once."""
    stored = AccuracyModel.objects.values_list("numbers", flat=True).get(pk=key)
    told = stored.get("words", {}).items()
    # Two numbers are of words that were learnt in another way; those tell nothing, until the next estimate.
    words = {label: Words.from_json(one) for label, one in told if len(one) == 3}
    return incremental.AccuracyModel.from_json(stored), words, Naming.from_json(stored.get("naming", []))


@lru_cache(maxsize=64)
def _first(classes: int) -> incremental.AccuracyModel:
    return first_accuracy_model(max(classes, 1))
