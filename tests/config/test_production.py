"""Nothing that is only fit for one's own machine leaves it, and a start that can't go on says why in one sentence."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config import folder, install, production, start, step_cache
from config.problem import CannotStart
from tests.support.config.outside import outside

ROOT = Path(__file__).resolve().parents[2]
FIT = {
    "TANDEM_BIND": "0.0.0.0:8000",
    "TANDEM_HOSTS": "tandem.agency.gov",
    "TANDEM_TLS": "yes",
    "SECRET_KEY": "wJ3tq0Lr8yVxZ5nB2mKc7hPd4sFg9aQe",
}


def command(*words: str, **environment: str) -> subprocess.CompletedProcess:
    """`python -m config ...` as a person would run it, without what the test session set."""
    return subprocess.run(
        [sys.executable, "-m", "config", *words],
        cwd=ROOT,
        env=outside() | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def assert_one_sentence(done: subprocess.CompletedProcess, *parts: str) -> None:
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.startswith("tandem: ")
    for part in parts:
        assert part in done.stderr


def test_a_fit_environment_is_let_through():
    production.check(FIT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "too short"),
        ({"SECRET_KEY": "a" * 64}, "too plain"),
        ({"SECRET_KEY": "django-insecure-7vYx3mKq9wJ3tq0Lr8yVxZ5nB2mKc"}, "default that everybody knows"),
        ({"SECRET_KEY": "ChangeMe-ChangeMe-ChangeMe-0123456789"}, "default that everybody knows"),
        ({"TANDEM_DEBUG": "yes"}, "TANDEM_DEBUG is on"),
        ({"TANDEM_DEBUG": "1"}, "TANDEM_DEBUG is on"),
        ({"TANDEM_HOSTS": ""}, "TANDEM_HOSTS is not set"),
        ({"TANDEM_HOSTS": "*"}, r"TANDEM_HOSTS is \*"),
        ({"TANDEM_TLS": ""}, "TANDEM_TLS is not set"),
        ({"TANDEM_BIND": "8000"}, "must be HOST:PORT"),
        ({"TANDEM_BIND": "127.0.0.1:8000", "SECRET_KEY": ""}, "SECRET_KEY is not set"),
    ],
)
def test_what_is_unfit_for_others_is_refused(change, reason):
    with pytest.raises(CannotStart, match=reason):
        production.check(FIT | change)


def test_on_loopback_alone_the_generated_secret_will_do():
    production.check({"TANDEM_BIND": "127.0.0.1:8000"})
    production.check({"TANDEM_BIND": "[::1]:8000", "TANDEM_HOSTS": "localhost", "TANDEM_DEBUG": "yes"})


def test_serve_refuses_a_default_secret_before_it_touches_anything(tmp_path):
    done = command("serve", **{**FIT, "SECRET_KEY": "changeme" * 8}, TANDEM_DATA=str(tmp_path / "data"))
    assert_one_sentence(done, "SECRET_KEY")
    assert not (tmp_path / "data").exists()


def test_serve_refuses_parts_it_does_not_know(tmp_path):
    assert_one_sentence(command("serve", **FIT, TANDEM_PARTS="web,wroker"), "web, worker, runtime", "wroker")


@pytest.mark.parametrize("words", [("serve",), ("run", "--port", "0")])
def test_a_key_that_every_organization_could_use_stops_the_start_before_anything_is_touched(words, tmp_path):
    keys = {"TANDEM_MODEL_KEYS": "llm.example.org=sesame"}
    done = command(*words, **FIT, **keys, TANDEM_DATA=str(tmp_path / "data"))
    assert_one_sentence(done, "Entry 1 of TANDEM_MODEL_KEYS", "ID=https://host/path=key")
    assert not (tmp_path / "data").exists() and "sesame" not in done.stderr + done.stdout


def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("run", "--port", str(port), TANDEM_DATA=str(tmp_path))
    assert_one_sentence(done, f"Port {port} on 127.0.0.1 is taken", "make run PORT=")


def test_an_impossible_port_is_one_sentence(tmp_path):
    assert_one_sentence(command("run", "--port", "123456", TANDEM_DATA=str(tmp_path)), "123456 is not a port")


def test_an_unwritable_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    done = command("run", TANDEM_DATA=str(tmp_path / "file" / "data"))
    assert_one_sentence(done, "can't be written", "TANDEM_DATA")


def test_a_second_start_from_the_same_folder_names_the_first(tmp_path):
    folder.make_writable(tmp_path)
    with folder.own(tmp_path, "http://127.0.0.1:8000"):
        done = command("run", "--port", "0", TANDEM_DATA=str(tmp_path))
    assert_one_sentence(done, f"process {os.getpid()}", "http://127.0.0.1:8000")


def test_a_lock_file_left_by_a_dead_owner_is_no_obstacle(tmp_path):
    folder.make_writable(tmp_path)
    (tmp_path / "run" / "owner.lock").write_text('{"pid": 1, "address": "http://127.0.0.1:1"}')
    folder.own(tmp_path, "http://127.0.0.1:8000").close()


def test_an_unreachable_database_is_one_sentence_without_its_password():
    with pytest.raises(CannotStart, match="can't be reached.*DATABASE_URL") as refused:
        start.check_database("postgresql://tandem:hush-hush@127.0.0.1:1/tandem")
    assert "hush-hush" not in str(refused.value)


def test_a_machines_connections_are_counted_before_they_run_out():
    plan = start.Plan("127.0.0.1", 8000, start.Plain(), webs=4, workers=2)
    assert plan.connections(pool=8) == 4 * 8 + 2 * 8 + 2 * 6
    assert start.check_database(os.environ["DATABASE_URL"]) == 97


def test_a_stamp_holds_for_its_own_key_only(tmp_path):
    kept = step_cache.Stamps(tmp_path / "stamps")
    assert not kept.done("migrate", "a")
    kept.mark("migrate", "a")
    assert kept.done("migrate", "a")
    assert not kept.done("migrate", "b")
    kept.clear()
    assert not kept.done("migrate", "a")


def test_a_new_database_under_an_old_address_has_a_key_of_its_own():
    url = os.environ["DATABASE_URL"]
    assert step_cache.database_key(url) == step_cache.database_key(url)
    assert step_cache.database_key(url) != step_cache.database_key(url.replace("/tandem?", "/postgres?"))
    assert step_cache.database_key("postgresql://127.0.0.1:1/none") is None


@pytest.mark.parametrize(("goal", "compiled"), [("run", 0), ("serve", 1), ("setup-test", 1)])
def test_only_who_looks_at_tandem_does_not_wait_until_all_packages_are_compiled(goal, compiled, monkeypatch):
    command = ["make", "--dry-run", "--no-print-directory", "-C", str(ROOT), goal]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    arguments = re.search(r"config/install\.py(.*)", said)[1].split()
    compiling: list[Path] = []
    monkeypatch.setattr(install, "install", lambda *asked: True)
    monkeypatch.setattr(install, "compile_ahead", compiling.append)
    assert install.main(arguments) == 0
    assert compiling == [ROOT / ".venv"] * compiled


def test_a_failed_installation_is_pips_reason_in_one_sentence(tmp_path):
    with pytest.raises(install.CannotInstall, match="No matching distribution.*Without a network"):
        install._pip(Path(sys.executable), ["--no-index", "a-package-that-is-nowhere"])
