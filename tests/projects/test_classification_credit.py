"""Classifications beside known answers, merged labels, and spammers among five people."""

import random

import pytest

from projects import queue
from projects.configuration import configure
from projects.errors import Refused
from projects.inference.gold_check import GoldCheck
from projects.models import Verdict
from projects.quality import estimating
from projects.quality.gold import difference_words
from projects.quality.qualification import qualification_tests
from projects.task_types import asked_fields
from projects.task_types.classification import AskedLabels
from projects.workflow import submission
from projects.workforce import rules
from taskers.models import Qualification, Standing, Transfer
from taskers.skills import skills
from tests.support import make
from tests.support.projects.classification import (
    ASKED,
    FIELDS,
    NUMBERS,
    OPTIONS,
    PROJECT_LABELS,
    ROOM,
    filled,
    taken,
    values_of,
)

NAMES = {"animal": "Animal", "mammal": "Mammal", "horse": "Horse", "cow": "Cow", "grass": "Grass", "water": "Water"}


def test_gold_gives_partial_credit_field_by_field_and_says_what_differs() -> None:
    known = taken(subject="animal", kind=["mammal", "horse"], seen=["grass", "water"], legs=4)
    mine = taken(subject="animal", kind=["mammal", "cow"], seen=["grass", "water"], remark="brown")
    checked = ROOM.gold_check(mine, known, NUMBERS)
    # subject and seen right, kind half the way, legs open, the remark not asked for
    assert checked.score == pytest.approx((1 + 1 + 0.5) / 5)
    assert difference_words.said(checked.differences, NAMES, None) == [
        "kind: it is “Mammal, Horse”, not “Mammal, Cow”.",
        "legs: left open; it is “4”.",
        "remark: “brown” isn't asked for.",
    ]
    assert checked.labels == {"animal": 1, "cow": 0, "grass": 1, "horse": 0, "mammal": 1, "water": 1}
    assert ROOM.gold_check(known, known, NUMBERS).differences == []


def test_an_optional_remark_that_the_gold_lacks_costs_nothing() -> None:
    """Nor does one of other words, nor leaving open what the gold has: only what must be filled in is graded."""
    rule = NUMBERS | {"optional": asked_fields.optional(FIELDS)}
    assert rule["optional"] == ["seen", "legs", "remark"]
    known = taken(subject="animal", kind=["mammal", "horse"], legs=4, remark="grazing")
    for extra in ({"remark": "brown"}, {}, {"legs": 3, "seen": ["grass"]}):
        mine = taken(subject="animal", kind=["mammal", "horse"], **extra)
        assert ROOM.gold_check(mine, known, rule) == GoldCheck(1.0, [], {"animal": 1, "horse": 1, "mammal": 1})
        assert ROOM.agreement(mine, known, rule) == ROOM.agreement(known, mine, rule) == 1.0
    wrong = taken(subject="animal", kind=["mammal", "cow"], remark="grazing")
    assert ROOM.gold_check(wrong, known, rule).score == pytest.approx(0.75), "nor does it make up for anything"


def test_what_hangs_on_an_optional_field_is_optional_and_where_nothing_is_asked_for_all_but_texts_count() -> None:
    read = asked_fields.read
    assert asked_fields.optional(read("A (choice)\nB (choice, optional)\nC (number) when B is x")) == ["b", "c"]
    assert asked_fields.optional(read("Seen (multiple, optional)\nRemark (text, optional)")) == ["remark"]
    assert asked_fields.optional(read("Remark (text, optional)")) == []


@pytest.mark.django_db
def test_two_who_agree_decide_a_task_although_one_of_them_leaves_a_remark(cast) -> None:
    fields = asked_fields.read("Animal (choice)\nRemark (text 40, optional)")
    project = make.project(cast.riverside, "A", "classification", labels=OPTIONS[:2], fields=fields)
    task = make.task(make.batch(project))
    make.judged(cast.alice, project, {"fields": [{"field": "animal", "value": "cat"}]})
    said = [{"field": "animal", "value": "cat"}, {"field": "remark", "value": "asleep"}]
    make.judged(cast.bob, project, {"fields": said})
    verdict = Verdict.objects.current().get(task=task)
    assert values_of(verdict.answer) == {"animal": "cat", "remark": "asleep"}
    assert set(verdict.agreements.values()) == {1.0}


