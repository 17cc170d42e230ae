"""Several processes doing the same for some seconds, as web processes would."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

# Called over and over in a process of its own; makes what it needs once and gives the call.
Maker = Callable[[Any], Callable[[], object]]
FORK = multiprocessing.get_context("fork")


def throughput(maker: Maker, people: Sequence[Any], seconds: float) -> float:
    """Calls a second, of one process per person; their start isn't counted."""
    connections.close_all()
    ready = FORK.Barrier(len(people) + 1)
    answers: Any = FORK.SimpleQueue()
    workers = [FORK.Process(target=_work, args=(maker, one, seconds, ready, answers)) for one in people]
    for worker in workers:
        worker.start()
    ready.wait(120)
    counts = [answers.get() for _ in workers]
    for worker in workers:
        worker.join()
    if None in counts:
        raise RuntimeError("A worker failed; its error is above.")
    return sum(counts) / seconds


def _work(maker: Maker, person: Any, seconds: float, ready: Any, answers: Any) -> None:
    count = None
    try:
        call = maker(person)
        call()
        ready.wait(120)
        end, done = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            call()
            done += 1
        count = done
    except BaseException:
        ready.abort()
        raise
    finally:
        answers.put(count)
        connections.close_all()
