"""Two people's word that a model from elsewhere decides alone. The only writer of DecidingRequest.

It works by a token, so nothing here can ask it what an evaluation asks: the word of two people, with a reason, is all
that its deciding can rest on, beside what its blind answers say of each single one. PostgreSQL asks for it as well
(assist/models/annotators.py). Once the model switched itself off, or a new token was made for it, the word is none any
more: with the new secret another one may answer.
"""

from django.db.models import Max
from django.db.models.functions import Now

from projects.errors import Refused
from projects.models import DecidingRequest, ModelAnnotator, limits
from taskers.models import ApiToken, Person

WAITING, CONFIRMED, DECLINED = (DecidingRequest.State[name] for name in ("WAITING", "CONFIRMED", "DECLINED"))


def from_elsewhere(annotator: ModelAnnotator) -> bool:
    """Whether it answers by a token: one that works within Tandem never had any."""
    return ApiToken.objects.filter(person=annotator.tasker_id).exists()


def waiting(annotator: ModelAnnotator) -> DecidingRequest | None:
    """What waits for a second person."""
    return annotator.requests.filter(state=WAITING).select_related("asked_by").first()


def said(annotator: ModelAnnotator) -> DecidingRequest | None:
    """The word that stands: the newest since it last switched itself off, and since its token was made."""
    words = annotator.requests.filter(state=CONFIRMED).select_related("asked_by", "answered_by")
    off = annotator.moves.filter(mode=ModelAnnotator.Mode.OFF, by=None).aggregate(at=Max("at"))["at"]
    made = ApiToken.objects.filter(person=annotator.tasker_id).aggregate(at=Max("created_at"))["at"]
    after = max((one for one in (off, made) if one), default=None)
    return (words.filter(answered_at__gte=after) if after else words).order_by("-pk").first()


def check_person(by: Person) -> None:
    """Raises Refused for a program: with one of their own somebody would be two."""
    if by.kind != Person.Kind.HUMAN:
        raise Refused("This takes the word of people, and a program is none.", code="not-a-person", place="mode")


def hears(annotator: ModelAnnotator, *, by: Person, reason: str) -> bool:
    """Somebody wants it to decide alone: whether it may from now on. What the first one says is kept, the second
    confirms it. The caller holds the annotator's lock. Raises Refused for the first without a reason, and for a
    program."""
    if said(annotator):
        return True
    check_person(by)
    asked = waiting(annotator)
    if asked and asked.asked_by_id != by.pk:
        rows = DecidingRequest.objects.filter(pk=asked.pk, state=WAITING)
        return bool(rows.update(state=CONFIRMED, answered_by=by, answered_at=Now()))
    if not reason:
        text = "Nobody here can evaluate it: say why it should decide alone, for a second person to confirm."
        raise Refused(text, code="no-reason", place="reason")
    decline(annotator, by=by)
    DecidingRequest.objects.create(annotator=annotator, reason=reason[: limits.REASON], asked_by=by)
    return False


def decline(annotator: ModelAnnotator, *, by: Person) -> None:
    """What waits comes to nothing."""
    annotator.requests.filter(state=WAITING).update(state=DECLINED, answered_by=by, answered_at=Now())
