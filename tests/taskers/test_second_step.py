"""The second step of a sign-in: its codes are counted, and used once by all processes together."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache, caches
from django.test import Client

from taskers.models import AuditRecord
from tests.support import make
from tests.support.cast import Cast
from tests.support.connections import all_at_once
from tests.support.taskers.second_step import SECRET, at_the_second_step, code_now, with_second_step, wrong_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> int:
    """The time step of all codes in a test, so that none ends in the middle of it."""
    step = 55_555_555
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([step]))
    return step


def test_codes_cant_be_guessed_and_the_owner_gets_in_elsewhere(cast: Cast) -> None:
    """Whoever knows the password guesses at the code; the count is shared, and not for the owner."""
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


def test_the_code_that_activated_an_app_signs_nobody_in(cast: Cast, one_moment: int) -> None:
    """Whoever looked over Alice's shoulder while she set it up knows that code."""
    alice = Client()
    assert alice.post("/accounts/login/", {"login": "alice@example.org", "password": make.PASSWORD}).status_code == 302
    alice.post("/accounts/reauthenticate/", {"password": make.PASSWORD})
    assert alice.get("/accounts/2fa/totp/activate/").status_code == 200
    secret = alice.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, one_moment))
    assert alice.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    thief = at_the_second_step("alice@example.org", "203.0.113.9")
    page = thief.post("/accounts/2fa/authenticate/", {"code": code})
    assert page.status_code == 200 and "works once" in page.content.decode()
    again = alice.post("/accounts/2fa/reauthenticate/", {"code": code})
    assert again.status_code == 200 and "works once" in again.content.decode()


def test_a_code_that_signed_in_is_no_fresh_proof(cast: Cast, one_moment: int) -> None:
    with_second_step(cast.alice)
    code = format_hotp_value(hotp_value(SECRET, one_moment))
    alice = at_the_second_step("alice@example.org")
    assert alice.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert alice.post("/accounts/2fa/reauthenticate/", {"code": code}).status_code == 200


@pytest.mark.parametrize("kind", ["app", "recovery"])
@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_one_code_at_once_one_comes_in(cast: Cast, one_moment: int, kind: str) -> None:
    with_second_step(cast.alice)
    code = format_hotp_value(hotp_value(SECRET, one_moment))
    if kind == "recovery":
        code = RecoveryCodes.activate(cast.alice).get_unused_codes()[0]
    browsers = [at_the_second_step("alice@example.org", f"198.51.100.{number}") for number in range(4)]
    sends = [
        lambda browser=browser: browser.post("/accounts/2fa/authenticate/", {"code": code}).status_code
        for browser in browsers
    ]
    assert sorted(all_at_once(sends)) == [200, 200, 200, 302]
