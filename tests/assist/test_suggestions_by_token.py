"""Suggestions by API token, for clients without a websocket: the same as over it."""

import asyncio
import json
from contextlib import ExitStack

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse

from assist.models import Suggestion
from assist.session import single_request
from assist.suggestions import bindings
from projects.configuration import configure
from projects.models import Annotation, Assignment, Project
from tests.support import make
from tests.support.assist import work
from tests.support.assist.page import in_thread
from tests.support.assist.pictures import Picture
from tests.support.assist.running import FAKE, Runtime, running
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db

NOWHERE = "unix:/nowhere/runtime.sock"


@pytest.fixture
def project(cast: Cast, settings, fake_runtime: Runtime) -> Project:
    """Reports that the fake finds spans in."""
    settings.RUNTIME_ADDRESS = fake_runtime.address
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 3)
    return project


@pytest.fixture
def alice(cast: Cast) -> Api:
    return Api(cast.alice, cast.riverside)


def claimed(alice: Api, project: Project, query: str = "?suggestions=true") -> dict:
    return alice.post("claim", project.public_id, query=query).json()


def test_claim_brings_suggestions_where_it_asks_for_them(alice: Api, project: Project) -> None:
    claim = claimed(alice, project)
    (message,) = claim["suggestions"]["results"]
    assert (message["type"], claim["suggestions"]["model"], claim["suggestions"]["problem"]) == ("spans", FAKE[1], None)
    assert {span["suggestion"] for span in message["spans"]} == set(map(str, _offered())) != set()
    assert "suggestions" not in claimed(alice, project, "")
    assert alice.post("claim-any", query="?suggestions=true").json()["suggestions"]["results"][0]["type"] == "spans"


def test_asking_again_gives_the_same_suggestions_and_an_answer_names_them(alice: Api, project: Project) -> None:
    claim = claimed(alice, project)
    mine, spans = claim["assignment"], claim["suggestions"]["results"][0]["spans"]
    again = alice.get("suggestions", mine["id"]).json()
    assert again["results"][0]["spans"] == spans and len(_offered()) == len(spans)
    first = spans[0]
    provenance = {"source": "suggestion", "suggestion": first["suggestion"], "model": FAKE[1]}
    part = {name: first[name] for name in ("start", "end", "label")} | {"id": "a", "provenance": provenance}
    submitted = alice.post("submit", mine["id"], body={"token": mine["token"], "answer": {"spans": [part]}})
    assert submitted.status_code == 200, submitted.content
    assert Annotation.objects.get().answer["spans"][0]["provenance"]["suggestion"] == first["suggestion"]


def test_nothing_is_suggested_for_work_without_help(alice: Api, cast: Cast, project: Project) -> None:
    configure.change(project, cast.mina, copilot=False)
    claim = claimed(alice, project)
    assert claim["assignment"]["project"]["copilot"] is False
    assert (claim["suggestions"]["results"], claim["suggestions"]["problem"]["code"]) == ([], "copilot-off")
    assert alice.get("suggestions", claim["assignment"]["id"]).json() == claim["suggestions"]
    assert _offered() == []


def test_only_the_holder_gets_suggestions_and_only_while_they_hold_it(alice: Api, cast: Cast, project: Project) -> None:
    mine = claimed(alice, project)["assignment"]
    for other in (Api(cast.bob, cast.riverside), Api(cast.mina, cast.riverside), Api(cast.nora, cast.hilltop)):
        refused(other.get("suggestions", mine["id"]), 404, "not-found")
    refused(Api(cast.alice, cast.riverside, "read").get("suggestions", mine["id"]), 403, "scope-missing")
    assert Client().get(reverse("api-suggestions", args=[mine["id"]])).status_code == 401
    Assignment.objects.filter(public_id=mine["id"]).update(deadline="2020-01-01T00:00:00Z")
    refused(alice.get("suggestions", mine["id"]), 409, "not-held")
    Assignment.objects.filter(public_id=mine["id"]).update(deadline="2120-01-01T00:00:00Z")
    submitted = alice.post("submit", mine["id"], body={"token": mine["token"], "answer": make.MARIA})
    assert submitted.status_code == 200, submitted.content
    refused(alice.get("suggestions", mine["id"]), 409, "not-held")


def test_copilot_that_is_down_never_fails_a_claim(alice: Api, project: Project, settings) -> None:
    settings.RUNTIME_ADDRESS = NOWHERE
    claim = claimed(alice, project)
    assert claim["assignment"] and claim["suggestions"]["results"] == []
    assert claim["suggestions"]["problem"]["code"] == "copilot-down"


def test_no_model_is_named_as_the_reason(alice: Api, project: Project, settings) -> None:
    with running(FAKE[0]) as runtime:  # it has a model of masks alone
        runtime.until_ready()
        settings.RUNTIME_ADDRESS = runtime.address
        suggestions = claimed(alice, project)["suggestions"]
    assert (suggestions["results"], suggestions["problem"]["code"]) == ([], "model-missing")


