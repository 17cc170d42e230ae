"""Answers in a table's columns for texts with spans: proposed, chosen, dated, and reported by line and column."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from projects.data import importing
from projects.data.importing import choices
from projects.data.importing.choices import Choices
from projects.models import Annotation, Batch, Import, ImportedAnnotator, Task
from tests.support import make
from tests.support.projects.importing import loaded

pytestmark = pytest.mark.django_db
TEXT = "Maria went to Oslo."
MARIA = [{"start": 0, "end": 5, "label": "person"}]


@pytest.fixture
def batch(cast) -> Batch:
    return make.batch(make.project(cast.riverside))


def table(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def row(spans: object, annotator: str, answered_at: str, name: str = "spans") -> dict[str, str]:
    cell = spans if isinstance(spans, str) else json.dumps(spans)
    return {"text": TEXT, name: cell, "annotator": annotator, "answered_at": answered_at}


def chosen(file_import: Import) -> Import:
    plan = file_import.plan or {}
    labels = {label["name"]: label["meaning"] for label in plan["labels"]}
    done = Choices(answers=Import.Answers.JUDGEMENT, labels=labels, columns=plan["mapped"])
    choices.choose(file_import, done, by=None)
    return importing.run(file_import.pk)


@pytest.mark.parametrize("name", ["spans", "answer"])
@pytest.mark.parametrize("answer", [MARIA, {"spans": MARIA}, [[0, 5, "person"]]], ids=["list", "object", "triples"])
def test_columns_of_spans_their_annotators_and_dates_are_proposed_and_kept(batch, name: str, answer: object) -> None:
    rows = row(answer, "Ann", "2024-03-01T10:00:00Z", name), row([], "Ben", "2024-03-02", name)
    file_import = loaded(batch, table(*rows), "a.csv")
    assert file_import.state == "planned" and file_import.plan is not None
    assert file_import.plan["mapped"] == {name: "spans", "annotator": "by", "answered_at": "answered_at"}
    plan = file_import.plan
    assert (plan["rows"], plan["answered"], plan["lost"], plan["by"]) == (2, 2, 0, ["Ann", "Ben"])
    done = chosen(file_import)
    assert (done.loaded, done.answered, done.lost, Task.objects.get().payload) == (1, 2, 0, {"text": TEXT})
    assert set(ImportedAnnotator.objects.values_list("name", flat=True)) == {"Ann", "Ben"}
    ann = Annotation.objects.get(tasker__name="Ann")
    assert ann.source_answered_at == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert [(span["start"], span["end"], span["label"]) for span in ann.answer["spans"]] == [(0, 5, "person")]


def test_what_cannot_be_read_is_reported_in_the_preview_by_line_and_column(batch) -> None:
    outside = [*MARIA, {"start": 6, "end": 99, "label": "person"}]
    rows = row(MARIA, "Ann", "yesterday"), row("[{", "Ben", "2024-03-02"), row(outside, "Cem", "")
    file_import = loaded(batch, table(*rows), "a.csv")
    assert file_import.plan is not None and (file_import.plan["answered"], file_import.plan["lost"]) == (2, 3)
    assert [(loss["place"], loss["code"]) for loss in file_import.plan["losses"]] == [
        ("line 2, answered_at", "bad-date"),
        ("line 3, spans", "not-json"),
        ("line 4, spans, spans[1].end", "span-outside-text"),
    ]
    done = chosen(file_import)
    assert (done.answered, done.losses) == (2, file_import.plan["losses"])


def test_a_column_that_is_only_called_so_stays_beside_the_task(batch) -> None:
    done = loaded(batch, "text,answer,annotator\nWho?,Nobody.,Ann\n", "a.csv")
    assert (done.state, done.loaded) == ("done", 1)
    assert Task.objects.get().payload["meta"] == {"answer": "Nobody.", "annotator": "Ann"}


def test_a_manager_says_which_column_is_the_answer_by_whom_and_when(client, cast, batch) -> None:
    data = table({"text": TEXT, "marks": json.dumps(MARIA), "who": "Ann", "when": "2024-03-01"})
    file_import = importing.keep(batch, _file(data), name="a.csv", by=None, stop=Import.Stop.ALWAYS)
    importing.run(file_import.pk)
    client.force_login(cast.mina)
    page = client.get(reverse("import", args=[file_import.public_id])).content.decode()
    for value in ("spans", "by", "answered_at", "seconds"):
        assert f'<option value="{value}"' in page
    columns = {"column-name": ["marks", "who", "when"], "column": ["spans", "by", "answered_at"], "act": "look"}
    client.post(reverse("import-choose", args=[file_import.public_id]), columns)
    looked_at = importing.run(file_import.pk)
    assert looked_at.plan is not None and looked_at.plan["answered"] == 1
    assert chosen(looked_at).answered == 1 and ImportedAnnotator.objects.get().name == "Ann"


def _file(data: str) -> ContentFile:
    return ContentFile(data.encode())
