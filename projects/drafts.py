"""Unsent work, kept on the server as it grows, so that a closed tab or a dead machine loses nothing."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from projects.errors import LeaseLost, Refused, StaleDraft
from projects.models import Assignment, Draft
from taskers.models import Person

LARGEST = 16 * 1024 * 1024  # characters of JSON


def save(assignment: Assignment, tasker: Person, token: UUID, *, version: int, answer: object, size: int = 0) -> int:
    """Keep a draft if it builds on the newest one (`version`, 0 for the first); returns the new version.

    Drafts are kept even after the lease ran out, so that late work isn't lost. Raises StaleDraft when another tab
    saved a newer one, LeaseLost when the work was handed in, given back, or is somebody else's.
    """
    if not isinstance(answer, dict):
        raise Refused("A draft is an object.", code="wrong-shape", place="answer")
    if size > LARGEST:
        raise Refused("This draft is too large to keep; hand in what you have.", code="too-large", place="answer")
    mine = Assignment.objects.filter(pk=assignment.pk, tasker=tasker, token=token, state__in=["held", "expired"])
    if not mine.exists():
        raise LeaseLost()
    rows = Draft.objects.filter(assignment=assignment, version=version)
    if rows.update(answer=answer, version=F("version") + 1, saved_at=Now()):
        return version + 1
    try:
        with transaction.atomic():
            if version != 0:
                raise StaleDraft(_newest(assignment))
            Draft.objects.create(assignment=assignment, version=1, answer=answer)
    except IntegrityError:
        raise StaleDraft(_newest(assignment)) from None
    return 1


def _newest(assignment: Assignment) -> dict | None:
    saved = Draft.objects.filter(assignment=assignment).first()
    return {"version": saved.version, "answer": saved.answer, "at": saved.saved_at.isoformat()} if saved else None
