"""The second step of a sign-in: its codes are counted, and used once by all processes together."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache, caches
from django.test import Client

from taskers.models import AuditRecord, Person
from tests import make
from tests.cast import Cast

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_now() -> str:
    return format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time()))))


def wrong_code() -> str:
    return "000000" if code_now() != "000000" else "111111"


def with_second_step(person: Person) -> Authenticator:
    return TOTP.activate(person, SECRET).instance


def at_the_second_step(email: str, address: str = "198.51.100.7") -> Client:
    browser = Client(REMOTE_ADDR=address)
    answer = browser.post("/accounts/login/", {"login": email, "password": make.PASSWORD})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    return browser


def test_codes_cant_be_guessed_and_the_owner_gets_in_elsewhere(cast: Cast) -> None:
    """Issue 11, line 19: whoever knows the password guesses at the code; the count is shared, and not for the owner."""
    with_second_step(cast.alice)
    thief = at_the_second_step("alice@example.org", "203.0.113.9")
    said = [thief.post("/accounts/2fa/authenticate/", {"code": wrong_code()}).content.decode() for _try in range(6)]
    assert ["Too many tries. Wait" in page for page in said] == [False] * 5 + [True]
    assert "Too many tries" in thief.post("/accounts/2fa/authenticate/", {"code": code_now()}).content.decode()
    assert AuditRecord.objects.filter(kind="second_step", outcome="failed", person=cast.alice).count() == 5
    alice = at_the_second_step("alice@example.org")
    assert alice.post("/accounts/2fa/authenticate/", {"code": code_now()})["Location"] == "/"


def test_a_code_is_used_once_by_all_processes_together(cast: Cast) -> None:
    """What was used is kept where every process sees it, not in each one's memory."""
    with_second_step(cast.alice)
    code = code_now()
    first, second = at_the_second_step("alice@example.org"), at_the_second_step("alice@example.org")
    assert first.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert second.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200
    assert "LocMem" not in type(caches["default"]).__name__ and cache.get("nothing") is None
