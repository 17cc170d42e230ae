"""Guessing passwords is slowed by all processes together, and the real owner still gets in."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth import hashers
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import Client

from taskers.credentials import throttle
from taskers.credentials.throttle import Rate
from taskers.models import AuditRecord, Person, ThrottleBucket
from tests.support import make
from tests.support.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DOOR = "/accounts/login/"
OFFICE, ATTACKER = "198.51.100.7", "203.0.113.9"


def tries(browser: Client, password: str, address: str, email: str = "alice@example.org") -> str:
    """What the page says: "in", "wrong" or "wait"."""
    answer = browser.post(DOOR, {"login": email, "password": password}, REMOTE_ADDR=address)
    if answer.status_code == 302:
        return "in"
    page = answer.content.decode()
    assert ("not correct" in page) != ("Too many tries. Wait" in page)
    return "wrong" if "not correct" in page else "wait"


def comes_in(address: str) -> Client:
    """Alice's own browser, with which she signed in once."""
    browser = Client()
    assert tries(browser, make.PASSWORD, address) == "in"
    browser.post("/accounts/logout/")
    return browser


def besieged(networks: int = 12) -> None:
    """Attackers from many addresses have tried all they may for Alice's account."""
    for number in range(networks):
        for _try in range(5):
            tries(Client(), "guess", f"203.0.113.{number}")
    assert tries(Client(), make.PASSWORD, "192.0.2.200") == "wait"  # nobody new gets in


def time_passes(seconds: float) -> None:
    ThrottleBucket.objects.update(settles_at=F("settles_at") - timedelta(seconds=seconds))


def test_too_many_wrong_passwords_wait_and_are_told_how_long(cast: Cast) -> None:
    said = [tries(Client(), "guess", ATTACKER) for _try in range(6)]
    assert said == ["wrong"] * 5 + ["wait"]
    page = Client().post(DOOR, {"login": "alice@example.org", "password": make.PASSWORD}, REMOTE_ADDR=ATTACKER)
    assert "Too many tries. Wait 5 minutes, then try again." in page.content.decode()
    assert not page.wsgi_request.user.is_authenticated
    time_passes(250)
    page = Client().post(DOOR, {"login": "alice@example.org", "password": "guess"}, REMOTE_ADDR=ATTACKER)
    assert " seconds, then try again." in page.content.decode()
    time_passes(60)
    assert tries(Client(), make.PASSWORD, ATTACKER) == "in"


def test_the_owner_gets_in_from_elsewhere_meanwhile(cast: Cast) -> None:
    for _try in range(20):
        tries(Client(), "guess", ATTACKER)
    assert tries(Client(), make.PASSWORD, ATTACKER) == "wait"
    assert tries(Client(), make.PASSWORD, OFFICE) == "in"  # a browser that nobody has seen


def test_a_known_browser_gets_in_while_all_the_world_guesses_even_from_the_attackers_address(cast: Cast) -> None:
    own = comes_in(OFFICE)
    besieged()
    assert tries(own, make.PASSWORD, "192.0.2.201") == "in"
    own.post("/accounts/logout/")
    for number in range(52):
        tries(Client(), "guess", ATTACKER, f"nobody{number}@example.org")
    assert tries(Client(), make.PASSWORD, ATTACKER, "carol@example.org") == "wait"  # the address has had its share
    assert tries(own, make.PASSWORD, ATTACKER) == "in"


def test_a_known_address_gets_in_without_the_cookie(cast: Cast) -> None:
    comes_in(OFFICE)
    besieged()
    assert tries(Client(), make.PASSWORD, OFFICE) == "in"


def test_a_stolen_or_made_up_cookie_gives_no_endless_tries(cast: Cast) -> None:
    own = comes_in(OFFICE)
    said = [tries(own, "guess", ATTACKER) for _try in range(11)]
    assert said == ["wrong"] * 10 + ["wait"]
    forged = Client()
    for number in range(6):
        forged.cookies["tandem_device"] = f"made-up-{number}"
        last = tries(forged, "guess", "192.0.2.5")
    assert last == "wait"


