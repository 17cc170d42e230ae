"""spans_v1 and regions_v1 on one task: each part by itself, by who is known for what, and how sure the whole is."""

import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.inference import BY_PART, geometry
from projects.inference.agreement import regions_agreement, spans_agreement
from projects.inference.classification import estimate
from projects.inference.incremental import accuracy_model_of, newcomer, parameters_of
from projects.inference.instance_level import Asked, Judges, Told, as_labels, chance_of_agreement, decide
from projects.inference.reliability import first_accuracy_model
from projects.inference.span_rivals import find_rivals
from projects.inference.span_words import Words
from projects.task_types import TASK_TYPES
from tests.support.projects.answers import region, regions, spans
from tests.support.projects.crowds import office, report

pytestmark = pytest.mark.slow

SPANS, REGIONS = BY_PART["spans_v1"], BY_PART["regions_v1"]
MARIA, OSLO = (0, 11, "person"), (40, 44, "place")
TEXT = "Maria Rossi moved away, and she lived in Oslo for a long while after that."


def strangers(number: int, standing: float = 0.75) -> Judges:
    accuracy_model = first_accuracy_model(2)
    return Judges(accuracy_model, [newcomer(accuracy_model)] * number, [standing] * number)


def known_judges() -> Judges:
    """Ann and Ben mark what is there, Sly and Sue whatever comes; estimated from 200 things."""
    random = np.random.default_rng(3)
    there = random.random(200) < 0.6
    said = [np.where(random.random(200) < 0.95, there, ~there) for _ in range(2)]
    said += [random.random(200) < 0.5 for _ in range(2)]
    task, worker = np.tile(np.arange(200), 4), np.repeat(np.arange(4), 200)
    found = estimate(task, worker, np.concatenate(said).astype(np.int64), (200, 4, 2))
    return Judges(accuracy_model_of(found), [parameters_of(found, who) for who in range(4)], [0.95, 0.95, 0.5, 0.5])


def in_spans(answers, judges=None, match="exact"):
    return decide(
        SPANS,
        answers,
        judges or strangers(len(answers)),
        lambda a, b: spans_agreement(a, b, match),
        0.75,
        {"span_match": match},
    )


def in_regions(answers, judges=None):
    return decide(REGIONS, answers, judges or strangers(len(answers)), regions_agreement, 0.75, {"iou": 0.5})


def marked(answer) -> list[tuple]:
    return [(one["start"], one["end"], one["label"]) for one in answer["spans"]]


def test_what_everybody_marked_stays_and_what_one_marked_goes():
    outcome = in_spans([spans(MARIA, OSLO), spans(MARIA, OSLO), spans(MARIA, OSLO, (14, 19, "person"))])
    assert outcome.decided and marked(outcome.answer) == [MARIA, OSLO]
    assert outcome.confidence > 0.9 and outcome.supports == [0, 1, 2]
    assert outcome.agreements == [1.0, 1.0, 0.8]


def test_two_careful_people_outvote_three_who_mark_what_comes():
    judges = known_judges()
    five = Judges(judges.accuracy_model, [*judges.parameters, judges.parameters[3]], [*judges.standings, 0.5])
    wild = spans((20, 26, "person"))
    outcome = in_spans([spans(MARIA), spans(MARIA), wild, wild, wild], five)
    assert marked(outcome.answer) == [MARIA]
    assert outcome.supports == [0, 1]
    unknown = in_spans([spans(MARIA), spans(MARIA), wild, wild, wild])
    assert marked(unknown.answer or spans()) != [MARIA], "of strangers three are more than two"


def test_bounds_are_those_of_most_and_meeting_spans_stay_two():
    outcome = in_spans([spans((0, 5, "a"), (5, 9, "a")), spans((0, 5, "a"), (5, 9, "a")), spans((0, 9, "a"))])
    assert marked(outcome.answer) == [(0, 5, "a"), (5, 9, "a")]
    wider = in_spans([spans((0, 5, "a")), spans((0, 5, "a")), spans((0, 8, "a"))], match="overlap")
    assert marked(wider.answer) == [(0, 5, "a")]


