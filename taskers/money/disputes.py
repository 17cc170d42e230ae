"""A tasker contests how their work was judged; somebody else answers. Neither moves grades or money by itself."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from taskers.errors import Problem, StateConflict
from taskers.models import Dispute, Organization, Person, limits
from taskers.money import pay_terms
from taskers.outbox.events import emit

# From what is contested ("task:<public id>"), the keys of those who had judged it by then: none of them answers.
Judges = Callable[[str, datetime], Collection[int]]
JUDGES: list[Judges] = []


class BadDispute(Problem):
    """This can't be taken as it is."""

    code = "bad-dispute"
    status = 422


class OwnDispute(Problem):
    """Nobody answers what they contest themselves; ask somebody else of the office."""

    code = "own-dispute"
    status = 403


class Involved(Problem):
    """You judged this work yourself, or decided it; ask somebody else of the office."""

    code = "involved"
    status = 403


class AlreadyContested(StateConflict):
    """You contest this already; the answer is still to come."""

    code = "already-contested"


class TooLate(StateConflict):
    """This was decided too long ago to be contested."""

    code = "too-late-to-contest"


@transaction.atomic
def open(
    organization: Organization, tasker: Person, *, subject: str, text: str, decided_at: datetime | None = None
) -> Dispute:
    """Contest something, named as events name it ("task:<public id>"), which was decided then. The caller has checked
    that it is theirs. By the pay terms it is known how long that may be, and by when an answer is promised.

    Raises BadDispute without a text, AlreadyContested while an earlier one is open, TooLate.
    """
    terms, now = pay_terms.of(organization), timezone.now()
    if decided_at is not None and decided_at + timedelta(days=terms.dispute_days) < now:
        raise TooLate("This was decided more than %(days)s days ago.", days=terms.dispute_days)
    text = text.strip()
    if not text:
        raise BadDispute("Say what is wrong, so that somebody can look at it.", place="text")
    if len(text) > limits.DISPUTE:
        raise BadDispute("Say it in at most %(most)s characters.", place="text", most=limits.DISPUTE)
    try:
        with transaction.atomic():
            dispute = Dispute.objects.create(
                organization=organization,
                tasker=tasker,
                subject=subject,
                text=text,
                due_at=now + timedelta(days=terms.answer_days),
            )
    except IntegrityError:
        raise AlreadyContested() from None
    _tell("dispute_opened", dispute, tasker)
    return dispute


@transaction.atomic
def answer(dispute: Dispute, by: Person, *, state: str, text: str) -> Dispute:
    """Answer with "upheld" or "refused" and a reason. Raises BadDispute, OwnDispute, Involved or StateConflict.

    Upholding moves nothing: a reviewer decides the task anew, and grades and earnings follow from that.
    """
    if dispute.tasker_id == by.pk:
        raise OwnDispute()
    if judged_by(dispute, by):
        raise Involved()
    if state not in {"upheld", "refused"}:
        raise BadDispute("Answer with upheld or refused.", place="state")
    text = text.strip()
    if not text:
        raise BadDispute("Give the tasker a reason.", place="answer")
    rows = Dispute.objects.filter(pk=dispute.pk, state="open")
    if not rows.update(state=state, answer=text[: limits.DISPUTE], answered_by=by, answered_at=Now()):
        raise StateConflict("This was answered already.")
    dispute.refresh_from_db()
    _tell("dispute_answered", dispute, by)
    return dispute


def judged_by(dispute: Dispute, person: Person) -> bool:
    """Whether somebody had judged what is contested, or decided it, when it was contested. Who decided it anew since
    may answer: that is how most are answered."""
    return any(person.pk in judges(dispute.subject, dispute.opened_at) for judges in JUDGES)


def _tell(kind: str, dispute: Dispute, actor: Person) -> None:
    emit(
        kind,
        organization_id=dispute.organization_id,
        actor_id=actor.pk,
        subject=dispute.subject,
        dispute=str(dispute.public_id),
        state=dispute.state,
    )
