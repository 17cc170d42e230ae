"""How a version on its way does, as pages and programs tell it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assist.learning import canary, guardrails
from assist.learning.guardrails import ALPHA, BLIND, EDITED, NAMES, OF_WORK, REFUSED, SILENT, SLOW, Guardrail, Watch
from assist.models import Rollout, ShadowAnswer
from projects.models import Project

NEWEST = 20
MIN_PIECES = 50  # of work; fewer tell no rate
TITLES: dict[str, str | Promise] = {
    REFUSED: _("Offers that weren’t taken"),
    EDITED: _("What was offered and had to be changed"),
    SILENT: _("Work for which no offer came"),
    SLOW: _("Work that waited for an offer for more than a second"),
    BLIND: _("Errors on tasks decided without help"),
}


@dataclass(frozen=True)
class Row:
    """One guardrail: how many pieces of work tell of it, the candidate's of them, both versions' harm, the difference
    and its upper end, all as shares; and what it says: "harm", "clear", or "" as yet."""

    name: str
    title: str | Promise
    seen: int
    candidates: int
    candidate: float | None
    champion: float | None
    difference: float | None
    upper: float | None
    finding: str


@dataclass(frozen=True)
class InShadow:
    """How both versions did on tasks behind people's work: mean scores."""

    tasks: int
    candidate: float | None
    champion: float | None


def of_project(project: Project) -> QuerySet[Rollout]:
    """A project's rollouts, newest first."""
    rows = Rollout.objects.filter(project=project).order_by("-pk")
    return rows.select_related("project__organization", "version", "champion", "evaluation", "begun_by")


def guardrails_of(rollout: Rollout) -> list[Row]:
    """Each guardrail, as far as was seen."""
    watch = guardrails.read(rollout.watch)
    return [_row(name, watch.guardrails[name], watch, canary.within(rollout)) for name in NAMES]


def _row(name: str, one: Guardrail, watch: Watch, margin: float) -> Row:
    candidate, champion = one.means
    upper = one.upper.at(ALPHA) if one.seen else None
    difference = None if candidate is None or champion is None else candidate - champion
    finding = "harm" if watch.harm == name else "clear" if upper is not None and upper < margin else ""
    # A harm is a share: more than all of it can't be.
    shown = None if upper is None else min(1.0, upper)
    seen = one.seen if name in OF_WORK else one.candidates
    return Row(name, TITLES[name], seen, one.candidates, candidate, champion, difference, shown, finding)


@dataclass(frozen=True)
class StepOutlook:
    """How much work a step rests on so far, the candidate's of it, and when it can be judged at the rate until now;
    None where the candidate isn't better by enough yet, or too little was seen."""

    seen: int
    candidates: int
    at: datetime | None


def outlook_of(rollout: Rollout, now: datetime) -> StepOutlook:
    """The next step is let on once every guardrail's upper end lies below the margin. The distance between that end and
    the difference shrinks with the root of the number of pieces."""
    watch, margin = guardrails.read(rollout.watch), canary.within(rollout)
    if not rollout.share:
        return _outlook_in_shadow(rollout, watch.guardrails[BLIND].candidates, now)
    seen, candidates = watch.guardrails[REFUSED].seen, watch.guardrails[REFUSED].candidates
    if seen < MIN_PIECES:
        return StepOutlook(seen, candidates, None)
    pieces = float(seen)
    for name in OF_WORK:
        candidate, champion = watch.guardrails[name].means
        difference = (candidate or 0.0) - (champion or 0.0)
        if candidate is None or champion is None or difference >= margin:
            return StepOutlook(seen, candidates, None)
        distance = watch.guardrails[name].upper.at(ALPHA) - difference
        pieces = max(pieces, seen * (distance / (margin - difference)) ** 2)
    return StepOutlook(seen, candidates, now + (pieces / seen - 1) * (now - rollout.begun_at))


def _outlook_in_shadow(rollout: Rollout, compared: int, now: datetime) -> StepOutlook:
    """The first step ends once it was compared on as many blind verdicts as were asked for: they come at their rate."""
    if not compared:
        return StepOutlook(0, 0, None)
    missing = max(0, rollout.shadow_verdicts - compared)
    return StepOutlook(compared, compared, now + missing / compared * (now - rollout.begun_at))


def shadow_of(rollout: Rollout) -> dict[str, InShadow]:
    """On blind tasks, and on a sample of those that people had help with."""
    rows = ShadowAnswer.objects.filter(rollout=rollout).values("blind")
    found = {
        one["blind"]: InShadow(one["tasks"], one["own"], one["theirs"])
        for one in rows.annotate(tasks=Count("pk"), own=Avg("candidate"), theirs=Avg("champion"))
    }
    nothing = InShadow(0, None, None)
    return {"blind": found.get(True, nothing), "sample": found.get(False, nothing)}
