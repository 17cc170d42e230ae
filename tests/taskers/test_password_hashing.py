"""Passwords are hashed a few at a time, however many are tried, and everything else goes on meanwhile."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client

from config import settings as product
from taskers.credentials import password_hashing
from taskers.credentials.password_hashing import NICENESS, Asker, Bounded, BoundedPBKDF2, HashingBusy, HashingPool
from taskers.models import Person
from taskers.people import invitations
from tests.support import make
from tests.support.cast import Cast
from tests.support.waiting import until

DOOR = "/accounts/login/"
OFFICE = "198.51.100.7"
STRANGER, NEIGHBOUR = Asker("203.0.113.9", is_stranger=True), Asker("203.0.113.10", is_stranger=True)
ALICE, BOB = Asker("alice@example.org", is_stranger=False), Asker("bob@example.org", is_stranger=False)
Visit = Callable[[Callable[[], int]], "Future[int]"]


class Quick(Bounded, MD5PasswordHasher):
    """A hash in the pool."""


class Waiting(MD5PasswordHasher):
    """A hash that takes as long as a test wants."""

    go_on = threading.Event()
    begun = 0

    def encode(self, password: str, salt: str) -> str:
        Waiting.begun += 1
        assert Waiting.go_on.wait(60)
        return super().encode(password, salt)


class Held(Bounded, Waiting):
    """The same in the pool."""


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, settings) -> Iterator[HashingPool]:
    """A pool in which no hash is done until the test says so, or is over."""
    pool = HashingPool()
    monkeypatch.setattr(password_hashing, "pool", pool)
    settings.PASSWORD_HASHERS = [f"{__name__}.Held"]
    Waiting.go_on.clear()
    Waiting.begun = 0
    yield pool
    Waiting.go_on.set()
    until(lambda: not pool.taken)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    """A pool that has no place for anybody."""
    monkeypatch.setattr(password_hashing, "pool", HashingPool(places=0))
    settings.PASSWORD_HASHERS = [f"{__name__}.Quick"]


@pytest.fixture
def visit(held: HashingPool) -> Iterator[Visit]:
    """Has something done by somebody else, who waits for it on a connection of their own."""

    def on_own_connection(work: Callable[[], int]) -> int:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as visitors:
        yield lambda work: visitors.submit(on_own_connection, work)
        Waiting.go_on.set()


def signing_in(address: str, email: str = "alice@example.org", browser: Client | None = None) -> Callable[[], int]:
    browser = browser or Client()
    sent = {"login": email, "password": make.PASSWORD}
    return lambda: browser.post(DOOR, sent, REMOTE_ADDR=address).status_code


def known_browser() -> Client:
    browser = Client()
    assert signing_in(OFFICE, browser=browser)() == 302
    browser.post("/accounts/logout/")
    return browser


def test_passwords_are_hashed_in_the_pool(settings) -> None:
    assert product.PASSWORD_HASHERS == ["taskers.credentials.password_hashing.BoundedPBKDF2"]
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS
    assert isinstance(hashers.get_hasher(), Bounded)
    old = hashers.PBKDF2PasswordHasher().encode("a long walk", "salt", 2)
    assert BoundedPBKDF2().verify("a long walk", old), "those that are stored stay good"


@pytest.fixture
def alices_browser(cast: Cast, db) -> Client:
    return known_browser()


@pytest.mark.django_db(transaction=True)
def test_sign_ins_beyond_the_places_are_refused_at_once_and_pages_go_on(
    cast: Cast, alices_browser: Client, held: HashingPool, visit: Visit
) -> None:
    """Strangers from two addresses fill what strangers may have; one of them tries an account that isn't there."""
    tasker = Client()
    tasker.force_login(cast.bob, "django.contrib.auth.backends.ModelBackend")
    flood = [visit(signing_in("203.0.113.1")), visit(signing_in("203.0.113.1", "nobody@example.org"))]
    until(lambda: held.taken.total() == 2)
    assert signing_in("203.0.113.1")() == 503, "one address has its share"
    flood.append(visit(signing_in("203.0.113.2")))
    until(lambda: held.taken.total() == 3)
    sent = {"login": "carol@example.org", "password": make.PASSWORD}
    for _try in range(7):  # more than are let through of those that count
        refused = Client().post(DOOR, sent, REMOTE_ADDR="203.0.113.3")
        assert (refused.status_code, refused["Retry-After"]) == (503, "3")
        assert "your password was not looked at" in refused.content.decode()
    assert Client().get(DOOR).status_code == 200 and tasker.get("/", follow=True).status_code == 200
    owner = visit(signing_in("203.0.113.1", browser=alices_browser))
    until(lambda: held.taken.total() == 4)
    assert Waiting.begun == 1, "the others wait"
    Waiting.go_on.set()
    assert [future.result(60) for future in (*flood, owner)] == [302, 200, 302, 302]
    until(lambda: not held.taken)
    assert signing_in("203.0.113.3", "carol@example.org")() == 302, "refusals counted as no tries"


