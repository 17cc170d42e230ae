"""What columns of a table are taken for by their names, and that nobody's answers become a task's meta unasked."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from projects.data import importing
from projects.data.importing import choices
from projects.data.importing.choices import Choices
from projects.models import Assignment, Batch, Import, ImportedPrediction, Task
from tests.support import make
from tests.support.client.live import secret_of
from tests.support.projects.importing import kept, loaded
from tests.support.projects.importing import media as media  # a fixture

pytestmark = pytest.mark.django_db

EXPORTS = Path(__file__).parents[1] / "fixtures" / "label_studio"
FIELDS = [
    {"name": "Sentiment", "key": "sentiment", "kind": "choice"},
    {"name": "Topics", "key": "topics", "kind": "multiple", "required": False},
    {"name": "Remark", "key": "remark", "kind": "text", "required": False},
    {"name": "Stars", "key": "stars", "kind": "number", "min": 0, "max": 5, "required": False},
    {"name": "Amount", "key": "amount", "kind": "number", "min": 0, "max": 9, "required": False},
]
LABELS = [
    *({"name": name, "key": name, "field": "sentiment"} for name in ("positive", "negative")),
    *({"name": name, "key": name, "field": "topics"} for name in ("a", "b")),
]


@pytest.fixture
def reports(cast) -> Batch:
    """A batch of texts with spans."""
    return make.batch(make.project(cast.riverside, wanted=1))


@pytest.fixture
def moods(cast) -> Batch:
    """A batch of texts with fields."""
    project = make.project(cast.riverside, "Moods", "classification", labels=LABELS, fields=FIELDS, wanted=1)
    return make.batch(project)


def chosen(found: Import, answers: str, **more: Any) -> Import:
    columns = (found.plan or {})["mapped"]
    choices.choose(found, Choices(answers=answers, columns=columns, **more), by=None)
    return importing.run(found.pk)


@pytest.mark.parametrize("name", ["doc_id", "Document ID", "UUID"])
def test_a_column_that_is_plainly_an_id_names_the_task(reports, name: str) -> None:
    done = loaded(reports, f"{name},text,agency\nr-1,Hello,Parks\nr-2,There,Parks\n", "a.csv")
    assert done.state == "done" and sorted(Task.objects.values_list("external_id", flat=True)) == ["r-1", "r-2"]
    assert {str(payload["meta"]) for payload in Task.objects.values_list("payload", flat=True)} == {
        "{'agency': 'Parks'}"
    }


@pytest.mark.parametrize("rows", ["7,Hello\n7,There\n", "7,Hello\n,There\n"], ids=["twice", "without"])
def test_a_column_that_doesnt_name_each_row_is_kept_beside_the_task(reports, rows: str) -> None:
    done = loaded(reports, f"doc_id,text\n{rows}", "a.csv")
    assert (done.state, done.loaded, done.refused, done.unnamed) == ("done", 2, 0, 2)
    assert {"doc_id": "7"} in [task.payload.get("meta") for task in Task.objects.all()]


def test_an_id_by_that_name_goes_before_others(reports) -> None:
    loaded(reports, "text,task_id,id\nHello,t-1,r-1\n", "a.csv")
    assert Task.objects.get().external_id == "r-1" and Task.objects.get().payload["meta"] == {"task_id": "t-1"}


def test_a_table_with_a_column_called_like_a_field_asks_before_it_loads(moods) -> None:
    found = loaded(moods, "text,Sentiment,remark\nHello,positive,Plain; and > odd.\nThere,,\n", "a.csv")
    assert found.state == "planned" and not Task.objects.exists()
    assert found.plan is not None
    assert (found.plan["answered"], found.plan["mapped"]) == (
        1,
        {"Sentiment": "answer.sentiment", "remark": "answer.remark"},
    )
    assert [one["name"] for one in found.plan["labels"]] == ["positive"], "a text is no label"
    done = chosen(found, "prediction")
    assert (done.state, done.loaded, done.answered, done.lost) == ("done", 2, 1, 0)
    said = {one["field"]: one["value"] for one in ImportedPrediction.objects.get().answer["fields"]}
    assert said == {"sentiment": "positive", "remark": "Plain; and > odd."}


def test_such_a_column_that_is_empty_so_far_asks_too(moods) -> None:
    found = loaded(moods, "text,sentiment\nHello,\n", "a.csv")
    assert found.state == "planned" and importing.plan.needs(found.plan) == ["columns"]


def test_the_columns_are_as_the_plan_has_them_where_a_program_says_nothing(moods, cast) -> None:
    found = loaded(moods, "text,sentiment\nHello,positive\n", "a.csv")
    client = Client(headers={"authorization": f"Bearer {secret_of(cast.mina, cast.riverside)}"})
    address = f"/api/v1/imports/{found.public_id}/choice/"
    answer = client.post(address, {"answers": "prediction"}, content_type="application/json")
    assert answer.status_code == 202, answer.content
    assert importing.run(found.pk).answered == 1


def test_column_that_was_declared_no_answer_gives_none(moods) -> None:
    found = loaded(moods, "text,sentiment\nHello,positive\n", "a.csv")
    choices.look_again(found, {})
    found = importing.run(found.pk)
    assert (found.state, found.plan["answered"], found.plan["mapped"]) == ("planned", 0, {})
    done = chosen(found, "leave")
    assert (done.loaded, done.lost, Task.objects.get().payload["meta"]) == (1, 0, {"sentiment": "positive"})


@pytest.mark.parametrize("format", ["JSON_MIN/result.json", "CSV/result.csv", "TSV/result.csv"])
def test_label_studios_short_exports_bring_all_their_answers(moods, format: str) -> None:
    path = EXPORTS / "cls" / format
    found = importing.run(kept(moods, path.read_bytes(), path.name).pk)
    assert found.state == "planned" and found.plan is not None
    assert (found.plan["rows"], found.plan["answered"], found.plan["lost"]) == (3, 3, 0)
    assert sorted(one["name"] for one in found.plan["labels"]) == ["a", "b", "negative", "positive"]
    done = chosen(found, "judgement")
    assert (done.loaded, done.answered, done.lost) == (3, 3, 0)
    told = Assignment.objects.get(task__external_id="1").annotations.get().answer["fields"]
    assert {one["field"]: one["value"] for one in told} == {
        **{"sentiment": "positive", "topics": ["a", "b"], "remark": "fine, I think"},
        **{"stars": 4, "amount": 7},
    }


@pytest.mark.parametrize("format", ["CSV/result.csv", "JSON/result.json"])
def test_label_studios_spans_are_answers_whose_number_is_told_and_kept(reports, format: str) -> None:
    path = EXPORTS / "ner" / format
    found = importing.run(kept(reports, path.read_bytes(), path.name).pk)
    assert found.plan is not None and (found.plan["answered"], found.plan["lost"]) == (3, 0)
    done = chosen(found, "judgement", labels={"PER": "person", "LOC": "-"})
    assert (done.answered, done.lost) == (3, 2), "two places are left out, and told"
