"""How often a program may ask: counted in each process, held to one limit by all of them together."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from taskers.credentials import rate_limits
from taskers.models import ThrottleBucket
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db


class Clock:
    """The process's clock, at a test's pace."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    rate_limits.forget()
    made = Clock()
    monkeypatch.setattr(rate_limits, "time", made)
    yield made
    rate_limits.forget()


@pytest.fixture
def mina(cast: Cast, settings) -> Api:
    settings.API_RATE, settings.API_RATE_ORGANIZATION = 60, 0
    return Api(cast.mina, cast.riverside)


def test_an_answer_says_how_much_more_may_be_asked(mina: Api, clock: Clock) -> None:
    answer = mina.get("projects")
    assert answer["RateLimit-Policy"] == '"token";q=60;w=60'
    assert answer["RateLimit"] == '"token";r=59;t=1'
    clock.now += 0.5
    assert mina.get("projects")["RateLimit"] == '"token";r=58;t=2'


def test_who_asks_too_often_is_told_for_how_long_to_wait(cast: Cast, mina: Api, clock: Clock) -> None:
    for _turn in range(60):
        rate_limits.hit(mina.token)
    answer = mina.get("projects")
    refused(answer, 429, "too-many-requests")
    assert answer["Retry-After"] == "1"
    picture = mina.client.get("/api/v1/tasks/00000000-0000-0000-0000-000000000000/media/")
    assert (picture.status_code, picture["Retry-After"]) == (429, "1")
    assert Api(cast.olga, cast.riverside).get("projects").status_code == 200, "others are let in"


def test_an_organization_has_a_limit_for_all_its_tokens(cast: Cast, settings, clock: Clock) -> None:
    settings.API_RATE, settings.API_RATE_ORGANIZATION = 60, 80
    for person in (cast.mina, cast.olga):
        asking = Api(person, cast.riverside)
        for _turn in range(40):
            rate_limits.hit(asking.token)
    refused(asking.get("projects"), 429, "too-many-requests")
    assert Api(cast.nora, cast.hilltop).get("projects")["RateLimit-Policy"] == '"token";q=60;w=60'


def test_two_processes_hold_to_one_limit_together(mina: Api, clock: Clock) -> None:
    here, let_through = mina.token, 0
    memories: list[dict] = [{}, {}]
    for turn in range(400):
        rate_limits._of_token.clear()
        rate_limits._of_token.update(memories[turn % 2])
        try:
            rate_limits.hit(here)
            let_through += 1
        except rate_limits.TooOften:
            pass
        memories[turn % 2] = dict(rate_limits._of_token)
    assert 60 <= let_through <= 60 + 2 * (60 // rate_limits.SHARE)


def test_a_hit_costs_no_statement_until_a_share_is_full(mina: Api, clock: Clock) -> None:
    with CaptureQueriesContext(connection) as asked:
        for _turn in range(60 // rate_limits.SHARE - 1):
            rate_limits.hit(mina.token)
    assert len(asked) == 0 and not ThrottleBucket.objects.exists()
    with CaptureQueriesContext(connection) as asked:
        rate_limits.hit(mina.token)
    assert len(asked) == 1 and ThrottleBucket.objects.get().key == f"api:t{mina.token.pk}"


def test_without_limits_nothing_is_counted_or_said(cast: Cast, settings) -> None:
    settings.API_RATE = settings.API_RATE_ORGANIZATION = 0
    answer = Api(cast.mina, cast.riverside).get("projects")
    assert answer.status_code == 200 and "RateLimit" not in answer
