"""A version on its way: more and more of a project's work, and back at the first sign of harm. The only writer of
Rollout and RolloutEvent.

Whatever it decides, it decides under a lock on the rollout's row: of two workers one does, and the other finds it done.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from assist.learning import canary_work, guardrails
from assist.learning import rollout as rollout_basis
from assist.learning.guardrails import BLIND, Watch
from assist.models import Deployment, Evaluation, Rollout, RolloutEvent, rivals
from assist.registry import registry, resolution
from projects.models import Annotation, Project, VerdictEntry, limits
from taskers.errors import StateConflict
from taskers.models import Person

log = logging.getLogger(__name__)

SHADOW = "assist.jobs.shadow"
STEPS = (5, 25, 100)  # percent of the project's work
LIVE, HELD, PROMOTED, BACK = (Rollout.State[name] for name in ("LIVE", "HELD", "PROMOTED", "BACK"))
RUNNING = (LIVE, HELD)
Reason, Kind = Rollout.Reason, RolloutEvent.Kind
FIRST_STEP = 2  # margins that are let on from the first share: it shows what is gross


@transaction.atomic
def begin(evaluation: Evaluation, *, by: Person, **terms: Any) -> Rollout:
    """Begin to give what passed its first share; with `shadow_verdicts` it has to do well behind people's backs before.

    `terms`: by the names of limits.ROLLOUT, what is left out is as usual. Raises StateConflict, Refused.
    """
    said = {name: terms.get(name, usual) for name, usual in USUAL.items()}
    for name, value in said.items():
        limits.check(name, value, limits.ROLLOUT[name], "bad-rollout")
    project, version = evaluation.project, evaluation.candidate
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if evaluation.outcome != Evaluation.Outcome.PASSED:
        raise StateConflict("This evaluation was not passed.")
    if Rollout.objects.filter(project=project, state__in=RUNNING).exists():
        raise StateConflict("Another version is on its way here: one after the other.")
    rollout_basis.check_harmless(evaluation)
    live = Deployment.objects.live().filter(project=project)
    if live.filter(version=version).exists():
        raise StateConflict("%(model)s answers here already.", model=str(version))
    predecessor = live.filter(version=evaluation.champion).first()
    made = Rollout.objects.create(
        project=project,
        version=version,
        champion=evaluation.champion,
        evaluation=evaluation,
        predecessor=predecessor,
        begun_by=by,
        read_upto=Annotation.objects.aggregate(newest=Max("pk"))["newest"] or 0,
        verdicts_upto=VerdictEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0,
        **said,
    )
    _write(made, Kind.BEGUN, by=by)
    if not made.shadow_verdicts:
        _step(made, by=by)
    made.refresh_from_db()
    return made


USUAL = {"margin": 0.1, "quiet_hours": 72, "step_days": 14, "shadow_verdicts": 0}


@transaction.atomic
def hold(rollout: Rollout, *, by: Person, said: str = "") -> None:
    """No further step until somebody lets it go on; its time runs. Raises StateConflict."""
    _locked(rollout, LIVE)
    _hold(rollout, Reason.BY_HAND, timezone.now(), by=by, said=said)


@transaction.atomic
def go_on(rollout: Rollout, *, by: Person, said: str = "") -> None:
    """What was held goes on, with the time of its step before it. Raises StateConflict."""
    _locked(rollout, HELD)
    _let_on(rollout, Reason.BY_HAND, by=by, said=said)


@transaction.atomic
def roll_back(rollout: Rollout, *, by: Person, said: str = "") -> None:
    """At once back to what answered before, also after it was promoted. Raises StateConflict."""
    _locked(rollout, LIVE, HELD, PROMOTED)
    # In this order, as `move` does it; so that no other one begins meanwhile.
    Project.objects.select_for_update(of=("self",)).get(pk=rollout.project_id)
    rollout.refresh_from_db()
    others = Rollout.objects.filter(project=rollout.project, state__in=RUNNING).exclude(pk=rollout.pk)
    if rollout.state == PROMOTED and others.exists():
        raise StateConflict("Another version is on its way here: roll that one back first.")
    if rollout.state == PROMOTED and not _answers(rollout, rollout.version_id):
        raise StateConflict("%(model)s doesn't answer here any more.", model=str(rollout.version))
    _back(rollout, Reason.BY_HAND, by=by, said=said)


def move_all() -> int:
    """Look at every rollout that is under way; returns how many there are. One that fails doesn't keep the others."""
    keys = list(Rollout.objects.filter(state__in=RUNNING).values_list("pk", flat=True))
    for key in keys:
        try:
            move(key, now=timezone.now())
        except Exception:
            log.exception("Rollout %s couldn't be looked at.", key)
    return len(keys)


