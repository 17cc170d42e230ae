"""A crowd's answers in one file: a row for each answer, annotators apart, and a preview that is right."""

import json

import pytest

from projects.data import importing
from projects.data.importing import choices
from projects.data.importing.choices import Choices
from projects.models import Annotation, Batch, Import, ImportedAnnotator, ImportedPrediction, Project, Task, Verdict
from projects.workflow import submission
from tests.support import make
from tests.support.projects.exporting import exported
from tests.support.projects.importing import kept

pytestmark = pytest.mark.django_db

LABELS = [{"name": "Calm", "key": "calm"}, {"name": "Cross", "key": "cross"}]
COLUMNS = {"mood": "answer", "who": "by"}


def project_of(cast, name: str) -> Project:
    return make.project(cast.riverside, name, "classification", labels=LABELS, wanted=3)


@pytest.fixture
def batch(cast) -> Batch:
    return make.batch(project_of(cast, "Moods"))


def previewed(batch: Batch, data: str | bytes, name: str, columns: dict[str, str] | None = None) -> Import:
    file_import = kept(batch, data, name)
    Import.objects.filter(pk=file_import.pk).update(stop=Import.Stop.ALWAYS)
    file_import = importing.run(file_import.pk)
    if columns is not None:
        choices.look_again(file_import, columns)
        file_import = importing.run(file_import.pk)
    return file_import


def loaded(file_import: Import, answers: str = Import.Answers.JUDGEMENT) -> Import:
    """Loaded as the preview proposes."""
    plan = file_import.plan or {}
    labels = {label["name"]: label["meaning"] for label in plan["labels"]}
    chosen = Choices(answers=answers, labels=labels, columns=plan["mapped"])
    choices.choose(file_import, chosen, by=None)
    return importing.run(file_import.pk)


def preview_counts(file_import: Import) -> tuple[int, int]:
    plan = file_import.plan or {}
    return plan["refused"], plan["lost"]


@pytest.fixture
def export(cast) -> bytes:
    """Two tasks, to which Alice and Bob have answered and nothing is decided."""
    project = project_of(cast, "Own")
    make.tasks(make.batch(project), 2)
    for tasker in (cast.alice, cast.bob):
        for _task in range(2):
            work = make.held(tasker, project)
            assert work.token
            answer = {"fields": [{"field": "label", "value": "calm"}]}
            submission.submit(work, tasker, work.token, answer, active_ms=3200)
    return exported(project, "jsonl", undecided=True)


def test_own_undecided_answers_come_back_by_annotator_and_with_their_duration(cast, batch, export) -> None:
    assert [json.loads(line)["duration_ms"] for line in export.splitlines()] == [3200] * 4
    file_import = previewed(batch, export, "own.jsonl")
    assert preview_counts(file_import) == (0, 0) and file_import.plan is not None
    assert set(file_import.plan["by"]) == {str(tasker.public_id) for tasker in (cast.alice, cast.bob)}
    done = loaded(file_import)
    assert (done.loaded, done.answered, done.lost) == (2, 4, 0)
    names = set(ImportedAnnotator.objects.filter(project=batch.project).values_list("name", flat=True))
    assert names == set(file_import.plan["by"])
    annotations = Annotation.objects.filter(task__project=batch.project)
    assert list(annotations.values_list("source_duration_ms", flat=True)) == [3200] * 4
    again = previewed(batch, export, "own.jsonl")
    assert preview_counts(again) == (0, 4)
    done = loaded(again)
    assert (done.answered, [loss["place"] for loss in done.losses]) == (0, [f"line {n}, answer" for n in (1, 2, 3, 4)])


def test_an_older_export_without_durations_brings_the_active_time(batch, export) -> None:
    older = [json.loads(line) | {"duration_ms": None} for line in export.splitlines()]
    done = loaded(previewed(batch, "\n".join(map(json.dumps, older)), "own.jsonl"))
    annotations = Annotation.objects.filter(task__project=batch.project)
    assert done.answered == 4 and set(annotations.values_list("source_duration_ms", flat=True)) == {3200}


