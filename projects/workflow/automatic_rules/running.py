"""Making rules, saying what one would have done, and doing what follows. The only writer of both tables."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from statistics import fmean

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import AutomaticRule, Exclusion, Project, RuleConsequence, limits
from projects.queue.clock import Clock
from projects.workflow.automatic_rules import history
from projects.workflow.automatic_rules.actions import ACTIONS
from projects.workflow.automatic_rules.conditions import CONDITIONS
from projects.workflow.automatic_rules.conditions.protocol import Condition, Piece
from taskers.errors import NotAllowed, Problem, StateConflict
from taskers.models import Person

APPEAL_DAYS = 7  # in which what followed may be contested
ANSWER_DAYS = 3  # without an answer by then it is lifted
KNOWN = 3  # decisions of reviewers that tell whether somebody's work is poor
POOR = 0.5


@dataclass(frozen=True)
class Terms:
    """A rule that may be made, or only tried."""

    condition: str
    threshold: float
    window: int
    action: str
    hours: int

    def check(self) -> None:
        """Raises Refused with the place of the fault."""
        for name, table in (("condition", CONDITIONS), ("action", ACTIONS)):
            if getattr(self, name) not in table:
                choices = ", ".join(table)
                raise Refused("Choose one of %(choices)s.", code="bad-rule", place=name, choices=choices)
        limits.check("threshold", self.threshold, CONDITIONS[self.condition].limit, "bad-rule")
        limits.check("window", self.window, limits.RULE_WINDOW, "bad-rule")
        limits.check("hours", self.hours, limits.RULE_HOURS, "bad-rule")


@dataclass(frozen=True)
class Would:
    """Whom a rule would have met, when first, how often, and whether reviewers say that their work is poor."""

    person: Person
    at: datetime
    measured: float
    times: int
    rightly: bool | None  # None where reviewers decided too little of their work


@dataclass(frozen=True)
class Preview:
    """What a rule would have done in the last four weeks, of so many people who worked."""

    people: int
    met: Sequence[Would]

    @property
    def rightly(self) -> int:
        return sum(one.rightly is True for one in self.met)

    @property
    def wrongly(self) -> int:
        return sum(one.rightly is False for one in self.met)


def preview(project: Project, terms: Terms) -> Preview:
    """Walk through what everybody did, as if the rule had been on. Writes nothing. Raises Refused."""
    terms.check()
    condition = CONDITIONS[terms.condition]
    worked = history.pieces(project)
    people = Person.objects.in_bulk(list(worked))
    met = []
    for key, pieces in worked.items():
        times = _times(condition, terms, pieces)
        if times:
            at, measured = times[0]
            met.append(Would(people[key], at, measured, len(times), _rightly(pieces)))
    return Preview(len(worked), sorted(met, key=lambda one: one.at))


def _times(condition: Condition, terms: Terms, pieces: Sequence[Piece]) -> list[tuple[datetime, float]]:
    """When it would have been met: nothing that was looked at once counts again, nor what was done before it ended."""
    found: list[tuple[datetime, float]] = []
    begin = 0
    for end in range(1, len(pieces) + 1):
        if found and pieces[end - 1].at < found[-1][0] + timedelta(hours=terms.hours):
            begin = end
            continue
        if end % condition.stride:
            continue
        measured = condition.met(pieces[begin:end], terms.threshold, terms.window)
        if measured is not None:
            found.append((pieces[end - 1].at, measured))
            begin = end
    return found


def _rightly(pieces: Sequence[Piece]) -> bool | None:
    known = [one.reviewed for one in pieces if one.reviewed is not None]
    return fmean(known) < POOR if len(known) >= KNOWN else None


@transaction.atomic
def make(project: Project, terms: Terms, *, by: Person) -> AutomaticRule:
    """Have a rule act from now on. What was done before doesn't count. Raises Refused."""
    terms.check()
    made = AutomaticRule.objects.create(project=project, made_by=by, on_since=Clock(), **vars(terms))
    _tell("rule_made", made, by, condition=terms.condition, action=terms.action)
    return made


@transaction.atomic
def stop(rule: AutomaticRule, *, by: Person) -> None:
    """Switch a rule off for good; what followed from it runs out by itself. Raises StateConflict when it is off."""
    if not AutomaticRule.objects.filter(pk=rule.pk, ended_at=None).update(ended_at=Clock()):
        raise StateConflict("This rule is switched off already.")
    _tell("rule_stopped", rule, by)


def run_all() -> int:
    """Do what follows from every rule that is on, and lift what was contested and not answered; returns how often.

    A rule that fails keeps none of the others waiting; once all is done, the first failure is raised.
    """
    did, failed = 0, []
    rules = AutomaticRule.objects.filter(ended_at=None, project__state="live").select_related("project")
    for _project, of_one in groupby(rules.order_by("project", "pk"), attrgetter("project_id")):
        together = list(of_one)
        worked = history.pieces(together[0].project)
        for rule in together:
            try:
                did += run(rule, worked)
            except Exception as error:
                failed.append(error)
    for late in RuleConsequence.objects.filter(appeal="open", answer_by__lt=Clock()).select_related("rule__project"):
        try:
            _settle(late, RuleConsequence.Appeal.UPHELD, "", by=None)
        except Problem:  # answered or lifted since; or it can't be lifted, which keeps no other waiting
            continue
    if failed:
        raise failed[0]
    return did


