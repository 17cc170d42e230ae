"""A process for each model: one may die, the others and the web never notice."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from assist.adapters import RUNTIMES, catalogue
from assist.adapters.bundle import BUNDLE
from assist.adapters.files import path_of
from assist.errors import CopilotError
from assist.runtime import model_folder, supervisor
from assist.runtime.children import Pauses
from assist.runtime.client import RuntimeClient, serving
from tests.support.assist.pictures import Picture
from tests.support.assist.running import Runtime, running, settled, until_at_work
from tests.support.assist.sandboxed import starting

MASKS, SPANS, CLASSES = "fake-masks@1", "fake-spans@1", "fake-classes@1"
ALL = (MASKS, SPANS, CLASSES)


def process_of(runtime: Runtime, model: str) -> psutil.Process:
    """The process that holds a model."""
    assert runtime.process is not None
    children = psutil.Process(runtime.process.pid).children()
    return next(child for child in children if model in child.cmdline())


async def until_answered(client: RuntimeClient, model: str) -> list:
    for _ in range(400):
        try:
            return (await client.spans(model, "Oslo", "alice"))["spans"]
        except CopilotError as problem:
            assert problem.code == "copilot-down", problem.text
            await asyncio.sleep(0.02)
    raise AssertionError("it never came back")


async def test_killed_model_takes_no_other_down_and_is_started_again(square: Picture) -> None:
    with running(*ALL) as runtime:
        client = RuntimeClient(runtime.address)
        await until_answered(client, SPANS)
        process_of(runtime, SPANS).send_signal(signal.SIGKILL)
        for _ in range(20):
            await client.embed(MASKS, square.sha256, square.supply)
            assert (await client.vectors(CLASSES, ["a red rose"], "alice")).shape == (1, 64)
        assert await until_answered(client, SPANS) == [[0, 4, "PERSON", 0.5]]
        model = (await client.status())["models"][SPANS]
        assert model["deaths"] == 1
        await client.close()


async def test_question_in_mid_air_when_its_model_dies_is_refused_at_once_with_the_reason() -> None:
    with running(SPANS, seconds=600.0) as runtime:
        runtime.until_ready()
        client = RuntimeClient(runtime.address)
        asked = asyncio.create_task(client.spans(SPANS, "Oslo", "alice"))
        await until_at_work(client, SPANS)
        process_of(runtime, SPANS).send_signal(signal.SIGKILL)
        async with asyncio.timeout(60):
            with pytest.raises(CopilotError) as caught:
                await asked
        assert caught.value.code == "copilot-down"
        status = await client.status()
        assert status["models"][SPANS]["state"] in {"restarting", "loading", "ready"}
        await client.close()


async def test_model_ends_with_the_runtime_that_was_killed_even_in_the_midst_of_a_question() -> None:
    with running(SPANS, seconds=600.0) as runtime:
        runtime.until_ready()
        client = RuntimeClient(runtime.address)
        asked = asyncio.create_task(client.spans(SPANS, "Oslo", "alice"))
        await until_at_work(client, SPANS)
        model = process_of(runtime, SPANS)
        runtime.kill()
        with pytest.raises(CopilotError):
            await asked
        await asyncio.to_thread(model.wait, 120)
        await client.close()


async def test_model_that_keeps_dying_is_said_to_be_restarting(square: Picture) -> None:
    with running(SPANS, MASKS) as runtime:
        client = RuntimeClient(runtime.address)
        await until_answered(client, SPANS)
        for _ in range(3):
            process_of(runtime, SPANS).send_signal(signal.SIGKILL)
            for _ in range(100):
                model = (await client.status())["models"][SPANS]
                if model["state"] == "restarting":
                    break
                await asyncio.sleep(0.01)
            assert "being started again" in model["text"]
            with pytest.raises(CopilotError) as caught:
                serving(await client.status(), "spans")
            assert caught.value.code in {"copilot-down"}
            await until_answered(client, SPANS)
        await client.close()


async def test_model_that_hangs_is_ended_said_and_started_again(square: Picture) -> None:
    """Stopped in mid-air it answers nothing and doesn't die: nobody would ever start it again."""
    with running(SPANS, MASKS, more=("--silent-seconds", "3")) as runtime:
        runtime.until_ready()
        client = RuntimeClient(runtime.address)
        await until_answered(client, SPANS)
        hung = process_of(runtime, SPANS)
        hung.send_signal(signal.SIGSTOP)
        asked = asyncio.create_task(client.spans(SPANS, "Oslo", "alice"))
        async with asyncio.timeout(120):
            with pytest.raises(CopilotError) as caught:
                await asked
            assert caught.value.code == "copilot-down"
            await client.embed(MASKS, square.sha256, square.supply)
        await settled_text(client, "did not answer any more")
        assert await until_answered(client, SPANS) == [[0, 4, "PERSON", 0.5]]
        assert not hung.is_running()
        assert (await client.status())["models"][SPANS]["deaths"] == 1
        await client.close()


