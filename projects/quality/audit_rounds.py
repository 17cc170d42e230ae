"""Audit rounds: verdicts that are drawn to be looked at by a reviewer who isn't told what was decided.

A batch is accepted by a sample at a stated risk; some of each kind are looked at, since errors hide in the rare; and
what reviewers decided is decided once more by another. Nothing follows by itself but what is decided anew. While looks
are open, a round cannot tell.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import transaction

from projects.configuration.terms import terms_of
from projects.errors import Refused
from projects.inference import sampling_plan
from projects.inference.sampling_plan import Stratum
from projects.models import Annotation, AuditRound, Batch, Project, SecondLook, Verdict
from projects.models.limits import Between, check
from projects.quality.aggregation import agreement_in, threshold_of
from projects.quality.audits import REVIEW
from projects.quality.consensus import IMPORTED
from projects.quality.strata import CUTS, Drawable
from projects.task_types import TASK_TYPES
from taskers.errors import StateConflict
from taskers.models import Person, Standing
from taskers.outbox.events import emit
from taskers.standing import grades

POOL = 20_000  # verdicts at most, of which strata and reviewers' decisions are drawn: the newest
TOLERATED, RISK, EACH = Between(0.001, 0.5), Between(0.001, 0.5), Between(1, 200)


@dataclass(frozen=True)
class Kind:
    """One stratum of a round: how many there are, were looked at, and were wrong."""

    name: str
    size: int
    drawn: int
    looked_at: int
    wrong: int


@dataclass(frozen=True)
class Outcome:
    """What a round tells so far. `state` is "open" while it cannot tell, "accepted", "rejected", or "told"."""

    round: AuditRound
    kinds: Sequence[Kind]
    error: tuple[float, float, float] | None  # share of errors of all, and its 90 % interval

    @property
    def drawn(self) -> int:
        return sum(one.drawn for one in self.kinds)

    @property
    def looked_at(self) -> int:
        return sum(one.looked_at for one in self.kinds)

    @property
    def wrong(self) -> int:
        return sum(one.wrong for one in self.kinds)

    @property
    def state(self) -> str:
        most = self.round.most_wrong
        if most is not None and self.wrong > most:
            return "rejected"
        if self.looked_at < self.drawn or not self.drawn:
            return "open"
        return "told" if most is None else "accepted"


@transaction.atomic
def accept_by_sample(batch: Batch, *, tolerated: float, risk: float, by: Person, dice: random.Random) -> AuditRound:
    """Draw so many of a batch's verdicts that, if few enough are wrong, the rest may be believed at this risk.

    The lot are its verdicts that nobody looked at yet. Raises Refused, or StateConflict where there are none.
    """
    check("tolerated", tolerated, TOLERATED, "bad-round")
    check("risk", risk, RISK, "bad-round")
    lot = list(_drawable(batch.project).filter(task__batch=batch).values_list("pk", flat=True))
    if not lot:
        raise StateConflict("Nothing is decided here that wasn't looked at.", code="nothing-to-audit")
    plan = sampling_plan.plan(len(lot), tolerated, risk, usual=tolerated / 4)
    terms = {"tolerated": tolerated, "risk": risk, "most_wrong": plan.most_wrong, "batch": batch}
    made = _begin(batch.project, AuditRound.Kind.ACCEPTANCE, {"": len(lot)}, by, **terms)
    return _draw(made, [(key, "") for key in dice.sample(lot, plan.sample)])


@transaction.atomic
def some_of_each(project: Project, cut_by: str, each: int, *, by: Person, dice: random.Random) -> AuditRound:
    """Draw so many verdicts of each kind. Raises Refused, or StateConflict where there are none."""
    check("each", each, EACH, "bad-round")
    if cut_by not in CUTS:
        raise Refused("Choose one of %(choices)s.", code="bad-round", place="cut_by", choices=", ".join(CUTS))
    rows = list(_drawable(project).order_by("-pk")[:POOL])
    room, standings = TASK_TYPES[project.task_type], _standings(project, rows)
    kinds: dict[str, list[int]] = defaultdict(list)
    for one in rows:
        kinds[CUTS[cut_by](room, Drawable(one.answer, one.confidence, standings.get(one.pk)))].append(one.pk)
    return _of_each(project, AuditRound.Kind.STRATA, kinds, each, by, dice, cut_by=cut_by)


@transaction.atomic
def review_reviewers(project: Project, each: int, *, by: Person, dice: random.Random) -> AuditRound:
    """Have so many decisions of each reviewer decided once more by another. Raises as `some_of_each`."""
    check("each", each, EACH, "bad-round")
    rows = Verdict.objects.current().filter(task__project=project, method=REVIEW, decided_by__isnull=False)
    newest = rows.exclude(pk__in=SecondLook.objects.filter(project=project).values("verdict")).order_by("-pk")[:POOL]
    kinds: dict[str, list[int]] = defaultdict(list)
    for key, reviewer in newest.values_list("pk", "decided_by__public_id"):
        kinds[str(reviewer)].append(key)
    return _of_each(project, AuditRound.Kind.REVIEWERS, kinds, each, by, dice)


@transaction.atomic
def work_of(project: Project, person: Person, number: int, *, dice: random.Random) -> AuditRound:
    """Draw so many of the verdicts that somebody's answers decided. Raises StateConflict where there are none."""
    theirs = set(
        Annotation.objects.counting().filter(tasker=person, task__project=project).values_list("pk", flat=True)
    )
    newest = _drawable(project).order_by("-pk").values_list("pk", "rests_on")[:POOL]
    keys = [key for key, rests_on in newest if not theirs.isdisjoint(rests_on)]
    return _of_each(project, AuditRound.Kind.STRATA, {str(person.public_id): keys} if keys else {}, number, None, dice)


