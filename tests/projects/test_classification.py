"""The room of classification: what is asked, which answers are taken, how they compare and merge."""

import csv
import io
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects import queue
from projects.configuration import configure, label_keys
from projects.configuration.terms import terms_of
from projects.data import exporting
from projects.errors import Refused
from projects.inference.fields import fields_agreement, merge_fields
from projects.models import Label, Verdict
from projects.quality import votes
from projects.task_types import asked_fields
from projects.workflow import submission
from tests.support import make
from tests.support.projects.classification import (
    FIELDS,
    LABELS,
    NUMBERS,
    PROJECT_LABELS,
    ROOM,
    TEXT,
    answer,
    taken,
    values_of,
)
from tests.support.rounds import rounds

KINDS = {one["key"]: one["kind"] for one in FIELDS}


def test_fields_are_read_as_a_manager_writes_them_and_written_as_they_are_read() -> None:
    assert [one["kind"] for one in FIELDS] == ["choice", "multiple", "tree", "number", "text"]
    assert FIELDS[2] == {
        "key": "kind",
        "name": "Kind",
        "kind": "tree",
        "required": True,
        "when": {"field": "subject", "is": "animal"},
    }
    assert FIELDS[3] == {
        "key": "legs",
        "name": "Legs",
        "kind": "number",
        "required": False,
        "min": 0,
        "max": 8,
        "step": 1,
        "unit": "legs",
    }
    assert FIELDS[4]["longest"] == 40
    assert asked_fields.read(asked_fields.written(FIELDS)) == FIELDS
    assert asked_fields.checked(FIELDS) == FIELDS


amounts = st.integers(-asked_fields.FURTHEST, asked_fields.FURTHEST) | st.floats(
    -asked_fields.FURTHEST, asked_fields.FURTHEST
)
ranges = st.lists(amounts, min_size=2, max_size=2).map(lambda two: {"min": min(two), "max": max(two)})
asked = st.fixed_dictionaries(
    {"name": st.sampled_from(["What is it", "Is it", "when A is b", "Grün, 1.", "x" * 79 + " y"])},
    optional={"required": st.booleans(), "counts": st.booleans(), "weight": st.floats(1e-5, 10)},
)
numbered = st.tuples(st.just({"kind": "number"}), ranges | st.just({}), st.sampled_from([{}, {"unit": "step"}]))
steps = st.sampled_from([{}, {"step": 5e-5}, {"step": 10**12}, {"step": 1e-6}])
taking = st.one_of(
    st.sampled_from([{"kind": "multiple"}, {"kind": "tree", "when": {"field": "key of its own", "is": "is"}}]),
    st.tuples(numbered, steps).map(lambda all_: all_[0][0] | all_[0][1] | all_[0][2] | all_[1]),
    st.integers(1, asked_fields.LONGEST_SAID).map(lambda longest: {"kind": "text", "longest": longest}),
)


@settings(max_examples=rounds(150), deadline=None)
@given(st.tuples(asked, taking))
def test_whatever_a_program_may_ask_is_read_back_from_the_lines_of_the_form(both) -> None:
    first = {"key": "key of its own", "name": "What is shown", "kind": "choice"}
    try:
        held = asked_fields.checked([first, both[0] | both[1] | {"key": "another"}])
    except Refused as refused:
        assert "only collected" in refused.text  # said with a weight
        return
    assert asked_fields.read(asked_fields.written(held), known=held) == held


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Subject",
        "Subject (colour)",
        "Subject (choice, perhaps)",
        "(choice)",
        "Legs (number 8 to 0)",
        "Legs (number 0 to 8 step 0)",
        "A (choice)\na (text)",
        "B (text) when Nothing is x",
        "A (text)\nB (text) when A is x",
        "Remark (text 0)",
        "\n".join(f"F{i} (text)" for i in range(31)),
    ],
)
def test_fields_that_make_no_sense_are_refused(text) -> None:
    with pytest.raises(Refused):
        asked_fields.read(text)