def test_the_cookie_of_one_account_is_nothing_to_another(cast: Cast) -> None:
    own = comes_in(OFFICE)
    assert [tries(own, "guess", ATTACKER, "bob@example.org") for _try in range(6)][-1] == "wait"
    cookie = own.cookies["tandem_device"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and "alice" not in cookie.value
    assert tries(own, make.PASSWORD, OFFICE, "bob@example.org") == "in"
    own.post("/accounts/logout/")
    assert [tries(own, "guess", ATTACKER) for _try in range(7)] == ["wrong"] * 7  # it is still known to Alice


def test_signing_in_often_is_not_slowed(cast: Cast) -> None:
    for _time in range(8):
        assert tries(Client(), make.PASSWORD, OFFICE) == "in"


def test_a_network_of_the_sixth_version_counts_as_one_address(cast: Cast) -> None:
    said = [tries(Client(), "guess", f"2001:db8:1:2::{number:x}") for number in range(6)]
    assert said == ["wrong"] * 5 + ["wait"]
    assert tries(Client(), "guess", "2001:db8:1:3::1") == "wrong"


def test_who_comes_by_both_protocols_is_one_address_and_neighbours_are_two(cast: Cast) -> None:
    """A server that listens to both tells the older addresses in the newer's form; the link-local ones have a zone."""
    said = [tries(Client(), "guess", f"::ffff:{ATTACKER}") for _try in range(5)]
    assert said == ["wrong"] * 5 and tries(Client(), "guess", ATTACKER) == "wait"
    assert tries(Client(), "guess", f"::ffff:{OFFICE}") == "wrong"
    assert tries(Client(), make.PASSWORD, "fe80::1%eth0") == "in"


def test_an_account_that_isnt_there_is_treated_alike(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words, the same limits and as much work for the processor."""
    Person.objects.filter(pk=cast.bob.pk).update(is_active=False)
    Person.objects.filter(pk=cast.carol.pk).update(password=hashers.make_password(None))
    worked: list[str] = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode

    def counted(self: object, *terms: object) -> str:
        worked.append("")
        return encode(self, *terms)

    monkeypatch.setattr(hasher, "encode", counted)
    costs = {}
    for number, name in enumerate(("alice", "ALICE", "nobody", "bob", "carol")):
        worked.clear()
        said = [tries(Client(), "guess", f"192.0.2.{number}", f"{name}@example.org") for _try in range(6)]
        assert said == (["wrong"] * 5 + ["wait"])
        costs[name] = len(worked)
    assert len(set(costs.values())) == 1 and costs["alice"] > 0, costs


def test_the_trail_tells_of_it_and_isnt_flooded(cast: Cast) -> None:
    for _try in range(30):
        tries(Client(), "guess", ATTACKER)
    rows = AuditRecord.objects.filter(kind="sign_in")
    assert rows.filter(outcome="failed").count() == 5
    refused = rows.get(outcome="refused")
    assert (refused.person, refused.detail["why"], refused.address) == (cast.alice, "throttled", ATTACKER)


def test_the_operator_lets_somebody_in(cast: Cast) -> None:
    besieged()
    said = io.StringIO()
    call_command("lift_throttle", "Alice@example.org", stdout=said)
    assert "alice@example.org may try again now" in said.getvalue().lower()
    assert tries(Client(), make.PASSWORD, "192.0.2.200") == "in"
    assert AuditRecord.objects.get(kind="throttle_lifted").agent == "manage.py lift_throttle"
    for number in range(52):
        tries(Client(), "guess", ATTACKER, f"nobody{number}@example.org")
    assert tries(Client(), make.PASSWORD, ATTACKER, "bob@example.org") == "wait"
    call_command("lift_throttle", "--address", ATTACKER, stdout=said)
    assert tries(Client(), make.PASSWORD, ATTACKER, "bob@example.org") == "in"
    with pytest.raises(CommandError):
        call_command("lift_throttle")


def test_counters_that_have_settled_are_thrown_away(cast: Cast) -> None:
    tries(Client(), "guess", ATTACKER)
    assert throttle.clean() == 0 and ThrottleBucket.objects.count() == 3
    time_passes(301)
    assert throttle.clean() == 3


def test_a_bucket_gives_its_burst_then_one_an_interval() -> None:
    rate = Rate(3, 10)
    assert [throttle.hit("b", rate).allowed for _hit in range(4)] == [True, True, True, False]
    assert 8 <= throttle.hit("b", rate).wait <= 10
    time_passes(10)
    assert [throttle.hit("b", rate).allowed for _hit in range(2)] == [True, False]
    throttle.give_back("b", rate)
    assert [throttle.hit("b", rate).allowed for _hit in range(2)] == [True, False]
    time_passes(1000)
    assert [throttle.hit("b", rate).allowed for _hit in range(4)] == [True, True, True, False]
    assert throttle.hit("another", rate).allowed
