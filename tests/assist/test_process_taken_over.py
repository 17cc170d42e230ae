"""A model's process that was taken over says whatever it likes: it harms no other model, nor whoever started it."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest

from assist.adapters import RUNTIMES, Offer
from assist.errors import CopilotError
from assist.runtime import framing, mask_replies, model_channel, model_launch, smoke, supervisor
from assist.runtime.children import Pauses
from assist.runtime.framing import BadFrame
from assist.runtime.model_channel import ModelConnection
from assist.runtime.model_launch import Started

HONEST, TAKEN_OVER = "fake-spans@1", "fake-classes@1"
Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Offer], Awaitable[None]]


def status_of(offer: Offer, **changes: Any) -> dict[str, Any]:
    model = {"capability": offer.capability, "state": "ready", "text": "", "device": "cpu"} | changes
    return {"models": {offer.key: model}, "disk_faults": 0, "store": None}


def speaking(speak: Speak) -> Any:
    """Starts a process that does nothing, and has `speak` say what a model's process would say over its channel."""
    conversations: set[asyncio.Task[None]] = set()

    async def talk(end: socket.socket, offer: Offer) -> None:
        reader, writer = await asyncio.open_connection(sock=end)
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            await speak(reader, writer, offer)

    async def start(offer: Offer, place: Path, **options: Any) -> Started:
        ours, theirs = socket.socketpair()
        process = await asyncio.create_subprocess_exec("sleep", "600")
        task = asyncio.create_task(talk(theirs, offer))
        conversations.add(task)
        task.add_done_callback(conversations.discard)
        return Started(process, ours, place)

    return start


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Callable[[Any], Any]) -> None:
    """Reply so to every question until the line ends."""
    while (question := await framing.read(reader)) is not None:
        writer.write(framing.pack({"id": question["id"]} | reply(question)))
        await writer.drain()


