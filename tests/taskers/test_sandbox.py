"""A model that has taken over its process can do nothing but answer."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskers.sandbox import landlock, launch, machine, seccomp
from taskers.sandbox.enter import CannotEnter
from taskers.sandbox.policy import Limits, Policy
from tests.support.walls import ROOT

NOBODY = 65534
KEY = "the-key-of-the-secret-box"
MEMORY = 512 << 20
# What a trusted process does to start the hostile program. It runs from a copy of the source, so that a user who can't
# reach the checkout can run it.
STARTER = """
import json, os, subprocess, sys
from taskers.sandbox import launch
from taskers.sandbox.policy import ADDRESS_SPARE_BYTES, Limits, Policy
world = json.loads(sys.argv[1]) | {"parent": os.getpid()}
limits = Limits(memory_bytes=world["memory_bytes"], address_bytes=world["memory_bytes"] + ADDRESS_SPARE_BYTES)
policy = Policy(readable=(world["folder"],), limits=limits)
prepared = launch.prepare([sys.argv[2], json.dumps(world)], policy, packages=("taskers",))
done = subprocess.run(prepared.command, **prepared.options, capture_output=True, text=True)
print(done.stdout)
print(done.stderr, file=sys.stderr)
sys.exit(done.returncode)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may pass; pytest's own are for one user alone."""
    folder = Path(tempfile.mkdtemp(prefix="tandem-sandbox-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def identity_of(user: str) -> dict[str, Any]:
    """As options of a process; a test run of an ordinary user is that user in both cases."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if user == "nobody" and os.geteuid() == 0 else {}


@contextlib.contextmanager
def listening(place: Path) -> Iterator[tuple[dict[str, Any], list[socket.socket]]]:
    """Sockets that stand for PostgreSQL, the runtime and Redis; each remembers who called."""
    with contextlib.ExitStack() as stack:
        by_tcp, by_udp, by_path, by_name = (
            stack.enter_context(socket.socket(family, kind))
            for family, kind in (
                (socket.AF_INET, socket.SOCK_STREAM),
                (socket.AF_INET, socket.SOCK_DGRAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
            )
        )
        by_tcp.bind(("127.0.0.1", 0))
        by_udp.bind(by_tcp.getsockname())
        by_path.bind(str(place / "postgresql.sock"))
        os.chmod(place / "postgresql.sock", 0o777)
        by_name.bind(f"\0tandem-{os.getpid()}")
        for listener in (by_tcp, by_path, by_name):
            listener.listen()
        for listener in (by_tcp, by_udp, by_path, by_name):
            listener.setblocking(False)
        addresses = {
            "port": by_tcp.getsockname()[1],
            "socket": str(place / "postgresql.sock"),
            "abstract": f"tandem-{os.getpid()}",
        }
        yield addresses, [by_tcp, by_path, by_name]


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_hostile_model_is_denied_everything_outside_its_folder(place: Path, user: str) -> None:
    python = sys.executable if user == "root" else shutil.which("python3", path="/usr/bin:/usr/local/bin:/bin")
    assert python, "the system's own Python is needed: apt install python3"
    source, data, folder = place / "source", place / "data", place / "model"
    for package in ("sandbox", "files"):
        shutil.copytree(ROOT / "taskers" / package, source / "taskers" / package, ignore=lambda *_: ["__pycache__"])
    shutil.copy(ROOT / "taskers" / "__init__.py", source / "taskers")
    shutil.copy(ROOT / "tests/support/taskers/hostile_program.py", source)
    for made in (data, folder):
        made.mkdir()
    (data / "secret").write_text(KEY)
    (data / "neighbor.bin").write_text("the neighbor's weights")
    (folder / "model.bin").write_bytes(b"weights")
    if identity := identity_of(user):
        for path in [source, *source.rglob("*"), data, *data.rglob("*"), folder, *folder.rglob("*")]:
            os.chown(path, identity["user"], identity["group"])
    with listening(data) as (addresses, listeners):
        world = addresses | {"folder": str(folder), "secret": str(data / "secret"), "key": KEY, "memory_bytes": MEMORY}
        world |= {"neighbor": str(data / "neighbor.bin"), "source": str(source / "taskers/__init__.py")}
        done = subprocess.run(
            [python, "-c", STARTER, json.dumps(world), str(source / "hostile_program.py")],
            cwd=source,
            env={"PATH": "/usr/bin:/bin", "TANDEM_DATA": str(data), "SECRET_KEY": KEY, "DATABASE_URL": KEY},
            capture_output=True,
            text=True,
            **identity,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert {name: text for name, text in told["attempts"].items() if not text.startswith("denied")} == {}
        assert told["secrets"] == {} and told["work"] == "works"
        for listener in listeners:
            with pytest.raises(BlockingIOError):
                listener.accept()
    assert (folder / "model.bin").read_bytes() == b"weights" and os.listdir(folder) == ["model.bin"]


def test_what_the_hostile_model_tries_works_without_the_sandbox(place: Path) -> None:
    """Else the test above would pass for want of anything to deny."""
    folder, data = place / "model", place / "data"
    for made in (data, folder):
        made.mkdir()
    (data / "secret").write_text(KEY)
    (folder / "model.bin").write_bytes(b"weights")
    with listening(data) as (addresses, _):
        world = addresses | {"folder": str(folder), "secret": str(data / "secret"), "key": KEY, "memory_bytes": 1024}
        world |= {"neighbor": str(data / "secret"), "source": str(data / "secret"), "parent": os.getpid()}
        code = "import sys, runpy; runpy.run_path(sys.argv[0])['main']()"
        attempts = (
            "read the data folder",
            "read another process's environment",
            "connect by TCP",
            "connect to a UNIX socket",
            "connect to an abstract socket",
            "signal another process",
            "fork",
            "start a program",
            "make memory that no limit counts",
            "make memory that counts as a stack",
            "hold memory in sockets",
            "have the kernel hold page tables",
            "take the system's places for requests",
            "write every disk of the machine",
            "watch the data folder",
            "let others trace it",
            "slow another process's disk",
            "pin another process",
            "change the mode of its model",
            "take more memory than its limit",
        )
        script = ROOT / "tests/support/taskers/hostile_program.py"
        code = (
            f"import sys, json, runpy; sys.argv = ['x', {json.dumps(json.dumps(world))}];"
            f"module = runpy.run_path({str(script)!r});"
            f"[module['ATTEMPTS'][name]() for name in {attempts!r}]"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_process_with_a_second_thread_may_not_enter(place: Path) -> None:
    code = (
        "import threading, sys; from taskers.sandbox.enter import enter; from taskers.sandbox.policy import Policy;"
        "threading.Thread(target=threading.Event().wait, daemon=True).start(); enter(Policy())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode and CannotEnter.__name__ in done.stderr


def test_program_is_not_run_where_its_policy_is_missing_or_broken() -> None:
    for policy in (None, "{", '{"readable": []}'):
        environment = {"PATH": os.environ["PATH"]} | ({launch.VARIABLE: policy} if policy else {})
        command = [sys.executable, "-m", "taskers.sandbox", "this"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 78 and "Zen" not in done.stdout, done.stderr


def test_policy_survives_its_way_to_the_process() -> None:
    policy = Policy(("/a",), ("/b",), ("/dev/null",), ("taskers",), Limits(1, 2, 3, 4, 5))
    assert json.loads(Policy.loads(policy.dumps()).dumps()) == json.loads(policy.dumps())


def test_misconfigured_user_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, words in (("nobody-of-that-name", "no such user"), ("root", "who is root")):
        monkeypatch.setenv(launch.USER_VARIABLE, name)
        with pytest.raises(launch.SandboxMisconfigured, match=words):
            launch.identity()
        assert words in " ".join(gap.text for gap in machine.gaps())


def test_folders_that_the_user_cannot_pass_are_named(place: Path) -> None:
    home, shared = place / "home", place / "home" / "shared"
    shared.mkdir(parents=True)
    (shared / "weights").touch()
    (place / "weights").symlink_to(shared / "weights")
    owner, stranger = (os.getuid(), os.getgid()), (NOBODY - 1, NOBODY - 1)
    for mode, user, closed in (
        (0o755, stranger, []),
        (0o711, stranger, []),
        (0o710, stranger, [home]),
        (0o700, stranger, [home]),
        (0o700, owner, []),
        (0o070, (stranger[0], owner[1]), []),
    ):
        home.chmod(mode)
        for path in (shared / "weights", place / "weights"):
            assert launch.closed_to(*user, [str(path)]) == closed, (oct(mode), user, path.name)
        home.chmod(0o755)


def test_process_is_not_started_where_its_user_cannot_reach_what_it_reads(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(launch.USER_VARIABLE, "nobody")
    other_user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    monkeypatch.setattr(launch, "identity", lambda: other_user)  # which root alone may start a process as
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    place.chmod(0o700)
    with pytest.raises(launch.SandboxMisconfigured, match=f"nobody can't pass through {place}: chmod"):
        launch.prepare(["assist.runtime.model_process"], Policy(readable=(str(place / "model"),)))
    place.chmod(0o711)
    assert launch.prepare(["x"], Policy(readable=(str(place / "model"),))).options["user"] == NOBODY
    monkeypatch.setattr(sys, "executable", str(place / "python"))
    place.chmod(0o700)
    assert str(place) in next(gap.text for gap in machine.gaps() if gap.key == "misconfigured")


def test_data_folder_that_every_sandbox_could_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_DATA", "/usr/lib/tandem")
    with pytest.raises(launch.SandboxMisconfigured, match="move it"):
        launch.python_paths()


def test_kernel_that_can_deny_less_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    monkeypatch.setattr(seccomp, "available", lambda: False)
    keys = {gap.key for gap in machine.gaps()}
    assert {"no-landlock", "no-seccomp"} <= keys
    monkeypatch.setattr(landlock, "abi", lambda: 1)
    assert "old-landlock" in {gap.key for gap in machine.gaps()}


def test_older_kernels_are_asked_only_for_what_they_know() -> None:
    assert [landlock.handled_files(version).bit_length() for version in (1, 2, 3, 4, 5, 7)] == [13, 14, 15, 15, 16, 16]


@pytest.mark.parametrize("name", seccomp.ARCHITECTURES)
def test_filter_is_well_formed_on_every_architecture(name: str) -> None:
    """A jump of classic BPF reaches 255 instructions, and a filter may have 4,096."""
    code = seccomp.program(seccomp.ARCHITECTURES[name], 1234)
    assert len(code) % 8 == 0 and len(code) // 8 < 4096
