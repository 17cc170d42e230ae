"""The second step of a sign-in: its codes are counted, and used once by all processes together."""

import pytest
from django.core.cache import cache, caches

from taskers.models import AuditRecord
from tests.support.cast import Cast
from tests.support.taskers.second_step import at_the_second_step, code_now, with_second_step, wrong_code

pytestmark = pytest.mark.django_db


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