def test_a_lone_answer_is_as_sure_as_its_tasker_and_grades_nobody():
    outcome = in_spans([spans(MARIA)], strangers(1, 0.8))
    assert outcome.confidence == 0.8 and outcome.agreements == [None]
    assert not in_spans([spans(MARIA)], strangers(1, 0.4)).decided
    assert in_spans([]).why == "No answers yet."


def test_an_outcome_that_rests_on_one_answer_grades_nobody():
    judges = known_judges()
    some = Judges(judges.accuracy_model, [judges.parameters[who] for who in (0, 2, 3)], [0.95, 0.5, 0.5])
    outcome = in_spans([spans(MARIA), spans((20, 26, "person")), spans(OSLO)], some)
    assert (outcome.decided, outcome.supports) == (True, [0])
    assert outcome.agreements == [None] * 3


def test_all_saying_nothing_is_sure_and_one_against_one_is_not():
    assert in_spans([spans(), spans(), spans()]).confidence > 0.95
    assert not in_spans([spans(MARIA), spans()]).decided
    assert not in_spans([spans(MARIA), spans((0, 11, "place"))]).decided


def test_where_all_see_something_and_call_it_differently_nothing_is_decided():
    assert not in_spans([spans(MARIA), spans((0, 11, "place")), spans()]).decided
    assert not in_regions([regions(region(5, 5, 20)), regions(region(5, 5, 20, "dog")), regions()]).decided


def test_a_trusted_person_names_the_thing_that_all_drew():
    drawn = [regions(region(5, 5, 20, "cat")), regions(region(6, 5, 20, "dog")), regions(region(5, 6, 20, "dog"))]
    accuracy_model = first_accuracy_model(2)
    outcome = in_regions(drawn, Judges(accuracy_model, [newcomer(accuracy_model)] * 3, [0.97, 0.55, 0.55]))
    assert [one["label"] for one in outcome.answer["regions"]] == ["cat"]
    assert in_regions(drawn).answer["regions"][0]["label"] == "dog"


@pytest.mark.parametrize(
    ("named", "label"),
    [
        ([("person", 0.97), ("person", 0.97), ("place", 0.5), ("place", 0.5), ("place", 0.5)], "person"),
        ([("person", 0.75), ("place", 0.75), ("place", 0.75), ("place", 0.75)], "place"),
        ([("person", 0.75), ("person", 0.75), ("place", 0.75), ("place", 0.75), ("org", 0.75)], None),
    ],
)
def test_what_a_stretch_is_called_is_weighed_by_standing_once_it_is_there(named, label):
    accuracy_model = first_accuracy_model(2)
    judges = Judges(accuracy_model, [newcomer(accuracy_model)] * len(named), [standing for _, standing in named])
    outcome = in_spans([spans((0, 11, said), OSLO) for said, _ in named], judges)
    assert (marked(outcome.answer) if outcome.answer else None) == (label and [(0, 11, label), OSLO])
    alone = in_spans([spans((0, 11, said)) for said, _ in named], judges)
    assert alone.decided == (label is not None)


def test_bounds_of_a_stretch_with_two_names_are_those_of_most():
    answers = [spans((0, 11, "person")), spans((0, 11, "place")), spans((0, 14, "person"))]
    assert marked(in_spans(answers, strangers(3, 0.8)).answer) == [(0, 11, "person")]


def test_two_labels_that_somebody_gave_to_one_place_are_no_rivals():
    both = spans((0, 11, "org"), (0, 11, "place"))
    outcome = in_spans([both, both, spans((0, 11, "org"))])
    assert marked(outcome.answer) == [(0, 11, "org"), (0, 11, "place")]
    assert find_rivals([one["spans"] for one in (both, spans((0, 11, "org")))]) == []


def test_a_name_that_is_disputed_is_one_question_and_the_words_of_neither_label():
    said, where = SPANS.ask([spans(MARIA, OSLO), spans((0, 11, "place"), OSLO)], {}, TEXT)
    rows = {place: row.tolist() for place, row in zip(where, said, strict=True)}
    assert rows[("", 0, 11)] == [True, True]
    assert rows[("place", 40, 44)] == [True, True]
    assert rows[("place", 11, 40)] == rows[("person", 11, len(TEXT))] == [False, False]
    assert ("person", 0, 11) not in rows and ("place", 0, 11) not in rows


