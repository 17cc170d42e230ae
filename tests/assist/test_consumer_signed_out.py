"""The copilot's socket answers nobody whose sign-in has ended, however it ended."""

from collections.abc import Callable

import pytest
from django.test import Client

from assist.session.session import NOT_YOURS, SIGNED_OUT
from projects.models import Assignment
from taskers.people import invitations
from tests.support import make
from tests.support.assist.page import Page, in_thread
from tests.support.assist.running import Runtime
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def text(cast: Cast) -> Assignment:
    """A report in Alice's hands."""
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 2)
    return make.held(cast.alice, project)


class Alice:
    """Her browser, at the studio and beside it."""

    def __init__(self, cast: Cast, held: Assignment) -> None:
        self.page = Page(cast.alice, held.public_id)
        self.tab = Client()
        cookie = next(value for name, value in self.page.headers if name == b"cookie").decode()
        self.tab.cookies["sessionid"] = cookie.removeprefix("sessionid=")


def signs_out(alice: Alice, cast: Cast) -> None:
    assert alice.tab.post("/accounts/logout/").status_code == 302


def changes_her_password(alice: Alice, cast: Cast) -> None:
    new = "a long walk by the sea"
    sent = {"oldpassword": make.PASSWORD, "password1": new, "password2": new}
    assert alice.tab.post("/accounts/password/change/", sent).status_code == 302


def gets_a_password_from_somebody(alice: Alice, cast: Cast) -> None:
    cast.alice.set_password("a long walk by the sea")
    cast.alice.save()


def is_shown_out(alice: Alice, cast: Cast) -> None:
    invitations.deactivate(cast.riverside, cast.alice, by=cast.mina)


def is_shown_out_and_let_back_in(alice: Alice, cast: Cast) -> None:
    invitations.deactivate(cast.riverside, cast.alice, by=cast.mina)
    invitations.reactivate(cast.riverside, cast.alice, "tasker", by=cast.mina)


ENDINGS = [signs_out, changes_her_password, gets_a_password_from_somebody, is_shown_out, is_shown_out_and_let_back_in]


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda one: one.__name__)
async def test_the_next_prompt_gets_no_answer_after_she(
    ending: Callable[[Alice, Cast], None], cast: Cast, text: Assignment, fake_runtime: Runtime, at
) -> None:
    at(fake_runtime.address)
    alice = await in_thread(Alice)(cast, text)
    assert (await alice.page.open(text.token))["type"] == "ready"
    assert (await alice.page.prompt(text=True))["type"] == "spans"
    await in_thread(ending)(alice, cast)
    refused = await alice.page.prompt("p2", text=True)
    assert (refused["id"], refused["code"]) == ("p2", "signed-out")
    assert await alice.page.closed() == SIGNED_OUT


async def test_a_silent_line_is_hung_up_too(
    cast: Cast, text: Assignment, fake_runtime: Runtime, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assist.session.consumers.LOOK_SECONDS", 0.05)
    at(fake_runtime.address)
    alice = await in_thread(Alice)(cast, text)
    assert (await alice.page.open(text.token))["type"] == "ready"
    await in_thread(signs_out)(alice, cast)
    assert await alice.page.closed() == SIGNED_OUT


async def test_a_line_ends_with_the_membership(
    cast: Cast, text: Assignment, fake_runtime: Runtime, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alice also works at Hilltop, so she stays signed in; Riverside's work is no longer hers."""
    monkeypatch.setattr("assist.session.gateway.FRESH_SECONDS", 0.0)
    await in_thread(invitations.grant)(cast.hilltop, cast.alice, "tasker", by=cast.nora)
    at(fake_runtime.address)
    alice = await in_thread(Alice)(cast, text)
    await alice.page.open(text.token)
    await in_thread(invitations.deactivate)(cast.riverside, cast.alice, by=cast.mina)
    assert (await alice.page.prompt(text=True))["code"] == "not-yours"
    assert await alice.page.closed() == NOT_YOURS


async def test_signing_out_in_another_browser_ends_nothing_here(
    cast: Cast, text: Assignment, fake_runtime: Runtime, at
) -> None:
    at(fake_runtime.address)
    here, there = await in_thread(Alice)(cast, text), await in_thread(Alice)(cast, text)
    await here.page.open(text.token)
    await in_thread(signs_out)(there, cast)
    assert (await here.page.prompt(text=True))["type"] == "spans"
    await here.page.line.disconnect()
