"""Whether somebody proved a moment ago that it is they: asked before what a stolen session must not be able to do."""

import time

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator

from taskers.models import Person
from taskers.web.requests import MemberRequest

SECONDS = 300
BY_ANY = frozenset({"password", "mfa", "socialaccount"})
BY_SECOND_STEP = frozenset({"mfa"})


def has_second_step(person: Person) -> bool:
    """Whether their sign-in takes more than a password."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return Authenticator.objects.filter(user=person, type__in=kinds).exists()


def is_fresh(request: MemberRequest) -> bool:
    """Whether they signed in, or were asked again, within five minutes; with the second step, where they have one."""
    person = request.user
    enough = BY_SECOND_STEP if has_second_step(person) else BY_ANY
    since = time.time() - SECONDS
    return any(one["method"] in enough and one["at"] > since for one in get_authentication_records(request, person))