def run(rule: AutomaticRule, worked: Mapping[int, Sequence[Piece]]) -> int:
    """Do what follows from a rule and what everybody did, each person in a transaction of its own; for how many.

    Whoever it can't meet, since they left say, is passed by.
    """
    condition = CONDITIONS[rule.condition]
    newest = dict(RuleConsequence.objects.filter(rule=rule).order_by("pk").values_list("person", "until"))
    did = 0
    for key, pieces in worked.items():
        begun = rule.on_since or rule.made_at
        since = max(newest.get(key, begun), begun)
        measured = condition.met([one for one in pieces if one.at > since], rule.threshold, rule.window)
        if measured is not None:
            with contextlib.suppress(Problem):
                did += _follow(rule, Person.objects.get(pk=key), measured)
    return did


@transaction.atomic
def _follow(rule: AutomaticRule, person: Person, measured: float) -> bool:
    """Write down what follows and do it, unless another worker did just now or they are kept out already."""
    AutomaticRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    now = timezone.now()
    if RuleConsequence.objects.filter(rule=rule, person=person, until__gt=now).exists() or _is_out(rule, person):
        return False
    until = now + timedelta(hours=rule.hours)
    made = RuleConsequence.objects.create(rule=rule, person=person, measured=measured, until=until)
    with translation.override(person.language or None):
        did = ACTIONS[rule.action].act(made, reason_of(made))
    RuleConsequence.objects.filter(pk=made.pk).update(did=did)
    _tell("rule_met", rule, None, person=str(person.public_id), action=rule.action)
    return True


def _is_out(rule: AutomaticRule, person: Person) -> bool:
    rows = Exclusion.objects.filter(tasker=person, project=rule.project, lifted_at=None)
    return any(one.until is None or one.until > timezone.now() for one in rows)


def reason_of(consequence: RuleConsequence) -> str:
    """Why, in words for whom it concerns, in the language of whoever reads."""
    rule = consequence.rule
    condition = CONDITIONS[rule.condition]
    percent = condition.unit == "%"
    measured = f"{consequence.measured:.0%}" if percent else f"{consequence.measured:.1f}"
    return str(condition.said) % {"window": rule.window, "measured": measured}


def in_time(consequence: RuleConsequence) -> bool:
    """Whether it may still be contested, by the clock."""
    return timezone.now() <= consequence.at + timedelta(days=APPEAL_DAYS)


@transaction.atomic
def contest(consequence: RuleConsequence, person: Person, said: str) -> None:
    """Say something against it. Raises StateConflict when it is too late or was done already, Refused for no words."""
    if not said.strip():
        raise Refused("Say what is wrong with it.", code="no-words", place="said")
    if not in_time(consequence):
        raise StateConflict("The time to contest this is over.", code="too-late")
    rows = RuleConsequence.objects.filter(pk=consequence.pk, person=person, appeal="")
    answer_by = timezone.now() + timedelta(days=ANSWER_DAYS)
    words = said.strip()[: limits.NOTE]
    if not rows.update(appeal="open", said=words, contested_at=Clock(), answer_by=answer_by):
        raise StateConflict("You contested this already.", code="contested")
    _tell("rule_contested", consequence.rule, person)


@transaction.atomic
def answer(consequence: RuleConsequence, words: str, *, by: Person, upheld: str) -> None:
    """Answer an appeal: it is lifted ("upheld") or stays ("refused").

    Raises NotAllowed for whoever made the rule or is concerned, Refused for no words, StateConflict when it isn't open.
    """
    if by.pk in {consequence.rule.made_by_id, consequence.person_id}:
        raise NotAllowed(_("Whoever made the rule can't answer this; ask somebody else."))
    if upheld not in {RuleConsequence.Appeal.UPHELD, RuleConsequence.Appeal.REFUSED}:
        raise Refused("Choose one of %(choices)s.", code="bad-answer", place="upheld", choices="upheld, refused")
    if not words.strip():
        raise Refused("Say why; they will read it.", code="no-words", place="answer")
    _settle(consequence, upheld, words.strip()[: limits.NOTE], by=by)


@transaction.atomic
def _settle(consequence: RuleConsequence, outcome: str, words: str, *, by: Person | None) -> None:
    rows = RuleConsequence.objects.filter(pk=consequence.pk, appeal="open")
    if not rows.update(appeal=outcome, answer=words, answered_by=by, answered_at=Clock()):
        raise StateConflict("This isn't contested, or was answered.", code="not-open")
    if outcome == RuleConsequence.Appeal.UPHELD:
        ACTIONS[consequence.rule.action].end(consequence)
        RuleConsequence.objects.filter(pk=consequence.pk, until__gt=Clock()).update(until=Clock())
    _tell("rule_appeal_answered", consequence.rule, by, outcome=outcome)


def told_to(person: Person) -> list[RuleConsequence]:
    """What followed for somebody that they are told of, if anything did: what is in force, may still be contested,
    waits for an answer, or was answered lately."""
    now = timezone.now()
    since = now - timedelta(days=APPEAL_DAYS)
    of_now = Q(at__gt=since) | Q(until__gt=now) | Q(appeal=RuleConsequence.Appeal.OPEN) | Q(answered_at__gt=since)
    rows = RuleConsequence.objects.filter(of_now, person=person).select_related("rule__project")
    return [one for one in rows.order_by("-pk") if ACTIONS[one.rule.action].told and not one.did.get("already")]


def _tell(kind: str, rule: AutomaticRule, by: Person | None, **data: object) -> None:
    tell(kind, rule.project, by, rule=str(rule.public_id), **data)
