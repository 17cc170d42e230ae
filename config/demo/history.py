"""Three weeks of the organization's past: its people at work, through the verbs that everybody uses.

What somebody does is a generator that gives the seconds until they go on. All are played in the order of those moments,
with the database's clock put back to each (clock.py), until now: whoever is at a task then holds it.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Count, Max
from django.db.models.functions import TruncDate
from django.utils import timezone

from config import database_owner
from config.demo import calls, clock, crew, minutes, office, projects
from config.demo.crew import CARELESS, CREW, Course, Desk, Worker
from projects import queue
from projects.configuration import configure
from projects.data import importing
from projects.data.reading.rows import Known, Row
from projects.models import Assignment, Batch, DayTally, Project
from projects.quality import estimating
from projects.quality.gold import settling
from projects.reports import agreement_reports, progress, verdict_index
from projects.workflow import batches
from projects.workforce import rules
from taskers.models import Membership, Organization, Person
from taskers.models.people import Role
from taskers.people import invitations
from taskers.skills import skills

HERE = Path(__file__).parent
DAYS = 24
# More calls than the crew gets through, so that whoever looks around finds work.
NUMBER_OF_CALLS, NUMBER_OF_ENTRIES, NUMBER_OF_GOLD = 252, 48, 14
WORKDAYS = 15  # three weeks of them, whatever day it is today
LATELY = timedelta(minutes=3)  # since when some sit at their desks now


@dataclass
class Story:
    """Who is there, and what is still to come."""

    organization: Organization
    people: dict[str, Person]  # by the name that their address begins with
    now: datetime
    dice: random.Random = field(default_factory=lambda: random.Random(24))
    coming: list[tuple[datetime, int, Course]] = field(default_factory=list)
    planned: int = 0

    def plan(self, moment: datetime, course: Course) -> None:
        """Somebody begins something then."""
        self.planned += 1
        heapq.heappush(self.coming, (moment, self.planned, course))

    def play(self) -> None:
        """Let everybody go on, each at their moment; what would come after now is left as it stands."""
        while self.coming and self.coming[0][0] <= self.now:
            moment, order, course = heapq.heappop(self.coming)
            clock.at(moment)
            if (seconds := next(course, None)) is not None:
                heapq.heappush(self.coming, (moment + timedelta(seconds=seconds), order, course))
        clock.at(self.now)

    def workdays(self) -> list[datetime]:
        """The midnights with which the days began on which somebody worked, today's aside: as many each time."""
        before = [(self.now - timedelta(days=back)).date() for back in range(DAYS - 1, 0, -1)]
        return [datetime.combine(day, time(), UTC) for day in before if day.weekday() < 5][-WORKDAYS:]


def tell(organization: Organization, people: Mapping[str, Person]) -> None:
    """Make the past of an organization, all of it or nothing. Where it has one already, nothing is done.

    `people` has its accounts, by the name that their address begins with.
    """
    if Project.objects.filter(organization=organization, name=projects.CALLS["name"]).exists():
        return
    with database_owner.signed_in(connection, settings.DATA_DIR), clock.put_back():
        story = Story(organization, dict(people), timezone.now())
        clock.at(story.now - timedelta(days=DAYS))
        desks = [_calls(story), _entries(story)]
        _let_in(story)
        _plan(story, *desks)
        story.play()
        for desk in desks:  # a worker works it out once it runs
            estimating.start(desk.project, by=story.people["maya"])
        _tally([desk.project for desk in desks], story.now - timedelta(days=1))


def _tally(told: Sequence[Project], before: datetime) -> None:
    """Count what each handed in by the day of the story, as it was counted by that of the machine's clock; the last day
    is left out, so that nobody is kept from work by it."""
    DayTally.objects.filter(project__in=told).delete()
    work = Assignment.objects.filter(task__project__in=told, state="submitted", ended_at__lt=before)
    days = work.exclude(kind="review").values("tasker", "task__project", day=TruncDate("ended_at"))
    DayTally.objects.bulk_create(
        DayTally(
            tasker_id=one["tasker"],
            project_id=one["task__project"],
            day=one["day"],
            judgements=one["number"],
            at=one["last"],
        )
        for one in days.annotate(number=Count("pk"), last=Max("ended_at")).order_by()
    )


def add_up(organization: Organization) -> None:
    """Have the pages' figures follow what was told; what is worked out already stays as it is."""
    for catch_up in (progress.catch_up, verdict_index.catch_up):
        while catch_up():
            pass
    told = [projects.CALLS["name"], projects.MINUTES["name"]]
    for project in Project.objects.filter(organization=organization, name__in=told):
        if agreement_reports.current(project) is None:
            agreement_reports.ask(project)


def _calls(story: Story) -> Desk:
    """The notes of calls: they come in once a week, and some of the first week's are gold."""
    notes = {one.name: one for one in calls.calls(NUMBER_OF_CALLS, story.dice)}
    project = _project(story, projects.CALLS, "calls.md", gold_share=0.06)
    clear = [one.name for one in notes.values() if not one.hard and not one.text.startswith(calls.CUT_OFF)]
    gold = {name: Known(crew.chosen(notes[name].right)) for name in clear[3 : 5 * NUMBER_OF_GOLD : 5]}
    rows = [Row(name, name, {"text": one.text}, known=gold.get(name)) for name, one in notes.items()]
    third = NUMBER_OF_CALLS // 3
    for week, day in enumerate(story.workdays()[::5]):
        name = f"Week of {day - timedelta(days=day.weekday()):%-d %B}"
        story.plan(day + timedelta(hours=7), _load(story, project, name, rows[week * third : (week + 1) * third]))
    return Desk(project, notes, lambda call: crew.chosen(call.right), crew.of_call, _offers("of_call"), 1, 0.72)


