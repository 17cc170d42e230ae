"""Keeps child processes alive: starts, restarts with growing pauses, stops in order, leaves nobody behind."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from assist.runtime import children
from config import database_owner
from config.log_output import Plain

LEASH = Path(__file__).with_name("parent_death_signal.py")
CHUNK = 65_536
USUAL = children.Pauses()


@dataclass(frozen=True)
class Child:
    """A process to run. `grace`: seconds between a polite stop and a kill."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()
    grace: float = 15.0


class Stopped(Exception):
    """A stop was asked for while something was still being done."""


class Supervisor:
    """Runs single steps, then keeps stages of children alive until `stop` is called.

    `record` is the file in which living children are noted, for `sweep` after a crash. A child that dies is
    started again after one of the `pauses`.
    """

    def __init__(self, voice: Plain, record: Path, pauses: children.Pauses = USUAL) -> None:
        self.voice = voice
        self.record = record
        self.pauses = pauses
        self.stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._live: dict[str, Process] = {}

    def stop(self) -> None:
        """Ask for an orderly stop; asked twice, children are killed at once."""
        if self.stopping.is_set():
            self._hurry.set()
        self.stopping.set()

    async def step(self, child: Child) -> int:
        """Run a child to its end and give its exit code; raises Stopped if a stop is asked for meanwhile."""
        process = await self._spawn(child)
        pump = asyncio.create_task(self._pump(child.name, process))
        stopping = asyncio.create_task(self.stopping.wait())
        ended = asyncio.create_task(process.wait())
        await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            await self._end(child, process)
        await self._finish(child, pump)
        if self.stopping.is_set():
            raise Stopped
        return await ended

    async def keep(self, stages: Sequence[Sequence[Child]]) -> None:
        """Keep every child alive until a stop; then stop stage after stage, the last one first."""
        tasks = {child.name: asyncio.create_task(self._keep(child)) for stage in stages for child in stage}
        await self.stopping.wait()
        for stage in reversed(stages):
            await asyncio.gather(*(self._end(child, self._live.get(child.name)) for child in stage))
            await asyncio.gather(*(tasks[child.name] for child in stage))

    async def _keep(self, child: Child) -> None:
        def died(ending: str, pause: float) -> None:
            self.voice.say("start", f"{child.name} {ending}; starting it again in {pause:g} s", "error")

        await children.keep(lambda: self._live_once(child), self.pauses, died, self.stopping)

    async def _live_once(self, child: Child) -> str:
        """One life of a child, from start to death; gives the cause of death."""
        try:
            process = await self._spawn(child)
        except OSError as problem:
            return f"could not be started ({problem.strerror})"
        pump = asyncio.create_task(self._pump(child.name, process))
        if self.stopping.is_set():  # asked for while it was being born
            await self._end(child, process)
        code = await process.wait()
        await self._finish(child, pump)
        return _ending(code)

    async def _spawn(self, child: Child) -> Process:
        """Own session: Ctrl-C reaches us alone, and we stop the children in order. The database owner's address goes
        to a child only that is given it by name."""
        command = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *child.command]
        inherited = {name: value for name, value in os.environ.items() if name != database_owner.VARIABLE}
        environment = {**inherited, "PYTHONUNBUFFERED": "1", "TANDEM_PROCESS": child.name, **child.environment}
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            env=environment,
            pass_fds=child.descriptors,
            start_new_session=True,
        )
        self._live[child.name] = process
        self._note()
        return process

    async def _finish(self, child: Child, pump: asyncio.Task) -> None:
        """After a death: take the last words, without waiting for grandchildren that hold the pipe open."""
        await asyncio.wait({pump}, timeout=1.0)
        pump.cancel()
        self._live.pop(child.name, None)
        self._note()

    async def _end(self, child: Child, process: Process | None) -> None:
        if process is None or process.returncode is not None:
            return

        def kill() -> None:
            self.voice.say("start", f"{child.name} did not stop by itself; killing it", "error")
            os.killpg(process.pid, signal.SIGKILL)

        await children.end(process, child.grace, kill, self._hurry)

    async def _pump(self, name: str, process: Process) -> None:
        assert process.stdout is not None
        rest = b""
        while chunk := await process.stdout.read(CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._speak(name, line)
            if len(rest) > CHUNK:
                self._speak(name, rest)
                rest = b""
        if rest:
            self._speak(name, rest)

    def _speak(self, name: str, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip().rsplit("\r", 1)[-1]
        if text:
            self.voice.say(name, text)

    def _note(self) -> None:
        living = []
        for name, process in self._live.items():
            with contextlib.suppress(psutil.Error):
                born = psutil.Process(process.pid).create_time()
                living.append({"name": name, "pid": process.pid, "born": born})
        fresh = self.record.with_suffix(".new")
        fresh.write_text(json.dumps(living))
        fresh.replace(self.record)


def sweep(record: Path, patience: float = 15.0) -> list[str]:
    """End the children that a killed supervisor left behind; gives their names.

    A process is ours only if its number *and* its time of birth are those noted.
    """
    left = []
    for noted in _noted(record):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(noted["pid"])
            if abs(process.create_time() - noted["born"]) < 0.5:
                process.terminate()
                left.append((noted["name"], process))
    _, stubborn = psutil.wait_procs([process for _, process in left], timeout=patience)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=patience)
    record.unlink(missing_ok=True)
    return [name for name, _ in left]


def _noted(record: Path) -> list[dict]:
    """What the record says; a missing or torn one says nothing."""
    try:
        noted = json.loads(record.read_text())
        return [entry for entry in noted if {"name", "pid", "born"} <= set(entry)]
    except (OSError, ValueError, TypeError):
        return []


def _ending(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended by itself (exit code {code})"
