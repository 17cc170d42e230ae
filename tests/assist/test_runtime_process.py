"""The runtime process and its client: real answers, many askers, and every way to lose it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco

from assist.adapters import RUNTIMES, MaskPrompt
from assist.errors import CopilotError
from assist.runtime import framing
from assist.runtime.client import RuntimeClient, reachable, shared
from assist.runtime.operations import OPERATIONS, Operation
from tests.support.assist.pictures import Picture, picture
from tests.support.assist.running import FAKE, ROOT, Runtime, running, settled, until_at_work

SAM, SPACY = "mobile-sam@0.2.0", "en-core-web-sm@3.8.0"
MASKS, SPANS = FAKE


async def refused(awaitable) -> CopilotError:
    with pytest.raises(CopilotError) as caught:
        await awaitable
    return caught.value


def segment(client: RuntimeClient, image: Picture, asker: str = "alice", model: str = MASKS, **more):
    more = {"points": [[20.0, 15.0, 1]], "owner": asker, **more}
    return client.segment(model, image.sha256, image.supply, asker, **more)


def decoded(mask: dict) -> np.ndarray:
    return coco.decode({"size": mask["size"], "counts": mask["counts"].encode()}).astype(bool)


async def test_masks_through_the_process_are_those_of_the_model(
    ask_real: RuntimeClient, astronaut: Picture, model_folder: Path
) -> None:
    box = [180.0, 65.0, 90.0, 110.0]
    reply = await segment(ask_real, astronaut, model=SAM, points=[], box=box)
    model = RUNTIMES[SAM].load(model_folder)
    bare = model.decode(model.embed(astronaut.pixels), MaskPrompt(box=tuple(box)))  # type: ignore
    assert reply["best"] == bare.best and reply["image_size"] == [512, 512]
    for mask, pixels in zip(reply["masks"], bare.pixels, strict=True):
        assert (decoded(mask) ^ pixels).sum() <= 20, "the same but for rounding at an edge"


async def test_next_click_refines_the_mask_it_names(ask_real: RuntimeClient, astronaut: Picture) -> None:
    first = await segment(ask_real, astronaut, model=SAM, points=[[225.0, 120.0, 1]])
    clicks = [[225.0, 120.0, 1], [230.0, 330.0, 1]]
    handle = first["masks"][0]["handle"]
    plain = await segment(ask_real, astronaut, model=SAM, points=clicks)
    led = await segment(ask_real, astronaut, model=SAM, points=clicks, previous=handle)
    other = await segment(ask_real, astronaut, "bob", model=SAM, points=clicks, previous=handle)
    counts = [[mask["counts"] for mask in reply["masks"]] for reply in (plain, led, other)]
    assert counts[1] != counts[0]
    assert counts[2] == counts[0], "a handle is its own asker's alone"


async def test_spans_through_the_process(ask_real: RuntimeClient) -> None:
    reply = await ask_real.spans(SPACY, "Maria Lopez visited Denver.", "alice")
    assert [one[:3] for one in reply["spans"]] == [[0, 11, "PERSON"], [20, 26, "GPE"]]
    assert all(0.5 < score < 1 for *_, score in reply["spans"])


async def test_status_says_what_is_loaded(ask_real: RuntimeClient) -> None:
    await ask_real.spans(SPACY, "Hello.", "alice")
    model = (await ask_real.status())["models"][SPACY]
    assert (model["capability"], model["state"], model["device"]) == ("spans", "ready", "cpu")


async def test_image_is_sent_only_when_the_runtime_lacks_it(ask_fake: RuntimeClient) -> None:
    mine, sent = picture(np.full((30, 40, 3), 77, np.uint8)), []  # that no other test sends

    async def supply() -> bytes:
        sent.append(1)
        return mine.file

    first = await ask_fake.embed(MASKS, mine.sha256, supply)
    again = await ask_fake.embed(MASKS, mine.sha256, supply)
    assert first == again == {"image_size": [30, 40]}
    assert len(sent) == 1


async def test_embedding_survives_a_restart(square: Picture) -> None:
    async def nothing() -> bytes:
        raise AssertionError("the image was asked for again")

    with running(*FAKE) as runtime:
        client = RuntimeClient(runtime.address)
        await client.embed(MASKS, square.sha256, square.supply)
        await client.close()
        assert runtime.stop() == 0
        runtime.start()
        client = RuntimeClient(runtime.address)
        assert await client.embed(MASKS, square.sha256, nothing) == {"image_size": [30, 40]}
        await client.close()


async def test_unreadable_image_is_named_as_such(ask_fake: RuntimeClient) -> None:
    async def supply() -> bytes:
        return b"not an image"

    problem = await refused(ask_fake.embed(MASKS, "0" * 64, supply))
    assert problem.code == "no-image" and "can't be read" in problem.text


@pytest.mark.parametrize("image", ["", "x", "../../etc/passwd", "A" * 64])
async def test_image_is_named_by_hash_and_nothing_else(ask_fake: RuntimeClient, image: str, square: Picture) -> None:
    problem = await refused(ask_fake.embed(MASKS, image, square.supply))
    assert problem.code == "bad-message"


async def test_unknown_model_and_wrong_capability_are_refused(ask_fake: RuntimeClient, square: Picture) -> None:
    for model in ("nobody@1", SPANS):
        assert (await refused(segment(ask_fake, square, model=model))).code == "model-missing"


async def test_unknown_question_is_refused(ask_fake: RuntimeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATIONS, "train", Operation("train", 5.0))
    assert (await refused(ask_fake.ask("train"))).code == "bad-message"


async def test_two_clients_get_their_own_answers(ask_real: RuntimeClient, real_runtime: Runtime) -> None:
    other = RuntimeClient(real_runtime.address)
    texts = [f"{name} met {number} people." for number, name in enumerate(["Maria Lopez", "John Smith"] * 5)]
    asked = [(ask_real if i % 2 else other).spans(SPACY, text, f"asker {i}") for i, text in enumerate(texts)]
    for text, reply in zip(texts, await asyncio.gather(*asked), strict=True):
        start, end, label, _ = reply["spans"][0]
        assert (text[start:end], label) == (text.split(" met")[0], "PERSON")
    await other.close()


async def test_newest_prompt_of_an_asker_wins(square: Picture) -> None:
    with running(*FAKE, seconds=0.2) as runtime:
        client = RuntimeClient(runtime.address)
        await client.embed(MASKS, square.sha256, square.supply)
        asked = [asyncio.create_task(segment(client, square, points=[[x, 15.0, 1]])) for x in (5.0, 20.0, 35.0)]
        bob = await segment(client, square, "bob")
        answers: list = await asyncio.gather(*asked, return_exceptions=True)
        assert [getattr(answer, "code", "masks") for answer in answers] == ["superseded", "superseded", "masks"]
        assert decoded(answers[2]["masks"][0])[15, 35], "the answer is to the newest question"
        assert decoded(bob["masks"][0])[15, 20]
        await client.close()


async def test_cancel_frees_the_runtime_of_what_waits(square: Picture) -> None:
    with running(*FAKE, seconds=0.5) as runtime:
        client = RuntimeClient(runtime.address)
        await client.embed(MASKS, square.sha256, square.supply)
        running_now = asyncio.create_task(segment(client, square))
        waiting = [asyncio.create_task(segment(client, square, f"asker {i}")) for i in range(20)]
        await until_at_work(client, MASKS, 15)
        for task in waiting:
            task.cancel()
        await running_now
        left = (await client.status())["models"][MASKS]["waiting"]
        assert left < 10, "of twenty; one or two may have been begun before they were let go"
        await segment(client, square, "bob")
        await client.close()


async def test_too_many_questions_are_told_busy(square: Picture) -> None:
    with running(*FAKE, seconds=0.1) as runtime:
        client = RuntimeClient(runtime.address)
        await client.embed(MASKS, square.sha256, square.supply)
        asked = [asyncio.create_task(segment(client, square, f"asker {i}")) for i in range(300)]
        await settled(lambda: any(task.done() and task.exception() for task in asked))
        codes = {task.exception().code for task in asked if task.done() and task.exception()}  # type: ignore[union-attr]
        assert codes == {"busy"}
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        await client.close()


async def test_status_is_answered_while_the_model_works(square: Picture) -> None:
    with running(*FAKE, seconds=600.0) as runtime:
        runtime.until_ready()
        client = RuntimeClient(runtime.address)
        asked = asyncio.create_task(client.spans(SPANS, "Oslo", "alice"))
        await until_at_work(client, SPANS)
        assert not asked.done()
        asked.cancel()
        await client.close()


async def test_runtime_that_is_not_there_is_said_without_waiting_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: pytest.fail(f"it waits for {seconds} s"))
    client = RuntimeClient("unix:/nowhere/runtime.sock")
    for _ in range(100):
        assert (await refused(client.status())).code == "copilot-down"
    assert not reachable("unix:/nowhere/runtime.sock")


async def test_killed_mid_prompt_fails_every_question_at_once_and_comes_back(square: Picture) -> None:
    with running(*FAKE, seconds=600.0) as runtime:
        client = RuntimeClient(runtime.address)
        asked = [asyncio.create_task(client.spans(SPANS, "Oslo", f"asker {i}")) for i in range(3)]
        await until_at_work(client, SPANS, 3)
        runtime.kill()
        async with asyncio.timeout(60):
            codes = [(await refused(task)).code for task in asked]
        assert codes == ["copilot-down"] * 3
        runtime.seconds = 0.0
        runtime.start()
        deadline = time.monotonic() + 60
        while True:
            try:
                reply = await client.spans(SPANS, "Oslo", "alice")
                break
            except CopilotError as problem:
                assert problem.code == "copilot-down" and time.monotonic() < deadline
                await asyncio.sleep(0.05)
        assert reply["spans"] == [[0, 4, "PERSON", 0.5]]
        await client.close()


async def test_missing_weights_leave_the_other_model_running(tmp_path: Path) -> None:
    with running(SAM, SPANS, weights=tmp_path) as runtime:
        client = RuntimeClient(runtime.address)
        problem = await refused(client.embed(SAM, "0" * 64, lambda: asyncio.sleep(0, b"")))
        assert problem.code == "model-missing" and "python -m assist.adapters fetch" in problem.text
        assert (await client.spans(SPANS, "Oslo", "alice"))["spans"]
        status = (await client.status())["models"]
        assert (status[SAM]["state"], status[SPANS]["state"]) == ("failed", "ready")
        assert "fetch" in status[SAM]["text"]
        await client.close()


LISTS = framing.MAX_OBJECTS + 1
EXPANDING = (LISTS + 5).to_bytes(4) + b"\xdd" + LISTS.to_bytes(4) + b"\x90" * LISTS  # two megabytes, which take 140


async def test_line_that_speaks_nonsense_is_closed_and_the_others_go_on(
    fake_runtime: Runtime, ask_fake: RuntimeClient
) -> None:
    path = fake_runtime.address.removeprefix("unix:")
    for nonsense in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x01\xc1",
        framing.pack({"op": "status"}),
        EXPANDING,
    ):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(nonsense)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()
    assert (await ask_fake.status())["models"]


async def test_lines_that_stop_in_the_middle_of_a_frame_hold_nobody_up(
    fake_runtime: Runtime, ask_fake: RuntimeClient
) -> None:
    """Half-open: the other side said that much is to come, and never says more; it may never even hang up."""
    path = fake_runtime.address.removeprefix("unix:")
    whole = framing.pack({"id": 1, "op": "spans", "model": SPANS, "text": "Oslo", "asker": "alice"})
    lines = [await asyncio.open_unix_connection(path) for _ in range(40)]
    for number, (_, writer) in enumerate(lines):
        writer.write(whole[: number % len(whole)])
        await writer.drain()
    async with asyncio.timeout(60):
        assert (await ask_fake.spans(SPANS, "Oslo", "bob"))["spans"] == [[0, 4, "PERSON", 0.5]]
    for _, writer in lines[::2]:
        writer.transport.abort()
    async with asyncio.timeout(60):
        assert (await ask_fake.spans(SPANS, "Oslo", "bob"))["spans"] == [[0, 4, "PERSON", 0.5]]
    for _, writer in lines:
        writer.close()


async def test_second_runtime_at_one_address_refuses_to_start(fake_runtime: Runtime) -> None:
    command = [sys.executable, "-m", "assist.runtime.server", "--address", fake_runtime.address, "--models", SPANS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "already serves" in done.stderr
    assert reachable(fake_runtime.address)


async def test_socket_is_for_our_own_user_alone(fake_runtime: Runtime) -> None:
    assert os.stat(fake_runtime.address.removeprefix("unix:")).st_mode & 0o077 == 0


async def test_sigterm_ends_it_in_order() -> None:
    with running(SPANS) as runtime:
        assert runtime.process
        runtime.process.send_signal(signal.SIGTERM)
        assert runtime.process.wait(timeout=60) == 0


@pytest.mark.parametrize("address", ["", "runtime.sock", "tcp://host", "http://x:1", "unix:"])
def test_address_that_makes_no_sense_is_refused(address: str) -> None:
    with pytest.raises(ValueError) as caught:
        framing.split_address(address)
    assert "unix:/path or tcp://host:port" in str(caught.value)


async def test_tcp_works_as_well(square: Picture) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    command = [sys.executable, "-m", "assist.runtime.server", "--address", address, "--models", SPANS, "--nice", "0"]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        client = shared(address)
        assert shared(address) is client
        await settled(lambda: reachable(address), 60)
        assert (await client.spans(SPANS, "Oslo", "alice"))["spans"]
        await client.close()
    finally:
        process.kill()
        process.wait()