def telling(reply: Callable[[Offer], dict[str, Any]]) -> Speak:
    """The honest model says how it is; the other one replies with `reply`."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, offer: Offer) -> None:
        honest = {"ok": status_of(offer)}
        await answer(reader, writer, lambda question: reply(offer) if offer.key == TAKEN_OVER else honest)

    return speak


@contextlib.asynccontextmanager
async def hub(place: Path, speak: Speak, **terms: Any) -> AsyncIterator[supervisor.Hub]:
    offers = [RUNTIMES[HONEST], RUNTIMES[TAKEN_OVER]]
    opened = supervisor.Hub(offers, RUNTIMES.__getitem__, place / "socket", speaking(speak), **terms)
    try:
        yield opened
    finally:
        async with asyncio.timeout(60):
            await opened.close()


async def until(told: Callable[[dict[str, Any]], bool], hub: supervisor.Hub) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while not told(models := (await hub.status({}))["models"]):
            await asyncio.sleep(0.02)
    return models


ODD = {
    "no map": lambda offer: {"ok": 5},
    "neither answer nor error": lambda offer: {},
    "an error that is a list": lambda offer: {"error": [], "text": ""},
    "an error that nobody knows": lambda offer: {"error": "their-own", "text": ""},
    "no models": lambda offer: {"ok": {}},
    "models in a list": lambda offer: {"ok": {"models": []}},
    "faults in words": lambda offer: {"ok": status_of(offer) | {"disk_faults": "many"}},
    "no number": lambda offer: {"ok": status_of(offer, load_seconds=float("nan"))},
    "a state of its own": lambda offer: {"ok": status_of(offer, state="better than ready")},
    "a number as its text": lambda offer: {"ok": status_of(offer, text=5)},
}


@pytest.mark.parametrize("odd", ODD)
async def test_other_models_are_listed_whatever_one_says_of_itself(odd: str, tmp_path: Path) -> None:
    async with hub(tmp_path, telling(ODD[odd])) as opened:
        models = await until(lambda models: models[HONEST]["state"] == "ready", opened)
        assert models[TAKEN_OVER]["state"] in {"loading", "restarting"}


async def test_a_model_is_listed_as_what_it_was_brought_as_and_its_text_is_short(tmp_path: Path) -> None:
    reply = telling(lambda offer: {"ok": status_of(offer, capability="segment", text="x" * 10_000)})
    async with hub(tmp_path, reply) as opened:
        models = await until(lambda models: models[TAKEN_OVER]["state"] == "ready", opened)
        assert models[TAKEN_OVER]["capability"] == "classify" and len(models[TAKEN_OVER]["text"]) < 1_000


@pytest.mark.parametrize("reply", [{"id": [], "ok": {}}, {"id": {}, "ok": {}}, {"call": [], "op": "none"}], ids=str)
async def test_a_model_whose_reply_has_no_number_is_ended_and_started_again(
    reply: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PAUSES", Pauses(first=0.01, longest=0.05))

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, offer: Offer) -> None:
        for _ in range(2):
            if (question := await framing.read(reader)) is not None:
                writer.write(framing.pack({"id": question["id"], "ok": status_of(offer)}))
        if offer.key == TAKEN_OVER:
            writer.write(framing.pack(reply))
        await answer(reader, writer, lambda question: {"ok": status_of(offer)})

    async with hub(tmp_path, speak, patience=supervisor.Patience(silent=0.2)) as opened:
        models = await until(lambda models: models[TAKEN_OVER]["deaths"] > 1, opened)
        assert models[HONEST]["deaths"] == 0


MASK = {"size": [4, 4], "counts": "PPYo1", "score": 0.5, "handle": "h"}
MASKS: dict[str, dict[str, Any]] = {
    "as large as no mask travels": {"masks": [MASK | {"size": [40_000, 40_000]}]},
    "of no pixels": {"masks": [MASK | {"size": [0, 0]}]},
    "of a negative size": {"masks": [MASK | {"size": [-5, 5]}]},
    "in bytes": {"masks": [MASK | {"counts": b"PPYo1"}]},
    "without end": {"masks": [MASK | {"counts": "x" * 5_000_000}]},
    "as sure as no number": {"masks": [MASK | {"score": float("nan")}]},
    "that isn't there": {"masks": [MASK], "best": 7},
    "in a map": {"masks": {"0": MASK}},
    "sharpened": {"mask": MASK | {"size": [40_000, 40_000]}},
    "of an image without a size": {"masks": [MASK], "image_size": [10**12, 1]},
}


@pytest.mark.parametrize("name", MASKS)
async def test_a_mask_is_handed_on_only_as_large_as_masks_travel(name: str, tmp_path: Path) -> None:
    """A few letters of run lengths can stand for any number of pixels, and for none the library fails natively."""
    for op in ("segment", "sharpen", "everything"):
        with pytest.raises(CopilotError) as problem:
            mask_replies.check(op, {"best": 0, "image_size": [4, 4]} | MASKS[name])
        assert problem.value.code == "no-answer"
        mask_replies.check(op, {"masks": [MASK], "best": 0, "image_size": [5_000, 4_000], "mask": MASK})
        mask_replies.check(op, {"masks": [], "image_size": [5_000, 4_000], "mask": None})
    reply = telling(lambda offer: {"ok": status_of(offer) | {"best": 0, "image_size": [4, 4]} | MASKS[name]})
    async with hub(tmp_path, reply) as opened:
        await until(lambda models: models[TAKEN_OVER]["state"] == "ready", opened)
        question = {"id": 1, "op": "segment", "model": TAKEN_OVER, "image": "0" * 64, "asker": "alice"}
        with pytest.raises(CopilotError, match="mask"):
            await opened.answer(question)


def frame(body: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(struct.pack(">I", len(body)) + body)
    reader.feed_eof()
    return reader


MANY = framing.MAX_OBJECTS + 1
BOMBS = {
    "empty maps": b"\x81\xa1x\xdd" + struct.pack(">I", MANY) + b"\x80" * MANY,
    "short texts in many lists": b"\x81\xa1x\xdc\x00\x40" + (b"\xdc\x80\x00" + b"\xa2xy" * 0x8000) * 0x40,
    "a map of pairs": b"\xdf" + struct.pack(">I", MANY // 2 + 1) + b"\xa1x\xc0" * (MANY // 2 + 1),
    "list in list": b"\x81\xa1x" + (b"\xdc\x10\x00" + b"\xc0" * 0xFFF) * 600,
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_frame_of_very_many_values_is_refused_before_any_is_made(
    bomb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(msgpack, "unpackb", lambda *_, **__: pytest.fail("it was unpacked"))
    with pytest.raises(BadFrame, match="objects"):
        await framing.read(frame(BOMBS[bomb]))


async def test_large_frames_of_few_values_are_read_as_they_are() -> None:
    ours = {
        "data": b"\x80" * (1 << 20),
        "text": "x" * 70_000,
        "rows": [[n, -n, n / 2, str(n), None] for n in range(999)],
    }
    ours |= {"numbers": [0, 255, 65_535, 1 << 31, 1 << 40, -(1 << 40), -200, -40_000, 1.5, True], "wide": b"\x90" * 300}
    assert await framing.read(frame(msgpack.packb(ours))) == ours
    with pytest.raises(BadFrame):
        await framing.read(frame(msgpack.packb(ours)[:-1]))


async def test_a_model_that_calls_without_end_loses_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_channel, "MAX_CALL_BYTES", 10_000)

    async def never(fields: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.get_running_loop().create_future()

    for size, most in ((0, model_channel.MAX_CALLS), (3_000, 3)):
        ours, theirs = socket.socketpair()
        connection = ModelConnection({"wait": never})
        await connection.attach(ours)
        reader, writer = await asyncio.open_connection(sock=theirs)
        for number in range(most + 1):
            writer.write(framing.pack({"call": number, "op": "wait", "data": b"x" * size}))
        async with asyncio.timeout(60):
            assert await framing.read(reader) is None
        assert len(connection._answering) == most
        for task in list(connection._answering):
            task.cancel()
        writer.close()
        await connection.close()


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"key": TAKEN_OVER, "well": True, "lines": 5, "figures": {}},
        {"key": TAKEN_OVER, "well": True, "lines": [], "figures": {"seconds": float("nan")}},
        {"key": TAKEN_OVER, "well": True, "lines": [None], "figures": {}},
    ],
    ids=str,
)
def test_a_first_question_that_is_answered_oddly_is_a_finding(
    report: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = first_question(report, tmp_path, monkeypatch)
    assert (finding.key, finding.well) == (TAKEN_OVER, False) and "can't be read" in finding.lines[0]


def test_a_model_says_nothing_of_another_at_its_first_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = {"key": HONEST, "well": True, "lines": ["well\0" + "x" * 10_000] * 99, "figures": {"seconds": 1}}
    finding = first_question(report, tmp_path, monkeypatch)
    assert finding.key == TAKEN_OVER and len("".join(finding.lines)) < 20_000 and "\0" not in finding.lines[0]


def first_question(report: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> smoke.Finding:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, offer: Offer) -> None:
        await answer(reader, writer, lambda question: {"ok": report})

    monkeypatch.setattr(model_launch, "start", speaking(speak))
    return smoke.examine(TAKEN_OVER, folder)
