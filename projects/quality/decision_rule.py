"""What follows from answers that were weighed: pure, it is given all of it and does nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from projects.configuration import review_rule
from projects.configuration.terms import Terms
from projects.errors import Refused
from projects.inference.overlap import wanted_after
from projects.quality.aggregation import Weighed
from projects.quality.votes import RETIRED, TAMPERED, Case, Vote
from projects.queue import MOST_WANTED, draws
from projects.task_types import TASK_TYPES
from taskers.models import Person

ALTERED = "An answer was changed after it was handed in, by other means than Tandem's; it has no vote."
HELD_BACK = "It was held back, or reported as broken, when its batch was closed; what came in waits for a reviewer."
# Why the answers don't decide, as it is kept; pages say it in the reader's language.
DOUBTS = {
    "retired": "Only %(counted)s of %(answers)s answers have a vote (their labels are retired); %(least)s are needed.",
    "seen": (
        "Only %(counted)s of %(answers)s answers have a vote (people saw what the model says); %(least)s are needed."
    ),
    "unidentified": (
        "What people say could as well be the other way round, and nothing known says which of them are right:"
        " about %(needed)s gold tasks would tell. %(why)s"
    ),
    "no-answer": "The answers together make none that could be handed in: %(why)s",
    "unsure": "%(sure)s sure after %(answers)s answers; %(target)s is wanted. %(why)s",
    "unsure-at-last": (
        "%(sure)s sure after %(answers)s answers, the most that may be asked; %(target)s is wanted. %(why)s"
    ),
}


@dataclass(frozen=True)
class Wait:
    """Other answers, or somebody else's word, are waited for."""


@dataclass(frozen=True)
class Decide:
    """The answers decide the task."""


@dataclass(frozen=True)
class AskMore:
    """They leave doubt that others may end: so many judgements are wanted in all."""

    wanted: int


@dataclass(frozen=True)
class PassOn:
    """A reviewer is to decide; why, in a sentence (models alone leave no doubt, and yet decide nothing)."""

    doubt: str


Step = Wait | Decide | AskMore | PassOn


def next_step(case: Case, weighed: Weighed) -> Step:
    """What follows while others can be asked."""
    if not case.complete:
        return Wait()
    terms, task, votes = case.terms, case.task, case.votes
    by_models, doubt = _is_by_models(votes), _doubt_of(case, weighed)
    if not doubt and not by_models:
        return _settled(case, weighed)
    # More of a crowd that doesn't tell what is true would not tell it either.
    most = terms.most if terms.accuracy_model.identified else 0
    wanted = wanted_after(_sure_of(terms, weighed), len(votes), task.wanted, terms.settings.target, most)
    if by_models:  # they may count; without a person they decide nothing here
        wanted = max(wanted, task.wanted + 1)
    if task.wanted < wanted <= MOST_WANTED and (by_models or not weighed.has(TAMPERED)):
        return AskMore(wanted)
    return PassOn(doubt)


def last_step(case: Case, weighed: Weighed) -> Step:
    """What follows where nobody else will be asked."""
    if case.task.withheld:
        return Wait()
    doubt = _doubt_of(case, weighed)
    return PassOn(doubt) if doubt or _is_by_models(case.votes) else _settled(case, weighed)


def asked_by_rule(case: Case, weighed: Weighed) -> str:
    """Why the project's rule has a reviewer look at what the answers decide, in a sentence; "" for no reason."""
    rule = review_rule.of(case.terms.settings.review)
    if not rule.asks:
        return ""
    room = TASK_TYPES[case.task.project.task_type]
    standing = min((one.standing for one in weighed.voting), default=1.0)
    labels = room.labels_used(weighed.outcome.answer or {})
    return rule.why(review_rule.Decided(draws.share("review", str(case.task.pk)), weighed.confidence, standing, labels))


def _settled(case: Case, weighed: Weighed) -> Step:
    """The answers leave no doubt: they decide, unless a reviewer is to look before."""
    before = review_rule.of(case.terms.settings.review).when == review_rule.BEFORE
    why = asked_by_rule(case, weighed) if before else ""
    return PassOn(why) if why else Decide()


def _doubt_of(case: Case, weighed: Weighed) -> str:
    """Why the answers don't decide, in a sentence for a reviewer; empty if they do."""
    task, terms = case.task, case.terms
    if weighed.has(TAMPERED):
        return ALTERED
    counted, least = len(weighed.voting), min(task.wanted, terms.settings.wanted)
    if counted < least:
        said = DOUBTS["retired" if weighed.has(RETIRED) else "seen"]
        return said % {"counted": counted, "answers": len(weighed.votes), "least": least}
    if not weighed.outcome.decided:
        return weighed.outcome.why
    if fault := _fault_of(case, weighed):
        return DOUBTS["no-answer"] % {"why": fault}
    if terms.settings.most is not None and not terms.accuracy_model.identified:
        return DOUBTS["unidentified"] % {"needed": terms.accuracy_model.needed, "why": weighed.outcome.why}
    if terms.settings.most is not None and weighed.confidence < terms.settings.target:
        return DOUBTS["unsure" if task.wanted < terms.settings.most else "unsure-at-last"] % {
            "sure": f"{weighed.confidence:.0%}",
            "answers": counted,
            "target": f"{terms.settings.target:.0%}",
            "why": weighed.outcome.why,
        }
    return ""


def _fault_of(case: Case, weighed: Weighed) -> str:
    """Why what the answers say together is no answer that anybody could have handed in; empty if it is one."""
    in_use = {label for label, successor in case.terms.labels.items() if label == successor}
    try:
        TASK_TYPES[case.task.project.task_type].check_answer(weighed.outcome.answer, case.task.payload, in_use)
    except Refused as refused:
        return refused.text
    return ""


def _is_by_models(votes: Sequence[Vote]) -> bool:
    """Whether models alone answered: what they say decides nothing without a person."""
    return bool(votes) and all(one.annotation.tasker.kind == Person.Kind.MODEL for one in votes)


def _sure_of(terms: Terms, weighed: Weighed) -> float:
    """The confidence that the overlap goes by: none where the answers decide nothing or too few of them have a vote."""
    enough = len(weighed.voting) >= terms.settings.wanted
    return weighed.confidence if weighed.outcome.decided and enough else 0.0
