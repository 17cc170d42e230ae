"""The command `tandem` as a person and as a script use it: what it says, its JSON, its exit codes."""

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from projects.data import importing
from projects.models import Batch, Import, Project, Task
from projects.reports import progress, verdict_index
from tandem_client import Tandem, login
from tandem_client.command import main, push
from tandem_client.command.output import Output
from tests.support import cast as people
from tests.support import make
from tests.support.client.live import answering, secret_of
from tests.support.projects.judging import said
from tests.support.walls import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

PORTS = """
name: Ports
task_type: text_spans
wanted: 1
audit_share: 0
instructions: |
  Mark each port, with the country if it is named.
labels:
  - name: Person
  - name: Port
    hotkey: p
"""


@pytest.fixture
def cast(transactional_db) -> people.Cast:
    return people.assemble()


@pytest.fixture
def server(cast) -> Iterator[str]:
    with answering() as address:
        yield address


@pytest.fixture
def mina(cast, server, monkeypatch, tmp_path) -> str:
    """Mina's pipeline is signed in by its environment, and works in a folder of its own."""
    secret = secret_of(cast.mina, cast.riverside)
    monkeypatch.setenv("TANDEM_SERVER", server)
    monkeypatch.setenv("TANDEM_TOKEN", secret)
    monkeypatch.chdir(tmp_path)
    return secret