def test_ten_thousand_spans_with_disputed_names_are_decided():
    people = spans(*[(7 * n, 7 * n + 5, "person") for n in range(5000)])
    places = spans(*[(7 * n, 7 * n + 5, "place") for n in range(5000)])
    outcome = in_spans([people, people, places])
    assert len(SPANS.merge([people, people, places], strangers(3), {}).answer["spans"]) == 5000
    assert not outcome.decided or {label for _, _, label in marked(outcome.answer)} == {"person"}


def test_things_that_one_of_three_drew_are_left_out_and_shapes_are_fused():
    drawn = [
        regions(region(5, 5, 20), region(40, 40, 9)),
        regions(region(6, 5, 20)),
        regions(region(5, 6, 20)),
    ]
    outcome = in_regions(drawn)
    [kept] = outcome.answer["regions"]
    assert geometry.mask_ious([kept["shape"]], [region(5, 5, 20)["shape"]])[0, 0] > 0.85
    assert outcome.agreements[0] == pytest.approx(2 / 3)


def shape(kind: str, at: int) -> dict:
    points = [[at, at], [at + 20, at], [at + 20, at + 20], [at, at + 20]]
    return {
        "box": {"type": "box", "x": at, "y": at, "width": 20, "height": 20},
        "polygon": {"type": "polygon", "points": points},
        "polyline": {"type": "polyline", "points": points},
        "point": {"type": "point", "x": at, "y": at, "visible": True},
        "mask": region(at, at, 20)["shape"],
    }[kind]


def drawn(kind: str, *places: int) -> dict:
    told = {"label": "cat", "attributes": {}, "provenance": {"source": "human", "suggestion": None, "model": None}}
    return {"regions": [{"id": f"r{n}", "shape": shape(kind, at), **told} for n, at in enumerate(places, start=1)]}


@pytest.mark.parametrize("kind", ["box", "polygon", "polyline", "point", "mask"])
def test_every_kind_of_shape_gives_an_answer_that_the_room_takes(kind):
    outcome = in_regions([drawn(kind, 5, 40), drawn(kind, 6, 40), drawn(kind, 5)])
    height, width = shape("mask", 5)["size"]
    payload = {"asset": "0" * 64, "width": width, "height": height, "name": "a.png"}
    labels = {"cat": {"shapes": [kind]}}
    assert TASK_TYPES["image_regions"].check_answer(outcome.answer, payload, labels) == outcome.answer
    assert len(outcome.answer["regions"]) == 2


def test_masks_that_touch_stay_two_and_empty_ones_are_nothing():
    left, right = region(0, 0, 10), region(10, 0, 10)
    empty = {**region(0, 0, 10), "shape": geometry.mask_from_bitmap(np.zeros((60, 60), dtype=bool))}
    outcome = in_regions([regions(left, right), regions(left, right), regions(left, right)])
    assert [geometry.mask_area(one["shape"]) for one in outcome.answer["regions"]] == [100, 100]
    assert in_regions([regions(empty), regions(empty), regions(empty)]).answer in (None, {"regions": []})


def test_ten_thousand_spans_are_decided():
    many = spans(*[(7 * n, 7 * n + 5, "person") for n in range(5000)])
    shifted = spans(*[(7 * n + 1, 7 * n + 6, "person") for n in range(5000)])
    outcome = in_spans([many, many, shifted])
    assert len(outcome.answer["spans"]) == 5000
    assert marked(outcome.answer)[0] == (0, 5, "person")


@given(st.lists(st.floats(0, 1), max_size=5), st.lists(st.floats(0, 1), max_size=4), st.floats(0.05, 1))
def test_the_chance_of_agreement_is_that_of_all_cases_added_up(right, missing, threshold):
    total = 0.0
    for case in product([0, 1], repeat=len(right) + len(missing)):
        chances = [one if said else 1 - one for one, said in zip([*right, *missing], case, strict=True)]
        matched, besides = sum(case[: len(right)]), sum(case[len(right) :])
        size = 2 * len(right) + besides
        agreement = 1.0 if size == 0 else 2 * matched / size
        total += float(np.prod(chances)) * (agreement >= threshold - 1e-9)
    assert chance_of_agreement(np.array(right), np.array(missing), threshold) == pytest.approx(total, abs=1e-6)


