"""Where somebody may work next: read from small tables, in one statement, before any walk.

A candidate is one slot of one live batch, with how far this tasker has walked through it. Candidates come in the order
in which work is wanted: priority of project and batch together, raised by one for every AGING seconds without being
served; then the earliest deadline that can still be met, then deadlines that can't, then no deadline; then better pay;
then age. Within a batch come the tasks that were put first, then the others: slot by slot, or, where a project finishes
tasks, along all slots at once, starting a few tasks further on for each tasker and claim.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from projects.configuration import raised_rate
from projects.models import FIRST_SLOTS, Assignment, AssignmentRules, Project
from projects.queue import draws, eligibility, sql
from projects.queue.local_time import Day, today
from projects.queue.no_work import Nothing
from taskers.database.prepared import ask_rows
from taskers.models import Person
from taskers.standing import grades

AGING = 600.0  # seconds without being served that weigh as much as one step of priority
# How many batches with something open are looked at at a time: the most urgent few, nearly always enough; and where
# there is nothing for this tasker in them, so many, and so many more, to the end of the order.
FEW_BATCHES = 6
MOST_BATCHES = 60
MAX_SHIFT = 16  # free tasks by which a walk depth first starts further on, at most one fewer


class Terms(NamedTuple):
    """What one project promises to, and asks of, one tasker at this moment."""

    project: int
    mode: str  # AssignmentRules.Mode
    version: int
    lease: int  # seconds
    rate: int  # millionths, with the rise of whoever is shown to be good
    raise_percent: int
    raise_from: float
    copilot: bool
    control: float  # the share of claims that go without it
    planted: float  # the share of gold that shows a planted error
    audit: float | None  # the share of tasks by which models are audited: there nobody gets it
    held: int | None  # the assignment that this tasker holds already
    standing_floor: float | None
    standing_evidence: float | None
    good: float | None
    poor: float | None
    daily_tasks: int | None
    daily_earnings: int | None
    judgements_today: int | None
    promised_today: int | None
    gold_share: float | None
    depth_first: bool
    file_order: bool
    training_tasks: int | None
    trained: float | None
    barred: str | None
    barred_reason: str | None
    barred_until: datetime | None
    spent: bool  # the project has spent what it may
    lacking: str | None  # JSON: the requirements that aren't met

    @property
    def evidence(self) -> float:
        """How much is known of this tasker here."""
        return (self.good or 0.0) + (self.poor or 0.0)

    @property
    def by_list(self) -> bool:
        """Whether people get what is on their lists, and nobody walks."""
        return self.mode != AssignmentRules.Mode.POOL

    def once_handed_in(self, mine: Assignment) -> "Terms":
        """As they will be then: what is promised today counts one more."""
        if self.project != mine.task.project_id:
            return self
        done, promised = self.judgements_today or 0, self.promised_today or 0
        return self._replace(judgements_today=done + 1, promised_today=promised + (mine.rate or 0))


class OpenBatch(NamedTuple):
    """A batch that has something open, and where this tasker's walks through it stand; none where a project has none
    among those asked for."""

    number: int  # this tasker's claim number
    apart: list[int] | None  # who must not judge the same task: conflicts_of_interest.py
    rank: int
    batch: int | None
    deepest: int | None  # its last slot with something open
    first: int  # and of what comes first, in slots of its own; below zero where there is none
    slots: list[int] | None  # through which they have walked, and beside each, how far
    keys: list[int] | None
    swept: list[int] | None
    rounds: list[int] | None

    @property
    def walks(self) -> Iterator[int]:
        """Its slots in the order in which they are walked: tasks that were put first before all others."""
        yield from range(FIRST_SLOTS, FIRST_SLOTS + self.first + 1)
        yield from range(0 if self.deepest is None else self.deepest + 1)

    @property
    def depth_walks(self) -> Iterator[int]:
        """The slots that stand for all of what comes first, and for all others, where they are walked together."""
        if self.first >= 0:
            yield FIRST_SLOTS
        if self.deepest is not None:
            yield 0


class CandidateSlot(NamedTuple):
    """One slot of a batch, and where a tasker's walk and slow second walk through it stand."""

    terms: Terms
    batch: int
    slot: int
    after: int = 0  # the walk key of the last one
    swept: int = 0
    rounds: int = 0
    shift: int | None = None  # free tasks that a walk depth first starts further on; None: it goes slot by slot


