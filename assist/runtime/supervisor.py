"""One process for each model, and the one before them that web processes speak to.

A model that dies, of a native crash or for want of memory, takes neither the others nor the web down: it is started
again after a pause that grows while it keeps dying, and who asks meanwhile is told so. One that hangs is ended, and
then started again likewise.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import harmonic_mean
from typing import Any

from assist.adapters import Offer
from assist.adapters.files import WeightsProblem
from assist.errors import CopilotError
from assist.runtime import children, mask_replies, model_folder, model_status
from assist.runtime.embedding_files import Disk
from assist.runtime.lanes import PATIENCE_SECONDS
from assist.runtime.model_calls import ModelCalls
from assist.runtime.model_channel import ModelConnection
from assist.runtime.model_launch import Started, process_name, start
from assist.runtime.starvation import OwnTime
from taskers.files.folders import data_folder
from taskers.sandbox import machine
from taskers.sandbox.launch import SandboxMisconfigured
from taskers.telemetry.publish import published

log = logging.getLogger(__name__)

PAUSES = children.Pauses(steady=60.0)
MOST = 8  # model processes at once; the one asked longest ago makes room
START_SECONDS = 60.0  # until a fresh process listens; loading its model takes longer, and is its own affair
STATUS_SECONDS = 1.0
IDLE_SECONDS = 1800.0
LOOK_SECONDS = 30.0  # at most, between two looks for models that are idle
STOP_SECONDS = 5.0
MAX_FIGURES_BYTES = 1 << 20  # of what one process counts
QUIET_SECONDS = 0.15  # after people's last answer, until what nobody waits for begins: who clicks often isn't met
SILENT_SECONDS = 30.0  # of its own (starvation.py): a model that hasn't said how it is for so long hangs
# Times as patient with one that isn't loaded yet: importing libraries leaves it no time to answer; and while it answers
# that it loads. Two installations that start at once on a busy machine load for five minutes.
LOADING, LOADED = 10, 60
# The longest that one question may take it, and any other than these.
JOB_SECONDS = {"segment": 120.0, "spans": 300.0, "classify": 300.0, "detect": 120.0, "read": 120.0}
OTHER_SECONDS = 300.0


@dataclass(frozen=True)
class Patience:
    """How long a model may say nothing at all, be asked nothing, and be at one thing, by what it can do; seconds.

    The first and the last are seconds in which a processor could be had.
    """

    silent: float = SILENT_SECONDS
    idle: float = IDLE_SECONDS  # after which one that was started when it was asked makes room; 0: never
    job: Mapping[str, float] = field(default_factory=lambda: JOB_SECONDS)


Find = Callable[[str], Offer]
Start = Callable[[Offer, Path], Awaitable[Started]]  # with a folder of the model's own at this path
NOT_STARTED = 1  # the exit code of a process that could not even be started


class ModelProcess:
    """One model in a process of its own, started again whenever it ends or hangs."""

    def __init__(self, offer: Offer, place: Path, start: Start, patience: Patience, disk: Disk | None = None) -> None:
        self.offer = offer
        self.asked = time.monotonic()
        self.asking = 0  # questions that wait for it
        self.deaths = 0
        self._calls = ModelCalls(offer, disk)
        self._client = ModelConnection(self._calls.calls())
        self._start, self._place = start, place
        self._patience = patience
        self._answers = 0
        self._hung = False
        self._refused = ""  # why no process could be started
        self._up = asyncio.Event()
        self._down = ""
        self._keeping = asyncio.create_task(self._keep(), name=offer.key)

    async def ask(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The model's answer. Raises CopilotError, "copilot-down" while it is being started again."""
        self.asked = time.monotonic()
        self.asking += 1
        self._calls.asked_about(fields.get("image"))
        try:
            async with asyncio.timeout(None if self._down else START_SECONDS):
                if not self._down:
                    await self._up.wait()
            reply = await self._client.ask(op, **fields)
            mask_replies.check(op, reply)
            self._answers += 1
            return reply
        except CopilotError as problem:
            if problem.code == "copilot-down":
                raise CopilotError("copilot-down", self._down) from None
            raise
        except TimeoutError:
            raise CopilotError("too-slow") from None
        finally:
            self.asking -= 1
            self.asked = time.monotonic()

    async def status(self) -> dict[str, Any]:
        """How it is: what the process says of its model, or that it can't say anything now."""
        with contextlib.suppress(CopilotError, TimeoutError):
            async with asyncio.timeout(STATUS_SECONDS):
                return await self._said() | {"deaths": self.deaths}
        state = "restarting" if self._down else "loading"
        return {
            "capability": self.offer.capability,
            "state": state,
            "text": self._down,
            "device": "",
            "load_seconds": 0.0,
            "waiting": 0,
            "deaths": self.deaths,
            "faults": 0,
            "store": None,
        }

    async def _said(self) -> dict[str, Any]:
        """What its process says of it. Raises CopilotError, also where that can't be read."""
        return model_status.read(await self._client.status(), self.offer)

    async def pin(self, images: Sequence[str]) -> None:
        """Tell it what to let go of last, if it can hear that now. Nobody asked the model for anything: it may rest."""
        with contextlib.suppress(CopilotError, TimeoutError):
            async with asyncio.timeout(STATUS_SECONDS):
                await self._client.pin(images)

    async def stop(self) -> None:
        """End it for good."""
        self._keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeping
        await self._client.close()

    async def _keep(self) -> None:
        await children.keep(self._live, PAUSES, self._died, stopping=asyncio.Event())

    def _died(self, code: int, pause: float) -> None:
        self.deaths += 1
        self._up.clear()
        what = "did not answer any more" if self._hung else self._refused or "stopped unexpectedly"
        self._down = f"{self.offer.key} {what} and is being started again. Go on without it meanwhile."
        log.error("%s %s (code %s); it is started again in %.1f s", self.offer.key, what, code, pause)

    async def _live(self) -> int:
        """From the start of the process to its end."""
        self._refused = ""
        try:
            started = await self._start(self.offer, self._place)
        except (OSError, SandboxMisconfigured, WeightsProblem) as problem:
            log.error("%s can't be started in the sandbox: %s", self.offer.key, problem)
            self._refused = "can't be started in the sandbox (see the operator's page)"
            return NOT_STARTED
        process = started.process
        watching: asyncio.Task[None] | None = None
        try:
            await self._client.attach(started.channel)
            watching = asyncio.create_task(self._watch(process))
            with published(process_name(self.offer), partial(self._figures, asyncio.get_running_loop())):
                return await process.wait()
        finally:
            if watching is not None:
                watching.cancel()
            if process.returncode is None:
                await children.end(process, STOP_SECONDS, process.kill)
            model_folder.remove(started.folder)

    def _figures(self, loop: asyncio.AbstractEventLoop) -> bytes:
        """What its process counts. Raises OSError where it doesn't say."""
        asked = asyncio.run_coroutine_threadsafe(self._client.ask("metrics"), loop)
        try:
            text = asked.result(STATUS_SECONDS).get("text")
        except (CopilotError, TimeoutError) as problem:
            asked.cancel()
            raise OSError(str(problem)) from None
        if not isinstance(text, bytes) or len(text) > MAX_FIGURES_BYTES:
            raise OSError(f"{self.offer.key} counts nothing that can be read")
        return text

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Note that it answers again; and end it once it hangs, since a hung process holds up all who ask."""
        self._hung = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOADED * self._patience.silent):
                await self._see_it_up()
            await self._until_it_hangs(process.pid)
        self._hung = True
        with contextlib.suppress(ProcessLookupError):
            process.kill()

    async def _until_it_hangs(self, pid: int) -> None:
        """Until it has been silent, or at one and the same thing, for longer than patience lasts."""
        job = self._patience.job.get(self.offer.capability, OTHER_SECONDS)
        silence = at_one_thing = OwnTime(pid)
        before = (0, 0)
        while silence.seconds() < self._patience.silent and at_one_thing.seconds() < job:
            await asyncio.sleep(self._patience.silent / 10)
            with contextlib.suppress(CopilotError, TimeoutError):
                async with asyncio.timeout(self._patience.silent):
                    waiting = (await self._said())["waiting"]
                silence = OwnTime(pid)
                if not waiting or before != (waiting, self._answers):
                    at_one_thing = silence
                before = (waiting, self._answers)

    async def _see_it_up(self) -> None:
        """Note that it answers again. TimeoutError where it says nothing for too long."""
        while True:
            with contextlib.suppress(CopilotError):
                async with asyncio.timeout(LOADING * self._patience.silent):
                    state = (await self._said())["state"]
                self._up.set()
                if state != "loading":
                    self._down = ""
                    return
            await asyncio.sleep(0.05)


class Hub:
    """Hands each question to the process of the model it names. Create it inside a running loop.

    A model that isn't running but is known (added to the catalogue, deployed since) is started when it is asked for.
    """

    def __init__(
        self,
        models: Iterable[Offer],
        find: Find,
        place: Path,
        start: Start,
        patience: Patience | None = None,
        disk: Disk | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._find = find
        self._place = place
        self._start_process = start
        self._disk = disk
        self._gaps = machine.gaps()
        self._started = 0
        self._asking, self._answered = 0, -QUIET_SECONDS  # people's questions to any model, and when the last one ended
        for stale in place.parent.glob(f"{place.name}.*.model*"):  # left by one that was killed
            model_folder.remove(stale)
        self._usual = [offer.key for offer in models]
        self._models = {key: self._start(find(key)) for key in self._usual}
        self._stopping: set[asyncio.Task[None]] = set()
        self._tidying = asyncio.create_task(self._unload())

    async def status(self, question: dict[str, Any]) -> dict[str, Any]:
        """What is served, and how each model is."""
        models = dict(self._models)
        states = await asyncio.gather(*(model.status() for model in models.values()))
        faults = sum(state.pop("faults") for state in states)
        stores = [state.pop("store") for state in states]
        of_images = [one for one, state in zip(stores, states, strict=True) if one and state["capability"] == "segment"]
        encoders = {one.offer.encoder for one in models.values() if one.offer.capability == "segment"}
        store = _whole(of_images, len(encoders))
        if store and self._disk:
            store |= _on_disk(self._disk, store, len(encoders))
            faults += self._disk.faults
        for key, state in zip(models, states, strict=True):
            state["is_default"] = key in self._usual
        told = {"models": dict(zip(models, states, strict=True)), "disk_faults": faults, "store": store}
        return told | {"sandbox": [asdict(gap) for gap in self._gaps]}

    async def pin(self, question: dict[str, Any]) -> dict[str, Any]:
        """Each process that keeps embeddings lets go last of those of these images."""
        if self._disk:
            await asyncio.to_thread(self._disk.pin, frozenset(question["images"]))
        keepers = [one for one in self._models.values() if one.offer.capability == "segment"]
        await asyncio.gather(*(one.pin(question["images"]) for one in keepers))
        return {}

    async def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Whatever the named model says. What nobody waits for goes behind what people ask of any model, and says how
        many seconds it `waited` for them. Raises CopilotError "model-missing" for a name nobody knows."""
        fields = {name: value for name, value in question.items() if name not in {"id", "op"}}
        model = self._named(str(question.get("model")))
        if not (question.get("asker") or question.get("urgent")):
            waited = await self._until_quiet()
            reply = await model.ask(question["op"], fields)
            return reply | {"waited": waited} if waited else reply
        self._asking += 1
        try:
            return await model.ask(question["op"], fields)
        finally:
            self._asking -= 1
            self._answered = time.monotonic()

    async def _until_quiet(self) -> float:
        """Until people have their answers, though no longer than a lane would wait; the seconds that this took."""
        came, waited = time.monotonic(), 0.0
        while waited < PATIENCE_SECONDS and (self._asking or came + waited < self._answered + QUIET_SECONDS):
            await asyncio.sleep(QUIET_SECONDS / 10)
            waited = time.monotonic() - came
        return waited

    async def close(self) -> None:
        """End every model's process."""
        self._tidying.cancel()
        await asyncio.gather(*(model.stop() for model in self._models.values()), *self._stopping)

    def _named(self, key: str) -> ModelProcess:
        model = self._models.get(key)
        if model is not None:
            return model
        try:
            offer = self._find(key)
        except WeightsProblem:
            raise CopilotError("model-missing", f"This runtime does not serve {key[:80]}.") from None
        self._make_room()
        self._models[key] = self._start(offer)
        return self._models[key]

    def _make_room(self) -> None:
        spare = [key for key in self._models if key not in self._usual]
        if len(self._models) < MOST or not spare:
            return
        self._stop(min(spare, key=lambda key: self._models[key].asked))

    def _stop(self, key: str) -> None:
        task = asyncio.create_task(self._models.pop(key).stop())
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _unload(self) -> None:
        """End those that were started because somebody asked, once nobody has for a while; they come back likewise."""
        while self._patience.idle:
            await asyncio.sleep(min(LOOK_SECONDS, self._patience.idle / 4))
            before = time.monotonic() - self._patience.idle
            idle = [key for key, one in self._models.items() if not one.asking and one.asked < before]
            for key in set(idle) - set(self._usual):
                log.info("%s was asked nothing for %.0f s, and makes room", key, self._patience.idle)
                self._stop(key)

    def _start(self, offer: Offer) -> ModelProcess:
        self._started += 1
        place = self._place.with_name(f"{self._place.name}.{os.getpid()}.model{self._started}")
        return ModelProcess(offer, place, self._start_process, self._patience, self._disk)