def test_slow_copilot_is_waited_for_only_so_long(alice: Api, project: Project, monkeypatch) -> None:
    monkeypatch.setattr(single_request, "ANSWER_SECONDS", 0.0)
    claim = claimed(alice, project)
    assert claim["assignment"] and claim["suggestions"]["results"] == []
    assert claim["suggestions"]["problem"]["code"] == "too-slow"


def test_what_was_answered_in_time_stands_beside_the_reason(
    alice: Api, cast: Cast, settings, fake_runtime: Runtime, square: Picture, monkeypatch
) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    project = work.image_project(cast.riverside, sharpens=False)
    work.image_task(make.batch(project), square.file)
    answer, late = single_request._answer, {"text": True}

    async def answer_or_time_out(session, answers, prompt):
        if prompt == late:
            raise TimeoutError
        return await answer(session, answers, prompt)

    monkeypatch.setattr(single_request, "_answer", answer_or_time_out)
    monkeypatch.setattr(single_request, "_prompts", lambda _ready: [{"points": [[5, 5, 1]]}, late])
    suggestions = claimed(alice, project)["suggestions"]
    assert [message["type"] for message in suggestions["results"]] == ["masks"]
    assert (suggestions["model"], suggestions["problem"]["code"]) == (FAKE[0], "too-slow")


def test_requests_at_the_same_time_are_limited_by_person_and_in_all(
    alice: Api, cast: Cast, project: Project, monkeypatch
) -> None:
    mine = claimed(alice, project, "")["assignment"]
    with ExitStack() as waiting:
        for _request in range(single_request.MAX_REQUESTS_PER_PERSON):
            waiting.enter_context(single_request.SLOTS.taken(cast.alice.pk))
        answer = alice.get("suggestions", mine["id"])
        refused(answer, 429, "too-many-suggestions")
        assert answer["Retry-After"] == "1"
        claim = claimed(alice, project)
        assert claim["assignment"]["id"] == mine["id"], "a claim is never lost by it"
        assert claim["suggestions"]["problem"]["code"] == "too-many-suggestions"
        others = claimed(Api(cast.bob, cast.riverside), project)
        assert others["suggestions"]["problem"] is None, "the places of others are free"
    assert alice.get("suggestions", mine["id"]).json()["problem"] is None
    monkeypatch.setattr(single_request, "MAX_REQUESTS", 0)
    refused(alice.get("suggestions", mine["id"]), 429, "too-many-suggestions")


@pytest.mark.parametrize(
    "prompt",
    ["{", "[]", "[" * 50_000, '{"everything": 1}', '{"points": [[1, 1, 1]]}', '{"unknown": true}', "9" * 70_000],
    ids=lambda prompt: prompt[:20],
)
def test_prompt_that_makes_no_sense_is_refused_with_its_place(alice: Api, project: Project, prompt: str) -> None:
    mine = claimed(alice, project, "")["assignment"]
    answer = alice.get("suggestions", mine["id"], prompt=prompt)
    assert answer.status_code in (400, 422) and answer.json()["place"] == "prompt", answer.content


def test_click_by_token_gets_masks_and_one_planted_error_at_most(
    alice: Api, cast: Cast, settings, fake_runtime: Runtime, square: Picture, monkeypatch
) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    project = work.image_project(cast.riverside, sharpens=False)
    work.image_task(make.batch(project), square.file)
    mine = claimed(alice, project)["assignment"]
    assert alice.get("suggestions", mine["id"]).json()["results"] == [], "a mask needs a place"
    monkeypatch.setattr(bindings, "_shows_planted_error", lambda *_work: True)
    click = json.dumps({"points": [[5, 5, 1]]})
    first, second = (alice.get("suggestions", mine["id"], prompt=click).json()["results"][0] for _ in range(2))
    assert first["type"] == second["type"] == "masks"
    assert list(Suggestion.objects.order_by("pk").values_list("planted", flat=True)) == [True, False]


@pytest.mark.django_db(transaction=True)
async def test_requests_in_a_web_process_get_their_suggestions_at_the_same_time(
    cast: Cast, settings, fake_runtime: Runtime
) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    alice, mine = await in_thread(_claimed_by)(cast)
    client, bearer = AsyncClient(), {"authorization": f"Bearer {alice.secret}"}
    paths = [reverse("api-suggestions", args=[mine["id"]])] * 2 + [reverse("api-me")]
    answers = await asyncio.gather(*(client.get(path, headers=bearer) for path in paths))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].json()["results"][0]["spans"]


def _claimed_by(cast: Cast) -> tuple[Api, dict]:
    alice = Api(cast.alice, cast.riverside)
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 3)
    return alice, claimed(alice, project, "")["assignment"]


def _offered() -> list:
    return list(Suggestion.objects.values_list("public_id", flat=True))
