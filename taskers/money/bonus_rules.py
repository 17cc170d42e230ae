"""Bonuses by rule: so much for every so many judged answers that are right often enough. The only writer of BonusRule
and BonusAward.

Somebody's answers are cut into rows of so many, in the order in which they were first judged; a row that reaches the
line gets the bonus once. A preview walks through what was, by the same statement. Like everything that moves money by
itself a rule needs two people before it is on, and it gives nothing to either of them. What its project may spend, whom
it bans and what it voided are for the caller to say.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Max, QuerySet
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from taskers.database.prepared import array, ask
from taskers.errors import StateConflict, Word
from taskers.models import BonusAward, BonusRule, Grade, Organization, Person, limits
from taskers.models.limits import Between
from taskers.money import bonuses
from taskers.money.bonuses import BadBonus
from taskers.money.independence import check_two
from taskers.outbox.events import emit

DAYS = 28  # that a preview looks back on
EVER = datetime(2000, 1, 1, tzinfo=UTC)
# By then whatever was graded at a moment is committed, so that rows are cut alike at every look.
SETTLED = timedelta(minutes=5)
# Whole rows of everybody's answers, by their newest grades; each answer stands where it was first judged. Of those that
# reach the line, each answer with its value.
ROWS = """
SELECT tasker_id, number, avg(value), max(at) AS at,
  CASE WHEN avg(value) >= %(least)s::float THEN array_agg(substring(subject FROM '[0-9]+$')::bigint ORDER BY id) END,
  CASE WHEN avg(value) >= %(least)s::float THEN array_agg(value ORDER BY id) END
FROM (
  SELECT g.tasker_id, g.id, g.at, g.subject, v.value,
    (row_number() OVER (PARTITION BY g.tasker_id ORDER BY g.id) - 1) / %(window)s::int + 1 AS number
  FROM (SELECT DISTINCT person_id FROM taskers_membership WHERE organization_id = %(organization)s::bigint) m
  JOIN taskers_person p ON p.id = m.person_id AND p.kind = 'human' AND p.id <> ALL(%(without)s::bigint[])
    AND (%(everybody)s::bool OR p.id = ANY(%(among)s::bigint[]))
  JOIN taskers_grade g ON g.tasker_id = m.person_id AND g.project_key = %(project)s::uuid AND g.id > %(behind)s::bigint
    AND g.source IN ('verdict', 'review')
    AND g.at >= %(since)s::timestamptz AND g.at < %(until)s::timestamptz
    AND NOT EXISTS (SELECT FROM taskers_grade b WHERE b.subject = g.subject AND b.id < g.id)
  CROSS JOIN LATERAL (
    SELECT n.value FROM taskers_grade n WHERE n.subject = g.subject AND n.at < %(until)s::timestamptz
    ORDER BY n.id DESC LIMIT 1
  ) v
) judged
GROUP BY 1, 2 HAVING count(*) = %(window)s::int
ORDER BY 4, 1, 2
"""
# Behind which grade the first stands that was made since a moment: keys rise with time, so halving finds it.
BEHIND = """
WITH RECURSIVE halved AS (
  SELECT 0::bigint AS low, (SELECT coalesce(max(id), 0) FROM taskers_grade)::bigint AS high
  UNION ALL
  SELECT CASE WHEN m.early THEN (low + high) / 2 + 1 ELSE low END, CASE WHEN m.early THEN high ELSE (low + high) / 2 END
  FROM halved CROSS JOIN LATERAL (
    SELECT coalesce((
      SELECT g.at < %(since)s::timestamptz FROM taskers_grade g WHERE g.id > (low + high) / 2 ORDER BY g.id LIMIT 1
    ), false) AS early
  ) m WHERE low < high
)
SELECT low FROM halved WHERE low >= high
"""
# Who was judged in a project since its rule was last looked at, and up to where all that was judged has settled now.
NEWLY = """
SELECT coalesce(array_agg(DISTINCT tasker_id) FILTER (WHERE project_key = %(project)s::uuid), '{}'),
  coalesce(min(id) FILTER (WHERE at >= %(until)s::timestamptz), max(id) + 1) - 1
