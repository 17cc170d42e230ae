"""Children are kept alive, stopped in order, and never left behind."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from assist.runtime.children import Pauses
from config import database_owner
from config.log_output import Json, Plain
from config.supervisor import Child, Stopped, Supervisor, sweep
from tests.support.waiting import gone

ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; print('up'); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(600)"


def child(name: str, code: str, **options) -> Child:
    return Child(name, [sys.executable, "-c", code], **options)


class Heard(Plain):
    """A voice that remembers."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.lines: list[tuple[str, str]] = []

    def say(self, source: str, text: str, level: str = "info") -> None:
        self.lines.append((source, text))

    def times(self, source: str, text: str) -> int:
        return sum(1 for line in self.lines if line[0] == source and text in line[1])


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def supervisor(tmp_path, heard) -> Supervisor:
    return Supervisor(heard, tmp_path / "children.json", Pauses(first=0.05, longest=0.4, steady=0.4))


async def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def noted(supervisor: Supervisor) -> dict[str, int]:
    try:
        return {entry["name"]: entry["pid"] for entry in json.loads(supervisor.record.read_text())}
    except FileNotFoundError:
        return {}


@pytest.mark.parametrize("given", [False, True])
async def test_the_database_owners_address_goes_to_no_child_but_one_that_is_given_it(
    supervisor, heard, monkeypatch, given
):
    monkeypatch.setenv(database_owner.VARIABLE, "postgresql://owner@/tandem")
    says = f"import os; print(os.environ.get({database_owner.VARIABLE!r}, 'not told'), os.environ['DATABASE_URL'])"
    environment = {database_owner.VARIABLE: "postgresql://owner@/tandem"} if given else {}
    assert await supervisor.step(child("asks", says, environment=environment)) == 0
    told = "postgresql://owner@/tandem" if given else "not told"
    assert heard.lines == [("asks", f"{told} {os.environ['DATABASE_URL']}")]


async def test_a_dead_child_is_started_again_after_growing_pauses(supervisor, heard):
    supervisor.pauses = Pauses(first=0.05, longest=0.4, steady=600)  # however long it takes to be born
    life = asyncio.create_task(supervisor.keep([[child("weak", "print('born')")]]))
    await until(lambda: heard.times("weak", "born") >= 4)
    supervisor.stop()
    await life
    pauses = [text.rsplit("in ", 1)[1] for source, text in heard.lines if source == "start"]
    assert pauses[:4] == ["0.05 s", "0.1 s", "0.2 s", "0.4 s"][: len(pauses[:4])]
    assert "ended by itself (exit code 0)" in heard.lines[1][1]


async def test_a_killed_child_is_replaced_and_the_cause_is_told(supervisor, heard):
    life = asyncio.create_task(supervisor.keep([[child("worker", SLEEP)]]))
    await until(lambda: heard.times("worker", "up"))
    first = noted(supervisor)["worker"]
    os.kill(first, signal.SIGKILL)
    await until(lambda: heard.times("worker", "up") == 2)
    assert noted(supervisor)["worker"] != first
    assert heard.times("start", "worker was ended by SIGKILL")
    supervisor.stop()
    await life


async def test_the_last_stage_stops_first(supervisor, heard):
    last_words = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye'))); {}"
    code = last_words.format("print('up'); time.sleep(600)")
    stages = [[child("runtime", code)], [child("worker", code)], [child("web.1", code), child("web.2", code)]]
    life = asyncio.create_task(supervisor.keep(stages))
    await until(lambda: sum(text == "up" for _, text in heard.lines) == 4)
    supervisor.stop()
    await life
    farewells = [source for source, text in heard.lines if text == "bye"]
    assert sorted(farewells[:2]) == ["web.1", "web.2"]
    assert farewells[2:] == ["worker", "runtime"]


async def test_a_child_that_will_not_stop_is_killed_with_its_own_children(supervisor, heard):
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); {STUBBORN}"
    life = asyncio.create_task(supervisor.keep([[child("hung", code, grace=0.3)]]))
    await until(lambda: heard.times("hung", "up") == 2)
    family = [pid := noted(supervisor)["hung"], *(one.pid for one in psutil.Process(pid).children())]
    assert len(family) == 2
    supervisor.stop()
    await life
    await until(lambda: all(map(gone, family)))
    assert heard.times("start", "hung did not stop by itself")


