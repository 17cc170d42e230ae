"""When imported answers were given, and how long they took: kept and exported with them, used for nothing else."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.data import importing
from projects.data.importing import answer_times
from projects.data.importing.choices import Choices
from projects.models import Annotation, AnswerTimes, Import, Project, Verdict
from taskers.models import Transfer
from tests.support import make
from tests.support.projects.exporting import exported
from tests.support.projects.files import read, rows

EXPORTS = Path(__file__).parents[1] / "fixtures" / "label_studio"
GIVEN = datetime(2024, 3, 1, 10, tzinfo=UTC)
TOOK_MS = 12_500
LABELS = [{"name": "PER", "key": "per"}, {"name": "LOC", "key": "loc"}]
JUDGEMENT, VERDICT = Import.Answers.JUDGEMENT, Import.Answers.VERDICT


def loaded(project: Project, source_rows: list[Any], answers: str = JUDGEMENT) -> None:
    """Load rows with their answers, and look at none of them twice."""
    choices = Choices(answers=answers, labels={"PER": "per", "LOC": "loc"})
    done = list(importing.load(make.batch(project), source_rows, by=None, choices=choices))
    assert sum(report.answered for report in done) == len(source_rows) and not any(
        report.losses or report.faults for report in done
    )


def exported_by_label_studio(format: str) -> list[Any]:
    at = EXPORTS / "ner" / format
    files = {path.name: path.read_bytes() for path in at.iterdir()}
    return rows(read("label_studio", files, "text_spans"))


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, "Read", "text_spans", labels=LABELS, wanted=1)


@pytest.mark.parametrize("format", ["JSON", "JSON_MIN", "CSV", "TSV"])
def test_a_reader_says_when_each_answer_was_given_and_how_long_it_took(format: str) -> None:
    answers = [answer for row in exported_by_label_studio(format) for answer in row.said]
    assert len(answers) == 3
    assert [answer_times.checked(answer.answered_at, answer.seconds) for answer in answers] == [
        (AnswerTimes(GIVEN, TOOK_MS), [])
    ] * 3


@pytest.mark.django_db
def test_past_judgements_keep_both_and_no_pay_or_speed_is_reckoned_from_them(project) -> None:
    loaded(project, exported_by_label_studio("JSON"))
    times = Annotation.objects.order_by("pk").values_list("source_answered_at", "source_duration_ms", "active_ms")
    assert list(times) == [(GIVEN, TOOK_MS, 0)] * 3
    assert all(at > GIVEN for at in Annotation.objects.values_list("at", flat=True))
    assert not Transfer.objects.exists()


@pytest.mark.django_db
def test_a_verdict_keeps_both(project) -> None:
    loaded(project, exported_by_label_studio("JSON"), VERDICT)
    assert set(Verdict.objects.values_list("source_answered_at", "source_duration_ms")) == {(GIVEN, TOOK_MS)}


@pytest.mark.django_db
@pytest.mark.parametrize("answers", [JUDGEMENT, VERDICT])
@pytest.mark.parametrize("key", ["label_studio", "jsonl"])
def test_a_round_trip_keeps_both(cast, project, answers: str, key: str) -> None:
    loaded(project, exported_by_label_studio("JSON"), answers)
    other = make.project(cast.riverside, "Again", "text_spans", labels=LABELS, wanted=1)
    name = {"label_studio": "a.json", "jsonl": "a.jsonl"}[key]
    loaded(other, rows(read(key, {name: exported(project, key)}, "text_spans")), answers)
    model = Annotation if answers == JUDGEMENT else Verdict
    times = model.objects.filter(task__project=other).values_list("source_answered_at", "source_duration_ms")
    assert list(times) == [(GIVEN, TOOK_MS)] * 3


@pytest.mark.django_db
def test_undecided_answers_carry_both_and_come_back_with_them(cast) -> None:
    project = make.project(cast.riverside, "Two", "text_spans", labels=LABELS, wanted=2)
    loaded(project, exported_by_label_studio("JSON"))
    data = exported(project, "jsonl", undecided=True)
    lines = [json.loads(line) for line in data.splitlines()]
    assert {(line["state"], line["answered_at"], line["duration_ms"]) for line in lines} == {
        ("undecided", GIVEN.isoformat(), TOOK_MS)
    }
    answers = [answer for row in rows(read("jsonl", {"a.jsonl": data}, "text_spans")) for answer in row.said]
    assert [(answer.answered_at, answer.seconds) for answer in answers] == [(GIVEN.isoformat(), 12.5)] * 3


def classified(by: str, given: str, seconds: str) -> dict[str, Any]:
    return {"text": "It rained.", "mood": "calm", "who": by, "when": given, "took": seconds}


@pytest.mark.django_db
def test_a_table_brings_both_by_its_mapping_and_takes_them_along(cast) -> None:
    project = make.project(cast.riverside, "Moods", "classification", labels=[{"name": "Calm", "key": "calm"}])
    out = io.StringIO()
    table = csv.DictWriter(out, classified("", "", "").keys())
    table.writeheader()
    table.writerow(classified("Ann", "2024-03-01 10:00", "12.5"))
    mapping = {"mood": "answer", "who": "by", "when": "answered_at", "took": "seconds"}
    source_rows = rows(read("csv", {"a.csv": out.getvalue().encode()}, "classification", columns=mapping))
    choices = Choices(answers=VERDICT, labels={"calm": "calm"})
    list(importing.load(make.batch(project), source_rows, by=None, choices=choices))
    (row,) = csv.DictReader(io.StringIO(exported(project, "table").decode("utf-8-sig")))
    assert (row["answered_at"], row["seconds"]) == (GIVEN.isoformat(), "12.5")


@pytest.mark.django_db
def test_what_several_decided_was_given_when_the_last_was_and_took_as_long_as_all(project) -> None:
    result = [{"type": "labels", "value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}}]
    answers = [
        {"completed_by": name, "result": result, "created_at": f"2024-03-0{day}T10:00:00Z", "lead_time": seconds}
        for name, day, seconds in (("ann", 1, 2), ("bo", 3, 4), ("cy", 2, None))
    ]
    task = {"id": 1, "data": {"text": "Ada met Bob."}, "annotations": answers}
    source_rows = rows(read("label_studio", {"a.json": [task]}, "text_spans"))
    list(
        importing.load(
            make.batch(project), source_rows, by=None, choices=Choices(answers=JUDGEMENT, labels={"PER": "per"})
        )
    )
    (line,) = map(json.loads, exported(project, "jsonl").splitlines())
    assert (line["answered_at"], line["duration_ms"]) == ("2024-03-03T10:00:00+00:00", 6000)
    assert [judgement["source_duration_ms"] for judgement in line["judgements"]] == [2000, 4000, None]


@pytest.mark.django_db
def test_work_of_this_site_goes_out_with_the_date_of_its_verdict_and_no_duration(cast, project) -> None:
    make.tasks(make.batch(project))
    make.judged(cast.alice, project, {"spans": []})
    (line,) = map(json.loads, exported(project, "jsonl").splitlines())
    assert (line["answered_at"], line["duration_ms"]) == (line["verdict"]["at"], None)


def test_prodigy_says_when_in_seconds_since_1970() -> None:
    line = {"text": "It rained.", "_input_hash": 1, "answer": "accept", "spans": [], "_timestamp": 1709287200}
    (row,) = rows(read("prodigy", {"a.jsonl": json.dumps(line).encode()}, "text_spans"))
    assert [answer.answered_at for answer in row.said] == [GIVEN.isoformat()]


@pytest.mark.parametrize(
    ("date", "seconds", "codes"),
    [
        ("", None, []),
        ("2024-03-01T10:00:00Z", 0, []),
        ("yesterday", None, ["bad-date"]),
        ("0001-01-01T00:00:00+14:00", None, ["bad-date"]),
        ("9999-12-31T23:59:59-14:00", None, ["bad-date"]),
        ("", -1, ["bad-duration"]),
        ("", float("nan"), ["bad-duration"]),
        ("", 1e300, ["bad-duration"]),
        ("2024", True, ["bad-date", "bad-duration"]),
    ],
)
def test_a_bad_date_or_duration_is_reported_and_the_answer_stays(date: str, seconds: Any, codes: list[str]) -> None:
    assert [fault.code for fault in answer_times.checked(date, seconds)[1]] == codes


@given(st.text(max_size=40), st.none() | st.floats() | st.integers())
def test_no_date_or_duration_breaks_an_import(date: str, seconds: Any) -> None:
    (given, duration), _faults = answer_times.checked(date, seconds)
    assert given is None or given.astimezone(UTC)
    assert duration is None or 0 <= duration <= answer_times.MAX_SECONDS * 1000
