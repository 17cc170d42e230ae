"""Loading from a place while it changes, and after a worker died: every row is taken, and no file counts as taken
before all of it was read."""

import pytest

from projects.data import importing
from projects.data.connectors import saved
from projects.data.importing import storing
from projects.models import Connector, Import, SeenFile, Task
from tests.support import make
from tests.support.projects.importing import media as media  # a fixture

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What no worker catches."""


def die(_progress: Import) -> None:
    raise Killed


@pytest.fixture
def texts(cast, media, settings, monkeypatch):
    """A project whose rows come two at a time."""
    monkeypatch.setattr(storing, "CHUNK_ROWS", 2)
    return make.project(cast.riverside, "Texts", "text_spans", labels=[{"name": "Cat"}], wanted=1)


@pytest.fixture
def place(cast, settings, tmp_path) -> Connector:
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    return saved.add(cast.riverside, "folder", "Folder", {"folder": str(tmp_path)}, by=cast.mina)


def rows(first: str, number: int) -> str:
    return "".join(f'{{"text": "{first} {n}"}}\n' for n in range(number))


def loaded_again(place: Connector, project) -> int:
    return importing.run(importing.receive_from(place, make.batch(project, "Next"), by=None).pk).position


def killed(place: Connector, project) -> Import:
    """An import whose worker died after its first chunk."""
    made = importing.receive_from(place, make.batch(project), by=None)
    with pytest.raises(Killed):
        importing.run(made.pk, told=die)
    assert Task.objects.count() == 2
    return made


def test_the_rest_of_a_text_file_is_loaded_after_a_worker_died_in_it(texts, place, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("Text 0\n")
    (tmp_path / "b.txt").write_text("".join(f"Text {n}\n" for n in range(1, 7)))
    made = killed(place, texts)
    assert list(SeenFile.objects.values_list("name", flat=True)) == ["a.txt"]
    done = importing.run(made.pk)
    assert (done.state, done.loaded, Task.objects.count()) == ("done", 7, 7)
    assert loaded_again(place, texts) == 0


def test_rows_of_a_file_that_came_after_the_worker_died_are_loaded_too(texts, place, tmp_path) -> None:
    (tmp_path / "b.jsonl").write_text(rows("B", 4) + "{}\n")
    made = killed(place, texts)
    (tmp_path / "a.jsonl").write_text(rows("A", 2))
    done = importing.run(made.pk)
    assert (done.state, done.loaded, done.known, done.refused, done.position) == ("done", 6, 2, 1, 7)
    assert Task.objects.count() == 6
    assert loaded_again(place, texts) == 0


def test_a_file_that_comes_while_others_are_read_is_taken_the_next_time(texts, place, tmp_path) -> None:
    (tmp_path / "a.jsonl").write_text(rows("A", 1))
    made = importing.receive_from(place, make.batch(texts), by=None)
    importing.run(made.pk, told=lambda _progress: (tmp_path / "b.jsonl").write_text(rows("B", 1)))
    assert list(SeenFile.objects.values_list("name", flat=True)) == ["a.jsonl"]
    loaded_again(place, texts)
    assert Task.objects.count() == 2