FROM taskers_grade WHERE id > %(behind)s::bigint
"""
LOCK = "SELECT pg_advisory_xact_lock(%(space)s::int, hashtext(%(project)s::text))"
LOCK_SPACE = 0x426F6E  # our number space of PostgreSQL's advisory locks
Voided = Callable[[Sequence[int]], Collection[int]]  # of answers' keys those that were voided


def _none(keys: Sequence[int]) -> Collection[int]:
    return ()


@dataclass(frozen=True)
class Terms:
    """A rule that may be made, or only tried; amounts in millionths."""

    measure: str
    least: float
    window: int
    amount: int
    each_most: int
    most: int
    days: int

    def check(self) -> None:
        """Raises BadBonus with the place of the fault."""
        if self.measure not in BonusRule.Measure.values:
            raise BadBonus("Choose one of %(choices)s.", place="measure", choices=", ".join(BonusRule.Measure.values))
        within: dict[str, Between] = {
            "least": limits.BONUS_LEAST,
            "window": limits.BONUS_WINDOW,
            "amount": limits.BONUS,
            "each_most": limits.BONUS,
            "most": limits.BONUS,
            "days": limits.BONUS_DAYS,
        }
        for name, limit in within.items():
            if not limit.holds(getattr(self, name)):
                raise BadBonus("This is out of reason.", place=name)
        if self.each_most < self.amount:
            raise BadBonus("Less than one bonus: nobody would get any.", place="each_most")
        if self.most < self.each_most:
            raise BadBonus("Less than one person may get.", place="most")


@dataclass(frozen=True)
class Row:
    """So many of somebody's answers, the number-th of such rows, how far they were right, and when the last was
    judged."""

    person: int
    number: int
    measured: float
    at: datetime
    answers: Sequence[int] = ()  # their keys and values, where they reach the line
    values: Sequence[float] = ()

    def without(self, voided: Voided) -> float:
        """How far they were right, where what was voided is right by nothing: it keeps its place, so that no answer
        moves into another row."""
        gone = set(voided(self.answers))
        if not gone:
            return self.measured
        return fmean(0.0 if key in gone else value for key, value in zip(self.answers, self.values, strict=True))


@dataclass(frozen=True)
class Would:
    """Whom a rule would have given something: how often, and how much in all."""

    person: Person
    times: int
    amount: int


@dataclass(frozen=True)
class Preview:
    """What a rule would have given in four weeks, of so many whole rows of so many people."""

    people: int
    rows: int
    met: Sequence[Would]

    @property
    def amount(self) -> int:
        """To all of them, in millionths."""
        return sum(one.amount for one in self.met)


def preview(
    organization: Organization,
    project_key: UUID,
    terms: Terms,
    *,
    without: Sequence[int] = (),
    voided: Voided = _none,
) -> Preview:
    """Walk through what was judged, as if the rule had been on. Writes nothing. Raises BadBonus."""
    terms.check()
    now = timezone.now()
    since = now - timedelta(days=DAYS)
    ((behind,),) = ask(BEHIND, {"since": since})
    found = list(_rows(organization, project_key, terms, since=since, until=now, behind=behind, without=without))
    times: dict[int, int] = defaultdict(int)
    left = terms.most // terms.amount
    for row in found:
        if not left or row.measured < terms.least or times[row.person] >= terms.each_most // terms.amount:
            continue
        if row.without(voided) >= terms.least:
            times[row.person] += 1
            left -= 1
    people = Person.objects.in_bulk([key for key, number in times.items() if number])
    met = [Would(one, times[key], times[key] * terms.amount) for key, one in people.items()]
    return Preview(
        len({row.person for row in found}), len(found), sorted(met, key=lambda one: (-one.amount, one.person.pk))
    )


@transaction.atomic
def propose(organization: Organization, project_key: UUID, terms: Terms, *, by: Person) -> BonusRule:
    """Write a rule down; it is on once somebody of finance has said yes. The caller has checked that the project is the
    organization's. Raises BadBonus."""
    terms.check()
    made = BonusRule.objects.create(
        organization=organization, project_key=project_key, currency=organization.currency, made_by=by, **vars(terms)
    )
    _tell("bonus_rule_proposed", made, by)
    return made


@transaction.atomic
def approve(rule: BonusRule, person: Person) -> BonusRule:
    """A second person says yes: what is judged from now on counts. Raises StateConflict, or what `check_two` does."""
    check_two(rule.made_by, person)
    newest = Grade.objects.aggregate(newest=Max("pk"))["newest"] or 0
    begins = {"begins_at": timezone.now(), "begins_behind": newest, "looked_behind": newest}
    _change(rule, ["proposed"], state="on", approved_by=person, **begins)
    _tell("bonus_rule_approved", rule, person)
    return rule


@transaction.atomic
def end(rule: BonusRule, person: Person) -> BonusRule:
    """Switch one off for good, or say no to one that waits; what it gave stays. Raises StateConflict."""
    return _end(rule, person)


def with_given(rules: QuerySet[BonusRule]) -> QuerySet[BonusRule]:
    """Rules with what counts against their caps (`given`), in millionths: what was taken back counts too."""
    return rules.annotate(given=Count("awards") * F("amount"))