def tandem(*words: str) -> tuple[int, str, str]:
    """The command, run in this process: its exit code, and what it said."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as stopped:  # wrong usage
            code = int(stopped.code or 0)
    return code, out.getvalue(), err.getvalue()


def answered(*words: str) -> Any:
    """What it says to a program."""
    code, out, err = tandem(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_a_token_comes_through_a_pipe_and_is_kept_for_this_user_alone(cast, server, monkeypatch) -> None:
    secret = secret_of(cast.mina, cast.riverside)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
    code, out, err = tandem("login", f"{server}/")
    assert code == 0 and "Signed in" in out
    assert secret not in out + err
    assert stat.S_IMODE(login.place().stat().st_mode) == 0o600
    assert stat.S_IMODE(login.place().parent.stat().st_mode) == 0o700
    code, out, _err = tandem("whoami")
    assert code == 0 and "Mina <mina@example.org>" in out and secret not in out
    assert answered("whoami")["email"] == "mina@example.org"
    with Tandem() as kept:
        assert kept.server == server
    assert tandem("logout")[0] == 0 and not login.place().exists()
    code, _out, err = tandem("whoami")
    assert code == 3 and "tandem login" in err


def test_a_token_that_opens_nothing_isnt_kept(server, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("tdm_wrong\n"))
    code, _out, err = tandem("login", server)
    assert code == 3 and "unknown, expired or revoked" in err and "profile page" in err
    assert not login.place().exists()


def test_a_kept_token_goes_to_its_own_server_alone(server, monkeypatch) -> None:
    login.keep(login.Login("https://tandem.example.com", "tdm_of-elsewhere"))
    monkeypatch.setenv("TANDEM_SERVER", server)
    code, _out, err = tandem("project", "list")
    assert code == 3 and f"Nobody is signed in at {server}" in err


def test_from_a_yaml_file_to_the_answers(cast, mina, tmp_path) -> None:
    Path("ports.yaml").write_text(PORTS)
    made = answered("project", "create", "ports.yaml")
    assert [one["name"] for one in made["labels"]] == ["Person", "Port"]
    assert Project.objects.get().settings_now().instructions.startswith("Mark each port")
    rows = [{"external_id": f"r-{n}", "payload": {"text": make.TEXT}} for n in range(3)]
    Path("rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    pushed = answered("push", "rows.jsonl", "--project", "Ports", "--batch", "March", "--live")
    assert (pushed["state"], pushed["files"][0]["loaded"]) == ("live", 3)
    said(cast.alice, Task.objects.get(external_id="r-1"), make.MARIA)
    verdict_index.catch_up()
    code, out, _err = tandem("pull", "--project", "ports")
    assert (code, out) == (0, "1 changes; 1 answers stand in answers.jsonl\n")
    said(cast.alice, Task.objects.get(external_id="r-2"), make.MARIA)
    verdict_index.catch_up()
    assert answered("pull", "--project", "ports") | {"project": ""} == {
        "project": "",
        "changes": 1,
        "answers": 2,
        "file": "answers.jsonl",
    }
    found = [json.loads(line) for line in Path("answers.jsonl").read_text().splitlines()]
    assert [one["external_id"] for one in found] == ["r-1", "r-2"]
    _code, out, _err = tandem("pull", "--project", "ports", "-o", "-")
    assert [json.loads(line) for line in out.splitlines()] == found
    delivered = answered("deliver", "--project", "Ports", "--format", "jsonl", "--batch", "march")
    assert delivered["file"] == "ports-march.jsonl" and delivered["bytes"] == Path(delivered["file"]).stat().st_size


def test_a_copy_and_a_template_make_the_same_project(mina) -> None:
    Path("ports.yaml").write_text(PORTS)
    made = answered("project", "create", "ports.yaml")
    copy = answered("project", "clone", "Ports", "--name", "Ports 2")
    _code, written, _err = tandem("project", "template", "Ports")
    Path("template.yaml").write_text(written)
    third = answered("project", "create", "template.yaml", "--name", "Ports 3")
    for other in (copy, third):
        assert (other["labels"], other["settings"]) == (made["labels"], made["settings"])
    code, out, _err = tandem("project", "list")
    assert code == 0 and [line.split("  ")[0] for line in out.splitlines()] == ["name", "Ports", "Ports 2", "Ports 3"]
    assert "Person, Port" in tandem("project", "show", "Ports 2")[1]


def test_refused_rows_are_told_with_their_place(cast, mina) -> None:
    make.batch(make.project(cast.riverside, "Reports"), "March")
    Path("rows.jsonl").write_text('{"text": "One."}\n\nnot json\n{"external_id": "x", "payload": {}}\n')
    code, out, _err = tandem("push", "rows.jsonl", "--project", "Reports", "--batch", "March")
    assert code == 6
    assert out.splitlines()[0] == "rows.jsonl: 3 read, 1 new, 0 known, 2 refused"
    assert out.splitlines()[1].startswith("  line 3, column 1: Not JSON")
    assert out.splitlines()[2].startswith("  line 4, ")


@pytest.fixture
def worker(monkeypatch) -> None:
    """Whatever is waited for has been loaded."""
    waited = push._waited

    def load_and_wait(tandem: Tandem, import_id: str, name: str, output: Output) -> Any:
        importing.run(Import.objects.get(public_id=import_id).pk)
        return waited(tandem, import_id, name, output)

    monkeypatch.setattr(push, "_waited", load_and_wait)


@pytest.mark.usefixtures("worker", "mina")
def test_parts_that_were_lost_are_told_by_the_exit_code(cast) -> None:
    make.project(cast.riverside, "Reports")
    result = {"id": "a", "type": "labels", "value": {"start": 0, "end": 99, "text": "x", "labels": ["Person"]}}
    task = {"id": 1, "data": {"text": make.TEXT}, "annotations": [{"id": 1, "result": [result]}]}
    Path("tasks.json").write_text(json.dumps([task]))
    words = ("push", "tasks.json", "--project", "Reports", "--batch", "March", "--live")
    code, out, err = tandem(*words)
    assert (code, "waits for your choice" in out, "is a draft" in err) == (0, True, True), "nothing is in it yet"
    code, out, _err = tandem(*words, "--answers", "prediction")
    assert (code, Task.objects.count(), Batch.objects.get().state) == (6, 1, "live")
    assert "1 not kept" in out and "result[0].end" in out


def test_rows_come_through_a_pipe(cast, mina, monkeypatch) -> None:
    project = make.project(cast.riverside, "Reports")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "One."}\n{"text": "Two."}')))
    code, out, err = tandem("push", "-", "--project", str(project.public_id), "--batch", "Stream")
    assert (code, out) == (0, "-: 2 read, 2 new, 0 known, 0 refused\n")
    assert "Made the batch “Stream”" in err and "is a draft" in err
    assert Task.objects.filter(batch__name="Stream").count() == 2


def test_a_folder_goes_along_as_one_file(cast, mina) -> None:
    make.project(cast.riverside, "Photographs", "image_regions", labels=[{"name": "Cat"}])
    Path("photos/deep").mkdir(parents=True)
    Path("photos/deep/a.png").write_bytes(b"\x89PNG")
    Path("photos/.hidden").write_text("no")
    os.symlink("/etc/passwd", "photos/link.png")
    pushed = answered("push", "photos", "--project", "Photographs", "--batch", "March", "--no-wait")
    (file,) = pushed["files"]
    assert (file["name"], file["format"], file["state"]) == ("photos.zip", "", "waiting")


def test_watching_ends_when_all_is_decided(cast, mina) -> None:
    project = make.project(cast.riverside, "Reports", wanted=1)
    for task in make.tasks(make.batch(project, "March"), 2):
        said(cast.alice, task, make.MARIA)
    verdict_index.catch_up()
    progress.catch_up()
    code, out, _err = tandem("watch", "--project", "Reports", "--until-done", "--from-start")
    assert code == 0
    *verdicts, last = out.splitlines()
    assert [one.split()[1:3] for one in verdicts] == [["decided", "March-0"], ["decided", "March-1"]]
    assert last == "March (live): 2 of 2 tasks decided"
    code, out, _err = tandem("watch", "--project", "Reports", "--batch", "March", "--until-done", "--json")
    assert [list(json.loads(line)) for line in out.splitlines()] == [["batch"]], "what was decided before isn't told"


def test_how_long_files_are_kept_is_told_and_said(cast, mina) -> None:
    make.project(cast.riverside, "Reports")
    assert tandem("project", "keep-files", "Reports")[1] == "Files are kept for ever.\n"
    told = "Files are kept for 30 days after a delivery is done, as the project says.\n"
    assert tandem("project", "keep-files", "Reports", "--days", "30")[1] == told
    assert answered("project", "keep-files", "Reports")["days"] == 30
    assert answered("project", "keep-files", "Reports", "--for-ever")["days"] is None
    assert tandem("project", "keep-files", "Reports", "--days", "0")[0] == 1


WRONG: list[tuple[list[str], int, str]] = [
    (["project", "show", "Harbours"], 4, "You manage no project “Harbours”. There is: “Reports”."),
    (["batch", "move", "May", "live", "--project", "Reports"], 4, "has no batch “May”"),
    (["batch", "move", "March", "paused", "--project", "Reports"], 1, "state-conflict"),
    (["deliver", "--project", "Reports", "--format", "coco"], 1, "This project exports as:"),
    (["deliver", "--project", "Reports", "--format", "docbin", "-o", "no/where"], 1, "can't be written"),
    (["push", "gone.jsonl", "--project", "Reports", "--batch", "March"], 1, "gone.jsonl isn't there"),
    (["project", "create", "gone.yaml"], 1, "gone.yaml can't be read"),
    (["push", "--project", "Reports"], 2, "usage:"),
    (["batch", "move", "March", "gone", "--project", "Reports"], 2, "invalid choice"),
]


def test_what_goes_wrong_is_said_plainly(cast, mina) -> None:
    make.batch(make.project(cast.riverside, "Reports"), "March", state="draft")
    for words, code, told in WRONG:
        found, out, err = tandem(*words)
        assert (found, out) == (code, ""), words
        assert told in err and "Traceback" not in err and mina not in err and "\x1b" not in err, words


def test_an_error_is_json_for_a_program(cast, mina) -> None:
    make.batch(make.project(cast.riverside, "Reports"), "March")
    code, out, err = tandem("deliver", "--project", "Reports", "--format", "coco", "--json")
    assert (code, out) == (1, "")
    error = json.loads(err)["error"]
    assert (error["code"], error["status"], error["place"]) == ("wrong-format", 422, "format")


def test_a_tasker_is_told_what_the_token_may(cast, server, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TANDEM_SERVER", server)
    monkeypatch.setenv("TANDEM_TOKEN", secret_of(cast.alice, cast.riverside))
    Path("ports.json").write_text('{"name": "Ports", "task_type": "text_spans"}')
    code, _out, err = tandem("project", "create", "ports.json")
    assert code == 3 and "not-allowed" in err
    code, out, _err = tandem("whoami")
    assert code == 0 and out.startswith("Alice <alice@example.org>, by the token “Pipeline” (tdm_")
    assert "in     Riverside: tasker\n" in out and "opens  all, until it is revoked" in out


NO_PROJECTS = [
    ("p.yaml", "name: [", "is no YAML"),
    ("p.yaml", "a: &a [x]\nname: *a\n", "p.yaml, line 1: anchors (&) and aliases (*) aren't read"),
    ("p.yaml", "name: " + "[" * 200 + "]" * 200, "nests deeper than 64 levels"),
    ("p.json", '{"name": ' + "[" * 100_000, "nested too deep"),
    ("p.json", "{", "is no JSON"),
    ("p.yaml", "[" * 5_000, "nests deeper than 64 levels"),
    ("p.yaml", "- a\n- b\n", "holds no fields"),
    ("p.yaml", "name: Ports\n", "has no “task_type”"),
    ("p.yaml", "name: Ports\ntask_type: text_spans\nwanted: many\n", "(wanted)"),
    ("p.yaml", "name: Ports\ntask_type: text_spans\nlabels: [{colour: red}]\n", "(labels[0]"),
]


def test_a_file_that_is_no_project_says_where(mina) -> None:
    for name, text, told in NO_PROJECTS:
        Path(name).write_text(text)
        code, _out, err = tandem("project", "create", name)
        assert code == 1 and told in err, text
    assert not Project.objects.exists() and not Batch.objects.exists()


def test_as_a_program_of_its_own(mina) -> None:
    command = [sys.executable, "-m", "tandem_client", "whoami", "--json"]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT / "client")}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and json.loads(done.stdout)["person"] == "Mina"
    gone = os.environ | {"PYTHONPATH": str(ROOT / "client"), "TANDEM_SERVER": "http://127.0.0.1:9"}
    done = subprocess.run([*command[:-2], "--version"], env=gone, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("tandem ")
