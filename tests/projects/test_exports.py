"""Exports: decided tasks only, whole, without names; and which format fits what."""

import json
from pathlib import Path

import pytest
from django.conf import settings as site

from projects import queue
from projects.data import exporting
from projects.errors import NothingToExport, Refused
from projects.models import Verdict
from projects.workflow import submission
from tests.support import make
from tests.support.projects.exporting import TEXT, docs, exported, first_task, reports, span

__all__ = ["reports"]  # a fixture
TEXTS = ["jsonl", "conll", "bioes", "docbin", "brat", "parquet", "label_studio", "doccano", "prodigy"]


def test_jsonl_has_everything_of_decided_tasks_only(cast, reports):
    (line,) = exported(reports, "jsonl").splitlines()
    row = json.loads(line)
    task = first_task()
    assert (row["external_id"], row["task"], row["payload"]) == ("First-0", str(task.public_id), {"text": TEXT})
    assert row["answer"] == Verdict.objects.get().answer and row["verdict"]["method"] == "majority_v1"
    (judgement,) = row["judgements"]
    assert judgement["tasker"] == str(cast.alice.public_id) and judgement["supports"] is True
    assert {part["provenance"]["source"] for part in judgement["answer"]["spans"]} == {"human"}
    assert cast.alice.name.encode() not in line and cast.alice.email.encode() not in line


def test_a_superseded_verdict_is_not_exported(cast, reports):
    task = first_task()
    review = queue.claim_review(task, cast.rita)
    assert review.token
    submission.decide(review, cast.rita, review.token, {"spans": [span("May", "place")]}, note="Only the month.")
    (line,) = exported(reports, "jsonl").splitlines()
    row = json.loads(line)
    assert [part["start"] for part in row["answer"]["spans"]] == [TEXT.index("May")]
    assert row["verdict"]["method"] == "review_v1" and row["verdict"]["note"] == "Only the month."
    assert row["verdict"]["decided_by"] == str(cast.rita.public_id)
    assert [(one["kind"], one["supports"]) for one in row["judgements"]] == [("judge", False), ("review", True)]


def test_a_project_without_verdicts_exports_an_empty_file_that_loads(cast):
    assert docs(exported(make.project(cast.riverside), "docbin")) == []


def test_one_batch_alone_can_be_exported(cast, reports):
    other = make.batch(reports, "Second")
    make.task(other, text="Mina is here.")
    with pytest.raises(NothingToExport):
        exported(reports, "jsonl", batch=other)


def test_formats_that_do_not_fit_are_refused_before_anything_is_sent(cast, reports):
    for key in ("coco", "yaml"):
        with pytest.raises(Refused) as refused:
            exporting.export(reports, key)
        assert refused.value.code == "wrong-format"
    assert [one.key for one in exporting.formats_for(reports)] == TEXTS
    assert exporting.file_name(reports, "docbin") == "names-in-reports.spacy"


def test_work_that_was_voided_is_exported_as_such(cast, reports):
    annotation = first_task().annotations.get()
    queue.void(annotation.assignment, "banned", by=cast.mina)
    (line,) = exported(reports, "jsonl").splitlines()
    assert [one["voided"] for one in json.loads(line)["judgements"]] == [True]


def test_the_page_of_formats_says_of_each_what_it_cannot_say():
    lines = (Path(site.BASE_DIR) / "docs/exporting.md").read_text().splitlines()
    told = {line.split("|")[2].strip(" `"): line for line in lines if line.startswith("| ") and "| `" in line}
    missing = [one.key for one in exporting.FORMATS.values() if one.loses not in told.get(one.key, "")]
    assert not missing, "say in docs/exporting.md what these lose"