def test_a_full_answer_is_taken_in_the_order_of_the_project() -> None:
    checked = taken(remark=" grazing \n", legs=4.0, kind=["mammal", "horse"], seen=["water", "grass"], subject="animal")
    assert values_of(checked) == {
        "subject": "animal",
        "seen": ["grass", "water"],
        "kind": ["mammal", "horse"],
        "legs": 4,
        "remark": "grazing",
    }
    assert [part["kind"] for part in checked["fields"]] == ["choice", "multiple", "tree", "number", "text"]
    assert json.dumps(ROOM.check_answer(checked, TEXT, LABELS)) == json.dumps(checked)
    assert ROOM.labels_used(checked) == {"animal", "grass", "water", "mammal", "horse"}
    told = {"animal": "animal", "grass": ["grass"], "mammal": ["mammal"], "horse": ["mammal", "horse"], "cow": None}
    for label, value in told.items():
        assert list(values_of(ROOM.only(checked, label)).values()) == ([value] if value else [])
    assert not ROOM.is_empty(checked)


@pytest.mark.parametrize(
    ("given_answer", "code", "place"),
    [
        (None, "wrong-shape", ""),
        ({"fields": [1]}, "wrong-shape", "fields[0]"),
        (answer(seen=["water"]), "missing-answer", "fields.subject"),
        (answer(subject="animal"), "missing-answer", "fields.kind"),
        (answer(subject="thing", kind=["bird"]), "field-not-asked", "fields[1]"),
        (answer(subject="water"), "unknown-label", "fields[0].value"),
        (answer(subject=["thing"]), "wrong-shape", "fields[0].value"),
        (answer(subject="thing", colour="red"), "unknown-field", "fields[1].field"),
        ({"fields": answer(subject="thing")["fields"] * 2}, "field-twice", "fields[1].field"),
        (answer(subject="thing", seen=[]), "blank", "fields[1].value"),
        (answer(subject="thing", seen=["sky", "sky"]), "option-twice", "fields[1].value"),
        (answer(subject="animal", kind=["horse"]), "broken-path", "fields[1].value[0]"),
        (answer(subject="animal", kind=["bird", "horse"]), "broken-path", "fields[1].value[1]"),
        (answer(subject="thing", legs=9), "out-of-range", "fields[1].value"),
        (answer(subject="thing", legs=1.5), "off-step", "fields[1].value"),
        (answer(subject="thing", legs=True), "wrong-shape", "fields[1].value"),
        (answer(subject="thing", legs=float("nan")), "not-a-number", "fields[1].value"),
        (answer(subject="thing", legs=10**400), "not-a-number", "fields[1].value"),
        (answer(subject="thing", remark="x" * 41), "too-long", "fields[1].value"),
        (answer(subject="thing", remark="a\x00"), "nul-character", "fields[1].value"),
        (answer(subject="thing", remark=" "), "blank", "fields[1].value"),
        ({"fields": [{"field": "subject", "value": "thing", "kind": "text"}]}, "wrong-kind", "fields[0].kind"),
        ({"fields": [{"field": ["subject"], "value": "thing"}]}, "unknown-field", "fields[0].field"),
        ({"fields": [{"field": "subject", "value": "thing", "more": 1}]}, "unknown-field", "fields[0].more"),
    ],
)
def test_a_bad_answer_is_refused_by_name_and_place(given_answer, code, place) -> None:
    with pytest.raises(Refused) as refused:
        ROOM.check_answer(given_answer, TEXT, LABELS)
    assert (refused.value.code, refused.value.place) == (code, place)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "no-content"),
        ({"asset": "a" * 64, "width": 1, "height": 1, "name": "a", "text": "b"}, "no-content"),
        ({"text": "a", "width": 1}, "unknown-field"),
        ({"asset": "a" * 64, "name": "a"}, "missing-field"),
        ({"text": "a", "proposed": "{"}, "wrong-shape"),
        ({"text": "a", "proposed": [1]}, "wrong-shape"),
    ],
)
def test_a_bad_payload_is_refused(payload, code) -> None:
    with pytest.raises(Refused) as refused:
        ROOM.check_payload(payload)
    assert refused.value.code == code


