"""What files say of answers: offers, past work, gold or verdicts, as somebody chooses; and nothing lost in silence."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import queue
from projects.data import importing
from projects.data.importing import choices
from projects.data.importing.choices import CREATE, LEAVE, Choices
from projects.errors import Refused
from projects.models import (
    Annotation,
    Assignment,
    Gold,
    Import,
    ImportedAnnotator,
    ImportedPrediction,
    Task,
    Verdict,
)
from taskers.errors import StateConflict
from taskers.models import Grade, Transfer
from tests.support import make
from tests.support.projects.formats import said_format as said_format  # a fixture
from tests.support.projects.formats import spans
from tests.support.projects.importing import kept, lines

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("said_format")]

TEXT = "Maria went to Oslo."
MARIA, OSLO = (0, 5, "PERSON"), (14, 18, "Place")


@pytest.fixture
def project(cast):
    return make.project(cast.riverside)


@pytest.fixture
def batch(project):
    return make.batch(project)


def row(id: str, *said: dict, **more: object) -> dict:
    return {"id": id, "text": TEXT, "said": list(said), **more}


def by(name: str, *marks: tuple[int, int, str], **more: object) -> dict:
    return {"answer": spans(*marks), "by": name, **more}


def looked_at(batch, *rows: dict) -> Import:
    return importing.run(kept(batch, lines(*rows), "export.said").pk)


def loaded_as(batch, answers: str, *rows: dict, **chosen: object) -> Import:
    found = looked_at(batch, *rows)
    labels = {one["name"]: one["meaning"] for one in found.plan["labels"]}
    choices.choose(found, Choices(answers=answers, **{"labels": labels, **chosen}), by=None)
    return importing.run(found.pk)


def test_file_that_brings_answers_waits_for_a_choice_and_nothing_is_written(batch):
    found = looked_at(
        batch, row("a", by("Detector", MARIA, OSLO, predicted=True)), row("b", curve=True), row("c") | {"text": " "}
    )
    assert (found.state, found.position) == ("planned", 0) and not Task.objects.exists()
    plan = found.plan
    assert (plan["rows"], plan["all"], plan["answered"], plan["predicted"]) == (2, True, 1, 1)
    assert plan["labels"] == [
        {"name": "PERSON", "count": 1, "meaning": "person", "shapes": []},
        {"name": "Place", "count": 1, "meaning": "place", "shapes": []},
    ]
    assert plan["losses"] == [{"place": "line 2", "code": "curve", "text": "Curves aren't kept."}]
    assert (plan["refused"], plan["problems"][0]["place"], plan["problems"][0]["code"]) == (1, "line 3, text", "blank")
    assert not importing.is_stuck(found)


def test_names_of_the_trade_are_proposed_for_the_labels_that_they_mean(project):
    names = ["PER", "B-LOC", "people", "Places", "ORG", "person", "Periodical"]
    meanings = choices.proposals(project, names)
    assert meanings == dict(zip(names, ["person", "place", "person", "place", CREATE, "person", CREATE], strict=True))


def test_a_name_that_only_begins_like_a_tag_keeps_its_own_meaning(cast):
    labels = [{"name": "E-bike", "key": "ebike"}, {"name": "Bike", "key": "bike"}]
    project = make.project(cast.riverside, "Rides", labels=labels)
    names = ["E-bike", "Bike", "bike", "B-BIKE"]
    assert choices.meanings(project, names) == {"E-bike": "ebike", "Bike": "bike", "bike": "bike", "B-BIKE": None}
    assert choices.proposals(project, names)["B-BIKE"] == "bike"


def test_predictions_become_one_row_for_each_task_and_source_and_the_newest_holds(batch):
    done = loaded_as(batch, "prediction", row("a", by("Detector", MARIA, score=0.9), by("Other", OSLO)), row("b"))
    assert (done.state, done.loaded, done.answered, done.lost) == ("done", 2, 2, 0)
    task = Task.objects.get(external_id="a")
    first, second = ImportedPrediction.objects.filter(task=task).order_by("pk")
    assert (first.source.name, first.score) == ("Detector", 0.9)
    assert first.answer["spans"][0] | {"start": 0, "end": 5, "label": "person"} == first.answer["spans"][0]
    assert (second.source.name, second.score) == ("Other", None)
    assert Assignment.objects.filter(task=task, state="open").count() == 2  # everybody is asked as before
    again = loaded_as(batch, "prediction", row("a", by("Detector", OSLO, score=0.4)))
    assert (again.loaded, again.known, again.answered) == (0, 1, 1)
    first.refresh_from_db()
    assert (first.answer["spans"][0]["label"], first.score) == ("place", 0.4)
    assert queue.audit().breaches == []


def test_labels_are_made_or_left_out_and_both_are_told_and_remembered(batch, project):
    said = row("a", by("Detector", MARIA, (6, 10, "VERB"), (11, 13, "junk")))
    chosen = {"PERSON": "person", "VERB": CREATE, "junk": LEAVE}
    done = loaded_as(batch, "prediction", said, labels=chosen)
    kept_spans = ImportedPrediction.objects.get().answer["spans"]
    assert [one["label"] for one in kept_spans] == ["person", "verb"]
    assert project.labels.get(key="verb").name == "VERB"
    assert [one["code"] for one in done.losses] == ["label-left-out"] and "junk" in done.losses[0]["text"]
    plan = looked_at(batch, said).plan
    assert {one["name"]: one["meaning"] for one in plan["labels"]} == {"PERSON": "person", "VERB": "verb", "junk": "-"}


def test_part_without_a_required_attribute_is_told_by_its_row_and_an_offer_may_leave_it_open(cast):
    asked = [{"name": "Role", "kind": "text", "required": True}]
    labels = [{"name": "Person", "key": "person", "attributes": asked}, {"name": "Place", "key": "place"}]
    batch = make.batch(make.project(cast.riverside, "Roles", labels=labels))
    done = loaded_as(batch, "judgement", row("a", by("Ana", MARIA, OSLO)))
    (lost,) = done.losses
    assert (lost["place"], lost["code"]) == ("line 1, answer.spans[0].attributes.role", "missing-attribute")
    assert [one["label"] for one in Annotation.objects.get().answer["spans"]] == ["place"]
    offered = loaded_as(batch, "prediction", row("b", by("Detector", MARIA, OSLO)))
    assert (offered.lost, len(ImportedPrediction.objects.get().answer["spans"])) == (0, 2)


def test_what_does_not_fit_is_left_out_part_by_part_and_the_row_goes_in(batch):
    broken = by("Detector", MARIA, (3, 99, "Place"), (5, 6, "Place"), score=7)
    done = loaded_as(batch, "prediction", row("a", broken))
    assert len(ImportedPrediction.objects.get().answer["spans"]) == 1
    assert [one["code"] for one in done.losses] == ["span-outside-text", "blank-span", "bad-score"]
    assert done.losses[0]["place"].startswith("line 1, answer.spans[1]")


def test_past_judgements_fill_what_is_wanted_by_somebody_who_cannot_sign_in_and_is_not_paid(batch, cast):
    done = loaded_as(batch, "judgement", row("a", by("Ann", MARIA), by("Ben", MARIA)), row("b", by("Ann", OSLO)))
    assert (done.loaded, done.answered, done.lost) == (2, 3, 0)
    ann = ImportedAnnotator.objects.get(name="Ann").person
    assert (ann.kind, ann.is_active, ann.has_usable_password()) == ("imported", False, False)
    both, one = Task.objects.order_by("external_id")
    assert Verdict.objects.get(task=both).answer["spans"][0]["label"] == "person"
    assert not Verdict.objects.filter(task=one).exists()
    assert Assignment.objects.counting().filter(task=one).count() == 2
    assert not Transfer.objects.exists() and not Grade.objects.exists()
    assert queue.audit().breaches == []
    # Whoever comes next judges beside them, is graded and paid as ever.
    make.judged(cast.alice, batch.project, {"spans": [make.span(14, 18, "place")]})
    assert Verdict.objects.filter(task=one).exists()
    assert {grade.tasker for grade in Grade.objects.all()} == {cast.alice}
    assert queue.audit().breaches == []


def test_more_past_judgements_than_are_wanted_are_all_kept(batch):
    done = loaded_as(batch, "judgement", row("a", *(by(name, MARIA) for name in ("Ann", "Ben", "Cem"))))
    assert (done.answered, Annotation.objects.count(), Task.objects.get().wanted) == (3, 3, 3)
    again = loaded_as(batch, "judgement", row("a", by("Ann", OSLO), by("Dora", OSLO)))
    assert (again.answered, [one["code"] for one in again.losses]) == (0, ["nobody-asked", "nobody-asked"])
    assert queue.audit().breaches == []


def test_gold_is_set_aside_from_the_start(batch):
    loaded_as(batch, "gold", row("a", by("", MARIA)), row("b"))
    assert Gold.objects.get().task.external_id == "a"
    assert not Assignment.objects.filter(task__external_id="a", state="open").exists()
    assert queue.audit().breaches == []


def test_verdicts_are_decided_at_once_and_say_where_they_come_from(batch):
    done = loaded_as(batch, "verdict", row("a", by("Old tool", MARIA, score=0.8), by("Other", OSLO)), row("b"))
    verdict = Verdict.objects.get()
    assert (verdict.method, verdict.confidence, verdict.note) == ("imported_v1", 0.8, "Old tool")
    assert verdict.task.external_id == "a" and verdict.rests_on == []
    assert not Assignment.objects.filter(task=verdict.task, state="open").exists()
    assert [one["code"] for one in done.losses] == ["said-twice"]
    again = loaded_as(batch, "verdict", row("a", by("Old tool", OSLO)))
    assert (again.answered, again.losses[0]["code"]) == (0, "already-decided")
    assert queue.audit().breaches == [] and not Grade.objects.exists()


def test_answers_that_are_left_out_are_listed(batch):
    done = loaded_as(batch, "leave", row("a", by("Detector", MARIA)), row("b"))
    assert (done.loaded, done.answered, done.lost) == (2, 0, 1)
    assert done.losses[0] == {
        "place": "line 1",
        "code": "answer-left-out",
        "text": "What the file says of its answer is left out.",
    }


def test_names_that_cannot_be_kept_as_they_are_are_shown_and_mapped_all_the_same(batch):
    odd = {"answer": spans((0, 5, "PER\x00SON"), (14, 18, "\ud800")), "by": "De\x00tector"}
    found = looked_at(batch, row("a", odd))
    assert sorted(one["name"] for one in found.plan["labels"]) == ["?", "PER?SON"]
    choices.choose(found, Choices(answers="prediction", labels={"PER?SON": "person", "?": "-"}), by=None)
    assert importing.run(found.pk).answered == 1
    assert ImportedPrediction.objects.get().source.name == "Detector"


def test_rows_of_one_task_bring_the_answers_of_all(batch):
    done = loaded_as(batch, "judgement", row("a", by("Ann", MARIA)), row("a", by("Ben", MARIA)))
    assert (done.loaded, done.known, done.answered) == (1, 1, 2)


def test_import_is_chosen_for_once_and_may_be_dropped(batch):
    found = looked_at(batch, row("a", by("Ann", MARIA)))
    with pytest.raises(Refused):
        choices.choose(found, Choices(answers="applause"), by=None)
    with pytest.raises(Refused) as refused:
        choices.choose(found, Choices(labels={"PERSON": "nobody"}), by=None)
    assert refused.value.place == "labels.PERSON"
    importing.drop(found, by=None)
    with pytest.raises(StateConflict):
        choices.choose(found, Choices(), by=None)
    assert not ProcrastinateJob.objects.exists() and importing.run(found.pk).state == "dropped"


def test_file_that_needs_no_choice_is_loaded_at_once_unless_it_is_to_be_looked_at(batch):
    assert looked_at(batch, row("a"), row("b")).loaded == 2
    asked = kept(batch, lines(row("c")), "export.said")
    Import.objects.filter(pk=asked.pk).update(stop="always")
    assert importing.run(asked.pk).state == "planned" and Task.objects.count() == 2