class Says:
    """Stands for the line to a model's process that says the same of itself whenever it is asked."""

    def __init__(self, state: str, waiting: int = 0) -> None:
        self.asked = 0
        self._told = {"models": {SPANS: {"state": state, "waiting": waiting}}}

    async def status(self) -> dict:
        self.asked += 1
        return self._told

    async def attach(self, end: socket.socket) -> None:
        """It says what it says whatever process is there."""
        end.close()

    async def close(self) -> None:
        """Nothing is open."""


async def test_model_that_says_that_it_loads_is_given_time(tmp_path: Path) -> None:
    """On a busy machine loading takes minutes: who ends it then has it begin again, for ever."""
    sleeping = starting(sys.executable, "-c", "import time; time.sleep(600)")
    offer = catalogue.find(SPANS, tmp_path)
    one = supervisor.ModelProcess(offer, tmp_path / "model", sleeping, supervisor.Patience(silent=0.2))
    one._client = loading = Says("loading")  # type: ignore[assignment]
    await asyncio.sleep(1.5 * supervisor.LOADING * 0.2)  # time is the point here: longer than one may say nothing
    assert loading.asked > supervisor.LOADING and one.deaths == 0
    await one.stop()


async def test_model_that_waits_for_a_processor_is_let_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At one question for longer than any may take, but it had no time to answer that: ended, it would have to load."""
    had = 0.0
    monkeypatch.setattr(supervisor, "OwnTime", lambda pid: SimpleNamespace(seconds=lambda: had))
    sleeping = starting(sys.executable, "-c", "import time; time.sleep(600)")
    patience = supervisor.Patience(silent=0.2, job={"spans": 0.1})
    one = supervisor.ModelProcess(catalogue.find(SPANS, tmp_path), tmp_path / "model", sleeping, patience)
    one._client = busy = Says("ready", waiting=1)  # type: ignore[assignment]
    async with asyncio.timeout(60):
        while busy.asked < 20:  # .02 s apart
            await asyncio.sleep(0.02)
        assert one.deaths == 0
        had = 0.1
        while not one.deaths:
            await asyncio.sleep(0.02)
    await one.stop()


async def test_model_that_never_comes_to_an_end_of_one_question_is_ended() -> None:
    """It says how it is, so it isn't silent; but whatever it began keeps all others waiting."""
    with running(SPANS, seconds=600.0, more=("--silent-seconds", "4", "--job-seconds", "1.5")) as runtime:
        client = RuntimeClient(runtime.address)
        with pytest.raises(CopilotError) as caught:
            async with asyncio.timeout(120):
                await client.spans(SPANS, "Oslo", "alice")
        assert caught.value.code == "copilot-down"
        await client.close()


async def test_busy_model_is_not_taken_for_a_hung_one() -> None:
    with running(SPANS, seconds=0.5, more=("--silent-seconds", "4", "--job-seconds", "4")) as runtime:
        client = RuntimeClient(runtime.address)
        answers = await asyncio.gather(*(client.spans(SPANS, "Oslo", f"asker {n}") for n in range(12)))
        assert len(answers) == 12 and (await client.status())["models"][SPANS]["deaths"] == 0
        await client.close()


async def settled_text(client: RuntimeClient, words: str) -> None:
    """Until the status of the model says so."""
    async with asyncio.timeout(60):
        while words not in (await client.status())["models"][SPANS]["text"]:
            await asyncio.sleep(0.02)