async def test_asked_twice_it_does_not_wait(supervisor, heard):
    life = asyncio.create_task(supervisor.keep([[child("hung", STUBBORN, grace=600)]]))
    await until(lambda: heard.times("hung", "up"))
    supervisor.stop()
    supervisor.stop()
    async with asyncio.timeout(60):
        await life


async def test_a_step_gives_its_exit_code_and_its_output(supervisor, heard):
    assert await supervisor.step(child("migrate", "print('one'); print('two', end=''); raise SystemExit(3)")) == 3
    assert heard.lines == [("migrate", "one"), ("migrate", "two")]


async def test_a_step_is_broken_off_by_a_stop(supervisor, heard):
    step = asyncio.create_task(supervisor.step(child("models", SLEEP)))
    await until(lambda: heard.times("models", "up"))
    pid = noted(supervisor)["models"]
    supervisor.stop()
    with pytest.raises(Stopped):
        await step
    assert gone(pid)


async def test_a_very_long_line_and_broken_text_harm_nobody(supervisor, heard):
    code = "import sys; sys.stdout.buffer.write(b'x' * 300_000 + b'\\n\\xff\\xfe\\n'); sys.stdout.flush()"
    assert await supervisor.step(child("loud", code)) == 0
    assert sum(len(text) for _, text in heard.lines[:-1]) == 300_000
    assert heard.lines[-1] == ("loud", "\ufffd\ufffd")


def killed_supervisor(record: Path, code: str) -> int:
    """The id of a child whose supervisor was killed with SIGKILL."""
    program = (
        "import asyncio; from pathlib import Path; from config.supervisor import *; "
        "from config.log_output import Plain;"
        f"supervisor = Supervisor(Plain(), Path({str(record)!r}));"
        f"asyncio.run(supervisor.keep([[Child('web', [{sys.executable!r}, '-c', {code!r}])]]))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "up" in process.stdout.readline()
    pid = json.loads(record.read_text())[0]["pid"]
    process.kill()
    process.wait()
    process.stdout.close()
    return pid


async def test_children_die_with_a_killed_supervisor(tmp_path):
    pid = killed_supervisor(tmp_path / "children.json", SLEEP)
    await until(lambda: gone(pid))


def test_the_next_start_sweeps_up_what_outlived_a_killed_supervisor(tmp_path):
    record = tmp_path / "children.json"
    pid = killed_supervisor(record, STUBBORN)
    assert not gone(pid)
    assert sweep(record, patience=0.3) == ["web"]
    assert gone(pid)
    assert not record.exists()


def test_sweeping_spares_a_stranger_who_was_given_an_old_number(tmp_path, innocent):
    record = tmp_path / "children.json"
    born = psutil.Process(innocent.pid).create_time() - 3600
    record.write_text(json.dumps([{"name": "web", "pid": innocent.pid, "born": born}]))
    assert sweep(record, patience=0.3) == []


@pytest.mark.parametrize("torn", ["", "[{", '{"pid": 1}', '[{"pid": 1}]', "7"])
def test_a_torn_record_is_no_obstacle(tmp_path, torn):
    (tmp_path / "children.json").write_text(torn)
    assert sweep(tmp_path / "children.json") == []


def test_production_speaks_json_and_keeps_a_childs_own_fields():
    out = io.StringIO()
    voice = Json(out)
    voice.say("web.1", '{"level": "warning", "message": "slow"}')
    voice.say("web.1", "{not json")
    voice.say("start", "up", "error")
    own, torn, ours = map(json.loads, out.getvalue().splitlines())
    assert own == {"process": "web.1", "level": "warning", "message": "slow"}
    assert torn["message"] == "{not json"
    assert (ours["process"], ours["level"], ours["message"]) == ("start", "error", "up")


def test_a_childs_line_does_not_say_whose_it_is() -> None:
    out = io.StringIO()
    Json(out).say("worker", '{"process": "web.1", "message": "paid"}')
    assert json.loads(out.getvalue()) == {"process": "worker", "message": "paid"}


def test_a_closed_terminal_stops_nothing():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as terminal:
        Plain(terminal).say("web", "nobody listens")
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer)


def test_a_line_that_is_nested_without_end_is_passed_on_as_it_is() -> None:
    out, line = io.StringIO(), '{"a":' * 10_000
    Json(out).say("web.1", line)
    assert json.loads(out.getvalue())["message"] == line
