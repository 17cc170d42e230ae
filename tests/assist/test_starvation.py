"""What waits for a processor is told from what hangs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assist.runtime.starvation import MOST, OwnClock

BUSY = "import os\nos.sched_setaffinity(0, {{{core}}})\nos.nice({steps})\nwhile True: pass"


class Machine:
    """A process with two threads, and what its kernel tells of them."""

    pid = 7

    def __init__(self, processes: Path) -> None:
        self.processes, self.time = processes, 100.0
        self.threads = {"7": 0.0, "8": 0.0}
        self.tell()

    def tell(self) -> None:
        for name, waited in self.threads.items():
            thread = self.processes / str(self.pid) / "task" / name
            thread.mkdir(parents=True, exist_ok=True)
            (thread / "schedstat").write_text(f"5000000 {int(waited * 1e9)} 12\n")

    def passes(self, seconds: float, **waiting: float) -> None:
        self.time += seconds
        for name, waited in waiting.items():
            self.threads[name.strip("_")] = self.threads.get(name.strip("_"), 0.0) + waited
        self.tell()

    def clock(self) -> OwnClock:
        return OwnClock(self.pid, self.processes, lambda: self.time)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_seconds_in_which_a_process_waited_for_a_processor_do_not_count(machine: Machine) -> None:
    clock = machine.clock()
    machine.passes(10.0)
    assert clock.now() == pytest.approx(10)
    machine.passes(10.0, _7=6.0)
    assert clock.now() == pytest.approx(14)


def test_others_may_wait_for_the_thread_that_was_kept(machine: Machine) -> None:
    """The longest of them counts, not their sum; and one that was born meanwhile."""
    clock = machine.clock()
    machine.passes(10.0, _7=1.0, _8=5.0)
    assert clock.now() == pytest.approx(5)
    machine.passes(10.0, _9=7.0)
    assert clock.now() == pytest.approx(8)


def test_whoever_hangs_on_a_full_machine_is_found_out_in_the_end(machine: Machine) -> None:
    clock = machine.clock()
    before = clock.now()
    for _ in range(20):
        machine.passes(10.0, _7=10.5)
        assert clock.now() == pytest.approx(before + 10 / MOST)
        before = clock.now()


def test_all_time_counts_where_nothing_is_told(machine: Machine, tmp_path: Path) -> None:
    clock = OwnClock(8, tmp_path, lambda: machine.time)
    machine.time += 30
    assert clock.now() == pytest.approx(30)
    (tmp_path / "7" / "task" / "7" / "schedstat").write_text("0\n")
    clock = machine.clock()
    machine.time += 30
    assert clock.now() == pytest.approx(30)


@contextmanager
def at_work(core: int, steps: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that wants one core all the time, so many steps behind others."""
    process = subprocess.Popen([sys.executable, "-c", BUSY.format(core=core, steps=steps)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long a thread waited")
def test_kernel_tells_who_starves() -> None:
    """Two want one core, and one of them lets the other go first."""
    core = min(os.sched_getaffinity(0))
    with at_work(core, 0), at_work(core, 19) as starved:
        clock, since = OwnClock(starved.pid), time.monotonic()
        for _ in range(1200):
            time.sleep(0.05)
            if (passed := time.monotonic() - since) > 1 and clock.now() < passed / 2:
                return
    raise AssertionError(f"{clock.now():.1f} s of {passed:.1f} s could have been used, by what the kernel tells")