def test_what_is_proposed_comes_as_an_object_as_json_or_as_one_label() -> None:
    same = [{"subject": "thing"}, '{"subject": "thing"}']
    assert [ROOM.check_payload(TEXT | {"proposed": one})["proposed"] for one in same] == [same[0]] * 2
    assert ROOM.check_payload(TEXT | {"proposed": "thing"})["proposed"] == {"": "thing"}
    assert ROOM.check_payload(TEXT | {"proposed": ""}) == TEXT


def test_agreement_gives_partial_credit_field_by_field() -> None:
    horse = taken(subject="animal", kind=["mammal", "horse"], seen=["grass", "water"], legs=4)
    cow = taken(subject="animal", kind=["mammal", "cow"], seen=["grass"], legs=4)
    assert ROOM.agreement(horse, horse, NUMBERS) == 1
    # subject 1, kind half the path, seen 2·1/3, legs 1
    assert ROOM.agreement(horse, cow, NUMBERS) == pytest.approx((1 + 0.5 + 2 / 3 + 1) / 4)
    assert ROOM.agreement(horse, taken(subject="thing"), NUMBERS) == 0
    assert ROOM.agreement(taken(subject="thing", legs=4), taken(subject="thing", legs=5), NUMBERS) == 0.75


def test_merging_takes_the_majority_of_each_field() -> None:
    answers = [
        taken(subject="animal", kind=["mammal", "horse"], seen=["grass", "water"], legs=4, remark="a brown horse"),
        taken(subject="animal", kind=["mammal", "cow"], seen=["grass"], legs=4),
        taken(subject="animal", kind=["mammal", "horse"], seen=["grass", "sky"], legs=8),
        taken(subject="thing"),
    ]
    merged = ROOM.merge(answers, NUMBERS)
    assert values_of(merged) == {
        "subject": "animal",
        "seen": ["grass"],
        "kind": ["mammal", "horse"],
        "legs": 4,
    }
    assert ROOM.check_answer(merged, TEXT, LABELS) == merged


def test_trust_outweighs_numbers() -> None:
    one, two = taken(subject="thing"), taken(subject="animal", kind=["bird"])
    merged = merge_fields([one, two, two], trust=[0.9, 0.2, 0.2])
    assert values_of(merged) == {"subject": "thing"}


paths = st.sampled_from([["mammal"], ["mammal", "horse"], ["mammal", "cow"], ["bird"]])
animals = st.fixed_dictionaries({"subject": st.just("animal"), "kind": paths})
things = st.fixed_dictionaries({"subject": st.just("thing")})
more = st.fixed_dictionaries(
    {},
    optional={
        "seen": st.lists(st.sampled_from(["water", "grass", "sky"]), min_size=1, unique=True),
        "legs": st.integers(0, 8),
        "remark": st.sampled_from(["a brown horse", "brown horse", "nothing", "a chair"]),
    },
)
answers = st.builds(lambda a, b: taken(**(a | b)), st.one_of(animals, things), more)


@settings(max_examples=rounds(80), deadline=None)
@given(answers, answers)
def test_agreement_is_symmetric_in_the_unit_and_one_for_the_same(one, two) -> None:
    both = ROOM.agreement(one, two, NUMBERS)
    assert 0 <= both <= 1
    assert both == ROOM.agreement(two, one, NUMBERS)
    assert ROOM.agreement(one, one, NUMBERS) == 1
    assert (both == 1) == (one == two) or "remark" in values_of(one) or "remark" in values_of(two)