@pytest.mark.django_db
def test_two_who_differ_in_what_is_only_collected_decide_and_it_is_kept(cast) -> None:
    """The light must be filled in and counts for nothing; the legs may be left open and count."""
    fields = asked_fields.read(
        "Animal (choice, weight 2)\nLight (text 40, collected)\nLegs (number 0 to 8 step 1, optional, counts)"
    )
    project = make.project(cast.riverside, "A", "classification", labels=OPTIONS[:2], fields=fields)
    terms = project.settings_now().thresholds
    assert (terms["optional"], terms["weights"]) == (["light"], {"animal": 2})

    def said(light: str, **more: int) -> dict:
        values = {"animal": "cat", "light": light, **more}
        return {"fields": [{"field": key, "value": value} for key, value in values.items()]}

    first, second = make.tasks(make.batch(project), 2)
    for task in (first, second):
        assert make.judged(cast.alice, project, said("dusk", legs=4)).task == task
    make.judged(cast.bob, project, said("dawn", legs=4))
    verdict = Verdict.objects.current().get(task=first)
    assert values_of(verdict.answer)["light"] in ("dawn", "dusk")
    assert set(verdict.agreements.values()) == {1.0}
    make.judged(cast.bob, project, said("dusk"))  # without the legs
    assert not Verdict.objects.current().filter(task=second).exists()
    given = [verdict.answer, {"fields": verdict.answer["fields"][:2]}]  # with and without the legs
    assert ROOM.agreement(*given, terms) == pytest.approx(2 / 3)


def test_a_weight_of_nothing_is_only_collected_and_a_weight_says_that_it_counts() -> None:
    animal, light = {"name": "Animal", "kind": "choice"}, {"name": "Light", "kind": "text"}
    checked = asked_fields.checked
    assert checked([animal, light | {"weight": 0}]) == checked([animal, light | {"counts": False}])
    assert checked([animal, light | {"weight": 1}]) == checked([animal, light]), "which is what nothing said is"
    open_ = light | {"required": False, "weight": 0.5}
    assert asked_fields.optional(checked([animal, open_])) == []
    assert asked_fields.weights(checked([animal, open_])) == {"light": 0.5}
    for wrong in ({"weight": 11}, {"weight": -1}, {"weight": "2"}, {"weight": 2, "counts": False}):
        with pytest.raises(Refused) as refused:
            checked([animal, light | wrong])
        assert refused.value.place == "fields[1].weight"
    with pytest.raises(Refused):
        asked_fields.read("Animal (choice)\nLight (text, weight much)")


@pytest.mark.parametrize("text", ["A (choice, collected)", "A (choice, collected)\nB (choice) when A is x"])
def test_something_must_count(text) -> None:
    with pytest.raises(Refused) as refused:
        asked_fields.read(text)
    assert refused.value.code == "nothing-counts"


@pytest.mark.django_db
def test_who_adds_a_remark_that_the_known_answer_lacks_passes_the_course(cast) -> None:
    fields = asked_fields.read("Animal (choice)\nRemark (text 40, optional)")
    project = make.project(cast.riverside, "A", "classification", labels=OPTIONS[:2], fields=fields)
    skill = skills.define(cast.riverside, "Animals", kind="qualification")
    task, *_rest = make.tasks(make.batch(project), 3)
    qualification_tests.add(
        task, {"fields": [{"field": "animal", "value": "cat"}]}, by=cast.mina, dice=random.Random(7)
    )
    rules.change(project, cast.mina, training_tasks=1, training_skill=skill, training_pass=0.9)
    said = [{"field": "animal", "value": "cat"}, {"field": "remark", "value": "asleep"}]
    make.judged(cast.alice, project, {"fields": said})
    assert Qualification.objects.get(person=cast.alice, skill=skill).value == 1.0


def test_two_options_that_became_one_lose_nothing() -> None:
    both = taken(subject="thing", seen=["grass", "water"])
    kept, lost = ROOM.relabelled(both, {"thing": "thing", "grass": "water", "water": "water"})
    assert (values_of(kept), lost) == ({"subject": "thing", "seen": ["water"]}, False)
    kept, lost = ROOM.relabelled(both, {"thing": "thing", "grass": None, "water": "water"})
    assert (values_of(kept), lost) == ({"subject": "thing", "seen": ["water"]}, True)


@pytest.mark.django_db
def test_weighing_by_class_is_not_offered_where_more_than_one_label_is_asked(cast) -> None:
    with pytest.raises(Refused) as refused:
        make.project(
            cast.riverside, "A", "classification", fields=FIELDS, labels=PROJECT_LABELS, aggregation="categorical_v1"
        )
    assert refused.value.place == "aggregation"
    single = make.project(cast.riverside, "B", "classification", aggregation="categorical_v1")
    with pytest.raises(Refused):
        configure.change(single, None, fields=FIELDS)