@transaction.atomic
def move(key: int, *, now: datetime) -> str:
    """Read what was seen since, and decide; returns the state, "" where another worker is at it or it is over."""
    rows = Rollout.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key, state__in=RUNNING)
    rollout = rows.select_related("project__organization", "version", "champion", "evaluation", "begun_by").first()
    if rollout is None:
        return ""
    _read(rollout, now)
    if VerdictEntry.objects.filter(project=rollout.project_id, pk__gt=rollout.verdicts_upto).exists():
        name = f"shadow:{rollout.pk}"
        _once(name, rollout.pk)
    _decide(rollout, guardrails.read(rollout.watch), now)
    rollout.refresh_from_db()
    return rollout.state


def _read(rollout: Rollout, now: datetime) -> None:
    """Take in the next pieces of people's work."""
    read = canary_work.since(rollout, now)
    watch = guardrails.read(rollout.watch)
    for piece in read.pieces:
        watch = watch.after(piece, within(rollout))
        if watch.harm:
            break
    if read.upto == rollout.read_upto:
        return
    heard = any(one.candidate for one in read.pieces)
    rollout.watch, rollout.read_upto = watch.plain(), read.upto
    rollout.heard_at = now if heard else rollout.heard_at
    Rollout.objects.filter(pk=rollout.pk).update(
        watch=rollout.watch, read_upto=rollout.read_upto, heard_at=rollout.heard_at
    )


def stands_at(rollout: Rollout) -> bool:
    """Whether nobody compared further since this row was read; it stays so until the transaction ends."""
    rows = Rollout.objects.select_for_update(of=("self",)).filter(pk=rollout.pk, state__in=RUNNING)
    return rows.filter(verdicts_upto=rollout.verdicts_upto).exists()


@transaction.atomic
def take_in(rollout: Rollout, scores: Iterable[tuple[float, float]], upto: int) -> None:
    """Blind verdicts, one of each group, with the candidate's and the champion's score. Ask `stands_at` before."""
    now = Rollout.objects.get(pk=rollout.pk)
    watch, heard = guardrails.read(now.watch), False
    for candidate, champion in scores:
        watch, heard = watch.compared(candidate, champion, now.margin), True
        if watch.harm:
            break
    # While it has no share, this is all that is heard of it.
    told = {"heard_at": Now()} if heard and not now.share else {}
    Rollout.objects.filter(pk=now.pk).update(watch=watch.plain(), verdicts_upto=upto, shadow_failed_at=None, **told)


def silent_in_shadow(rollout: Rollout) -> None:
    """The runtime gave no answers: that it hasn't done so since when is written down."""
    Rollout.objects.filter(pk=rollout.pk, shadow_failed_at=None, state__in=RUNNING).update(shadow_failed_at=Now())


def within(rollout: Rollout) -> float:
    """The margin of harm that has to be ruled out before the next step."""
    return rollout.margin * (FIRST_STEP if rollout.share == STEPS[0] else 1)


def _decide(rollout: Rollout, watch: Watch, now: datetime) -> None:
    quiet, held = timedelta(hours=rollout.quiet_hours), rollout.state == HELD
    last = max(rollout.heard_at, rollout.moved_at)
    by_itself = held and rollout.reason != Reason.BY_HAND
    if watch.harm:
        _back(rollout, Reason.HARM, harm=watch.harm)
    elif rollout.share and not _answers(rollout, rollout.version_id):
        _back(rollout, Reason.WITHDRAWN)
    elif now - rollout.moved_at > timedelta(days=rollout.step_days):
        _back(rollout, Reason.TIME_OUT)
    elif rollout.reason == Reason.QUIET and held and rollout.held_at and rollout.heard_at > rollout.held_at:
        _let_on(rollout, Reason.HEARD)
    elif by_itself and rollout.held_at and now - rollout.held_at > quiet:
        _back(rollout, Reason(rollout.reason))
    elif held:
        return
    elif _champion_gone(rollout):
        _hold(rollout, Reason.CHAMPION_GONE, now)
    elif rollout.shadow_failed_at and now - rollout.shadow_failed_at > quiet:
        _hold(rollout, Reason.SHADOW, now)
    elif now - last > quiet:
        _hold(rollout, Reason.QUIET, now)
    elif _shown(rollout, watch):
        _step(rollout)


def _shown(rollout: Rollout, watch: Watch) -> bool:
    if not rollout.share:
        return watch.guardrails[BLIND].candidates >= rollout.shadow_verdicts
    return watch.clears(within(rollout))