@dataclass
class Choice:
    """Everything that one claim of a tasker chooses from."""

    tasker: Person
    day: Day  # of this tasker's
    projects: dict[int, Project]
    number: int = 0  # the claim number that it is true at; what is taken moves it on
    terms: dict[int, Terms] = field(default_factory=dict)  # by project
    slots: list[CandidateSlot] = field(default_factory=list)
    refusals: dict[int, Nothing] = field(default_factory=dict)  # by project: why this tasker may not work there
    partners: set[int] = field(default_factory=set)  # who must not judge the same task
    goes_on: int | None = None  # behind which rank there may be more batches

    def refuse(self, project: int, why: Nothing) -> None:
        """Leave a project out, for this reason."""
        self.refusals[project] = why
        self.slots = [one for one in self.slots if one.terms.project != project]

    @property
    def refused(self) -> bool:
        """Whether this tasker may work in none of the projects."""
        return bool(self.refusals) and len(self.refusals) == len(self.terms)

    @property
    def allowed(self) -> list[Project]:
        """Where they may work."""
        return [one for pk, one in self.projects.items() if pk not in self.refusals]

    @property
    def held(self) -> Terms | None:
        """The terms of the project in which they hold something already."""
        return next((one for one in self.terms.values() if one.held), None)


def choose_batches(
    tasker: Person,
    projects: Sequence[Project],
    *,
    most: int | None = None,
    after: int | None = None,
    handing_in: Assignment | None = None,
) -> Choice:
    """What this tasker may choose from, by one look at the small tables: so many batches that have something open,
    behind this rank if one is told. What they may not enter, or not once `handing_in` is done, is refused already.
    """
    most, day = MOST_BATCHES if most is None else most, today(tasker)
    asked = {"tasker": tasker.pk, "projects": [one.pk for one in projects], "aging": AGING, "most": most}
    asked |= {"after": after, "today": day.date, "midnight": day.begins}
    choice, batches = Choice(tasker, day, {one.pk: one for one in projects}), 0
    for terms, found in ask_rows(sql.CHOOSE_BATCHES, asked, Terms, OpenBatch):
        terms = choice.terms.setdefault(terms.project, terms)
        choice.number = found.number
        choice.partners.update(found.apart or ())
        if found.batch is not None:
            batches, choice.goes_on = batches + 1, found.rank
            walks = zip(found.keys or (), found.swept or (), found.rounds or (), strict=True)
            walked = dict(zip(found.slots or (), walks, strict=True))
            shift = _shift(tasker, found.number, terms)
            for slot in found.walks if shift is None else found.depth_walks:
                choice.slots.append(CandidateSlot(terms, found.batch, slot, *walked.get(slot, (0, 0, 0)), shift))
    if batches < most:
        choice.goes_on = None
    _raise_rates(choice)
    for pk, terms in choice.terms.items():
        if why := eligibility.why_not(terms.once_handed_in(handing_in) if handing_in else terms):
            choice.refuse(pk, why)
    return choice


def _shift(tasker: Person, number: int, terms: Terms) -> int | None:
    """By how many free tasks this claim's walk starts further on: drawn for each tasker and claim number, so that
    taskers beside each other share no order, and a look ahead sees what the claim will. In file order by none."""
    if not terms.depth_first:
        return None
    return 0 if terms.file_order else draws.rng("shift", f"{tasker.pk}:{number}").randrange(MAX_SHIFT)


def _raise_rates(choice: Choice) -> None:
    """Where a project pays more to whoever is shown to be good, this tasker's rate; no query where none does."""
    paying = {pk: choice.projects[pk].public_id for pk, terms in choice.terms.items() if terms.raise_percent}
    known = grades.shown(choice.tasker, set(paying.values()), before=grades.as_of()) if paying else {}
    raised = {}
    for pk, key in paying.items():
        terms = choice.terms[pk]
        if (rate := raised_rate.rate_for(terms, known.get(key))) != terms.rate:
            raised[pk] = choice.terms[pk] = terms._replace(rate=rate)
    if raised:
        choice.slots = [one._replace(terms=raised.get(one.terms.project, one.terms)) for one in choice.slots]


def choices(tasker: Person, projects: Sequence[Project], *, most: int) -> Iterator[Choice]:
    """What they may choose from, so many batches first, and while nothing of it is taken, all those behind."""
    after: int | None = None
    while True:
        choice = choose_batches(tasker, projects, most=most, after=after)
        yield choice
        if choice.goes_on is None or choice.refused:
            return
        # The few are looked at again among the many, and all once more when a project has left the order.
        after = choice.goes_on if most == MOST_BATCHES and not choice.refusals else None
        most, projects = MOST_BATCHES, choice.allowed


def terms_of(tasker: Person, projects: Sequence[Project]) -> Choice:
    """The terms of these projects, and no slot to work in."""
    return choose_batches(tasker, projects, most=0)