def outcomes(rounds: Iterable[AuditRound]) -> list[Outcome]:
    """What rounds tell so far."""
    return [_outcome(one) for one in rounds]


def of_project(project: Project) -> Iterable[AuditRound]:
    """The rounds of a project, the newest first."""
    return AuditRound.objects.filter(project=project).select_related("batch", "made_by").order_by("-pk")[:50]


def is_wrong(look: SecondLook, agree, threshold: float) -> bool | None:
    """Whether a verdict that was looked at was wrong; None while nobody has."""
    if look.state == SecondLook.State.DISMISSED:
        return False
    if look.state != SecondLook.State.ANSWERED:
        return None
    # Not by the moment at which it ended: the one that took its place may have come long after it was taken back.
    following = Verdict.objects.filter(task=look.task_id, pk__gt=look.verdict_id).order_by("pk").first()
    return following is not None and agree(look.verdict.answer, following.answer) < threshold


def _outcome(made: AuditRound) -> Outcome:
    terms = terms_of(made.project)
    agree, threshold = agreement_in(terms), threshold_of(terms)
    drawn, seen, wrong = Counter[str](), Counter[str](), Counter[str]()
    for look in SecondLook.objects.filter(round=made).select_related("verdict"):
        found = is_wrong(look, agree, threshold)
        drawn[look.stratum] += 1
        seen[look.stratum] += found is not None
        wrong[look.stratum] += bool(found)
    kinds = [Kind(name, size, drawn[name], seen[name], wrong[name]) for name, size in sorted(made.sizes.items())]
    strata = [Stratum(one.size, one.looked_at, one.wrong) for one in kinds]
    return Outcome(made, kinds, sampling_plan.error_over(strata, np.random.default_rng(made.pk)))


def _drawable(project: Project):
    """The verdicts that the method gave, and that nobody was asked to look at."""
    looks = SecondLook.objects.filter(project=project).values("verdict")
    rows = Verdict.objects.current().filter(task__project=project).exclude(method__in=[REVIEW, IMPORTED])
    return rows.exclude(pk__in=looks)


def _standings(project: Project, rows: Sequence[Verdict]) -> dict[int, float]:
    """Verdict key -> the lowest standing of those it rests on, as far as it is known."""
    whose = dict(Annotation.objects.filter(task__in=[one.task_id for one in rows]).values_list("pk", "tasker"))
    known = Standing.objects.filter(project_key=project.public_id).values_list("tasker", "good", "poor")
    means = {tasker: grades.mean(good, poor) for tasker, good, poor in known}
    found = {one.pk: [means[whose[key]] for key in one.rests_on if whose.get(key) in means] for one in rows}
    return {key: min(some) for key, some in found.items() if some}


def _of_each(
    project: Project,
    kind: str,
    kinds: dict[str, list[int]],
    each: int,
    by: Person | None,
    dice: random.Random,
    **terms: str,
) -> AuditRound:
    if not kinds:
        raise StateConflict("Nothing is decided here that wasn't looked at.", code="nothing-to-audit")
    made = _begin(project, kind, {name: len(keys) for name, keys in kinds.items()}, by, **terms)
    chosen = [(key, name) for name, keys in kinds.items() for key in dice.sample(keys, min(each, len(keys)))]
    return _draw(made, chosen)


def _begin(project: Project, kind: str, sizes: dict[str, int], by: Person | None, **terms: object) -> AuditRound:
    size = sum(sizes.values())
    made = AuditRound.objects.create(project=project, kind=kind, size=size, sizes=sizes, made_by=by, **terms)
    emit(
        "audit_round_begun",
        organization_id=project.organization_id,
        actor_id=by.pk if by else None,
        project_key=project.public_id,
        subject=f"project:{project.public_id}",
        drawn=kind,
        size=size,
    )
    return made


def _draw(made: AuditRound, chosen: Sequence[tuple[int, str]]) -> AuditRound:
    """Have a reviewer look at these verdicts. One that somebody was asked to look at meanwhile is left to that."""
    verdicts = Verdict.objects.current().in_bulk([key for key, _name in chosen])
    SecondLook.objects.bulk_create(
        [
            SecondLook(
                project=made.project,
                task_id=verdicts[key].task_id,
                verdict=verdicts[key],
                reason=SecondLook.Reason.SAMPLE,
                round=made,
                stratum=name[:80],
                before=verdicts[key].confidence,
                now=verdicts[key].confidence,
            )
            for key, name in chosen
            if key in verdicts
        ],
        ignore_conflicts=True,
    )
    return made
