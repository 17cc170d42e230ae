"""Datasets that somebody made to do harm, each through the whole of an import: looked at, then loaded. None reads or
makes a file where it has none to read, none asks the network, each is told by name, and what is good in it goes in."""

import os
import subprocess
import sys
import tempfile
import zlib
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from projects.data import importing
from projects.data.connectors import saved
from projects.data.importing import choices
from projects.data.importing.choices import Choices
from projects.models import Import, Task
from taskers.errors import Problem
from tests.support import make
from tests.support.cast import Cast
from tests.support.projects import expanding_sets
from tests.support.projects.canary import watched
from tests.support.projects.hostile_sets import Hostile, sets
from tests.support.projects.importing import media as media  # a fixture
from tests.support.projects.importing import picture
from tests.support.rounds import WHOLE
from tests.support.walls import ROOT

MOST_MORE = 300  # MiB of memory beside what a process that read a harmless set has
SHARE = 12  # one in so many is tried with each change; all of them in `make torture`
NAMES = [hostile.name for hostile in sets(Path("/nowhere"))]
TRIED = [name for name in NAMES if WHOLE or zlib.crc32(name.encode()) % SHARE == 0]
ASKED: list[str] = []  # what the network was asked by this process, while a test looks


def _audit(event: str, given: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        ASKED.append(f"{event} {given[-1]}")


sys.addaudithook(_audit)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "outside"
    folder.mkdir()
    (folder / "canary.png").write_bytes(picture(17, size=(31, 21)))
    return folder


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files lie, and nothing else."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_there_are_a_hundred_of_them_and_more() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 150


@pytest.mark.rounds
@pytest.mark.django_db
@pytest.mark.parametrize("name", TRIED)
def test_a_hostile_dataset_is_told_by_name_and_does_nothing(
    cast: Cast, media: Path, outside: Path, scratch: Path, settings: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = next(one for one in sets(outside) if one.name == name)
    settings.IMPORT_FOLDERS = [str(outside.parent / "inside")]
    project = make.project(cast.riverside, "Hostile", hostile.task_type, labels=[{"name": "ship"}], wanted=1)
    begun = begin(hostile, make.batch(project), cast, outside.parent / "inside")
    codes: set[str] = set()
    monkeypatch.setattr(receive, "end", partial(ended, codes))
    ASKED.clear()
    with watched(outside) as watch:
        done = run(begun, hostile)
        assert watch.seen() == set(), "a file outside was opened or made"
    assert ASKED == []
    assert sorted(os.listdir(outside)) == ["canary.png"] and list(scratch.iterdir()) == []
    codes |= told_codes(done)
    assert (done.state, done.loaded) in (("done", hostile.tasks), ("failed", hostile.tasks)), (done.reason, codes)
    assert hostile.codes & codes if hostile.codes else not done.refused, (codes, done.reason)
    assert "Unexpected" not in done.reason
    shown = [*(one["text"] for one in [*done.errors, *done.losses]), done.reason]
    assert not any("\x00" in text or "root:" in text for text in shown)
    assert not Task.objects.filter(project=project, asset__width=31).exists(), "the picture outside is a task"


def begin(hostile: Hostile, batch: Any, cast: Cast, inside: Path) -> Import:
    """The import of a dataset, which isn't looked at yet."""
    if hostile.upload is not None:
        name, data = hostile.upload()
        return importing.keep(
            batch, ContentFile(data), name=name, by=None, format=hostile.format, stop=Import.Stop.ALWAYS
        )
    for name, content in hostile.folder.items():
        path = inside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            path.symlink_to(content)
        else:
            path.write_bytes(content)
    place = saved.add(cast.riverside, "folder", "Place", {"folder": str(inside)}, by=cast.mina)
    begun = importing.receive_from(place, batch, by=None, stop=Import.Stop.ALWAYS)
    Import.objects.filter(pk=begun.pk).update(format=hostile.format)
    return begun


def run(begun: Import, hostile: Hostile) -> Import:
    """Looked at, chosen, and loaded."""
    done = importing.run(begun.pk)
    if done.state != Import.State.PLANNED:
        return done
    answers = Import.Answers.PREDICTION if done.plan and done.plan["answered"] else Import.Answers.LEAVE
    choices.choose(done, Choices(answers=answers, columns=hostile.columns, format=hostile.format), by=None)
    return importing.run(begun.pk)


def told_codes(done: Import) -> set[str]:
    """The codes of all that was told of an import."""
    lost = importing.all_faults(done, "lost")
    return {one["code"] for one in [*importing.all_faults(done), *lost]}


receive = import_module("projects.data.importing.receive")  # the package has a verb of that name
END = receive.end


def ended(codes: set[str], done: Import, state: str, problem: Problem | None = None) -> Import:
    """How an import ended: the code of that is kept nowhere."""
    codes |= {problem.code} if problem else set()
    return END(done, state, problem)


EXPANDING = [hostile.name for hostile in expanding_sets.sets(Path("/nowhere"))]
QUICK_EXPANDING = ("yaml: aliases of aliases as a class", "zip: bzip2 that lies of its size", "docbin: zeros")


@pytest.mark.slow
@pytest.mark.rounds
def test_what_expands_takes_little_memory_and_is_told_by_name(tmp_path: Path) -> None:
    """Each is made and then read by a process of its own, chunk by chunk as an import does."""
    command = [sys.executable, "-m", "tests.support.projects.read_within", str(tmp_path), *quick_or_all(EXPANDING)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = {line.split("\t")[0]: line.split("\t")[1:] for line in ended.stdout.splitlines()}
    assert set(found) == set(quick_or_all(EXPANDING))
    by_name = {hostile.name: hostile for hostile in expanding_sets.sets(tmp_path)}
    for name, (more, tasks, codes) in found.items():
        assert int(more) <= MOST_MORE, f"{name} took {more} MiB"
        assert int(tasks) == by_name[name].tasks, (name, codes)
        assert by_name[name].codes & set(codes.split()) or not by_name[name].codes, (name, codes)


def quick_or_all(names: list[str]) -> list[str]:
    return names if WHOLE else [name for name in names if name in QUICK_EXPANDING]
