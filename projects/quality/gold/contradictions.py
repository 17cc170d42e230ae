"""Gold that can't both be right: two to one payload that differ, or one that a reviewer decided otherwise.

They are suspect until a manager settles it: neither dealt, nor graded by, nor told to an estimate. Looked for when one
is stocked, and by every estimate.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from django.db.models import Q

from projects.configuration.terms import Terms, terms_of
from projects.models import PooledGold, Project, Verdict
from projects.quality.aggregation import agreement_in, threshold_of
from projects.quality.audits import REVIEW
from projects.quality.gold import kept_words
from projects.quality.votes import known_answer
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task

# Retired for these it is as right as ever; by hand it may have been wrong.
WORN = (kept_words.WORN_OUT, kept_words.LEAKED)


@dataclass(frozen=True)
class _Said:
    """An answer to a payload, when it came, and when a manager last said that it is right; `kept` unless a reviewer
    gave it."""

    answer: dict
    came: datetime
    settled: datetime | None = None
    kept: PooledGold | None = None

    def stands_before(self, other: "_Said") -> bool:
        """Whether it was held right by who knew of the other: reviewers are taken at their word."""
        return self.kept is None or (self.settled is not None and self.settled > other.came)


def mark(project: Project, *, payload: str = "") -> list[PooledGold]:
    """Take for suspect what contradicts and isn't settled, of one payload (its hash) or of all; returns those."""
    rows = PooledGold.objects.filter(project=project, suspect_at=None)
    rows = rows.filter(Q(retired_at=None) | Q(retired_why__in=WORN)).order_by("pk")
    if payload:
        rows = rows.filter(gold__task__payload_hash=payload)
    kept = list(rows.select_related("gold__task__project"))
    verdicts = Verdict.objects.current().filter(task__in=[one.gold.task_id for one in kept], method=REVIEW)
    reviewed = {one.task_id: one for one in verdicts}
    if len(kept) + len(reviewed) < 2:
        return []
    terms = terms_of(project)
    found: dict[str, list[_Said]] = defaultdict(list)
    for one in kept:
        found[one.gold.task.payload_hash] += _said_of(terms, one, reviewed.get(one.gold.task_id))
    return [one for some in found.values() for one, why in _contradicting(terms, some) if _doubt(one, why)]


def _said_of(terms: Terms, kept: PooledGold, verdict: Verdict | None) -> list[_Said]:
    """What is said of a known answer's task; nothing that no longer fits it."""
    task, made = kept.gold.task, kept.gold.made_at
    found = []
    if (answer := known_answer(terms, task, kept.gold.answer)) is not None:
        found.append(_Said(answer, made, kept.fresh_at if kept.fresh_at > made else None, kept))
    if verdict is not None and (answer := known_answer(terms, task, verdict.answer)) is not None:
        found.append(_Said(answer, verdict.at))
    return found


def _contradicting(terms: Terms, some: Sequence[_Said]) -> list[tuple[PooledGold, str]]:
    """Those of one payload that another answer speaks against, with the first that does, in words."""
    agree, alike = agreement_in(terms), threshold_of(terms)
    found: dict[int, tuple[PooledGold, str]] = {}
    for first, second in combinations(some, 2):
        settled = first.stands_before(second) and second.stands_before(first)
        if settled or agree(first.answer, second.answer) >= alike:
            continue
        for one, other in ((first, second), (second, first)):
            if one.kept is not None:
                found.setdefault(one.kept.pk, (one.kept, _why(other)))
    return list(found.values())


def _why(other: _Said) -> str:
    if other.kept is None:
        return kept_words.REVIEWED_OTHERWISE
    return kept_words.ASKED_TWICE % {"task": other.kept.gold.task.external_id[:100]}


def _doubt(kept: PooledGold, why: str) -> bool:
    live = PooledGold.objects.filter(pk=kept.pk, suspect_at=None)
    if not live.update(suspect_at=Clock(), suspect_why=why[:200]):
        return False
    emit_of_task("gold_doubted", kept.gold.task, None, why=why)
    return True
