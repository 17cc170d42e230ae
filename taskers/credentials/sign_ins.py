"""What sign-in says of itself, written to the audit trail. It is only heard here: nothing is steered by it."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth

from taskers.audit import trail
from taskers.audit.trail import Kind, Outcome
from taskers.models import Person


def listen() -> None:
    """Hear of it from now on."""
    auth.user_logged_in.connect(_came_in)
    auth.user_logged_out.connect(_went)
    account.authentication_step_completed.connect(_proved_again)
    mfa.authentication_failed.connect(_wrong_code)
    mfa.authenticator_added.connect(_added)
    mfa.authenticator_removed.connect(_removed)
    mfa.authenticator_reset.connect(_new_codes)


def wrong_password(email: str) -> None:
    """Somebody tried to sign in to an account, which may not exist."""
    person = Person.objects.filter(email__iexact=email).first()
    trail.record(Kind.SIGN_IN, person=person, outcome=Outcome.FAILED, detail={"email": email})


def throttled(email: str) -> None:
    """Somebody tried so often that the try was not looked at."""
    person = Person.objects.filter(email__iexact=email).first()
    trail.record(Kind.SIGN_IN, person=person, outcome=Outcome.REFUSED, detail={"email": email, "why": "throttled"})


def deactivated(person: Person) -> None:
    """Somebody who was shown out knew their password."""
    trail.record(Kind.SIGN_IN, person=person, outcome=Outcome.REFUSED, detail={"why": "deactivated"})


def not_afresh(person: Person) -> None:
    """A wrong password where it was asked again."""
    trail.record(Kind.FRESH_SIGN_IN, actor=person, person=person, outcome=Outcome.FAILED)


def _came_in(user: Person, **_said: Any) -> None:
    trail.record(Kind.SIGN_IN, actor=user, person=user)


def _went(user: Person | None, **_said: Any) -> None:
    if user is not None:
        trail.record(Kind.SIGN_OUT, actor=user, person=user)


def _proved_again(user: Person, method: str, reauthenticated: bool = False, **_said: Any) -> None:
    if reauthenticated:
        trail.record(Kind.FRESH_SIGN_IN, actor=user, person=user, detail={"by": method})


def _wrong_code(user: Person, authenticator: Authenticator, **_said: Any) -> None:
    trail.record(Kind.SECOND_STEP, person=user, outcome=Outcome.FAILED, detail={"by": str(authenticator.type)})


def _added(user: Person, authenticator: Authenticator, **_said: Any) -> None:
    _changed(Kind.SECOND_STEP_ADDED, user, authenticator)


def _removed(user: Person, authenticator: Authenticator, **_said: Any) -> None:
    _changed(Kind.SECOND_STEP_REMOVED, user, authenticator)


def _new_codes(user: Person, authenticator: Authenticator, **_said: Any) -> None:
    _changed(Kind.RECOVERY_CODES_MADE, user, authenticator)


def _changed(kind: Kind, user: Person, authenticator: Authenticator) -> None:
    trail.record(kind, person=user, detail={"of": str(authenticator.type)})
