"""Models of other hosts are measured like any other: asked now, through their adapters, within what they may cost."""

import asyncio
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from assist.adapters import catalogue
from assist.annotators import work as placing
from assist.learning import asked, costs, deciding, evaluation, rollout, timed
from assist.models import Evaluation, ModelVersion
from assist.registry import registry
from projects.annotators import lifecycle
from projects.models import Project
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make, owner
from tests.support.assist import brought
from tests.support.assist.brought_at_work import Brought, remote
from tests.support.assist.running import FAKE, running
from tests.support.cast import Cast, assemble
from tests.support.kept import kept

pytestmark = pytest.mark.django_db
RULE, NAMES, TEXTS = FAKE[1], ("Maria", "Jonas", "Amira", "Pedro", "Ingrid"), 80
TOKENS = 45  # that the language model says it used for each question
PEOPLE = "PERSON = 'person'\n"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brought]:
    """A rule, and two of another host: by the plain contract, and a language model that may cost so much."""
    at, store = tmp_path_factory.mktemp("brought"), tmp_path_factory.mktemp("store")
    with brought.serving(lambda path, body: (500, {})) as host, pytest.MonkeyPatch.context() as allowed:
        chat = f"model = 'small-one'\nmost_tokens = 50\nbudget_tokens = {100 * TOKENS + 2_000}\n[label_map]\n{PEOPLE}"
        folders = {
            "far": remote(at, "far", "spans", "http", host.url, f"[label_map]\n{PEOPLE}"),
            "chat": remote(at, "chat", "spans", "openai", f"{host.url}/v1", chat, labels=["PERSON"]),
        }
        for name in ("TANDEM_OUTBOUND", "TANDEM_OUTBOUND_PRIVATE"):
            allowed.setenv(name, "http://127.0.0.1" if name == "TANDEM_OUTBOUND" else "127.0.0.1")
        for folder in folders.values():
            with brought.checked(folder) as (offer, files):
                catalogue.enter(store, offer, files)
        with running(RULE, "far@1", "chat@1", weights=store) as runtime:
            runtime.until_ready()
            yield Brought(store, host, runtime, folders)


@pytest.fixture(scope="module")
def begun(django_db_setup, django_db_blocker) -> Iterator[tuple[Cast, Project]]:
    """Everybody, and texts that Alice has read alone."""
    said = [(f"on day {number} the ferry took ", NAMES[number % len(NAMES)]) for number in range(TEXTS)]
    with kept(django_db_blocker):
        with django_db_blocker.unblock():
            people = assemble()
            made = make.project(people.riverside, wanted=1)
            make.texts(make.batch(made), [f"{before}{name} across" for before, name in said])
            for before, name in said:
                make.judged(people.alice, made, make.spans((len(before), len(before) + len(name))))
            verdict_index.add(Event.objects.filter(project_key=made.public_id))
        yield people, made


@pytest.fixture
def cast(db, begun: tuple[Cast, Project]) -> Cast:
    return deepcopy(begun[0])


@pytest.fixture
def project(cast: Cast, begun: tuple[Cast, Project], models: Brought, settings) -> Project:
    """Where a rule answers, which finds whatever Alice marked."""
    settings.RUNTIME_ADDRESS = models.runtime.address
    made = deepcopy(begun[1])
    rollout.first(made, registry.model_version(RULE), share=100, by=cast.mina)
    return made


def evaluated(cast: Cast, project: Project, candidate: ModelVersion, **terms: Any) -> Evaluation:
    made = evaluation.begin(project, candidate, by=cast.mina, **terms)
    evaluation.run(made.pk)
    made.refresh_from_db()
    return made


def finds_names(path: str, body: Any) -> tuple[int, Any]:
    """By either way of asking, what the rule finds as well."""
    if path == "/predict":
        (text,) = (one["text"] for one in body["inputs"])
        name = next(one for one in NAMES if one in text)
        span = {"start": text.index(name), "end": text.index(name) + len(name), "label": "PERSON", "score": 0.97}
        return 200, {"version": "1", "outputs": [{"spans": [span]}]}
    text = json.loads(body["messages"][1]["content"])["data"]
    quotes = [{"quote": one, "label": "PERSON", "occurrence": 1} for one in NAMES if one in text]
    choice = {"message": {"content": json.dumps({"spans": quotes})}, "finish_reason": "stop"}
    usage = {"prompt_tokens": TOKENS - 5, "completion_tokens": 5}
    return 200, {"model": "small-one", "choices": [choice], "usage": usage}


