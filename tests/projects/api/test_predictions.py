"""A pipeline sends what its model says of tasks that are there: kept under the model's name, once for each task."""

import json

import pytest

from projects.models import ImportedPrediction
from tests.support import make
from tests.support.projects.formats import spans

pytestmark = pytest.mark.django_db

DETECTOR = "?source=Detector+2"
MARIA, OSLO, PORT = (0, 5, "Person"), (14, 18, "place"), (0, 5, "Port")


@pytest.fixture
def tasks(batch):
    return make.tasks(batch, 3)


def said(task, *marks, **more) -> dict:
    return {"external_id": task.external_id, "answer": spans(*marks), **more}


def test_predictions_are_kept_by_source_and_the_newest_holds(mina, project, tasks) -> None:
    rows = [
        said(tasks[0], MARIA, score=0.9),
        {"task": str(tasks[1].public_id), "answer": spans(OSLO), "source": "Detector 3"},
        said(tasks[0], MARIA, OSLO, source="Detector 3"),
    ]
    done = mina.post("predictions", project.public_id, body=rows, query=DETECTOR).json()
    assert (done["read"], done["kept"], done["rejected"], done["lost"]) == (3, 3, 0, 0)
    done = mina.post("predictions", project.public_id, body=[said(tasks[0], OSLO)], query=DETECTOR).json()
    assert done["kept"] == 1
    kept = ImportedPrediction.objects.order_by("source__name", "task")
    assert [(one.source.name, one.task, len(one.answer["spans"]), one.score) for one in kept] == [
        ("Detector 2", tasks[0], 1, None),  # the score was the older one's
        ("Detector 3", tasks[0], 2, None),
        ("Detector 3", tasks[1], 1, None),
    ]
    assert kept[0].answer["spans"][0]["label"] == "place"
    sources = mina.get("predictions", project.public_id).json()["results"]
    assert [(one["name"], one["predictions"]) for one in sources] == [("Detector 2", 1), ("Detector 3", 2)]


def test_bad_rows_are_named_and_good_ones_are_kept(mina, project, tasks) -> None:
    elsewhere = make.task(make.batch(make.project(project.organization, "Another")))
    rows = [
        said(tasks[0], MARIA, PORT),
        said(tasks[1], PORT),
        {"external_id": "nobody", "answer": spans(MARIA)},
        {"task": str(elsewhere.public_id), "answer": spans(MARIA)},
        {"answer": spans(MARIA)},
        said(tasks[1], (0, 500, "person")),
        said(tasks[2], MARIA, score=7),
        said(tasks[2], MARIA, colour="red"),
    ]
    body = b"\n".join(json.dumps(row).encode() for row in rows) + b"\nnonsense\n"
    done = mina.post("predictions", project.public_id, body=body, type="application/x-ndjson").json()
    assert (done["read"], done["kept"], done["rejected"], done["lost"]) == (9, 2, 7, 2)
    errors = {one["place"].split(",")[0]: one["code"] for one in done["errors"]}
    assert errors == {
        "line 2": "label-left-out",
        "line 3": "unknown-task",
        "line 4": "unknown-task",
        "line 5": "wrong-shape",
        "line 6": "span-outside-text",
        "line 8": "unknown-field",
        "line 9": "not-json",
    }
    assert [one["code"] for one in done["losses"]] == ["label-left-out", "bad-score"]
    assert set(ImportedPrediction.objects.values_list("task", "score")) == {(tasks[0].pk, None), (tasks[2].pk, None)}


def test_a_choice_of_nothing_is_refused_by_name(mina, cast):
    fields = [{"key": "kinds", "name": "Kinds", "kind": "multiple", "required": True}]
    labels = [{"name": "Letter", "key": "letter", "field": "kinds"}, {"name": "Bill", "key": "bill", "field": "kinds"}]
    project = make.project(cast.riverside, "Mail", "classification", labels=labels, fields=fields)
    task = make.task(make.batch(project))
    answer = {"fields": [{"field": "kinds", "kind": "multiple", "value": []}]}
    done = mina.post("predictions", project.public_id, body=[{"external_id": task.external_id, "answer": answer}])
    told = done.json()
    assert (done.status_code, told["kept"], told["rejected"]) == (200, 0, 1)
    assert (told["errors"][0]["place"], told["errors"][0]["code"]) == (
        "predictions[0], answer.fields[0].value",
        "blank",
    )
