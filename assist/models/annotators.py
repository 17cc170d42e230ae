"""Models of this installation that are annotators, and what PostgreSQL itself asks before one decides alone."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models import erasure_rules, scope
from assist.models.copilot import Evaluation, ModelVersion, Override
from assist.models.rivals import SAME
from projects.models import ModelAnnotator, Project, limits
from taskers.models import Person

# An annotator that isn't of this installation has no version: nobody can ask it, so it takes two people's word. Of any
# other the database wants a basis that is younger than the last time it switched itself off: an evaluation
# that says it may, or two people's word. An evaluation is none any more once a rollout on it did harm, once
# something was erased that its candidate learnt from, or once another version of what suggests the same has come to
# answer since; that the one it beat has gone speaks for it.
BASIS = f"""
    SELECT FROM assist_override o
    WHERE o.project_id = {{project}} AND o.version_id = {{version}} AND o.purpose = 'decide' AND o.state = 'confirmed'
      AND o.answered_by_id <> o.asked_by_id AND o.reason <> '' AND NOT EXISTS (
        SELECT FROM projects_modelannotatorchange c
        WHERE c.annotator_id = {{annotator}} AND c.mode = 'off' AND c.by_id IS NULL AND c.at > o.answered_at
      )
    UNION ALL
    SELECT FROM assist_evaluation e
    WHERE e.project_id = {{project}} AND e.candidate_id = {{version}} AND e.alone = 'passed'
      AND e.rules = (SELECT max(rules) FROM assist_evaluation)
      AND NOT EXISTS (
        SELECT FROM projects_modelannotatorchange c
        WHERE c.annotator_id = {{annotator}} AND c.mode = 'off' AND c.by_id IS NULL AND c.at > e.begun_at
      )
      AND NOT EXISTS (
        SELECT FROM assist_rollout r WHERE r.evaluation_id = e.id AND r.state = 'back' AND r.reason = 'harm'
      )
      AND NOT EXISTS ({erasure_rules.RESTS} SELECT FROM rests WHERE version = e.candidate_id)
      AND NOT EXISTS (
        SELECT FROM assist_deployment other
        JOIN assist_modelversion theirs ON theirs.id = other.version_id
        JOIN assist_modelversion own ON own.id = e.candidate_id AND {SAME}
        WHERE other.project_id = e.project_id AND other.version_id <> e.candidate_id AND other.ended_at IS NULL
          AND NOT EXISTS (
            SELECT FROM assist_deployment was
            WHERE was.project_id = e.project_id AND was.version_id = other.version_id
              AND was.started_at <= e.begun_at AND coalesce(was.ended_at > e.begun_at, true)
          )
      )
      AND NOT EXISTS (
        SELECT FROM assist_organizationdefault d
        JOIN projects_project project ON project.id = e.project_id AND project.organization_id = d.organization_id
        JOIN assist_modelversion theirs ON theirs.id = d.version_id
        JOIN assist_modelversion own ON own.id = e.candidate_id AND {SAME}
        WHERE d.version_id <> e.candidate_id AND d.started_at > e.begun_at AND d.ended_at IS NULL
          AND NOT EXISTS (SELECT FROM assist_passedover p WHERE p.default_id = d.id AND p.project_id = e.project_id)
      )
"""
REFUSED = """
        RAISE EXCEPTION 'a model that decides alone without a basis'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'annotator_may_decide';
    END IF;
    RETURN NEW;
"""
COMES_TO_DECIDE = f"""
    IF NOT EXISTS (SELECT FROM assist_annotatorversion v WHERE v.annotator_id = NEW.id) AND NOT EXISTS (
        SELECT FROM projects_decidingrequest w
        WHERE w.annotator_id = NEW.id AND w.state = 'confirmed' AND w.answered_by_id <> w.asked_by_id
          AND NOT EXISTS (
            SELECT FROM projects_modelannotatorchange c
            WHERE c.annotator_id = NEW.id AND c.mode = 'off' AND c.by_id IS NULL AND c.at > w.answered_at
          )
    ) OR EXISTS (
        SELECT FROM assist_annotatorversion v WHERE v.annotator_id = NEW.id
          AND NOT EXISTS ({BASIS.format(project="NEW.project_id", version="v.version_id", annotator="NEW.id")})
    ) THEN{REFUSED}"""
DECIDES_ALREADY = f"""
    IF TG_OP = 'UPDATE' AND NEW.annotator_id = OLD.annotator_id AND NEW.version_id = OLD.version_id THEN
        RETURN NEW;
    END IF;
    IF EXISTS (
        SELECT FROM projects_modelannotator a WHERE a.id = NEW.annotator_id AND a.mode = 'decide'
          AND NOT EXISTS ({BASIS.format(project="a.project_id", version="NEW.version_id", annotator="a.id")})
    ) THEN{REFUSED}"""


class AnnotatorVersion(models.Model):
    """A model version that works as an annotator of a project: it claims tasks and answers them by itself (sole writer:
    work.py)."""

    annotator = models.OneToOneField(ModelAnnotator, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="annotator_versions")
    answered = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)  # tasks that it could make nothing of
    note = models.CharField(max_length=300, blank=True)  # why it isn't at work just now; empty while it is
    placed_at = models.DateTimeField(db_default=Now(), editable=False)
    placed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    basis: Evaluation | Override | None  # what says that it may decide alone, where deciding.with_basis looked

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="annotator_learnt_at_home",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=scope.ANNOTATES_AT_HOME,
            ),
            erasure_rules.ANNOTATES,
            pgtrigger.Trigger(
                name="annotator_version_may_decide",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=DECIDES_ALREADY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.annotator}"


class DecidingAnnotator(ModelAnnotator):
    """A model annotator that comes to decide alone: the same row, with what is asked of it here."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="annotator_may_decide",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__mode="decide") & ~pgtrigger.Q(old__mode="decide"),
                func=COMES_TO_DECIDE,
            ),
            pgtrigger.Trigger(
                name="annotator_begins_to_decide",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__mode="decide"),
                func=COMES_TO_DECIDE,
            ),
        ]


class DecidingFloors(models.Model):
    """What a project asks of a model before it decides alone; without a row the usual (sole writer: deciding.py)."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    least_score = models.FloatField()
    most_miscalibration = models.FloatField()
    most_seconds = models.FloatField()
    most_memory = models.PositiveIntegerField()  # MB
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "deciding floors"
        constraints = [
            models.CheckConstraint(
                condition=Q(*(within.on(name) for name, within in limits.DECIDING.items())),
                name="deciding_floors_within_limits",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.least_score:g}"
