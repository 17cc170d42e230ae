"""How many of a project's taskers may work on it now, and what keeps the others: for its managers. Reads only.

The same rules as a claim asks (eligibility.py), for everybody at once, from the same small tables.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.configuration import raised_rate
from projects.models import AssignmentRules, DayTally, Exclusion, Project, QualificationAttempt, Requirement
from projects.queue import Nothing, eligibility
from projects.queue.local_time import counts_today
from projects.workforce import rules
from taskers.models import Membership, Person, Qualification, Standing
from taskers.models.people import Role
from taskers.standing import grades

SHOWN = 8  # names under each reason
WORDS = {
    "paused": _("Paused"),
    "blocked": _("Blocked"),
    "banned": _("Banned"),
    "lacks-skill": _("Lack a skill that is asked for"),
    "has-skill": _("Have a skill that they must not have"),
    "standing-too-low": _("Standing below the floor"),
    "daily-cap": _("Did all that one person may do today"),
    "training-first": _("Must pass the training first"),
    "not-qualified": _("Failed the course, and have no try left"),
}


@dataclass
class Kept:
    """Those who can't work now for one reason, and what the first of them read."""

    code: str
    words: str | Promise
    number: int = 0
    who: list[tuple[Person, str]] = field(default_factory=list)


# What passes by itself or by the person's own doing: they may work here all the same, tomorrow or after the course.
PASSING = ("daily-cap", "training-first")


@dataclass
class LookOver:
    """The taskers of a project, counted; `able` are those who may work, or will when what is PASSING has passed."""

    number: int
    may: int
    kept: list[Kept]
    able: list[Person]


@dataclass(frozen=True)
class Known:
    """What eligibility.Rules asks of one person."""

    standing_floor: float
    standing_evidence: float
    daily_tasks: int | None
    daily_earnings: int | None
    rate: int
    good: float
    poor: float
    judgements_today: int
    promised_today: int
    barred: str | None
    barred_reason: str | None
    barred_until: datetime | None
    lacking: str | None
    spent: bool


def look_over(project: Project) -> LookOver:
    """Everybody who may enter the project as a tasker, in a fixed number of queries."""
    everybody = _taskers(project)
    row = rules.in_force(project)
    trained, spent = _trained(row), _out_of_tries(row)
    kept: dict[str, Kept] = {}
    able = []
    for person, known in _known(project, row, everybody):
        why = eligibility.why_not(known)
        if why is None and trained is not None and person.pk not in trained:
            why = Nothing("training-first" if person.pk not in spent else "not-qualified", "")
        if why is None or why.code in PASSING:
            able.append(person)
        if why is None:
            continue
        one = kept.setdefault(why.code, Kept(why.code, WORDS.get(why.code, why.code)))
        one.number += 1
        if len(one.who) < SHOWN:
            one.who.append((person, why.text))
    number = sum(one.number for one in kept.values())
    rows = sorted(kept.values(), key=lambda one: -one.number)
    return LookOver(len(everybody), len(everybody) - number, rows, able)


def taskers_of(project: Project):
    """A QuerySet of the people who may enter the project as taskers, by name."""
    keys = Q(project_key=None) | Q(project_key=project.public_id)
    rows = Membership.objects.live().filter(keys, organization=project.organization_id, role=Role.TASKER)
    return Person.objects.filter(pk__in=rows.values("person")).order_by("name", "pk")


def _taskers(project: Project) -> list[Person]:
    return list(taskers_of(project).only("pk", "public_id", "name", "email", "kind", "time_zone"))


def _trained(row: AssignmentRules) -> set[int] | None:
    """Who has passed the training; None where there is none to pass."""
    if not row.training_tasks or not row.training_skill_id:
        return None
    return set(_valid().filter(skill=row.training_skill_id).values_list("person", flat=True))


def _out_of_tries(row: AssignmentRules) -> set[int]:
    """Who failed the course as often as one may, since they last passed."""
    if not row.training_tasks:
        return set()
    tries = QualificationAttempt.objects.filter(project=row.project_id, forgiven_at=None, ended_at__isnull=False)
    failed: dict[int, int] = defaultdict(int)
    for person, passed in tries.order_by("pk").values_list("tasker", "passed"):
        failed[person] = 0 if passed else failed[person] + 1
    return {person for person, number in failed.items() if number >= row.training_tries}


def _valid():
    return Qualification.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


def _known(project: Project, row: AssignmentRules, everybody: Sequence[Person]):
    asked = [
        eligibility.Asked(one.skill_id, one.skill.name, one.skill.kind, one.comparator, one.value, one.values)
        for one in Requirement.objects.filter(project=project).select_related("skill").order_by("pk")
    ]
    values: dict[int, dict[int, float]] = defaultdict(dict)
    for person, skill, value in (
        _valid().filter(skill__in=[one.skill for one in asked]).values_list("person", "skill", "value")
    ):
        values[person][skill] = value
    standings = {one.tasker_id: one for one in Standing.objects.filter(project_key=project.public_id)}
    since = timezone.now().date() - timedelta(days=2)  # whatever day it is where they live
    tallies: dict[int, list[DayTally]] = defaultdict(list)
    for one in DayTally.objects.filter(project=project, day__gte=since):
        tallies[one.tasker_id].append(one)
    barred, terms = _barred(project), project.settings_now()
    for person in everybody:
        standing = standings.get(person.pk)
        today = [one for one in tallies[person.pk] if counts_today(one.day, one.at, person)]
        bar = barred.get(person.pk)
        yield (
            person,
            Known(
                standing_floor=row.standing_floor,
                standing_evidence=row.standing_evidence,
                daily_tasks=row.daily_tasks,
                daily_earnings=row.daily_earnings,
                rate=raised_rate.rate_for(terms, _shown(standing)),
                good=standing.good if standing else 0.0,
                poor=standing.poor if standing else 0.0,
                judgements_today=sum(one.judgements for one in today),
                promised_today=sum(one.promised for one in today),
                barred=bar.kind if bar else None,
                barred_reason=bar.reason if bar else None,
                barred_until=bar.until if bar else None,
                spent=False,
                lacking=eligibility.unmet(asked, values[person.pk]),
            ),
        )


def _shown(standing: Standing | None) -> grades.Estimate | None:
    return grades.estimate(standing.shown_good, standing.shown_poor) if standing else None


def _barred(project: Project) -> dict[int, Exclusion]:
    """By person: the exclusion that lasts longest."""
    rows = Exclusion.objects.filter(
        Q(project=None) | Q(project=project),
        Q(until=None) | Q(until__gt=timezone.now()),
        organization=project.organization_id,
        lifted_at=None,
    )
    found: dict[int, Exclusion] = {}
    for one in rows.order_by(F("until").desc(nulls_first=True)):
        found.setdefault(one.tasker_id, one)
    return found
