"""Bonuses: money on top of what work earns, for a reason. The only writer of Bonus; the money moves with its state."""

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from taskers.errors import Problem, StateConflict, Word
from taskers.models import Bonus, BonusRule, Membership, Organization, Person, limits
from taskers.money import ledger, pay_terms
from taskers.money.independence import check_two
from taskers.outbox.events import emit


class BadBonus(Problem):
    """This can't be taken as it is."""

    code = "bad-bonus"
    status = 422


class OwnBonus(Problem):
    """Nobody decides on money for themselves; ask somebody else."""

    code = "own-bonus"
    status = 403


@transaction.atomic
def give(
    organization: Organization, by: Person, *, tasker: Person, project_key: UUID, amount: int, reason: str
) -> Bonus:
    """Give a bonus in millionths, at a project's cost: at once, or, above what one person may give, once a second one
    has said yes. The caller has checked that the project is the organization's. Raises BadBonus or OwnBonus."""
    reason = reason.strip()
    if tasker.pk == by.pk:
        raise OwnBonus()
    if not limits.BONUS.holds(amount):
        raise BadBonus("Say how much: more than nothing.", place="amount")
    if not reason:
        raise BadBonus("Say what it is for: whoever gets it reads that.", place="reason")
    if len(reason) > limits.BONUS_REASON:
        raise BadBonus("Say it in at most %(most)s characters.", place="reason", most=limits.BONUS_REASON)
    member = Membership.objects.filter(organization=organization, person=tasker).exists()
    if tasker.kind != Person.Kind.HUMAN or not member:
        raise BadBonus("Choose somebody who works here.", place="tasker")
    alone = pay_terms.of(organization).bonus_alone
    bonus = Bonus.objects.create(
        organization=organization,
        project_key=project_key,
        tasker=tasker,
        amount=amount,
        currency=organization.currency,
        reason=reason,
        alone=alone,
        made_by=by,
    )
    if amount > alone:
        _tell("bonus_proposed", bonus, by)
        return bonus
    return _given(bonus, by)


def give_by_rule(rule: BonusRule, tasker: Person, reason: str) -> Bonus:
    """Give what a rule gives, which two people have said yes to. The caller's transaction writes down what for."""
    bonus = Bonus.objects.create(
        organization=rule.organization,
        project_key=rule.project_key,
        tasker=tasker,
        amount=rule.amount,
        currency=rule.currency,
        reason=reason[: limits.BONUS_REASON],
        alone=0,
        made_by=rule.made_by,
    )
    return _given(bonus, None, approved_by=rule.approved_by)


@transaction.atomic
def approve(bonus: Bonus, person: Person) -> Bonus:
    """A second person says yes. Raises OwnBonus, StateConflict, or what `check_two` does."""
    if bonus.tasker_id == person.pk:
        raise OwnBonus()
    check_two(bonus.made_by, person)
    return _given(bonus, person, approved_by=person)


@transaction.atomic
def refuse(bonus: Bonus, person: Person) -> Bonus:
    """Don't give one that waits: anybody of finance, whoever proposed it included. Raises StateConflict."""
    _change(bonus, "proposed", state="refused", ended_by=person, ended_at=Now())
    _tell("bonus_refused", bonus, person)
    return bonus


@transaction.atomic
def take_back(bonus: Bonus, person: Person) -> Bonus:
    """Take one back that was given: it is owed no more, or made up for by later earnings. Raises StateConflict, or
    OwnBonus."""
    if bonus.tasker_id == person.pk:
        raise OwnBonus()
    _change(bonus, "given", state="taken_back", ended_by=person, ended_at=Now())
    ledger.reverse_all(ledger.unreversed([key_of(bonus)]), reason="The bonus was taken back.")
    _tell("bonus_taken_back", bonus, person)
    return bonus


def key_of(bonus: Bonus) -> str:
    """Under which its money was moved."""
    return f"bonus:{bonus.public_id}"


def _given(bonus: Bonus, by: Person | None, **also: object) -> Bonus:
    _change(bonus, "proposed", state="given", **also)
    ledger.earn(
        key=key_of(bonus),
        organization=bonus.organization,
        project_key=bonus.project_key,
        tasker=bonus.tasker,
        amount=bonus.amount,
        reason=f"Bonus: {bonus.reason}"[:200],
        detail={"bonus": str(bonus.public_id)},
    )
    _tell("bonus_given", bonus, by)
    return bonus


def _change(bonus: Bonus, before: str, **after: object) -> None:
    changed = Bonus.objects.filter(pk=bonus.pk, state=before).update(**after)
    bonus.refresh_from_db()
    if not changed:
        raise StateConflict(
            "This bonus stands at “%(state)s”; nothing was changed.", state=Word(bonus.get_state_display())
        )


def _tell(kind: str, bonus: Bonus, actor: Person | None) -> None:
    emit(
        kind,
        organization_id=bonus.organization_id,
        actor_id=actor.pk if actor else None,
        project_key=bonus.project_key,
        subject=f"bonus:{bonus.public_id}",
    )
