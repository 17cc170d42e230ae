"""What a model annotator says to a task, and what it is worth: nothing, a vote, or the verdict.

Three things come first whatever its mode. A share of all tasks is drawn for audits: there it has no vote, so that what
people say is said without it. Only such blind answers, and known ones, teach how far its confidence may be believed.
And where somebody else has handed in already, it is one voice among theirs.
"""

import math
from dataclasses import dataclass

from django.db.models import F

from projects import queue
from projects.configuration.terms import AGREEMENT
from projects.errors import Refused
from projects.inference.acceptance import may_decide
from projects.inference.calibration import Calibration
from projects.models import Annotation, Assignment, Gold, ModelAnnotator, ModelAnswer, Task, Verdict
from projects.quality import consensus
from projects.quality.gold import scoring
from projects.queue.model_draws import MODELS_AUDITED
from taskers.database.prepared import ask, columns, row_of
from taskers.models import Person

# As many decisions as go with this many audits on the average may be made while none comes back.
AUDITS_AHEAD = 10

# The model annotator, and whether the task is drawn: by the largest share of the project's models, so that an audit
# of one is an audit of all, and no model decides a task by which another is audited.
SEATED = f"""
SELECT {columns(ModelAnnotator, "s")}, {
    MODELS_AUDITED.format(
        task="%(task)s::bigint",
        project="s.project_id",
        share="(SELECT max(x.audit_share) FROM projects_modelannotator x WHERE x.project_id = s.project_id"
        " AND (x.id = s.id OR x.mode <> 'off'))",
    )
}
FROM projects_modelannotator s WHERE s.project_id = %(project)s::bigint AND s.tasker_id = %(tasker)s::bigint
"""


@dataclass(frozen=True)
class Said:
    """How sure a model is, and the model annotator."""

    annotator: ModelAnnotator
    confidence: float
    drawn: bool

    @property
    def accepted(self) -> bool:
        """Whether its answer is sure enough to decide alone, as far as is known now."""
        annotator = self.annotator
        return may_decide(
            self.confidence, calibration_of(annotator), 1 - annotator.target_error, annotator.assurance
        ).accept

    @property
    def at_least(self) -> float:
        """The share of right answers that this confidence stands for, with the model annotator's assurance."""
        return float(calibration_of(self.annotator).at_least(self.confidence, self.annotator.assurance))


def said(assignment: Assignment, tasker: Person, confidence: float | None) -> Said | None:
    """What a model annotator says of itself; None for everybody else. Raises Refused for what can't be said."""
    if tasker.kind != Person.Kind.MODEL:
        if confidence is not None:
            raise Refused("Only models say how sure they are.", code="not-a-model", place="confidence")
        return None
    rows = ask(SEATED, {"task": assignment.task_id, "project": assignment.task.project_id, "tasker": tasker.pk})
    if not rows:
        return None
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)) or not 0 <= confidence <= 1:
        raise Refused("Say how sure you are, from 0 to 1.", code="bad-confidence", place="confidence")
    *annotator, drawn = rows[0]
    return Said(row_of(ModelAnnotator, annotator), float(confidence), drawn)


def calibration_of(annotator: ModelAnnotator) -> Calibration:
    """What the model annotator's blind answers taught."""
    if not annotator.mean:
        return Calibration()
    (a, b), (c, d) = annotator.covariance
    return Calibration((annotator.mean[0], annotator.mean[1]), ((a, b), (c, d)), annotator.known)


def cap_of(annotator: ModelAnnotator) -> int:
    """How many tasks may be decided alone while no audit comes back."""
    return math.ceil(AUDITS_AHEAD / annotator.audit_share)


def receive(said: Said, task: Task, annotation: Annotation) -> None:
    """Take a model's judgement for what it is worth. The caller holds the task's lock and has handed it in."""
    annotator, accepted = said.annotator, said.accepted
    if said.drawn or annotator.mode in (ModelAnnotator.Mode.OFF, ModelAnnotator.Mode.WATCH):
        _keep(said, annotation, accepted, ModelAnswer.Outcome.WAITING)
        why = "Drawn for an audit: people answer without it." if said.drawn else "This model is watched, not counted."
        queue.void(annotation.assignment, why, by=annotation.tasker)
    elif accepted and _may_decide_alone(annotator, task, annotation):
        _keep(said, annotation, accepted, ModelAnswer.Outcome.ALONE)
        consensus.accept(task, annotation, said.at_least)
    else:
        _keep(said, annotation, accepted, ModelAnswer.Outcome.COUNTED)
        consensus.consider(task)


def compare(said: Said | None, annotation: Annotation) -> None:
    """Keep how a model did on a known answer that it met among the rest."""
    if said is None:
        return
    task = annotation.task
    known = Gold.objects.get(task=task).answer
    threshold = float(task.project.settings.get(version=annotation.settings_version).thresholds.get(
        "agreement", AGREEMENT
    ))  # fmt: skip
    right = scoring.check(task, annotation.answer, known, annotation.settings_version).score >= threshold
    _keep(said, annotation, said.accepted, ModelAnswer.Outcome.KNOWN, right=right, drawn=False)


def _may_decide_alone(annotator: ModelAnnotator, task: Task, annotation: Annotation) -> bool:
    """The annotator is asked last, by one conditional UPDATE: whoever switches it off meanwhile has the last word."""
    if task.withheld or Verdict.objects.current().filter(task=task).exists():
        return False
    if Annotation.objects.counting().filter(task=task).exclude(pk=annotation.pk).exists():
        return False
    mine = ModelAnnotator.objects.filter(pk=annotator.pk, mode=ModelAnnotator.Mode.DECIDE, alone__lt=cap_of(annotator))
    return bool(mine.update(alone=F("alone") + 1))


def _keep(
    said: Said,
    annotation: Annotation,
    accepted: bool,
    outcome: str,
    *,
    right: bool | None = None,
    drawn: bool | None = None,
) -> None:
    ModelAnswer.objects.create(
        annotator=said.annotator,
        annotation=annotation,
        task_id=annotation.task_id,
        confidence=said.confidence,
        at_least=said.at_least,
        accepted=accepted,
        drawn=said.drawn if drawn is None else drawn,
        mode=said.annotator.mode,
        outcome=outcome,
        right=right,
    )
