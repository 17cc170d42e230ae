"""Unsent work, kept on the server as it grows, so that a closed tab or a dead machine loses nothing."""

import json
from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from projects.errors import Refused, StaleDraft, WrongToken
from projects.models import Assignment, Draft
from projects.queue import draft_merge
from projects.queue.clock import Clock
from projects.queue.leases import no_longer_held, refuse_wrong_token
from taskers.database.prepared import ask
from taskers.models import Person

LOCK = "SELECT pg_advisory_xact_lock(%(space)s::int, hashtext(%(token)s::text))"
LOCK_SPACE = 0x647266  # our number space of PostgreSQL's advisory locks
LARGEST = 16 * 1024 * 1024  # characters of JSON


def save(
    assignment: Assignment,
    tasker: Person,
    token: UUID,
    *,
    version: int,
    answer: object,
    size: int = 0,
    correcting: bool = False,
) -> int:
    """Keep a draft if it builds on the newest one (`version`, 0 for the first); returns the new version.

    `correcting` says that the draft is of a correction. Without it, work that was handed in takes no draft while it may
    still be corrected: a tab that hasn't heard of it would show as saved what is never handed in.

    Drafts are kept even after the lease ran out, so that late work isn't lost. Raises StaleDraft when another tab saved
    a newer one, AlreadySubmitted when the work was handed in, LeaseLost when it was given back, WrongToken when the
    token isn't its own.
    """
    if not isinstance(answer, dict):
        raise Refused("A draft is an object.", code="wrong-shape", place="answer")
    if size > LARGEST:
        raise Refused("This draft is too large to keep; hand in what you have.", code="too-large", place="answer")
    if not _mine(assignment, tasker, token, correcting).exists():
        refuse_wrong_token(assignment, token)
        raise no_longer_held(assignment, tasker, token)
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


@transaction.atomic
def save_group(tasker: Person, token: UUID, *, version: int, answers: Mapping[str, object]) -> int:
    """Keep drafts of some of what one person holds under one token, if they build on the group's newest version.

    Only what changed need be sent; all drafts of a group count together. Raises like `save`.
    """
    if not all(isinstance(one, dict) for one in answers.values()):
        raise Refused("A draft is an object.", code="wrong-shape", place="answer")
    # Two tabs follow each other by the token, so that none writes between the look and the step.
    ask(LOCK, {"space": LOCK_SPACE, "token": str(token)})
    mine = Assignment.objects.filter(tasker=tasker, token=token, state__in=["held", "expired"])
    keys = {str(public): pk for public, pk in mine.values_list("public_id", "pk")}
    if not keys:
        first = Assignment.objects.filter(tasker=tasker, token=token).first()
        raise WrongToken() if first is None else no_longer_held(first, tasker, token)
    saved = list(Draft.objects.filter(assignment__in=keys.values()))
    if version != max((one.version for one in saved), default=0):
        named = {pk: public for public, pk in keys.items()}
        tiles = {named[one.assignment_id]: one.answer for one in saved}
        newest = max((one.saved_at for one in saved), default=None)
        at = {"at": newest.isoformat()} if newest else {}
        raise StaleDraft({"version": max((one.version for one in saved), default=0), "answer": {"tiles": tiles}} | at)
    # What moved on meanwhile is passed by; something is written even then, so that the version goes on.
    changed = {keys[one]: answer for one, answer in answers.items() if one in keys} or {next(iter(keys.values())): {}}
    rows = [Draft(assignment_id=pk, version=version + 1, answer=answer) for pk, answer in changed.items()]
    Draft.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["assignment"], update_fields=["version", "answer", "saved_at"]
    )
    return version + 1


def change(
    assignment: Assignment, tasker: Person, token: UUID, *, version: int, changes: object, correcting: bool = False
) -> int:
    """Put changes into the draft of that version; returns the new version.

    Refused (wrong-changes) when they don't fit it: the whole must be sent. Else as `save`.
    """
    kept = Draft.objects.filter(assignment=assignment, version=version).first()
    if kept is None:
        if not _mine(assignment, tasker, token, correcting).exists():
            refuse_wrong_token(assignment, token)
            raise no_longer_held(assignment, tasker, token)
        raise StaleDraft(_newest(assignment))
    answer = draft_merge.applied(kept.answer, changes)
    size = len(json.dumps(answer, ensure_ascii=False))
    return save(assignment, tasker, token, version=version, answer=answer, size=size, correcting=correcting)


def take_over(review: Assignment, reviewer: Person) -> None:
    """Go on in a review with the draft of one's last on this task, where its time ran out."""
    lost = Assignment.objects.filter(task=review.task_id, kind="review", state="expired", tasker=reviewer)
    last = Draft.objects.filter(assignment__in=lost).order_by("-assignment").first()
    if last:
        Draft.objects.create(assignment=review, version=1, answer=last.answer)
        Draft.objects.filter(assignment__in=lost).delete()


def _mine(assignment: Assignment, tasker: Person, token: UUID, correcting: bool) -> QuerySet[Assignment]:
    takes_drafts = Q(state__in=["held", "expired"])
    if correcting:
        takes_drafts = Q(state="submitted", correctable__until__gt=Clock())
    return Assignment.objects.filter(takes_drafts, pk=assignment.pk, tasker=tasker, token=token)


def _newest(assignment: Assignment) -> dict | None:
    saved = Draft.objects.filter(assignment=assignment).first()
    return {"version": saved.version, "answer": saved.answer, "at": saved.saved_at.isoformat()} if saved else None
