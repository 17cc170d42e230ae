"""How a web process asks the runtime: one line for all of its sockets, found again by itself when it was lost."""

import asyncio
import contextlib
import itertools
import socket
import time
import weakref
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np

from assist.errors import TEXTS, CopilotError
from assist.runtime import framing
from assist.runtime.operations import CANCEL, INNER_OPERATIONS, OPERATIONS
from taskers.telemetry import carried, spans

CONNECT_SECONDS = 2.0
BACK_OFF_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)

Supply = Callable[[], Awaitable[bytes]]


class RuntimeClient:
    """Questions to one runtime. Every method raises CopilotError, at once if the runtime is not there."""

    def __init__(self, address: str, back_off: Sequence[float] = BACK_OFF_SECONDS) -> None:
        self._address = address
        self._back_off = back_off
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._failures = 0
        self._not_before = 0.0

    async def status(self) -> dict[str, Any]:
        """What the runtime serves, and how it is: {"models": {key: {"capability", "state", "text", ...}}, ...}."""
        return await self.ask("status")

    async def pin(self, images: Sequence[str]) -> None:
        """Have what was made of these images, by their sha256, go last, instead of what was pinned before."""
        await self.ask("pin", images=list(images))

    async def embed(self, model: str, image: str, supply: Supply, urgent: bool = False) -> dict[str, Any]:
        """Have the image's embedding made; `supply` gives the file's bytes if the runtime lacks them."""
        return await self._with_image("embed", supply, model=model, image=image, urgent=urgent)

    async def segment(
        self,
        model: str,
        image: str,
        supply: Supply,
        asker: str | None,
        owner: str,
        points: list[list[float]],
        box: list[float] | None = None,
        previous: str | None = None,
    ) -> dict[str, Any]:
        """{"masks": [{"size", "counts", "score", "handle"}], "best", "image_size", "seconds"} for one prompt.

        A newer prompt of the same `asker` takes this one's place; without one nobody waits. Handles are good for their
        `owner` alone.
        """
        return await self._with_image(
            "segment",
            supply,
            model=model,
            image=image,
            asker=asker,
            owner=owner,
            points=points,
            box=box,
            previous=previous,
        )

    async def sharpen(
        self,
        model: str,
        image: str,
        supply: Supply,
        asker: str,
        owner: str,
        points: list[list[float]],
        box: list[float] | None,
        previous: str,
        mask: dict[str, Any],
        image_size: list[int],
    ) -> dict[str, Any]:
        """What operations.sharper_mask reads: a mask as of `segment`, without a handle, of a small thing from near,
        or none where nearer shows no more. `mask` is what was answered first, and `previous` its handle."""
        told: dict[str, Any] = {"asker": asker, "owner": owner, "points": points, "box": box, "previous": previous}
        told |= {"mask": mask, "image_size": image_size}
        return await self._with_image("sharpen", supply, model=model, image=image, **told)

    async def everything(self, model: str, image: str, supply: Supply, asker: str | None = None) -> dict[str, Any]:
        """{"masks": [{"size", "counts", "score", "box"}], "image_size"}: all that stands apart, the surest first.
        Without an `asker` nobody waits."""
        return await self._with_image("everything", supply, model=model, image=image, asker=asker)

    async def progress(self, model: str, asker: str) -> dict[str, int]:
        """{"found", "done", "of"}: how far an asker's search for everything is; 0 of 0 before it began."""
        return await self.ask("progress", model=model, asker=asker)

    async def spans(self, model: str, text: str, asker: str) -> dict[str, Any]:
        """{"spans": [[start, end, model's label, score or None]]}."""
        return await self.ask("spans", model=model, text=text, asker=asker)

    async def spans_of(self, model: str, texts: Sequence[str]) -> list[list[list[Any]] | None]:
        """For each text its [[start, end, model's label, score or None]], or None where it has no answer; people's own
        questions go first."""
        return await self._each("spans_of", "spans", texts, model=model)

    async def classify(self, model: str, text: str, labels: Sequence[str], asker: str) -> list[float]:
        """A share in [0, 1] for each label, which is given by its words."""
        return (await self.ask("classify", model=model, text=text, labels=list(labels), asker=asker))["scores"]

    async def vectors(self, model: str, texts: Sequence[str], asker: str | None = None) -> np.ndarray:
        """float32, one unit row for each text. Without an `asker` nobody waits, and people's own questions go first."""
        reply = await self.ask("vectors", model=model, texts=list(texts), asker=asker)
        return np.frombuffer(reply["vectors"], "<f4").reshape(len(texts), reply["width"])

    async def boxes(self, model: str, image: str, supply: Supply, asker: str | None = None) -> dict[str, Any]:
        """{"boxes": [[x, y, width, height, model's label, score or None, text]], "dropped": {reason: count}}; in pixels
        of the image. Without an `asker` nobody waits."""
        return await self.ask("boxes", model=model, image=image, data=await supply(), asker=asker)

    async def shares(
        self, model: str, texts: Sequence[str], labels: Sequence[str], asker: str | None = None
    ) -> list[dict[str, float | None] | None]:
        """For each text a share of each label (None: it gives none), or None where the model has no answer."""
        return await self._each("shares", "shares", texts, model=model, labels=list(labels), asker=asker)

    async def written(self, model: str, text: str, asked: str, longest: int, asker: str | None = None) -> str:
        """What a model writes where a field called `asked` wants words about this text, of so many characters at most.
        Raises CopilotError "no-answer"."""
        told = {"text": text, "asked": asked, "longest": longest, "asker": asker}
        return (await self.ask("written", model=model, **told))["text"]

    async def image_shares(
        self, model: str, image: str, supply: Supply, labels: Sequence[str], asker: str | None = None
    ) -> dict[str, float | None]:
        """The same for an image. Raises CopilotError "no-answer"."""
        told = {"labels": list(labels), "asker": asker}
        return (await self.ask("image_shares", model=model, image=image, data=await supply(), **told))["shares"]

    async def image_vector(self, model: str, image: str, supply: Supply, asker: str | None = None) -> np.ndarray:
        """float32, one unit vector. Without an `asker` nobody waits."""
        reply = await self.ask("image_vector", model=model, image=image, data=await supply(), asker=asker)
        return np.frombuffer(reply["vector"], "<f4")

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """One question, one answer. If the caller is cancelled, the runtime is told at once."""
        with spans.step(f"ask {op}"):
            return await self._ask(op, fields)

    async def _ask(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        writer = await self._line()
        id = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[id] = answer
        try:
            writer.write(framing.pack({"id": id, "op": op, **fields, **_along()}))
            async with asyncio.timeout((OPERATIONS | INNER_OPERATIONS)[op].patience):
                await writer.drain()
                reply = await answer
        except ConnectionError:
            raise CopilotError("copilot-down") from None
        except TimeoutError:
            self._forget(writer, id)
            raise CopilotError("too-slow") from None
        except asyncio.CancelledError:
            self._forget(writer, id)
            raise
        finally:
            self._waiting.pop(id, None)
        if "ok" in reply:
            return reply["ok"]
        raise CopilotError(*_reason(reply["error"], reply["text"]))

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])  # however it ended: what was read may be anything

    async def _each(self, op: str, told: str, texts: Sequence[str], **fields: Any) -> list[Any]:
        """Of each text; asked again for those that were too many for one question."""
        found: list[Any] = []
        while len(found) < len(texts):
            some = (await self.ask(op, texts=list(texts[len(found) :]), **fields))[told]
            if not some:
                raise CopilotError("no-answer")
            found += some
        return found

    async def _with_image(self, op: str, supply: Supply, **fields: Any) -> dict[str, Any]:
        try:
            return await self.ask(op, **fields)
        except CopilotError as problem:
            if problem.code != "need-image":
                raise
        return await self.ask(op, data=await supply(), **fields)

    async def _line(self) -> asyncio.StreamWriter:
        if self._writer is not None:
            return self._writer
        async with self._connecting:
            if self._writer is None:
                await self._connect()
        if self._writer is None:
            raise CopilotError("copilot-down")
        return self._writer

    async def _connect(self) -> None:
        """One try; after a failure none is made until the back-off has passed."""
        if time.monotonic() < self._not_before:
            return
        kind, place, port = framing.split_address(self._address)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await (
                    asyncio.open_unix_connection(place) if kind == "unix" else asyncio.open_connection(place, port)
                )
        except (OSError, TimeoutError):
            wait = self._back_off[min(self._failures, len(self._back_off) - 1)]
            self._failures += 1
            self._not_before = time.monotonic() + wait
            return
        self._failures = 0
        self._writer = writer
        self._reading = asyncio.create_task(self._read(reader, writer))

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(framing.BadFrame):
                while (reply := await framing.read(reader)) is not None:
                    self._receive(writer, reply)
        finally:
            self._writer = None
            writer.close()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(CopilotError("copilot-down"))

    def _receive(self, writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        """Take in what came over the line: an answer to one of our questions."""
        id = message.get("id")
        well = isinstance(message.get("ok"), dict) or all(type(message.get(name)) is str for name in ("error", "text"))
        if type(id) is not int or not well:
            raise framing.BadFrame("no answer to a question")
        answer = self._waiting.get(id)
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _forget(self, writer: asyncio.StreamWriter, id: int) -> None:
        if not writer.is_closing():
            writer.write(framing.pack({"id": id, "op": CANCEL}))


def _reason(code: str, text: str) -> tuple[str, str]:
    """Of an error that may be none of ours."""
    return (code, text) if text or code in TEXTS else ("no-answer", "")


def _along() -> dict[str, Any]:
    """For which request it is asked, where there is one."""
    along = carried.take_along()
    return {carried.NAME: along} if along else {}


_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, RuntimeClient]] = weakref.WeakKeyDictionary()


