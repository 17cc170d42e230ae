"""What people's work says of a version that has a share of it: each piece by the version that was drawn for it, asked
or not, in the order in which it was handed in."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assist.learning.guardrails import EDITED, REFUSED, SILENT, SLOW, Piece
from assist.models import Rollout, Suggestion
from assist.registry import registry, resolution
from assist.suggestions.bindings import subject_of
from assist.suggestions.offers import EVERYTHING
from projects.models import Annotation, Assignment
from taskers.models import Person

AT_ONCE = 500  # pieces of work
SETTLES = timedelta(minutes=1)  # what was handed in later may still have others to come before it
PATIENCE = timedelta(minutes=20)  # then an offer that nobody settled counts as one that wasn't taken
SLOW_MS = 1_000  # an answer that takes longer is waited for
UNHELPED = 0.5  # the harm in work without an offer: offers that are refused as often as taken save nobody anything

Outcome = Suggestion.Outcome
TAKEN = {Outcome.ACCEPTED, Outcome.EDITED}


@dataclass(frozen=True)
class Read:
    """Pieces of work, and the key of the last annotation that was looked at."""

    pieces: Sequence[Piece]
    upto: int


def since(rollout: Rollout, now: datetime) -> Read:
    """The next pieces of work of a rollout that tell anything."""
    rows = Annotation.objects.current().filter(task__project=rollout.project_id, pk__gt=rollout.read_upto)
    rows = rows.filter(at__lte=now - SETTLES, tasker__kind=Person.Kind.HUMAN)
    work = list(rows.select_related("assignment").order_by("pk")[:AT_ONCE])
    helped = [one for one in work if _counts(one, rollout)]
    offers = _offers(rollout, [one.assignment_id for one in helped])
    settled = []
    for one in work:
        own = offers.get(one.assignment_id, [])
        if any(offer.outcome == Outcome.OFFERED for offer in own) and one.at > now - PATIENCE:
            break  # its outcome is still to come
        settled.append(one)
    chosen = {one.pk for one in helped}
    pieces = list(_pieces(rollout, [one for one in settled if one.pk in chosen], offers))
    return Read(pieces, settled[-1].pk if settled else rollout.read_upto)


def _counts(one: Annotation, rollout: Rollout) -> bool:
    """Work with the copilot that was begun under the rollout, where no error was planted."""
    mine = one.assignment
    begun = mine.held_at is not None and mine.held_at >= rollout.begun_at
    return begun and bool(mine.copilot) and mine.kind == Assignment.Kind.JUDGE


def _offers(rollout: Rollout, assignments: Sequence[int]) -> Mapping[int, list[Suggestion]]:
    rows = Suggestion.objects.filter(assignment_key__in=assignments, planted=False).exclude(prompt=EVERYTHING)
    found: dict[int, list[Suggestion]] = defaultdict(list)
    for one in rows.filter(model__in=[rollout.version_id, rollout.champion_id]).exclude(outcome=Outcome.REFINED):
        found[one.assignment_key].append(one)
    return found


def _pieces(rollout: Rollout, work: Sequence[Annotation], offers: Mapping[int, list[Suggestion]]) -> Iterator[Piece]:
    capability, mine = rollout.version.capability, str(rollout.version)
    drawn = [(subject_of(one.assignment), one.assignment.held_at or one.at) for one in work]
    versions = resolution.chosen_then(rollout.project, capability, drawn)
    shares = resolution.shares_then(rollout.project, capability, [at for _, at in drawn])
    other = str(rollout.champion)
    for one, version, share in zip(work, versions, shares, strict=True):
        # Where the champion isn't deployed it is what the runtime answers with by itself.
        by_champion = share.get(other, max(0, registry.WHOLE - sum(share.values())))
        by_candidate = share.get(mine, 0)
        if not by_candidate or not by_champion or version not in (mine, other, ""):
            continue
        if version == "" and other in share:
            continue
        chance = by_candidate / (by_candidate + by_champion)
        yield Piece(version == mine, chance, str(one.tasker_id), harms_of(offers.get(one.assignment_id, [])))


def harms_of(offers: Sequence[Suggestion]) -> dict[str, float]:
    """Each kind of harm in one piece of work, in [0, 1]. An offer that wasn't taken has to be made up for whole. None
    at all is neither taken nor refused, so that a model which says nothing is no better than one that is mostly right.
    """
    count = len(offers)
    taken = [one for one in offers if one.outcome in TAKEN]
    return {
        REFUSED: (count - len(taken)) / count if count else UNHELPED,
        EDITED: (count - sum(1 - (one.edit or 0.0) for one in taken)) / count if count else UNHELPED,
        SILENT: 0.0 if count else 1.0,
        SLOW: float(any(one.latency_ms > SLOW_MS for one in offers)),
    }