def _entries(story: Story) -> Desk:
    """The entries of minutes, which came in one file."""
    found = {one.name: one for one in minutes.entries(NUMBER_OF_ENTRIES, story.dice)}
    project = _project(story, projects.MINUTES, "minutes.md")
    rows = [Row(name, name, {"text": one.text}) for name, one in found.items()]
    story.plan(story.workdays()[4] + timedelta(hours=7), _load(story, project, "First reading", rows))
    return Desk(project, found, lambda entry: crew.marked(entry.right), crew.of_entry, _offers("of_entry"), 3, 0.6)


def _project(story: Story, terms: projects.Terms, instructions: str, gold_share: float = 0.0) -> Project:
    """A project for whoever was trained for it."""
    by, text = story.people["maya"], (HERE / instructions).read_text(encoding="utf-8")
    project = configure.create(story.organization, by, instructions=text, **terms)
    rules.change(project, by, standing_floor=0.5, standing_evidence=12, gold_share=gold_share, gold_uses=60)
    rules.ask_for(project, skills.define(story.organization, "Town line", by=by), by=by)
    return project


def _offers(name: str) -> Callable[..., crew.Offers]:
    """What the copilot offers; nothing where it isn't installed."""
    if not apps.is_installed("assist"):
        return lambda *_: []
    found: Callable[..., crew.Offers] = getattr(import_module("config.demo.copilot"), name)
    return found


def _load(story: Story, project: Project, name: str, rows: Sequence[Row]) -> Course:
    """A file comes in, and is handed out at once."""
    yield 0.0
    by = story.people["maya"]
    batch = batches.create(project, name, by=by)
    importing.load_all(batch, rows, by=by)
    batches.move(batch, Batch.State.LIVE, by=by)


def _let_in(story: Story) -> None:
    """The crew gets accounts, without passwords unless they have some, and is trained for the work."""
    since, by = story.now - timedelta(days=DAYS), story.people["ingrid"]
    skill = skills.define(story.organization, "Town line")
    for worker in (*CREW, CARELESS):
        name = worker.email.partition("@")[0]
        person = story.people.get(name) or Person.objects.create_user(worker.email, name=worker.name, created_at=since)
        invitations.grant(story.organization, person, Role.TASKER, by=by)
        skills.grant(person, skill, by=story.people["maya"])
        story.people[name] = person
    crewed = Membership.objects.filter(person__in=story.people.values(), organization=story.organization)
    crewed.update(created_at=since)
    Person.objects.filter(pk__in=[one.pk for one in story.people.values()]).update(created_at=since)


def _plan(story: Story, desk: Desk, other: Desk) -> None:
    """Who does what on which day. What came last waits for whoever looks around: the office does nothing about it."""
    people, dice, days = story.people, story.dice, story.workdays()
    asked: list[tuple[str, str]] = []

    def sits(worker: Worker, at: Desk, moment: datetime, number: int) -> None:
        story.plan(moment, crew.sit(worker, people[worker.email.partition("@")[0]], at, number, dice, asked))

    for place, day in enumerate(days):
        for worker in CREW:
            begin = day + timedelta(hours=worker.hour, minutes=dice.randint(0, 40))
            sits(worker, desk, begin, dice.randint(4, 6))
            if place > 4:
                sits(worker, other, begin + timedelta(hours=2), dice.randint(1, 3))
        if place > 5:
            sits(CARELESS, desk, day + timedelta(hours=CARELESS.hour), 9)
        story.plan(day + timedelta(hours=18), _upkeep())
        if place < len(days) - 3:
            story.plan(day + timedelta(hours=8, minutes=7), office.morning(people["maya"], desk, dice))
            story.plan(day + timedelta(hours=15, minutes=20), office.review(people["priya"], [desk, other], 12, dice))
    for day, comment in zip(days[3::2], crew.COMMENTS, strict=False):
        story.plan(day, _wonder(asked, comment))
    _plan_money(story, days, desk)
    for worker in CREW[:3]:
        sits(worker, desk, story.now - LATELY, 20)
    sits(CREW[3], other, story.now - LATELY, 20)


def _wonder(asked: list[tuple[str, str]], comment: tuple[str, str]) -> Iterator[float]:
    """Whoever comes to the next hard task will say this."""
    asked.append(comment)
    yield 0.0


def _plan_money(story: Story, days: Sequence[datetime], desk: Desk) -> None:
    """A run that is paid and one that waits for its second person; a dispute that is answered and one that isn't."""
    people, ten = story.people, timedelta(hours=10)
    paid = office.pay(story.organization, people["tomas"], people["hannah"], reference="RRO-0001")
    story.plan(days[-7] + ten, paid)
    story.plan(days[-4] + ten, office.pay(story.organization, people["hannah"], people["tomas"]))
    story.plan(days[-6] + ten, office.contest([people["ewa"], people["rafael"], people["tariq"]], people["maya"], desk))
    story.plan(days[-2] + ten, office.contest([people["sofia"], people["daniel"], people["mei"]], None, desk))
    story.plan(days[-5] + ten, office.export(people["maya"], desk))


def _upkeep() -> Iterator[float]:
    """What a worker does by itself: leases end, gold is graded."""
    queue.expire_due()
    settling.settle_due()
    yield 0.0