def shared(address: str) -> RuntimeClient:
    """This loop's one client for an address. A web process has one loop, so it has one line."""
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    return clients.setdefault(address, RuntimeClient(address))


def serving(status: dict[str, Any], capability: str, deployed: str = "") -> str:
    """Which model of a runtime answers for a capability: the deployed one, else the first of the runtime's own that is
    ready, or will be. What another project deployed answers there alone, though the same runtime holds it.

    A deployed one that the runtime doesn't hold yet is loaded when it is first asked. Raises CopilotError:
    "copilot-down" if the only one is being started again, else "model-missing".
    """
    if deployed and deployed not in status["models"]:
        return deployed
    candidates = {deployed: status["models"][deployed]} if deployed else default_models(status)
    models = {key: model for key, model in candidates.items() if model["capability"] == capability}
    for state in ("ready", "loading"):
        for key, model in models.items():
            if model["state"] == state:
                return key
    restarting = next((model for model in models.values() if model["state"] == "restarting"), None)
    if restarting is not None:
        raise CopilotError("copilot-down", restarting["text"])
    raise CopilotError("model-missing", next((model["text"] for model in models.values()), ""))


def default_models(status: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The models that a runtime answers with where nobody deployed any, by their names."""
    return {key: model for key, model in status["models"].items() if model.get("is_default", True)}


def reachable(address: str, seconds: float = 0.5) -> bool:
    """Whether something listens there. For code that is not asynchronous; asks nothing."""
    try:
        with _plain_line(address, seconds):
            return True
    except OSError:
        return False


def status_now(address: str, seconds: float = 0.5) -> dict[str, Any] | None:
    """What `RuntimeClient.status` says, for code that is not asynchronous; None if nobody answers in time."""
    try:
        with _plain_line(address, seconds) as line, line.makefile("rb") as file:
            line.sendall(framing.pack({"id": 1, "op": "status"}))
            reply = framing.read_now(file)
    except (OSError, framing.BadFrame):
        return None
    return reply.get("ok") if reply else None


def _plain_line(address: str, seconds: float) -> socket.socket:
    kind, place, port = framing.split_address(address)
    if kind == "tcp":
        return socket.create_connection((place, port), seconds)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(seconds)
    try:
        line.connect(place)
    except OSError:
        line.close()
        raise
    return line