def test_a_model_of_another_host_takes_a_place_and_decides_by_what_was_measured(
    cast: Cast, project: Project, models: Brought
) -> None:
    far, host = models.version("far"), models.host
    host.reply, host.asked[:] = finds_names, []
    deciding.set_floors(project, by=cast.mina, most_miscalibration=0.2, most_seconds=20.0)
    annotator = placing.place(project, far, by=cast.mina).annotator
    found = evaluated(cast, project, far, margin=0.1, refresh="It reads more languages")
    assert (found.state, found.outcome, found.tasks) == ("done", "passed", TEXTS), found.reason
    assert len(host.asked) == TEXTS, "each by itself, and once"
    assert found.costs["candidate"]["timed"] == TEXTS and found.costs["candidate"]["memory"] > 10
    assert found.alone == "passed", found.rulings
    assert rollout.promote(found, share=100, by=cast.mina).basis == "passed"
    assert lifecycle.move(annotator, by=cast.mina, mode="decide").mode == "decide", "the database agrees"


def test_a_host_that_stops_or_is_another_ends_it_by_name(cast: Cast, project: Project, models: Brought) -> None:
    far, left = models.version("far"), iter(range(5))
    models.host.reply = lambda path, body: finds_names(path, body) if next(left, None) is not None else (503, {})
    models.host.headers = {"Retry-After": "0"}
    found = evaluated(cast, project, far)
    assert (found.state, found.outcome) == ("failed", "") and "too much to do" in found.reason
    models.host.reply = lambda path, body: (200, {"version": "2", "outputs": [{"spans": []}]})
    models.host.headers = {}
    other = evaluated(cast, project, far)
    assert other.outcome == "refused", "what another version says is no answer"


def test_a_language_model_is_asked_anew_and_no_more_than_it_may_cost(
    cast: Cast, project: Project, models: Brought
) -> None:
    chat, host = models.version("chat"), models.host
    host.reply, host.asked[:] = finds_names, []
    found = evaluated(cast, project, chat)
    assert (found.outcome, found.costs["candidate"]["timed"]) == ("passed", TEXTS), found.reason
    unsure = {one["rule"]: one["outcome"] for one in found.rulings}["calibration"]
    assert unsure == "cannot-tell" and found.alone != "passed", "it doesn’t say how sure it is"
    assert len(host.asked) == TEXTS
    again = evaluated(cast, project, chat)
    assert (again.state, again.outcome) == ("failed", "") and "tokens" in again.reason
    count = len(host.asked)
    assert TEXTS + 10 < count < 2 * TEXTS, "what it said before doesn’t do, and its budget ended"
    with owner.unguarded("assist_evaluation"):
        Evaluation.objects.filter(pk=again.pk).update(state="running", ended_at=None, reason="")
    assert evaluation.run(again.pk) == "" and len(host.asked) == count, "one that was killed asks nothing twice"


async def a_picture() -> bytes:
    return b"a picture"


@pytest.mark.parametrize(("fault", "seconds"), [("backend-slow", 2), ("backend-down", 0)])
async def test_a_slow_answer_is_asked_for_once_more_and_a_host_that_is_gone_is_not(
    monkeypatch, fault: str, seconds: int
) -> None:
    async def fails(client: timed.RuntimeClient, op: str, **fields: object) -> dict:
        assert fields["since"] == 5.0
        raise timed.CopilotError(fault)

    monkeypatch.setattr(timed.RuntimeClient, "ask", fails)
    meter = costs.Meter()
    client = timed.Timed("unix:/nowhere", meter, since=5.0)
    with pytest.raises(timed.CopilotError) as problem:
        await asked.patiently(lambda: client.spans_of("far@1", ["a text"]))
    assert problem.value.code == ("no-answer" if seconds else fault) and len(meter.seconds) == seconds
    with pytest.raises(timed.CopilotError):
        await client.boxes("far@1", "a" * 64, a_picture)  # asked anew as well


@pytest.mark.parametrize(("fault", "number"), [("too-slow", 3), ("need-image", 0)])
def test_an_answer_that_never_came_took_its_time_as_well(monkeypatch, fault: str, number: int) -> None:
    async def fails(client: timed.RuntimeClient, op: str, **fields: object) -> dict:
        raise timed.CopilotError(fault)

    monkeypatch.setattr(timed.RuntimeClient, "ask", fails)
    meter = costs.Meter()
    with pytest.raises(timed.CopilotError):
        asyncio.run(timed.Timed("unix:/nowhere", meter).ask("spans_of", texts=["a", "b", "c"]))
    assert len(meter.seconds) == number


async def test_what_an_answer_waited_for_people_is_no_time_of_the_model(monkeypatch) -> None:
    async def says(client: timed.RuntimeClient, op: str, **fields: object) -> dict:
        return {"spans": [[]], "waited": 100.0}

    monkeypatch.setattr(timed.RuntimeClient, "ask", says)
    meter = costs.Meter()
    await timed.Timed("unix:/nowhere", meter).ask("spans_of", texts=["a"])
    assert len(meter.seconds) == 1 and meter.seconds[0] < 0
