"""Whether answers that were weighed decide their task, and why not: pure, it is given what was weighed."""

from collections.abc import Sequence

from projects.configuration.terms import Terms
from projects.models import Task
from projects.quality.aggregation import Weighed
from projects.quality.votes import RETIRED, TAMPERED, Vote
from taskers.models import Person


def doubt_of(terms: Terms, task: Task, weighed: Weighed) -> str:
    """Why the answers don't decide, in a sentence for a reviewer; empty if they do."""
    if weighed.has(TAMPERED):
        return "An answer was changed after it was handed in, by other means than Tandem's; it has no vote."
    counted, least = len(weighed.voting), min(task.wanted, terms.settings.wanted)
    if counted < least:
        why = "their labels are retired" if weighed.has(RETIRED) else "people saw what the model says"
        return f"Only {counted} of {len(weighed.votes)} answers have a vote ({why}); {least} are needed."
    if not weighed.outcome.decided:
        return weighed.outcome.why
    if terms.settings.most is not None and weighed.confidence < terms.settings.target:
        most = "" if task.wanted < terms.settings.most else ", the most that may be asked"
        return (
            f"{weighed.confidence:.0%} sure after {counted} answers{most};"
            f" {terms.settings.target:.0%} is wanted. {weighed.outcome.why}"
        )
    return ""


def is_by_models(votes: Sequence[Vote]) -> bool:
    """Whether models alone answered: what they say decides nothing without a person."""
    return bool(votes) and all(one.annotation.tasker.kind == Person.Kind.MODEL for one in votes)


def sure_of(terms: Terms, weighed: Weighed) -> float:
    """The confidence that the overlap goes by: none where the answers decide nothing or too few of them have a vote."""
    enough = len(weighed.voting) >= terms.settings.wanted
    return weighed.confidence if weighed.outcome.decided and enough else 0.0
