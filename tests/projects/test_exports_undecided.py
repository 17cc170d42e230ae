"""Exports of projects in which little or nothing is decided: undecided answers are marked, and no file is empty."""

import csv
import io
import json
import zipfile

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from projects import queue
from projects.data import exporting
from projects.errors import NothingSubmitted, NothingToExport, Refused
from projects.models import Project, Task
from tests.support import make
from tests.support.projects.exporting import exported

LABELS = [{"name": "Cat", "key": "cat"}, {"name": "Dog", "key": "dog"}]
TYPES = ("text_spans", "image_regions", "classification", "preference")
CASES = [
    (task_type, key) for key, one in exporting.FORMATS.items() for task_type in TYPES if task_type in one.task_types
]


def chosen(value: str) -> dict:
    return {"fields": [{"field": "label", "value": value}]}


@pytest.fixture
def project(cast) -> Project:
    """Texts to sort, two judgements each: one decided, one half judged, one that nobody has looked at."""
    project = make.project(cast.riverside, "Sorted", "classification", labels=LABELS, wanted=2)
    batch = make.batch(project)
    make.tasks(batch)
    for tasker in (cast.alice, cast.bob):
        make.judged(tasker, project, chosen("cat"))
    make.tasks(batch)
    make.judged(cast.alice, project, chosen("dog"))
    make.tasks(batch)
    return project


def test_undecided_answers_go_along_and_are_marked(cast, project) -> None:
    (before,) = map(json.loads, exported(project, "jsonl").splitlines())
    assert "state" not in before
    decided, waiting = map(json.loads, exported(project, "jsonl", undecided=True).splitlines())
    assert (decided["external_id"], decided["state"], decided["verdict"]["method"]) == (
        "First-0",
        "decided",
        "majority_v1",
    )
    assert (waiting["external_id"], waiting["state"], waiting["verdict"]) == ("First-1", "undecided", None)
    assert waiting["answer"]["fields"][0]["value"] == "dog" and waiting["labels"] == {"dog": "Dog"}
    (judgement,) = waiting["judgements"]
    assert (judgement["tasker"], judgement["supports"]) == (str(cast.alice.public_id), False)


@pytest.mark.parametrize(("key", "delimiter"), [("table", ","), ("tsv", "\t")])
def test_a_table_says_undecided_where_it_says_how_the_others_were_decided(project, key, delimiter) -> None:
    text = exported(project, key, undecided=True).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    assert [(row["external_id"], row["label"], row["method"]) for row in rows] == [
        ("First-0", "Cat", "majority_v1"),
        ("First-1", "Dog", "undecided"),
    ]
    assert rows[0]["confidence"] and not rows[1]["confidence"]


def test_answers_that_do_not_count_and_other_batches_are_left_out(cast, project) -> None:
    second = make.batch(project, "Second")
    make.tasks(second)
    assert exported(project, "jsonl", batch=project.batches.get(name="First"), undecided=True).count(b"\n") == 2
    with pytest.raises(NothingSubmitted):
        exported(project, "jsonl", batch=second, undecided=True)
    annotation = Task.objects.get(external_id="First-1").annotations.get()
    queue.void(annotation.assignment, "banned", by=cast.mina)
    assert exported(project, "jsonl", undecided=True).count(b"\n") == 1


def test_a_format_without_a_mark_for_them_is_refused_and_the_others_are_named(project) -> None:
    with pytest.raises(Refused, match=r"JSON Lines, Table \(CSV\)") as refused:
        exporting.export(project, "imagenet", undecided=True)
    assert (refused.value.code, refused.value.place) == ("wrong-terms", "undecided")


def test_the_page_and_the_api_take_them_along(cast, client, project) -> None:
    client.force_login(cast.mina)
    page = client.get(reverse("export", args=[project.public_id])).content.decode()
    assert page.count('name="undecided"') == 3, "beside JSON Lines and the tables"
    address = reverse("export-download", args=[project.public_id, "jsonl"])
    assert async_to_sync(_all)(client.get(address, {"undecided": "on"}).streaming_content).count(b"\n") == 2
    assert async_to_sync(_all)(client.get(address).streaming_content).count(b"\n") == 1


async def _all(pieces) -> bytes:
    return b"".join([piece async for piece in pieces])


def test_an_export_of_nothing_is_refused_with_what_to_do_before_anything_is_sent(cast, client) -> None:
    project = make.project(cast.riverside)
    client.force_login(cast.mina)
    address = reverse("export-download", args=[project.public_id, "jsonl"])
    refused = client.get(address, headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing-to-export")
    assert "Include undecided answers" in refused.json()["detail"]
    page = client.get(address)
    assert page.status_code == 422 and "content-disposition" not in page.headers
    content = page.content.decode()
    message = content.split('role="alert"')[1].split("</div>")[0]
    assert "Include undecided answers" in message
    assert f'action="{address}"' in content, "the page that asked stays, to ask again"


def test_the_command_leaves_no_file_where_there_is_nothing(cast, tmp_path) -> None:
    project = make.project(cast.riverside)
    with pytest.raises(CommandError, match="nothing to export"):
        call_command("export_project", project.public_id, "jsonl", output=tmp_path / "labels.jsonl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("task_type", "key"), CASES)
def test_each_format_of_an_empty_project_is_a_proper_file_or_refused(cast, task_type, key) -> None:
    labels = [] if task_type == "preference" else LABELS
    project = make.project(cast.riverside, "Empty", task_type, labels=labels)
    try:
        data = exported(project, key)
    except NothingToExport:
        return
    assert data
    if exporting.FORMATS[key].folder:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.namelist() and archive.testzip() is None