@settings(max_examples=rounds(80), deadline=None)
@given(answers, answers, st.sampled_from(sorted(KINDS)), st.floats(0.01, 10))
def test_a_weight_counts_a_field_so_many_times(one, two, name, weight) -> None:
    numbers = NUMBERS["numbers"]
    plain, asked = fields_agreement(one, two, numbers), values_of(one).keys() | values_of(two).keys()
    assert fields_agreement(one, two, numbers, times=dict.fromkeys(KINDS, weight)) == pytest.approx(plain)
    alone = fields_agreement(one, two, numbers, optional=KINDS.keys() - {name})
    times = weight if name in asked else 1
    weighed = ROOM.agreement(one, two, NUMBERS | {"weights": {name: weight}})
    assert weighed == pytest.approx((len(asked) * plain + (times - 1) * alone) / (len(asked) + times - 1))
    assert weighed == ROOM.agreement(two, one, NUMBERS | {"weights": {name: weight}})
    # The less it weighs, the nearer it comes to what is only collected.
    if asked > {name}:
        least = fields_agreement(one, two, numbers, times={name: 1e-9})
        assert least == pytest.approx(fields_agreement(one, two, numbers, optional=[name]), abs=1e-6)


@settings(max_examples=rounds(80), deadline=None)
@given(st.lists(answers, min_size=1, max_size=6), st.randoms())
def test_a_merge_is_the_same_in_any_order_and_lies_among_the_answers(several, dice) -> None:
    merged = ROOM.merge(several, NUMBERS)
    mixed = list(several)
    dice.shuffle(mixed)
    assert ROOM.merge(mixed, NUMBERS) == merged
    assert ROOM.merge([several[0]] * 3, NUMBERS)["fields"] == several[0]["fields"]
    for name, value in values_of(merged).items():
        if KINDS[name] in ("choice", "tree", "text"):
            said = [values_of(one).get(name) for one in several]
            assert any(one is not None and (one == value or one[: len(value)] == value) for one in said)


def test_numbers_merge_onto_the_steps_of_their_field() -> None:
    parts: list[dict] = [
        {"fields": [{"field": "n", "kind": "number", "value": v, "provenance": {}}]} for v in (0, 5, 5)
    ]
    rule = {"n": {"tolerance": 5, "min": 0, "step": 5}}
    assert merge_fields(parts, rule)["fields"][0]["value"] == 5
    assert fields_agreement(parts[0], parts[1], rule) == 0.5


# --- in a project ------------------------------------------------------------------------------------------------

SETTINGS = {"fields": FIELDS, "wanted": 2}


@pytest.fixture
def project(cast):
    found = make.project(cast.riverside, "Pastures", "classification", labels=PROJECT_LABELS, **SETTINGS)
    make.tasks(make.batch(found), 3)
    return found


