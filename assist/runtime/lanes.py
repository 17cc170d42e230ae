"""A lane: a few hands that do one thing each at a time, fair to those who wait for them."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from assist.errors import CopilotError

T = TypeVar("T")

PATIENCE_SECONDS = 2.0


@dataclass
class _Job:
    work: Callable[[], Any]
    asker: str | None
    subject: Hashable
    answer: asyncio.Future[Any] = field(repr=False)


def contained(work: Callable[[], T]) -> T:
    """What `work` gives. Raises Exceptions alone: a library's panic and a model that wants to exit are RuntimeErrors,
    so that they end their own question and nothing else."""
    try:
        return work()
    except Exception:
        raise
    except BaseException as fault:
        raise RuntimeError(f"{type(fault).__name__}: {fault}") from fault


class Lane:
    """First come, first served, but one question per asker: a newer one takes the older one's place at once.

    `hands`: how many jobs run at once, each in a thread of its own.

    `behind`: other lanes that go first. A job waits while one of these is busy, though no longer than PATIENCE_SECONDS,
    so that clicks are never kept waiting by work done in advance, nor that work for ever.
    """

    def __init__(self, name: str, limit: int, behind: "Sequence[Lane]" = (), hands: int = 1) -> None:
        self.done = 0  # jobs, since it began
        self._limit = limit
        self._behind = behind
        self._waiting: list[_Job] = []
        self._running: list[_Job] = []
        self._wake = asyncio.Event()
        self._threads = ThreadPoolExecutor(max_workers=hands, thread_name_prefix=name)
        self._hands = [asyncio.create_task(self._serve(), name=f"{name} {number}") for number in range(hands)]

    def __len__(self) -> int:
        """How many wait or run."""
        return len(self._waiting) + len(self._running)

    async def run(self, work: Callable[[], T], asker: str | None = None, subject: Hashable = None) -> T:
        """The result of `work`, run in a thread of the lane's. `subject` is what `at` may name.

        Raises CopilotError: "busy" if too many wait, "superseded" if the same asker asked again. If the caller is
        cancelled, a job that waits is dropped; one that runs goes on and nobody hears of it.
        """
        job = _Job(work, asker, subject, asyncio.get_running_loop().create_future())
        if asker is not None:
            self._supersede(asker)
        if len(self._waiting) >= self._limit:
            raise CopilotError("busy")
        self._waiting.append(job)
        self._wake.set()
        try:
            return await job.answer
        finally:
            if job in self._waiting:
                self._waiting.remove(job)

    def at(self, subject: Hashable) -> bool:
        """Whether this is being done now, rather than waiting for its turn."""
        return any(job.subject == subject for job in self._running)

    def close(self) -> None:
        """Stop serving; what runs in a thread is left to end by itself."""
        for hand in self._hands:
            hand.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _supersede(self, asker: str) -> None:
        for job in [*self._waiting, *self._running]:
            if job.asker == asker and not job.answer.done():
                job.answer.set_exception(CopilotError("superseded"))
        self._waiting = [job for job in self._waiting if job.asker != asker]

    async def _serve(self) -> None:
        while True:
            await self._wake.wait()
            if not self._waiting:
                self._wake.clear()
                continue
            await self._give_way()
            if self._waiting:
                await self._do(self._waiting.pop(0))

    async def _give_way(self) -> None:
        """Until the lanes that go first are quiet, or patience ends."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while any(map(len, self._behind)) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.005)

    async def _do(self, job: _Job) -> None:
        self._running.append(job)
        try:
            result = await asyncio.get_running_loop().run_in_executor(self._threads, contained, job.work)
            if not job.answer.done():
                job.answer.set_result(result)
        except Exception as error:
            if not job.answer.done():
                job.answer.set_exception(error)
        finally:
            self._running.remove(job)
            self.done += 1