async def test_pauses_grow_while_a_model_keeps_dying(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(supervisor, "PAUSES", Pauses(first=0.01, longest=0.08, steady=60.0))
    dying = supervisor.Hub([RUNTIMES[SPANS]], RUNTIMES.__getitem__, tmp_path / "sock", starting("false"))

    def paused() -> list[object]:
        said = [record for record in caplog.records if record.name == supervisor.__name__]
        return [record.args[-1] for record in said if isinstance(record.args, tuple)]

    await settled(lambda: len(paused()) >= 6)
    await dying.close()
    assert paused()[:6] == [0.01, 0.02, 0.04, 0.08, 0.08, 0.08]


async def test_what_nobody_waits_for_goes_behind_what_people_ask_of_any_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun, answered = [], asyncio.Event()

    async def ask(self: supervisor.ModelProcess, op: str, fields: dict) -> dict:
        begun.append(fields.get("asker", "nobody"))
        if begun[-1] == "alice":
            await answered.wait()
        return {}

    monkeypatch.setattr(supervisor.ModelProcess, "ask", ask)
    monkeypatch.setattr(supervisor, "PATIENCE_SECONDS", 600.0)
    hub = supervisor.Hub([RUNTIMES[MASKS], RUNTIMES[SPANS]], RUNTIMES.__getitem__, tmp_path / "sock", starting("false"))
    spans, masks = {"model": SPANS, "op": "spans"}, {"model": MASKS, "op": "segment"}
    async with asyncio.timeout(60):
        alice = asyncio.create_task(hub.answer(spans | {"asker": "alice"}))
        ahead = asyncio.create_task(hub.answer(masks))
        await settled(lambda: begun == ["alice"])
        await hub.answer(masks | {"asker": "bob"})
        await hub.answer(masks | {"op": "embed", "urgent": True})
        assert begun == ["alice", "bob", "nobody"] and not ahead.done(), "somebody waits for what is urgent"
        answered.set()
        assert "waited" not in await alice and (await ahead)["waited"] > 0
        assert len(begun) == 4

        answered.clear()
        monkeypatch.setattr(supervisor, "PATIENCE_SECONDS", 0.05)
        alice = asyncio.create_task(hub.answer(spans | {"asker": "alice"}))
        await settled(lambda: begun[4:] == ["alice"])
        await hub.answer(masks)
        assert begun[-2:] == ["alice", "nobody"] and not alice.done(), "nor does it wait for ever"
        answered.set()
        await alice
        await hub.close()


async def test_stopped_runtime_leaves_no_process_and_no_socket_behind() -> None:
    with running(*ALL) as runtime:
        client = RuntimeClient(runtime.address)
        await until_answered(client, SPANS)
        await client.close()
        assert runtime.process is not None
        children = psutil.Process(runtime.process.pid).children(recursive=True)
        assert len(children) == 3
        assert runtime.stop() == 0
        assert psutil.wait_procs(children, timeout=60)[1] == []


async def test_killed_runtime_takes_its_models_with_it() -> None:
    with running(*ALL) as runtime:
        client = RuntimeClient(runtime.address)
        await until_answered(client, SPANS)
        await client.close()
        assert runtime.process is not None
        children = psutil.Process(runtime.process.pid).children(recursive=True)
        runtime.kill()
        assert psutil.wait_procs(children, timeout=60)[1] == [], "they see that nobody needs them"


async def test_model_not_served_yet_is_started_when_it_is_asked_for() -> None:
    with running(MASKS) as runtime:
        client = RuntimeClient(runtime.address)
        assert CLASSES not in (await client.status())["models"]
        text, rose, cat = await client.vectors(CLASSES, ["a red rose", "rose", "cat"], "alice")
        assert text @ rose > text @ cat
        assert CLASSES in (await client.status())["models"]
        with pytest.raises(CopilotError) as caught:
            await client.vectors("nobody@1", ["a red rose"], "alice")
        assert caught.value.code == "model-missing"
        await client.close()


async def test_broken_list_of_added_models_is_named_and_stops_no_default(tmp_path: Path) -> None:
    (tmp_path / catalogue.LISTED).write_text("{")
    with running(MASKS) as runtime:
        client = RuntimeClient(runtime.address)
        assert os.path.exists(runtime.address.removeprefix("unix:"))
        await client.close()
    with pytest.raises(catalogue.WeightsProblem, match="can't be read"):
        catalogue.offers(tmp_path)


async def test_model_that_was_started_when_it_was_asked_makes_room_when_it_is_idle(square: Picture) -> None:
    with running(MASKS, more=("--idle-minutes", "0.02")) as runtime:
        client = RuntimeClient(runtime.address)
        await client.vectors(CLASSES, ["a red rose"])
        for _ in range(400):
            if CLASSES not in (await client.status())["models"]:
                break
            await asyncio.sleep(0.05)
        status = await client.status()
        assert list(status["models"]) == [MASKS], "what is served usually stays"
        assert (await client.vectors(CLASSES, ["a red rose"])).shape == (1, 64), "and it comes back"
        await client.embed(MASKS, square.sha256, square.supply)
        await client.embed(MASKS, square.sha256, square.supply)
        store = (await client.status())["store"]
        assert (store["made"], store["in_memory"]) == (1, 1) and 0 < store["memory_bytes"] <= store["memory_limit"]
        await client.close()


@pytest.mark.parametrize("key", [key for key, offer in RUNTIMES.items() if offer.terms])
def test_a_shipped_model_finds_its_files_by_their_places_in_its_own_folder(tmp_path: Path, key: str) -> None:
    """Its process may write nothing there: it could not lay them out itself."""
    offer, store, place = RUNTIMES[key], tmp_path / "store", tmp_path / "place"
    store.mkdir()
    for artifact in offer.artifacts:
        path_of(artifact, store).write_bytes(b"weights")
    model_folder.lay(offer, store, place)
    for artifact in offer.artifacts:
        assert (place / BUNDLE / artifact.member).read_bytes() == b"weights"


async def test_what_a_project_deployed_answers_in_no_other() -> None:
    """Else another organization's model, and the host that it asks, would see their texts and pictures."""
    with running(SPANS) as runtime:
        runtime.until_ready()
        client = RuntimeClient(runtime.address)
        await client.vectors(CLASSES, ["a red rose"], "alice")  # started since it was asked
        status = await client.status()
        await client.close()
    assert status["models"][CLASSES]["state"] == "ready"
    with pytest.raises(CopilotError) as problem:
        serving(status, "classify")
    assert problem.value.code == "model-missing"
    assert serving(status, "classify", CLASSES) == CLASSES
    status["models"][SPANS] |= {"state": "loading", "capability": "classify"}
    assert serving(status, "classify") == SPANS