def run(
    rule: BonusRule,
    *,
    room: Callable[[], int | None],
    now: datetime | None = None,
    without: Sequence[int] = (),
    voided: Voided = _none,
    last: bool = False,
) -> int:
    """Give what a rule that is on owes by now, each bonus in a transaction of its own: no more than `room` says at that
    moment, in millionths (None: as much as it takes); returns how much. What didn't fit is looked at again the next
    time, until the rule is over.

    One that is over, or has given all it may, ends; so does one for which nothing is judged any more (`last`), once
    all that was is settled.
    """
    now = now or timezone.now()
    assert rule.begins_at is not None, "it isn't on"
    over = rule.begins_at + timedelta(days=rule.days)
    until, behind = min(now - SETTLED, over), rule.looked_behind or 0
    ((people, settled),) = ask(NEWLY, {"project": rule.project_key, "until": until, "behind": behind})
    given, fits = _give(rule, people, until, room, [*without, rule.made_by_id, rule.approved_by_id or 0], voided)
    if fits and settled is not None:
        BonusRule.objects.filter(pk=rule.pk, looked_behind=behind).update(looked_behind=settled)
    used_up = (BonusAward.objects.filter(rule=rule).count() + 1) * rule.amount > rule.most
    if used_up or now - SETTLED >= over or (last and not people):
        with transaction.atomic():
            _end(rule, None)
    return given


def _give(
    rule: BonusRule,
    people: Sequence[int],
    until: datetime,
    room: Callable[[], int | None],
    without: Sequence[int],
    voided: Voided,
) -> tuple[int, bool]:
    """How much was given to these people, and whether that is all that they are owed."""
    if not people:
        return 0, True
    terms = Terms(**{name: getattr(rule, name) for name in Terms.__dataclass_fields__})
    had = set(BonusAward.objects.filter(rule=rule).values_list("person", "number"))
    times, given = Counter(person for person, _number in had), 0
    for row in _rows(
        rule.organization,
        rule.project_key,
        terms,
        until=until,
        behind=rule.begins_behind or 0,
        without=without,
        among=people,
    ):
        if row.measured < rule.least or (row.person, row.number) in had:
            continue
        if (times[row.person] + 1) * rule.amount > rule.each_most or row.without(voided) < rule.least:
            continue
        award = _award(rule, row, room)
        if award is None:
            return given, False
        times[row.person] += award
        given += rule.amount * award
    return given, True


def reason_of(rule: BonusRule, measured: float) -> str:
    """What a bonus was for, in words for whoever gets it, in the language that is active."""
    share = math.floor(1000 * measured + 1e-6) / 10  # 99.96 % isn't all
    return _("%(number)s judged answers in a row, right by %(measured)s.") % {
        "number": rule.window,
        "measured": f"{number_format(share, 0 if share.is_integer() else 1)}\N{NO-BREAK SPACE}%",
    }


@transaction.atomic
def _award(rule: BonusRule, row: Row, room: Callable[[], int | None]) -> bool | None:
    """Whether it was given: not where another worker did just now, where it is off, or where the caps are reached;
    None where the project may spend no more. One at a time in a project, so that each sees what the last left."""
    ask(LOCK, {"space": LOCK_SPACE, "project": str(rule.project_key)})
    locked = BonusRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    awards = BonusAward.objects.filter(rule=rule)
    theirs = awards.filter(person=row.person)
    if locked.state != BonusRule.State.ON or theirs.filter(number=row.number).exists():
        return False
    of_all, of_one = (one.aggregate(times=Count("pk"))["times"] + 1 for one in (awards, theirs))
    if of_all * rule.amount > rule.most or of_one * rule.amount > rule.each_most:
        return False
    left = room()
    if left is not None and rule.amount > left:
        return None
    person = Person.objects.get(pk=row.person)
    with translation.override(person.language or None):
        bonus = bonuses.give_by_rule(rule, person, reason_of(rule, row.measured))
    BonusAward.objects.create(rule=rule, person=person, number=row.number, measured=row.measured, bonus=bonus)
    return True


def _rows(
    organization: Organization,
    project_key: UUID,
    terms: Terms,
    *,
    until: datetime,
    since: datetime = EVER,
    behind: int = 0,
    without: Sequence[int] = (),
    among: Sequence[int] | None = None,
) -> Iterator[Row]:
    asked = {
        "organization": organization.pk,
        "project": project_key,
        "least": terms.least,
        "window": terms.window,
        "since": since,
        "until": until,
        "behind": behind,
        "without": array(without),
        "everybody": among is None,
        "among": array(among or ()),
    }
    for person, number, measured, at, answers, values in ask(ROWS, asked):
        yield Row(person, int(number), float(measured), at, answers or (), values or ())


def _end(rule: BonusRule, by: Person | None) -> BonusRule:
    _change(rule, ["proposed", "on"], state="ended", ended_by=by, ended_at=timezone.now())
    _tell("bonus_rule_ended", rule, by)
    return rule


def _change(rule: BonusRule, before: list[str], **after: object) -> None:
    changed = BonusRule.objects.filter(pk=rule.pk, state__in=before).update(**after)
    rule.refresh_from_db()
    if not changed:
        raise StateConflict(
            "This rule stands at “%(state)s”; nothing was changed.", state=Word(rule.get_state_display())
        )


def _tell(kind: str, rule: BonusRule, actor: Person | None) -> None:
    emit(
        kind,
        organization_id=rule.organization_id,
        actor_id=actor.pk if actor else None,
        project_key=rule.project_key,
        subject=f"bonus-rule:{rule.public_id}",
    )
