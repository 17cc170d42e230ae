"""A crowd's file in chunks: all answers to a task are kept, and decided together, wherever the borders fall."""

import pytest

from projects import queue
from projects.data import importing
from projects.data.importing import choices, storing
from projects.data.importing.choices import Choices
from projects.models import Annotation, Batch, Gold, Import, Task, Verdict
from tests.support import make
from tests.support.projects.importing import kept

pytestmark = pytest.mark.django_db

LABELS = [{"name": "Calm", "key": "calm"}, {"name": "Cross", "key": "cross"}]
PEOPLE = {"name": "Person", "key": "person"}
TASKS = ("It rained.", "It snowed.", "It poured.")
MOODS = {"Ann": "Calm", "Ben": "Cross", "Cem": "Cross", "Dora": "Cross"}


def crowd_of(kind: str) -> tuple[str, dict[str, str]]:
    """A table that is sorted by annotator, and what its columns are."""
    rows = [(text, who, mood) for who, mood in MOODS.items() for text in TASKS]
    if kind == "classification":
        lines = [f"{text},{mood},{who}" for text, who, mood in rows]
        return "\n".join(["text,mood,who", *lines]), {"mood": "answer", "who": "by"}
    lines = [
        f'{text},"[{{""start"": 0, ""end"": {2 if mood == "Calm" else 9}, ""label"": ""Person""}}]",{who}'
        for text, who, mood in rows
    ]
    return "\n".join(["text,spans,who", *lines]), {"spans": "spans", "who": "by"}


def batch_of(cast, kind: str, wanted: int, name: str) -> Batch:
    labels = LABELS if kind == "classification" else [PEOPLE]
    return make.batch(make.project(cast.riverside, name, kind, labels=labels, wanted=wanted))


def chosen(batch: Batch, kind: str, answers: str) -> Import:
    data, columns = crowd_of(kind)
    file_import = kept(batch, data, "crowd.csv")
    Import.objects.filter(pk=file_import.pk).update(stop=Import.Stop.ALWAYS)
    file_import = importing.run(file_import.pk)
    choices.look_again(file_import, columns)
    file_import = importing.run(file_import.pk)
    plan = file_import.plan or {}
    labels = {label["name"]: label["meaning"] for label in plan["labels"]}
    choices.choose(file_import, Choices(answers=answers, labels=labels, columns=plan["mapped"]), by=None)
    return file_import


def result(batch: Batch) -> list[object]:
    """What is there of each task: its answers by annotator, what is wanted, decided and known."""
    everything: list[object] = []
    for task in Task.objects.filter(batch=batch).order_by("external_id"):
        answers = Annotation.objects.filter(task=task).values_list("tasker__name", "answer")
        verdicts = Verdict.objects.current().filter(task=task).values_list("answer", "method", "confidence")
        gold = list(Gold.objects.filter(task=task).values_list("answer", flat=True))
        open_now = task.assignments.filter(state="open").count()
        waits = task.withheld
        everything.append((task.payload, task.wanted, open_now, waits, sorted(answers, key=str), list(verdicts), gold))
    return everything


@pytest.mark.parametrize("wanted", [1, 2, 6])
@pytest.mark.parametrize("answers", [Import.Answers.JUDGEMENT, Import.Answers.GOLD, Import.Answers.VERDICT])
@pytest.mark.parametrize("kind", ["classification", "text_spans"])
def test_answers_in_many_chunks_are_kept_like_those_in_one(cast, monkeypatch, kind, answers, wanted) -> None:
    one, many = (batch_of(cast, kind, wanted, name) for name in ("One", "Many"))
    first = importing.run(chosen(one, kind, answers).pk)
    second = chosen(many, kind, answers)
    monkeypatch.setattr(storing, "CHUNK_ROWS", 2)
    second = importing.run(second.pk)
    assert (first.state, second.state) == ("done", "done")
    assert second.answered == first.answered == (12 if answers == Import.Answers.JUDGEMENT else 3)
    assert result(many) == result(one)
    assert queue.audit().breaches == []


@pytest.mark.parametrize("stops_after", [1, 2, 4])
def test_an_import_that_is_gone_on_with_keeps_all_answers(cast, monkeypatch, stops_after: int) -> None:
    one, many = (batch_of(cast, "classification", 1, name) for name in ("One", "Many"))
    importing.run(chosen(one, "classification", Import.Answers.JUDGEMENT).pk)
    file_import = chosen(many, "classification", Import.Answers.JUDGEMENT)
    monkeypatch.setattr(storing, "CHUNK_ROWS", 2)
    chunks = []

    def killed(_file_import: Import) -> None:
        chunks.append(1)
        if len(chunks) == stops_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing.run(file_import.pk, told=killed)
    done = importing.run(file_import.pk)
    assert (done.state, done.answered, done.lost) == ("done", 12, 0)
    assert result(many) == result(one)


def test_a_task_of_an_earlier_import_gets_no_more_room(cast) -> None:
    batch = batch_of(cast, "classification", 1, "Moods")
    importing.load_all(batch, [importing.Row("line 1", None, {"text": text}) for text in TASKS], by=None)
    done = importing.run(chosen(batch, "classification", Import.Answers.JUDGEMENT).pk)
    assert (done.answered, done.lost) == (3, 9)
    assert set(Task.objects.values_list("wanted", flat=True)) == {1}