bounds = st.sampled_from(
    [(0, 11, "person"), (0, 11, "org"), (0, 5, "person"), (6, 11, "person"), (40, 44, "place"), (40, 44, "person")]
)
span_answers = st.lists(st.sets(bounds, max_size=3).map(lambda some: spans(*sorted(some))), min_size=1, max_size=5)


@given(span_answers, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_answers_is_nothing_and_the_room_takes_the_outcome(answers, random):
    order = random.sample(range(len(answers)), len(answers))
    plain, mixed = in_spans(answers), in_spans([answers[i] for i in order])
    assert mixed.answer == plain.answer
    assert mixed.confidence == pytest.approx(plain.confidence)
    if plain.decided:
        checked = TASK_TYPES["text_spans"].check_answer(plain.answer, {"text": TEXT}, {"person", "place", "org"})
        assert checked == plain.answer


@given(span_answers)
@settings(deadline=None)
def test_one_more_who_agrees_never_lowers_confidence(answers):
    before = in_spans(answers)
    if before.decided and len(answers) > 1:
        after = in_spans([*answers, before.answer])
        assert marked(after.answer) == marked(before.answer)
        assert after.confidence >= before.confidence - 1e-9


def test_a_copy_of_one_who_marks_what_comes_changes_little():
    judges = known_judges()
    answers = [spans(MARIA), spans(MARIA), spans((20, 26, "person")), spans()]
    doubled = Judges(judges.accuracy_model, [*judges.parameters, judges.parameters[2]], [*judges.standings, 0.5])
    before, after = in_spans(answers, judges), in_spans([*answers, answers[2]], doubled)
    assert after.answer == before.answer
    assert after.confidence == pytest.approx(before.confidence, abs=0.05)


def read_texts() -> tuple[Judges, Told]:
    """What sixty reports and their five taskers taught: three careful ones, one who misses half, one who marks all."""
    texts, answers, _ = office(60)
    taskers = sorted(answers[0])
    rows = []
    for text, given_answers in zip(texts, answers, strict=True):
        said, where = SPANS.ask([given_answers[who] for who in taskers], {}, text)
        rows.append(Asked(taskers, said, np.full(len(said), -1), text, where))
    told = SPANS.estimate(rows, as_labels(rows, taskers))
    parameters = [parameters_of(told.estimate, place) for place in range(len(taskers))]
    return Judges(accuracy_model_of(told.estimate), parameters, [0.75] * len(taskers)), told


def test_the_words_of_other_texts_help_where_nearly_everybody_missed():
    judges, told = read_texts()
    text, truth = report(7777)
    unknown = Judges(judges.accuracy_model, [newcomer(judges.accuracy_model)] * 3, [0.75] * 3)
    alone = [spans(truth[0]), spans(), spans()]
    assert marked(SPANS.merge(alone, unknown, {}).answer) == []
    helped = Judges(unknown.accuracy_model, unknown.parameters, unknown.standings, text, told.words)
    assert marked(SPANS.merge(alone, helped, {}).answer) == [truth[0]]
    wild = [spans((len(text) - 20, len(text) - 12, "person")), spans(), spans()]
    assert marked(SPANS.merge(wild, helped, {}).answer) == [], "words alone make nothing a name"


def test_words_are_plain_numbers_and_come_back_as_they_were():
    _, told = read_texts()
    (words,) = told.words.values()
    again = Words.from_json(json.loads(json.dumps(words.to_json())))
    text, truth = report(11)
    starts, ends = [truth[0][0], 0], [truth[0][1], len(text)]
    assert again.lean(text, starts, ends) == pytest.approx(words.lean(text, starts, ends))
    assert words.lean(text, starts, ends)[0] > words.lean(text, starts, ends)[1]


def test_texts_without_spans_or_words_teach_nothing_and_break_nothing():
    for text in ("", "   ", "No name here."):
        said, where = SPANS.ask([spans(), spans()], {}, text)
        rows = [Asked(["ann", "ben"], said, np.full(len(said), -1), text, where)]
        told = SPANS.estimate(rows, as_labels(rows, ["ann", "ben"]))
        assert told.words == {} and told.estimate.posterior.shape == (1, 2)