def _answer(label: str) -> dict:
    return {"fields": [{"field": "label", "value": label}]}


@pytest.mark.django_db
def test_three_careful_people_outweigh_two_spammers(cast) -> None:
    """Sixty pictures, two labels; Sly says the same of all, Sue throws dice, the others are right nine times of ten."""
    dice = random.Random(11)
    project = make.project(
        cast.riverside,
        "Cats",
        "classification",
        labels=[{"name": "Cat"}, {"name": "Dog"}],
        wanted=5,
        aggregation="categorical_v1",
    )
    make.tasks(make.batch(project), 60)
    truth: dict[int, str] = {}
    people = [make.person(name, cast.riverside, "tasker") for name in ("Ann", "Ben", "Cleo", "Sly", "Sue")]
    for turn in range(60):
        for who in people:
            held = make.held(who, project)
            assert held.token
            right = truth.setdefault(held.task_id, dice.choice(["cat", "dog"]))
            wrong = "dog" if right == "cat" else "cat"
            said = {"Sly": "cat", "Sue": dice.choice(["cat", "dog"])}.get(who.name) or (
                right if dice.random() < 0.9 else wrong
            )
            submission.submit(held, who, held.token, _answer(said))
        if turn in (20, 40):
            estimating.run(estimating.start(project, by=None).pk)
    verdicts = Verdict.objects.current().filter(task__project=project)
    hits = sum(values_of(one.answer)["label"] == truth[one.task_id] for one in verdicts)
    assert verdicts.count() >= 50
    assert hits / verdicts.count() >= 0.9
    assert queue.audit().breaches == []


@pytest.mark.django_db
def test_those_who_agree_with_the_verdict_are_paid_its_rate(cast) -> None:
    project = make.project(cast.riverside, "Pay", "classification", labels=[{"name": "Cat"}, {"name": "Dog"}])
    make.tasks(make.batch(project), 1)
    for who in (cast.alice, cast.bob):
        make.judged(who, project, _answer("cat"))
    assert sorted(Transfer.objects.values_list("amount", flat=True)) == [50_000, 50_000]


def _known(person, project, good: float, poor: float) -> None:
    """What was found out about somebody before."""
    terms = {"organization": project.organization, "project_key": project.public_id}
    Standing.objects.create(tasker=person, good=good, poor=poor, **terms)


@pytest.mark.django_db
@pytest.mark.parametrize(("poor", "animal"), [((8, 6), "cat"), ((60, 3), "dog")])
def test_in_each_field_a_reliable_tasker_outweighs_two_poor_ones_and_not_two_good_ones(cast, poor, animal) -> None:
    """Bob and Carol say dog. 98 times in 100 right is odds of 50 to 1: against 61 each, 2.5; against 94 each, 248."""
    project = make.project(
        cast.riverside,
        "Fields",
        "classification",
        fields=asked_fields.read(ASKED),
        labels=OPTIONS,
        wanted=3,
        aggregation="standing_v1",
    )
    task = make.task(make.batch(project))
    _known(cast.alice, project, 97, 1)
    for person in (cast.bob, cast.carol):
        _known(person, project, *poor)
    for person, said in ((cast.alice, "cat"), (cast.bob, "dog"), (cast.carol, "dog")):
        make.judged(person, project, filled(said))
    verdict = Verdict.objects.current().get(task=task)
    assert values_of(verdict.answer) == {"animal": animal, "legs": 4, "seen": "day", "remark": "sleeps on a chair"}
    assert len(verdict.rests_on) == 3, "all three agree on the rest, so they are one group"


@pytest.mark.django_db
def test_numbers_and_texts_lean_to_who_is_trusted(cast) -> None:
    one, two, three = (ROOM.check_answer(filled("cat", legs, remark), {"text": "A"}, _asked()) for legs, remark in (
        (4, "sleeps on a chair"), (6, "runs in a field"), (6, "runs on the field")
    ))  # fmt: skip
    trusted = values_of(ROOM.merge([one, two, three], {}, [5.0, 0.1, 0.1]))
    assert (trusted["legs"], trusted["remark"]) == (4, "sleeps on a chair")
    equal = values_of(ROOM.merge([one, two, three], {}))
    assert equal["legs"] == 6 and equal["remark"] != "sleeps on a chair"


def _asked() -> AskedLabels:
    return AskedLabels({"cat": {"field": "animal"}, "day": {"field": "seen"}}, asked_fields.read(ASKED))
