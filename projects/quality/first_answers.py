"""Answers that were sent back and mended, as they were handed in first.

Whoever mends an answer knows what the reviewer thinks of it: the newer answer is what counts, and what is paid, but it
says nothing of how good its tasker is.
"""

from collections.abc import Sequence
from dataclasses import replace

from projects.models import Annotation, Mistake
from projects.quality.votes import VOTELESS, Case, Vote, as_it_counts


def as_first_said(case: Case) -> Sequence[Vote]:
    """The votes of a task, those that were mended with what they said first."""
    mended = Mistake.objects.filter(task=case.task, state=Mistake.State.MENDED)
    before: dict[int, Annotation] = {one.mended_id or 0: one.annotation for one in mended.select_related("annotation")}
    return [_first(case, vote, before) for vote in case.votes] if before else case.votes


def _first(case: Case, vote: Vote, before: dict[int, Annotation]) -> Vote:
    first = vote.annotation
    while first.pk in before:
        first = before[first.pk]
    if first.pk == vote.annotation.pk:
        return vote
    answer, why = as_it_counts(case.terms, case.task, first.answer)
    return replace(vote, answer=answer, why=why if why in VOTELESS else vote.why)