@pytest.mark.django_db
class TestInAProject:
    def test_labels_keep_their_place_in_the_tree_when_renamed(self, project) -> None:
        horse = Label.objects.get(project=project, key="horse")
        assert (horse.parent.key, horse.field) == ("mammal", "kind")
        renamed = [one | {"key": label_keys.key_of(one)} for one in PROJECT_LABELS]
        renamed[5] = {"key": "horse", "name": "Equine"}
        configure.set_labels(project, renamed, by=None)
        horse.refresh_from_db()
        assert (horse.name, horse.parent.key, horse.field) == ("Equine", "mammal", "kind")

    def test_a_label_whose_parent_is_retired_moves_to_the_top(self, project) -> None:
        kept = [one for one in PROJECT_LABELS if one["name"] not in ("Mammal", "Horse", "Cow")]
        configure.set_labels(project, [*kept, {"key": "horse", "name": "Horse"}], by=None)
        assert Label.objects.get(project=project, key="horse").parent is None

    def test_a_parent_must_stand_above(self, project) -> None:
        with pytest.raises(Refused) as refused:
            configure.set_labels(project, [{"name": "Horse", "parent": "Mammal"}, {"name": "Mammal"}], by=None)
        assert refused.value.place == "labels[0].parent"

    def test_two_who_agree_decide_a_task_and_are_paid(self, cast, project) -> None:
        good = answer(subject="animal", kind=["mammal", "horse"], legs=4)
        for who in [cast.alice, cast.bob] * 3:
            make.judged(who, project, good)
        assert Verdict.objects.filter(task__project=project).count() == 3
        verdict = Verdict.objects.filter(task__project=project)[0]
        assert values_of(verdict.answer) == {"subject": "animal", "kind": ["mammal", "horse"], "legs": 4}

    def test_work_is_checked_by_the_fields_it_was_begun_under(self, cast, project) -> None:
        mine = make.held(cast.alice, project)
        changed = [*FIELDS, {"key": "mood", "name": "Mood", "kind": "text", "required": True}]
        configure.change(project, None, fields=changed)
        submission.submit(mine, cast.alice, mine.token, answer(subject="thing"))
        later = make.held(cast.alice, project)
        with pytest.raises(Refused) as refused:
            submission.submit(later, cast.alice, later.token, answer(subject="thing"))
        assert refused.value.place == "fields.mood"

    def test_numbers_are_compared_by_the_fields_of_the_settings(self, project) -> None:
        assert project.settings_now().thresholds["numbers"] == {"legs": {"tolerance": 1, "min": 0, "step": 1}}

    @pytest.mark.parametrize(
        ("terms", "place"),
        [({"fields": []}, None), ({"fields": [{}]}, "fields[0].kind"), ({"grid": 24}, "grid"), ({"grid": 101}, "grid")],
    )
    def test_settings_that_make_no_sense_are_refused(self, project, terms, place) -> None:
        if place is None:
            cat = [{"name": "Cat"}]
            assert configure.change(project, None, labels=cat, **terms).fields == asked_fields.usual()
            return
        with pytest.raises(Refused) as refused:
            configure.change(project, None, **terms)
        assert refused.value.place == place

    def test_other_types_ask_for_no_fields(self, cast) -> None:
        with pytest.raises(Refused):
            make.project(cast.riverside, fields=FIELDS)

    def test_random_answers_of_many_never_break_a_decision(self, cast, project) -> None:
        dice = random.Random(5)
        for _ in range(3):
            for who in (cast.alice, cast.bob):
                held = queue.claim(who, project)
                legs = dice.randrange(9)
                submission.submit(held, who, held.token, answer(subject="thing", legs=legs))
        assert queue.audit().breaches == []

    def test_an_answer_keeps_its_vote_when_labels_and_fields_change(self, cast, project) -> None:
        good = answer(subject="animal", kind=["mammal", "horse"])
        for who in [cast.alice, cast.bob] * 3:
            make.judged(who, project, good)
        task = project.tasks.first()
        stored = task.annotations.first().answer
        horse = Label.objects.get(project=project, key="horse")
        configure.set_labels(project, [one for one in PROJECT_LABELS if one["name"] != "Horse"], by=None)
        terms = terms_of(project)
        kept, why = votes.as_it_counts(terms, task, stored)
        assert (values_of(kept), why) == ({"subject": "animal"}, votes.PARTLY)
        Label.objects.filter(pk=horse.pk).update(merged_into=Label.objects.get(project=project, key="cow"))
        of_the_first = [one | {"field": ""} for one in PROJECT_LABELS if one["name"] != "Horse"]
        configure.change(project, None, fields=asked_fields.usual(), labels=of_the_first)
        kept, why = votes.as_it_counts(terms_of(project), task, stored)
        assert values_of(kept) == {"subject": "animal", "kind": ["mammal", "cow"]}
        assert votes.as_it_counts(terms, task, {"fields": [{"field": "x", "kind": "choice", "value": 3}]})[1]

    def test_the_table_has_a_row_for_each_task_and_a_column_for_each_field(self, cast, project) -> None:
        good = answer(subject="animal", kind=["mammal", "horse"], seen=["water", "grass"], remark="=SUM(A1)")
        for who in [cast.alice, cast.bob] * 3:
            make.judged(who, project, good)
        rows = list(csv.DictReader(io.StringIO(b"".join(exporting.export(project, "table")).decode("utf-8-sig"))))
        assert len(rows) == 3
        shown = {key: rows[0][key] for key in ("subject", "kind", "seen", "legs", "remark")}
        assert shown == {
            "subject": "Animal",
            "kind": "Mammal > Horse",
            "seen": "Grass; Water",
            "legs": "",
            "remark": "'=SUM(A1)",
        }