def _answers(rollout: Rollout, version: int) -> bool:
    return Deployment.objects.live().filter(project=rollout.project_id, version=version).exists()


def _champion_gone(rollout: Rollout) -> bool:
    if rollout.predecessor_id:
        return not _answers(rollout, rollout.champion_id)
    if resolution.default_changed(rollout.project, rollout.version, rollout.begun_at):
        return True
    others = Deployment.objects.live().filter(
        project=rollout.project_id, version__capability__in=rivals.of(rollout.version.capability)
    )
    return others.exclude(version=rollout.version_id).filter(started_at__gt=rollout.begun_at).exists()


def _step(rollout: Rollout, by: Person | None = None) -> None:
    """The next share; the last one is for good. Where the evaluation holds no more it is held."""
    share = next(one for one in STEPS if one > rollout.share)
    reason = Reason.EVIDENCE if rollout.share or rollout.shadow_verdicts else ""
    over: dict[str, Any] = {"state": PROMOTED, "ended_at": Now()} if share == STEPS[-1] else {}
    try:
        with transaction.atomic():
            Rollout.objects.filter(pk=rollout.pk).update(share=share, moved_at=Now(), **over)
            who = by or rollout.begun_by
            rollout.refresh_from_db()
            registry.deploy(rollout.project, rollout.version, share=share, by=who, grounds=registry.step(rollout))
            _write(rollout, Kind.PROMOTED if over else Kind.STEPPED, reason=reason, by=by)
    except StateConflict:
        if by is not None:
            raise
        rollout.refresh_from_db()
        _hold(rollout, Reason.NO_BASIS, timezone.now())


def _hold(rollout: Rollout, reason: str, now: datetime, by: Person | None = None, said: str = "") -> None:
    Rollout.objects.filter(pk=rollout.pk).update(state=HELD, reason=reason, held_at=now)
    _write(rollout, Kind.HELD, reason=reason, by=by, said=said)


def _let_on(rollout: Rollout, reason: str, by: Person | None = None, said: str = "") -> None:
    # Whoever lets it on gives it time anew; that something was heard again doesn't.
    told = {"moved_at": Now()} if by else {}
    Rollout.objects.filter(pk=rollout.pk).update(state=LIVE, reason="", held_at=None, shadow_failed_at=None, **told)
    _write(rollout, Kind.LET_ON, reason=reason, by=by, said=said)


def _back(rollout: Rollout, reason: str, by: Person | None = None, said: str = "", harm: str = "") -> None:
    """What it took goes back, in the transaction that says so."""
    Rollout.objects.filter(pk=rollout.pk).update(state=BACK, reason=reason, share=0, held_at=None, ended_at=Now())
    registry.put_back(rollout, by=by or rollout.begun_by)
    _write(rollout, Kind.BACK, reason=reason, by=by, said=said, harm=harm)


def _locked(rollout: Rollout, *states: str) -> None:
    """Raises StateConflict where it isn't in one of these states any more."""
    rows = Rollout.objects.select_for_update(of=("self",)).filter(pk=rollout.pk, state__in=states)
    if rows.first() is None:
        raise StateConflict("This rollout has moved on meanwhile: look again.")


def _write(
    rollout: Rollout, kind: str, *, reason: str = "", by: Person | None = None, said: str = "", harm: str = ""
) -> None:
    now = Rollout.objects.select_related("project", "version", "begun_by").get(pk=rollout.pk)
    number = 1 + (now.timeline.aggregate(newest=Max("number"))["newest"] or 0)
    figures = {name: _figures(one) for name, one in guardrails.read(now.watch).guardrails.items()}
    RolloutEvent.objects.create(
        rollout=now,
        number=number,
        kind=kind,
        reason=reason,
        harm=harm,
        share=now.share,
        said=said[: limits.REASON],
        figures=figures,
        by=by,
    )
    terms = {"state": now.state, "outcome": kind, "reason": harm or reason, "share": now.share}
    registry.tell("model_rollout", now.project, now.version, by or now.begun_by, champion=str(now.champion), **terms)


def _figures(one: guardrails.Guardrail) -> dict[str, Any]:
    candidate, champion = one.means
    upper = one.upper.at(guardrails.ALPHA)
    return {
        "seen": one.seen,
        "candidates": one.candidates,
        "candidate": candidate and round(candidate, 4),
        "champion": champion and round(champion, 4),
        "upper": round(upper, 4) if one.seen else None,
    }


def _once(name: str, key: int) -> None:
    job = app.configure_task(SHADOW, queue="copilot", lock=name, queueing_lock=name)
    try:
        with transaction.atomic():
            job.defer(rollout_key=key)
    except AlreadyEnqueued:
        return
