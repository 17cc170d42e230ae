"""What Label Studio's own converter wrote of a few tasks (tests/fixtures/label_studio), in each of its formats: what is
imported equals what the tasks hold, and what isn't is told."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from projects.data.importing import Fault, Row
from projects.data.reading.columns import header
from projects.data.reading.formats import FORMATS, recognise
from tests.support.projects.files import Held, faults, lost, read, rows
from tests.support.projects.importing import picture

EXPORTS = Path(__file__).parents[2] / "fixtures" / "label_studio"
PICTURES = {"images/one.png": picture(10), "images/two.png": picture(20)}
BOXES = [("Boat", 3, 2, 15, 4), ("Buoy", 12, 2, 15, 4)]
NAMED = {"sentiment": "answer.sentiment", "topics": "answer.topics", "remark": "answer.remark"}
NAMED |= {"stars": "answer.stars", "amount": "answer.amount"}


def files_of(kind: str, format: str) -> dict[str, bytes]:
    at = EXPORTS / kind / format
    return {path.relative_to(at).as_posix(): path.read_bytes() for path in sorted(at.rglob("*")) if path.is_file()}


def tasks_of(kind: str) -> list[dict[str, Any]]:
    return json.loads((EXPORTS / f"{kind}.json").read_text())


def spans_of(row: Row) -> list[tuple[str, str]]:
    (said,) = row.said
    return [(row.fields["text"][one["start"] : one["end"]], one["label"]) for one in said.answer["spans"]]


def held_spans(task: dict[str, Any]) -> list[tuple[str, str]]:
    (annotation,) = task["annotations"]
    return [(one["value"]["text"], *one["value"]["labels"]) for one in annotation["result"]]


def fields_of(row: Row) -> dict[str, Any]:
    (said,) = row.said
    return {one["field"]: one["value"] for one in said.answer["fields"]}


def held_fields(task: dict[str, Any]) -> dict[str, Any]:
    (annotation,) = task["annotations"]
    found = {one["from_name"]: next(iter(one["value"].values())) for one in annotation["result"]}
    return {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in found.items()}


@pytest.mark.parametrize("format", ["JSON", "JSON_MIN", "CSV", "TSV"])
def test_spans_come_in_as_the_tasks_have_them(format: str) -> None:
    found = rows(read("label_studio", files_of("ner", format), "text_spans"))
    assert [spans_of(row) for row in found] == [held_spans(task) for task in tasks_of("ner")]
    data = [task["data"] for task in tasks_of("ner")]
    assert [row.fields for row in found] == [{"text": d["text"], "meta": {"source": d["source"]}} for d in data]
    assert [row.external_id for row in found] == ["1", "2", "3"]
    assert {one.by for row in found for one in row.said} == {"ann@example.org"} and not any(map(lost, found))


def test_each_task_of_its_conll_is_one() -> None:
    found = rows(read("conll", files_of("ner", "CONLL2003"), "text_spans"))
    assert [spans_of(row) for row in found] == [held_spans(task) for task in tasks_of("ner")]
    assert [row.fields["text"].replace(" ", "") for row in found] == [
        task["data"]["text"].replace(" ", "") for task in tasks_of("ner")
    ]


@pytest.mark.parametrize("format", ["JSON_MIN", "CSV", "TSV"])
def test_options_texts_and_numbers_end_in_their_fields(format: str) -> None:
    files = files_of("cls", format)
    mapping = {} if format == "JSON_MIN" else NAMED
    found = rows(read("label_studio", files, "classification", columns=mapping))
    assert recognise(Held(files), "classification").key == "label_studio"
    assert [fields_of(row) for row in found] == [held_fields(task) for task in tasks_of("cls")]
    assert [row.fields["meta"] for row in found] == [{"source": task["data"]["source"]} for task in tasks_of("cls")]


def test_what_of_a_table_is_an_answer_by_its_looks_needs_no_mapping() -> None:
    found = rows(read("label_studio", files_of("cls", "CSV"), "classification"))
    assert fields_of(found[0]) == {"topics": ["a", "b"], "stars": 4, "amount": 7}
    assert found[0].fields["meta"] == {"source": "p. 0", "remark": "fine, I think", "sentiment": "positive"}
    assert "sentiment" in header(Held(files_of("cls", "CSV")), FORMATS["label_studio"])


def boxes_of(row: Row) -> list[tuple[Any, ...]]:
    (said,) = row.said
    found = [(one["label"], one["shape"]) for one in said.answer["regions"]]
    return [(label, *(round(shape[side]) for side in ("x", "y", "width", "height"))) for label, shape in found]


KEYS = {"JSON": "label_studio", "JSON_MIN": "label_studio", "CSV": "label_studio", "YOLO": "yolo", "VOC": "voc"}


@pytest.mark.parametrize("format, key", KEYS.items())
def test_boxes_come_in_with_the_pictures_under_the_names_they_had_before(format: str, key: str) -> None:
    found = rows(read(key, files_of("img", format) | PICTURES))
    assert [boxes_of(row) for row in found] == [BOXES, BOXES] and not any(map(lost, found))


@pytest.mark.parametrize("format, key", [*KEYS.items(), ("YOLO_OBB", "yolo")])
def test_without_pictures_each_answer_is_reported_by_name_with_what_to_do(format: str, key: str) -> None:
    items = read(key, files_of("img", format))
    assert [code for _, code in faults(items)] == ["no-picture"] * len(items) and len(items) == 2
    texts = [item.text for item in items if isinstance(item, Fault)]
    assert all("one zip or folder with its labels" in text for text in texts)
    assert "badcafe-one" in texts[0] and "badcafe-two" in texts[1]


def studio(task: dict[str, Any], task_type: str = "classification") -> Row:
    (row,) = rows(read("label_studio", {"a.json": [task]}, task_type, columns={}))
    return row


def predicted(*results: Any) -> dict[str, Any]:
    predictions = [{"model_version": "v1", "score": 0.5, "result": result} for result in results]
    return {"id": 1, "data": {"text": "Ada met Bob."}, "predictions": predictions}


def fields_said(row: Row) -> Iterable[Any]:
    return [one.answer["fields"] for one in row.said]


def test_predictions_in_the_short_form_are_followed() -> None:
    row = studio(predicted("positive", {"choices": ["negative"]}))
    assert fields_said(row) == [[{"field": "", "value": "positive"}], [{"field": "", "value": "negative"}]]
    assert [(one.by, one.score, one.predicted) for one in row.said] == [("v1", 0.5, True)] * 2
    span = {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}
    assert spans_of(studio(predicted(span), "text_spans")) == [("Ada", "PER")]


@pytest.mark.parametrize("result", [None, {}, {"odd": 1}, [3]])
def test_predictions_that_say_nothing_known_are_told(result: Any) -> None:
    row = studio(predicted(result))
    assert row.said == () and [code for _, code in lost(row)] in (["wrong-shape"], ["no-place"])


def test_which_of_two_is_better_is_understood_in_the_short_export() -> None:
    task = {"answer_a": "x y", "answer_b": "z", "id": 1, "pair": [{"selected": "left"}], "annotator": "a"}
    (row,) = rows(read("label_studio", {"a.json": [task | {"annotation_id": 2}]}, "preference"))
    assert row.said[0].answer["fields"][0]["value"] == "first" and not row.lost
