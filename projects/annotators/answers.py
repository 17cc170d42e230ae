"""What a model with a seat says to a task, and what it is worth: nothing, a vote, or the verdict.

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
from projects.models import Annotation, Assignment, Gold, ModelAnswer, Seat, Task, Verdict
from projects.quality import consensus
from projects.quality.gold import scoring
from projects.queue.model_draws import MODELS_AUDITED
from taskers.database.prepared import ask, columns, row_of
from taskers.models import Person

# As many decisions as go with this many audits on the average may be made while none comes back.
AUDITS_AHEAD = 10

# The seat, and whether the task is drawn: by the largest share of the project's models, so that an audit of one is an
# audit of all, and no model decides a task by which another is audited.
SEATED = f"""
SELECT {columns(Seat, "s")}, {
    MODELS_AUDITED.format(
        task="%(task)s::bigint",
        project="s.project_id",
        share="(SELECT max(x.audit_share) FROM projects_seat x WHERE x.project_id = s.project_id"
        " AND (x.id = s.id OR x.mode <> 'off'))",
    )
}
FROM projects_seat s WHERE s.project_id = %(project)s::bigint AND s.tasker_id = %(tasker)s::bigint
"""


@dataclass(frozen=True)
class Said:
    """How sure a model is, and the seat that it speaks from."""

    seat: Seat
    confidence: float
    drawn: bool

    @property
    def accepted(self) -> bool:
        """Whether its answer is sure enough to decide alone, as far as is known now."""
        seat = self.seat
        return may_decide(self.confidence, calibration_of(seat), 1 - seat.target_error, seat.assurance).accept

    @property
    def at_least(self) -> float:
        """The share of right answers that this confidence stands for, with the seat's assurance."""
        return float(calibration_of(self.seat).at_least(self.confidence, self.seat.assurance))


def said(assignment: Assignment, tasker: Person, confidence: float | None) -> Said | None:
    """What a model with a seat says of itself; None for everybody else. Raises Refused for what can't be said."""
    if tasker.kind != Person.Kind.MODEL:
        if confidence is not None:
            raise Refused("Only models say how sure they are.", code="not-a-model", place="confidence")
        return None
    rows = ask(SEATED, {"task": assignment.task_id, "project": assignment.task.project_id, "tasker": tasker.pk})
    if not rows:
        return None
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)) or not 0 <= confidence <= 1:
        raise Refused("Say how sure you are, from 0 to 1.", code="bad-confidence", place="confidence")
    *seat, drawn = rows[0]
    return Said(row_of(Seat, seat), float(confidence), drawn)


def calibration_of(seat: Seat) -> Calibration:
    """What the seat's blind answers taught."""
    if not seat.mean:
        return Calibration()
    (a, b), (c, d) = seat.covariance
    return Calibration((seat.mean[0], seat.mean[1]), ((a, b), (c, d)), seat.known)


def cap_of(seat: Seat) -> int:
    """How many tasks may be decided alone while no audit comes back."""
    return math.ceil(AUDITS_AHEAD / seat.audit_share)


def receive(said: Said, task: Task, annotation: Annotation) -> None:
    """Take a model's judgement for what it is worth. The caller holds the task's lock and has handed it in."""
    seat, accepted = said.seat, said.accepted
    if said.drawn or seat.mode in (Seat.Mode.OFF, Seat.Mode.WATCH):
        _keep(said, annotation, accepted, ModelAnswer.Fate.WAITING)
        why = "Drawn for an audit: people answer without it." if said.drawn else "This model is watched, not counted."
        queue.void(annotation.assignment, why, by=annotation.tasker)
    elif accepted and _may_decide_alone(seat, task, annotation):
        _keep(said, annotation, accepted, ModelAnswer.Fate.ALONE)
        consensus.accept(task, annotation, said.at_least)
    else:
        _keep(said, annotation, accepted, ModelAnswer.Fate.COUNTED)
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
    _keep(said, annotation, said.accepted, ModelAnswer.Fate.KNOWN, right=right, drawn=False)


def _may_decide_alone(seat: Seat, task: Task, annotation: Annotation) -> bool:
    """The seat is asked last, by one conditional UPDATE: whoever switches it off meanwhile has the last word."""
    if task.withheld or Verdict.objects.current().filter(task=task).exists():
        return False
    if Annotation.objects.counting().filter(task=task).exclude(pk=annotation.pk).exists():
        return False
    mine = Seat.objects.filter(pk=seat.pk, mode=Seat.Mode.DECIDE, alone__lt=cap_of(seat))
    return bool(mine.update(alone=F("alone") + 1))


def _keep(
    said: Said,
    annotation: Annotation,
    accepted: bool,
    fate: str,
    *,
    right: bool | None = None,
    drawn: bool | None = None,
) -> None:
    ModelAnswer.objects.create(
        seat=said.seat,
        annotation=annotation,
        task_id=annotation.task_id,
        confidence=said.confidence,
        at_least=said.at_least,
        accepted=accepted,
        drawn=said.drawn if drawn is None else drawn,
        mode=said.seat.mode,
        fate=fate,
        right=right,
    )