def _whole(stores: Sequence[Mapping[str, int]], encoders: int) -> dict[str, int] | None:
    """The figures of all stores as of one: each has its memory, and all have one disk, on which an image takes the room
    of an embedding by each encoder, of one's own size each, and the same pinned."""
    if not stores:
        return None
    whole = {
        name: (max if name.startswith(("disk_", "pinned")) else sum)(one[name] for one in stores) for name in stores[0]
    }
    # The harmonic mean is that of the embeddings' sizes.
    return whole | {"pinned_most": int(harmonic_mean([one["pinned_most"] for one in stores]) // encoders)}


def _on_disk(disk: Disk, store: Mapping[str, int], encoders: int) -> dict[str, int]:
    """The figures of the disk, which whoever starts the processes keeps for all of them."""
    figures = {"disk_bytes": disk.bytes_used(), "off_disk": disk.removed}
    if sizes := disk.sizes():
        usual = max(1, sum(sizes) // len(sizes))
        figures["pinned_most"] = max(store["memory_limit"], disk.limit) // (usual * max(1, encoders))
    figures["pinned_kept"] = max(store["pinned_kept"], disk.pinned_images())
    return figures


def sandboxed(store: Path, *, memory_mb: int, disk_mb: int) -> Start:
    """Starts models of this store in the sandbox, with so much memory for embeddings."""
    return partial(start, store=store, memory_mb=memory_mb, disk_mb=disk_mb)


def own_place(address_kind: str, place: str) -> Path:
    """Where the models' folders lie: beside our socket, or in the data folder if ours isn't a file."""
    if address_kind == "unix":
        return Path(place)
    return data_folder() / "run" / f"models-{os.getpid()}"