def test_the_duration_of_a_verdict_is_the_time_of_all_answers_it_rests_on(cast) -> None:
    project = make.project(cast.riverside, "Two", "classification", labels=LABELS, wanted=2)
    make.tasks(make.batch(project), 1)
    for tasker in (cast.alice, cast.bob):
        work = make.held(tasker, project)
        assert work.token
        answer = {"fields": [{"field": "label", "value": "calm"}]}
        submission.submit(work, tasker, work.token, answer, active_ms=3000)
    (line,) = map(json.loads, exported(project, "jsonl").splitlines())
    assert line["duration_ms"] == 6000


@pytest.mark.parametrize("id", ["id,", ""], ids=["with ids", "by the text"])
def test_two_rows_with_one_text_by_two_annotators_are_one_task_with_two_answers(batch, id: str) -> None:
    value = "7," if id else ""
    table = f"{id}text,mood,who,shift\n{value}It rained.,Calm,Ann,early\n{value}It rained.,Cross,Ben,late\n"
    file_import = previewed(batch, table, "crowd.csv", COLUMNS)
    assert preview_counts(file_import) == (0, 1) and file_import.plan is not None
    assert file_import.plan["losses"][0]["code"] == "meta-differs" and "shift" in file_import.plan["losses"][0]["text"]
    done = loaded(file_import)
    assert (done.loaded, done.refused, done.answered, done.lost) == (1, 0, 2, 1)
    assert done.losses[0]["place"] == "line 3, meta"
    task = Task.objects.get()
    assert task.payload["meta"] == {"shift": "early"} and task.annotations.count() == 2
    again = previewed(batch, table, "crowd.csv", COLUMNS)
    assert preview_counts(again) == (0, 3)
    done = loaded(again)
    assert (done.loaded, done.known, done.lost, Task.objects.count()) == (0, 2, 3, 1)


def test_rows_that_were_loaded_as_tasks_of_their_own_stay_known(batch) -> None:
    importing.load_all(batch, [importing.Row("line 2", None, {"text": "It rained.", "shift": "early"})], by=None)
    table = "text,mood,who,shift\nIt rained.,Calm,Ann,early\n"
    done = loaded(previewed(batch, table, "crowd.csv", COLUMNS))
    assert (done.loaded, done.known, done.answered) == (0, 1, 1)


def test_a_row_that_the_load_rejects_is_rejected_in_the_preview(batch) -> None:
    importing.load_all(batch, [importing.Row("line 1", "8", {"text": "It snowed."})], by=None)
    table = "id,text,mood,who\n7,It rained.,Calm,Ann\n7,It poured.,Calm,Ben\n8,It hailed.,Calm,Ann\n9,,Calm,Ann\n"
    file_import = previewed(batch, table, "crowd.csv", COLUMNS)
    assert file_import.plan is not None
    assert (file_import.plan["rows"], file_import.plan["answered"]) == (1, 1)
    done = loaded(file_import)
    assert preview_counts(file_import) == (done.refused, done.lost) == (3, 0)
    assert [fault["place"] for fault in file_import.plan["problems"]] == [fault["place"] for fault in done.errors]


def test_a_row_without_answers_and_with_other_fields_beside_the_task_is_rejected_by_their_names(batch) -> None:
    data = '{"id": "7", "text": "It rained.", "shift": "early"}\n{"id": "7", "text": "It rained.", "shift": "late"}'
    file_import = previewed(batch, data, "a.jsonl")
    assert preview_counts(file_import) == (1, 0)
    done = loaded(file_import, Import.Answers.LEAVE)
    assert done.refused == 1 and "shift" in done.errors[0]["text"] and "payload" not in done.errors[0]["text"]


@pytest.mark.parametrize("answers", [Import.Answers.PREDICTION, Import.Answers.VERDICT, Import.Answers.GOLD])
def test_a_second_answer_of_one_annotator_is_listed_by_its_own_line(batch, answers: str) -> None:
    table = "id,text,mood,who\n7,It rained.,Calm,Ann\n7,It rained.,Cross,Ann\n"
    done = loaded(previewed(batch, table, "crowd.csv", COLUMNS), answers)
    place = "line 2, answer" if answers == Import.Answers.PREDICTION else "line 3, answer"
    assert [(loss["place"], loss["code"]) for loss in done.losses] == [(place, "said-twice")]
    if answers == Import.Answers.PREDICTION:
        assert ImportedPrediction.objects.get().answer["fields"][0]["value"] == "cross"
    if answers == Import.Answers.VERDICT:
        assert Verdict.objects.get().answer["fields"][0]["value"] == "calm"
