"""Loading what is to be classified: a table, lines of objects, a zip of images; and what the page says of them."""

import csv
import io
import json

import pytest

from projects.data import exporting
from projects.models import Batch, Task
from projects.workflow import batches
from tests.support import make
from tests.support.projects.importing import counts, lines, loaded, media, picture, zipped
from tests.support.projects.judging import classified

__all__ = ["media"]  # a fixture


@pytest.fixture
def letters(cast, media):
    """A draft batch of a classification of letters and their scans."""
    return make.batch(make.project(cast.riverside, "Letters", "classification", wanted=1), state="draft")


def test_a_table_brings_texts_and_what_is_to_be_verified(letters) -> None:
    table = 'id,text,title,proposed,ward\n1,Hello,Greeting,person,North\n2,Bye,,"{""label"": ""place""}",\n3,So,,,\n'
    assert counts(loaded(letters, table, "a.csv")) == ("done", 3, 0, 0)
    first, second, third = Task.objects.order_by("pk")
    assert first.payload == {
        "text": "Hello",
        "title": "Greeting",
        "proposed": {"": "person"},
        "meta": {"ward": "North"},
    }
    assert second.payload["proposed"] == {"label": "place"}
    assert "proposed" not in third.payload


def test_other_columns_of_a_table_come_back_in_the_table_of_results(cast, letters) -> None:
    table = 'id,text,Ward,method,note\n1,Hello,North,by hand,=SUM(A1)\n2,Bye,,,"a\nb"\n'
    assert counts(loaded(letters, table, "a.csv")) == ("done", 2, 0, 0)
    nested = lines({"id": 3, "text": "So", "pages": [1, 2], "score": -2, "@ward": None})
    loaded(letters, nested, "b.jsonl")
    batches.move(letters, "live", by=cast.mina)
    for _ in range(3):
        make.judged(cast.alice, letters.project, classified("person"))

    def exported(batch=None) -> list[dict]:
        file = b"".join(exporting.export(letters.project, "table", batch=batch))
        return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))

    first, second, third = exported()
    assert list(first)[-6:] == ["ward", "meta.method", "note", "pages", "score", "'@ward"]
    assert [first[name] for name in ("ward", "meta.method", "method", "note")] == [
        "North",
        "by hand",
        "majority_v1",
        "'=SUM(A1)",
    ]
    assert [second[name] for name in ("ward", "note", "pages")] == ["", "a\nb", ""]
    assert [third[name] for name in ("pages", "score", "'@ward")] == ["[1, 2]", "-2", "null"]

    # Whose fields nobody knows by name, and those beyond the hundredth, come back in one column.
    Batch.objects.update(columns=None)
    assert json.loads(exported(letters)[2]["meta"]) == {"pages": [1, 2], "score": -2, "@ward": None}


def test_lines_bring_texts_and_pictures_that_are_known(letters) -> None:
    assert counts(loaded(letters, zipped(scan=picture()), "a.zip")) == ("done", 1, 0, 0)
    scan = Task.objects.get()
    assert scan.asset
    assert scan.payload == {"asset": scan.asset.sha256, "width": 30, "height": 20, "name": "scan.png"}
    rows = lines(
        {"external_id": "t", "text": "Hello", "proposed": {"label": "place"}},
        {"external_id": "p", "asset": scan.asset.sha256, "name": "again.png", "proposed": "person"},
        {"external_id": "both", "text": "Hello", "asset": scan.asset.sha256, "name": "again.png"},
        {"external_id": "none", "title": "Hello"},
    )
    done = loaded(letters, rows)
    assert counts(done) == ("done", 2, 0, 2)
    assert {one["code"] for one in done.errors} == {"no-content"}
    picture_again = Task.objects.get(external_id="p")
    assert (picture_again.asset, picture_again.payload["proposed"]) == (scan.asset, {"": "person"})


def test_the_page_says_how_images_texts_and_proposals_are_loaded(cast, client, letters) -> None:
    batches.move(letters, "live", by=None)
    client.force_login(cast.mina)
    page = client.get(f"/projects/{letters.project.public_id}/load/").content.decode()
    for words in (".zip", ".jsonl", ".csv", ".txt", "“proposed”"):
        assert words in page
