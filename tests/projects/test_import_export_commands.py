"""import_tasks and export_project: the same verbs from the command line."""

import io
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from projects.data import importing
from projects.models import Batch, Import, Project, Task
from tests.support import make


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, wanted=1)


def run(command: str, *arguments: object, **options: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    flags = [f"--{name}" if value is True else f"--{name}={value}" for name, value in options.items()]
    call_command(command, *map(str, arguments), *flags, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_file_is_loaded_into_a_live_batch_of_its_name(project, tmp_path):
    path = tmp_path / "reports.jsonl"
    path.write_text('{"external_id": "a", "text": "One"}\n{"text": ""}\n', encoding="utf-8")
    out, err = run("import_tasks", project.public_id, path)
    assert "1 loaded, 0 known already, 1 refused." in out and "line 2, text: " in err
    assert (Batch.objects.get().name, Batch.objects.get().state) == ("reports.jsonl", "live")
    out, _ = run("import_tasks", project.public_id, path)
    assert "0 loaded, 1 known already, 1 refused." in out and Task.objects.count() == 1


def test_a_command_that_is_killed_leaves_a_live_batch_for_the_worker_that_goes_on(project, tmp_path, monkeypatch):
    path = tmp_path / "reports.txt"
    path.write_text("Maria went to Oslo.\n")

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        run("import_tasks", project.public_id, path)
    monkeypatch.undo()
    Import.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    assert (importing.take_up(), Task.objects.count()) == (1, 0)
    assert importing.run(Import.objects.get().pk).state == "done"
    assert (Batch.objects.get().state, Task.objects.get().payload["text"]) == ("live", "Maria went to Oslo.")


def test_batch_format_and_draft_can_be_chosen(project, tmp_path):
    path = tmp_path / "reports.log"
    path.write_text("One\nTwo\n", encoding="utf-8")
    run("import_tasks", project.public_id, path, batch="June", format="text", draft=True)
    assert (Batch.objects.get().name, Batch.objects.get().state) == ("June", "draft")


def test_what_cannot_be_loaded_is_said_in_one_sentence(project, tmp_path):
    path = tmp_path / "reports.csv"
    for project_id, target, text in (
        (uuid4(), path, "There is no project"),
        (project.public_id, path, "can't be read"),
        (project.public_id, tmp_path / "x.pdf", "can't be read"),
    ):
        with pytest.raises(CommandError, match=text):
            run("import_tasks", project_id, target)
    path.write_text("name\nx\n", encoding="utf-8")
    with pytest.raises(CommandError, match="no column “text”"):
        run("import_tasks", project.public_id, path)
    (tmp_path / "x.pdf").write_text("x", encoding="utf-8")
    with pytest.raises(CommandError, match="Files end in"):
        run("import_tasks", project.public_id, tmp_path / "x.pdf")


def test_where_a_file_is_wrong_is_said(project, tmp_path, monkeypatch):
    path = tmp_path / "tasks.jsonl"
    path.write_text("{}", encoding="utf-8")
    failed = Import(state=Import.State.FAILED, reason="The file is empty.", reason_of={"place": "line 14"})
    monkeypatch.setattr(importing, "run", lambda *_given, **_more: failed)
    with pytest.raises(CommandError, match=r"The file is empty\. \(line 14\)"):
        run("import_tasks", project.public_id, path)


def test_decided_tasks_are_written_to_a_file(cast, project, tmp_path, monkeypatch):
    make.task(make.batch(project))
    make.judged(cast.alice, project, make.MARIA)
    monkeypatch.chdir(tmp_path)
    out, _ = run("export_project", project.public_id, "jsonl")
    path = tmp_path / "names-in-reports.jsonl"
    assert "Wrote names-in-reports.jsonl" in out and not list(tmp_path.glob("*.part"))
    assert json.loads(path.read_text(encoding="utf-8"))["external_id"] == "First-0"


def test_an_export_can_go_to_stdout_and_be_of_one_batch(cast, project, capfdbinary):
    make.task(make.batch(project))
    make.judged(cast.alice, project, make.MARIA)
    make.batch(project, "Empty")
    run("export_project", project.public_id, "conll", output="-")
    assert capfdbinary.readouterr().out.startswith(b"-DOCSTART-")
    with pytest.raises(CommandError, match="nothing to export"):
        run("export_project", project.public_id, "conll", output="-", batch="Empty")
    assert capfdbinary.readouterr().out == b""


def test_what_cannot_be_exported_is_said_in_one_sentence(project, tmp_path):
    for terms, text in (
        ((uuid4(), "jsonl"), "There is no project"),
        ((project.public_id, "coco"), "This project exports as"),
    ):
        with pytest.raises(CommandError, match=text):
            run("export_project", *terms, output=str(tmp_path / "x"))
    with pytest.raises(CommandError, match="no batch named"):
        run("export_project", project.public_id, "jsonl", batch="July", output=str(tmp_path / "x"))
    with pytest.raises(CommandError, match="can't be written"):
        run("export_project", project.public_id, "jsonl", output=str(tmp_path / "none" / "x"))
    assert list(tmp_path.iterdir()) == []
