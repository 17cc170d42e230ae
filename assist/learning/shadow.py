"""A version answers behind people's work: tasks that are decided without any model's help, and a sample of the others.
Nobody is shown what it says, and it is no vote: no suggestion is written down, only how it did once the task was
decided. The only writer of ShadowAnswer.

Both versions are asked when the verdict is there, behind people's own questions. What is killed begins anew where it
stood: scores and place are written together.
"""

import asyncio
from collections.abc import Container, Sequence
from dataclasses import replace

from django.db import transaction

from assist.errors import CopilotError
from assist.learning import blind_verdicts, canary
from assist.learning.asked import Scores, asked_by
from assist.learning.blind_verdicts import Decided
from assist.learning.evaluation import NEWEST, scores_of
from assist.models import ModelVersion, Rollout, ShadowAnswer
from assist.registry.hash_bucket import lot

SAMPLE = 0.1  # of the tasks that people had help with: shown beside, they say nothing of who is better
AT_ONCE = 200  # verdicts
FEW = 300  # of the newest verdicts on pictures teach here: each has to be looked at where nothing is kept of it


def run(key: int) -> int:
    """Compare both on what was decided since; returns on how many tasks."""
    rows = Rollout.objects.select_related("project__organization", "version", "champion")
    rollout = rows.filter(pk=key, state__in=canary.RUNNING).first()
    if rollout is None:
        return 0
    two = (rollout.version, rollout.champion)
    newest = blind_verdicts.newest_key(rollout.project)  # before the tasks: what comes meanwhile is read next time
    decided = blind_verdicts.unseen(rollout.project, two, _read(rollout))
    fresh = sorted((one for one in decided if one.entry.pk > rollout.verdicts_upto), key=lambda one: one.entry.pk)
    fresh = fresh[:AT_ONCE]
    blind = {one.entry.pk: one.blind for one in fresh if one.blind or _drawn(rollout, one)}
    chosen = chosen_of(two, decided, blind)
    try:
        both = asked_by(rollout.project, two, chosen).twice()
        scores = asyncio.run(scores_of(*two, both, chosen)) if blind else ([], [])
    except CopilotError:
        canary.silent_in_shadow(rollout)
        return 0
    upto = fresh[-1].entry.pk if fresh else newest
    return _written(rollout, [one for one in chosen if one.blind], blind, scores, upto)


def _read(rollout: Rollout) -> list[Decided]:
    """The newest, which teach, and those that come next here, however many came since."""
    recent = blind_verdicts.newest(rollout.project, NEWEST)
    known = {one.entry.pk for one in recent}
    coming = blind_verdicts.after(rollout.project, rollout.verdicts_upto, AT_ONCE)
    return recent + [one for one in reversed(coming) if one.entry.pk not in known]


def chosen_of(two: Sequence[ModelVersion], decided: Sequence[Decided], blind: Container[int]) -> list[Decided]:
    """Of what was decided, the newest first, what is read: what was decided before teaches a model of classes; only
    these of `blind` are asked for."""
    looks = any(one.capability == ModelVersion.Capability.EMBED_IMAGE for one in two)
    teaching = {one.entry.pk for one in decided[: FEW if looks else None]}
    marked = [replace(one, blind=one.entry.pk in blind) for one in decided]
    return [one for one in marked if one.blind or one.entry.pk in teaching]


def _drawn(rollout: Rollout, one: Decided) -> bool:
    return lot(f"shadow {rollout.public_id} {one.task.public_id}") < SAMPLE


@transaction.atomic
def _written(
    rollout: Rollout, asked: Sequence[Decided], blind: dict[int, bool], scores: tuple[Scores, Scores], upto: int
) -> int:
    if not canary.stands_at(rollout):
        return 0
    known = ShadowAnswer.objects.filter(rollout=rollout, task_key__in=[one.task.pk for one in asked])
    before = set(known.values_list("task_key", flat=True))
    made = [
        ShadowAnswer(
            rollout=rollout,
            task_key=one.task.pk,
            verdict_key=one.entry.verdict_id,
            group=one.group,
            blind=blind[one.entry.pk],
            candidate=candidate,
            champion=champion,
        )
        for one, candidate, champion in zip(asked, *scores, strict=True)
        if candidate is not None and champion is not None and one.task.pk not in before
    ]
    made.sort(key=lambda one: one.verdict_key)
    counting = _firsts(rollout, made)
    ShadowAnswer.objects.bulk_create(made)
    canary.take_in(rollout, [(one.candidate, one.champion) for one in counting], upto)
    return len(made)


def _firsts(rollout: Rollout, made: Sequence[ShadowAnswer]) -> list[ShadowAnswer]:
    """The first blind ones of their group in this rollout. Tasks that show the same are lost or won together: each
    counted anew, the bets would rise by chance as if it were evidence."""
    rows = ShadowAnswer.objects.filter(rollout=rollout, blind=True, group__in={one.group for one in made})
    known = set(rows.values_list("group", flat=True))
    first: dict[str, ShadowAnswer] = {}
    for one in made:
        if one.blind and one.group not in known:
            first.setdefault(one.group, one)
    return list(first.values())