@pytest.mark.django_db
def test_whatever_hashes_a_password_is_refused_while_there_is_no_place(cast: Cast, settings, full) -> None:
    alice = Client()
    alice.force_login(cast.alice, "django.contrib.auth.backends.ModelBackend")
    _, secret = invitations.invite(cast.riverside, cast.mina, email="ada@example.org", role="tasker")
    link = invitations.password_reset_path(cast.riverside, cast.bob, by=cast.mina)
    fresh = "copper lantern violet tuesday"
    change = {"oldpassword": make.PASSWORD, "password1": fresh, "password2": fresh}
    answers = [
        Client().post(DOOR, {"login": "alice@example.org", "password": make.PASSWORD}),
        Client().post(DOOR, {"login": "nobody@example.org", "password": make.PASSWORD}),
        Client().post(DOOR, {"login": "alice@example.org", "password": make.PASSWORD}, headers={"HX-Request": "true"}),
        Client().post(f"/invitations/{secret}/", {"name": "Ada", "password": fresh}),
        Client().post(link, {"password": fresh}),
        alice.post("/accounts/reauthenticate/", {"password": make.PASSWORD}),
        alice.post("/accounts/password/change/", change),
    ]
    assert [(answer.status_code, answer.get("Retry-After")) for answer in answers] == [(503, "3")] * len(answers)
    assert not Person.objects.filter(email="ada@example.org").exists()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for person in (cast.alice, cast.bob):
        person.refresh_from_db()
        assert person.check_password(make.PASSWORD)
    assert Client().get(link).status_code == 200 and Client().get(f"/invitations/{secret}/").status_code == 200


def test_an_account_and_an_address_have_few_places_and_strangers_not_all() -> None:
    pool, go_on = HashingPool(places=4, stranger_places=3, places_each=2), threading.Event()

    def refused(asker: Asker) -> bool:
        try:
            pool.run(lambda: None, asker, 60)
        except HashingBusy:
            return True
        return False

    with ThreadPoolExecutor(4) as waiting:
        try:
            for number, asker in enumerate((STRANGER, STRANGER, NEIGHBOUR, ALICE), start=1):
                if number == 3:
                    assert refused(STRANGER), "of one address two"
                if number == 4:
                    assert refused(Asker("203.0.113.11", is_stranger=True)), "of strangers three"
                waiting.submit(pool.run, lambda: go_on.wait(60), asker)
                until(lambda number=number: pool.taken.total() == number)
            assert refused(BOB), "in all four"
        finally:
            go_on.set()
    until(lambda: not pool.taken)
    assert not any(refused(asker) for asker in (STRANGER, ALICE, BOB))


def test_a_hash_that_takes_too_long_is_waited_for_no_longer_and_leaves_its_place_once_it_is_done() -> None:
    pool, go_on = HashingPool(), threading.Event()
    with pytest.raises(HashingBusy):
        pool.run(lambda: go_on.wait(60), ALICE, wait_seconds=0.01)
    assert pool.taken.total() == 1, "its thread is at it still"
    with pytest.raises(HashingBusy):
        pool.run(lambda: None, BOB, wait_seconds=0.01)
    assert pool.taken.total() == 1, "who was only waiting has gone"
    go_on.set()
    until(lambda: not pool.taken)


def test_hashing_gives_way_to_everything_else() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    own = niceness()
    assert HashingPool().run(niceness, ALICE) == min(19, max(own, NICENESS)) and niceness() == own
