"""What waits for a processor is told from what hangs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from assist.runtime.starvation import MOST, OwnTime

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

    def passes(self, seconds: float, waiting: Mapping[str, float] = MappingProxyType({})) -> None:
        self.time += seconds
        for name, waited in waiting.items():
            self.threads[name] = self.threads.get(name, 0.0) + waited
        self.tell()

    def own_time(self) -> OwnTime:
        return OwnTime(self.pid, self.processes, lambda: self.time)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_seconds_in_which_a_process_waited_for_a_processor_do_not_count(machine: Machine) -> None:
    machine.passes(10.0, {"7": 8.0})
    since = machine.own_time()
    machine.passes(10.0)
    assert since.seconds() == pytest.approx(10)
    machine.passes(10.0, {"7": 6.0})
    assert since.seconds() == pytest.approx(14)


def test_what_is_told_late_does_not_count_from_then_on(machine: Machine) -> None:
    """A thread tells how long it waited only when it runs again."""
    since = machine.own_time()
    for _ in range(20):
        machine.passes(0.5)
    assert since.seconds() == pytest.approx(10)
    machine.passes(0.5, {"7": 9.0})
    assert since.seconds() == pytest.approx(1.5)


def test_others_may_wait_for_the_thread_that_was_kept(machine: Machine) -> None:
    """The longest of them counts, not their sum; and one that was born meanwhile."""
    since = machine.own_time()
    machine.passes(10.0, {"7": 1.0, "8": 5.0})
    assert since.seconds() == pytest.approx(5)
    machine.passes(10.0, {"9": 9.0})
    assert since.seconds() == pytest.approx(11)


def test_whoever_hangs_on_a_full_machine_is_found_out_in_the_end(machine: Machine) -> None:
    since = machine.own_time()
    for tens in range(1, 20):
        machine.passes(10.0, {"7": 10.5})
        assert since.seconds() == pytest.approx(tens * 10 / MOST)


def test_all_time_counts_where_nothing_is_told(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "7" / "task" / "7" / "schedstat").write_text("0\n")
    (tmp_path / "7" / "task" / "8" / "schedstat").unlink()
    unread, gone = machine.own_time(), OwnTime(8, tmp_path, lambda: machine.time)
    machine.time += 30
    assert unread.seconds() == pytest.approx(30) == gone.seconds()


@contextmanager
def at_work(core: int, steps: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that wants one core all the time, so many steps behind others."""
    process = subprocess.Popen([sys.executable, "-c", BUSY.format(core=core, steps=steps)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="this kernel doesn't tell how long a thread waited"
)
def test_kernel_tells_who_starves() -> None:
    """Two want one core, and one of them lets the other go first."""
    core = min(os.sched_getaffinity(0))
    with at_work(core, 0), at_work(core, 19) as starved:
        since, began = OwnTime(starved.pid), time.monotonic()
        for _ in range(1200):
            time.sleep(0.05)
            if (passed := time.monotonic() - began) > 1 and since.seconds() < passed / 2:
                return
    raise AssertionError(f"{since.seconds():.1f} s of {passed:.1f} s could have been used, by what the kernel tells")
