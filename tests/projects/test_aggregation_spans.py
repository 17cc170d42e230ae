"""spans_v1: real spans are found, invented ones dropped, bounds weighed, words used."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.truth import span_crowds
from projects.inference.incremental import newcomer
from projects.inference.instance_level import Judges
from projects.inference.reliability import first_accuracy_model
from projects.inference.span_atoms import infer_spans
from projects.inference.span_crossings import any_cross, uncrossed
from projects.inference.span_parts import SPANS
from tests.support.projects.answers import spans
from tests.support.projects.crowds import office


def told(estimate) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.label) for span in estimate.spans]


def test_careful_taskers_are_believed_and_the_greedy_one_is_not():
    texts, answers, truths = office()
    estimates = infer_spans(texts, answers)
    right = sum(len(set(told(e)) & set(t)) for e, t in zip(estimates, truths, strict=True))
    assert right >= 0.95 * sum(map(len, truths))
    assert sum(len(e.spans) for e in estimates) <= 1.05 * sum(map(len, truths))
    assert np.mean([e.confidence for e in estimates]) > 0.9


def test_words_help_where_nearly_everybody_missed():
    texts, answers, truths = office(60)
    start, end, _ = truths[0][1]
    answers[0] = {"ann": spans(truths[0][1]), "ben": spans(), "halfway": spans()}
    plain = infer_spans([texts[0]], [answers[0]])
    assert told(plain[0]) == []
    helped = infer_spans(texts, answers)
    inside = [span for span in helped[0].spans if span.start <= start and span.end >= end]
    assert len(inside) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["three people", "bounds at odds", "anywhere, much missed"])
def test_words_make_no_crowd_worse_than_its_plain_vote(kind):
    """Taught of stretches, words once learnt that a short one had been marked by somebody, and kept whatever anybody
    invented."""
    of_kind = replace(span_crowds.KINDS[kind], texts=80)
    plain, together, decided = (np.array(one) for one in span_crowds.compared(of_kind, 7))
    assert (together >= plain - 0.02).all() and (decided >= plain - 0.02).all()


@pytest.mark.slow
def test_words_that_people_alone_taught_grow_no_surer_by_themselves():
    """However many turns there are: what words said of a text teaches them nothing."""
    kind = replace(span_crowds.KINDS["anywhere"], texts=60)
    found = span_crowds.crowd(kind, 3)
    marks = sum(len({(s["start"], s["label"]) for a in one.answers.values() for s in a["spans"]}) for one in found)
    kept = sum(len(one.spans) for one in infer_spans([one.text for one in found], [one.answers for one in found]))
    truth = sum(len(one.truth) for one in found)
    assert kept <= 1.2 * truth < 0.8 * marks


def test_order_of_taskers_and_spans_is_nothing():
    texts, answers, _ = office(12, seed=2)
    turned = [{who: {"spans": text[who]["spans"][::-1]} for who in reversed(text)} for text in answers]
    plain, mixed = infer_spans(texts, answers), infer_spans(texts, turned)
    assert [told(e) for e in plain] == [told(e) for e in mixed]
    assert [e.confidence for e in plain] == pytest.approx([e.confidence for e in mixed], abs=1e-4)


def test_spans_that_touch_stay_two_where_most_parted_them():
    text = "AdaBo left."
    two = {who: spans((0, 3, "person"), (3, 5, "person")) for who in ("ann", "ben", "cho")}
    [parted] = infer_spans([text], [{**two, "dee": spans((0, 5, "person"))}])
    assert told(parted) == [(0, 3, "person"), (3, 5, "person")]
    one = {who: spans((0, 5, "person")) for who in ("ann", "ben", "cho")}
    [whole] = infer_spans([text], [{**one, "dee": spans((0, 3, "person"), (3, 5, "person"))}])
    assert told(whole) == [(0, 5, "person")]


def test_labels_are_inferred_apart_so_that_spans_may_nest():
    text = "Bank of Ghana, Accra"
    everyone = {who: spans((0, 13, "org"), (8, 13, "place")) for who in ("ann", "ben", "cho")}
    [estimate] = infer_spans([text], [everyone])
    assert told(estimate) == [(0, 13, "org"), (8, 13, "place")]


def test_three_names_for_one_place_are_one_span_of_little_confidence():
    texts = ["Maria Jensen works in Oslo.", "Nobody works here at all."] * 3
    three = {"ann": spans((0, 12, "person")), "ben": spans((0, 12, "org")), "cem": spans((0, 12, "place"))}
    [one] = infer_spans(texts, [three, {who: spans() for who in three}] * 3)[0].spans
    assert (one.start, one.end, one.label) == (0, 12, "org") and one.confidence <= 1 / 3
    alone = {"ann": spans((0, 12, "person")), "ben": spans(), "cem": spans((0, 12, "place")), "dee": spans()}
    assert infer_spans(texts, [alone, {who: spans() for who in alone}] * 3)[0].spans == []


def test_spans_of_two_labels_do_not_cross_where_nobody_lets_them():
    texts = ["a long line with some words in it"] * 4
    answers = {who: spans((0, 20, "a")) for who in ("ann", "ben", "cem")} | {
        who: spans((12, 33, "b")) for who in ("dee", "eva", "fay")
    }
    for told in infer_spans(texts, [answers] * 4):
        assert not any_cross([(one.start, one.end) for one in told.spans])
    merged = SPANS.merge(list(answers.values()), judges(6), {}).answer["spans"]
    assert not any_cross([(one["start"], one["end"]) for one in merged])


def test_a_span_that_gives_way_is_never_left_with_white_space_alone():
    text, first, last = "alpha beta gamma", (0, 7), (9, 16)
    given = [[{"start": a, "end": b}] for a, b in (first, last, (5, 11), (5, 11))]
    assert uncrossed([first, (5, 11)], [0.9, 0.6], given, text) == [first, (7, 10)]
    assert uncrossed([first, (5, 11), last], [0.9, 0.6, 0.8], given, text) == [first, (7, 9), last]
    text = "alpha b   gamma."  # between the two stands nothing
    assert uncrossed([first, (5, 11), last], [0.9, 0.6, 0.8], given, text) == [first, None, last]
    assert uncrossed([first, (5, 11), last], [0.9, 0.6, 0.8], given) == [first, None, last]


def test_pieces_are_trimmed_and_still_cross_nothing():
    random = np.random.default_rng(4)
    for _ in range(200):
        text = "".join(random.choice(list("ab  "), 20))
        found = [
            (int(a), int(a + size)) for a, size in zip(random.integers(0, 14, 5), random.integers(1, 7, 5), strict=True)
        ]
        kept = [one for one in uncrossed(found, list(random.random(5)), [], text) if one]
        assert not any_cross(kept)
        assert all(one in found or text[one[0] : one[1]].strip() == text[one[0] : one[1]] for one in kept)


def judges(count):
    """Strangers."""
    model = first_accuracy_model(2)
    return Judges(model, [newcomer(model)] * count, [0.75] * count)


def test_nothing_marked_nothing_answered_and_nothing_to_read():
    agreed, unanswered, blank = infer_spans(["a b", "c", ""], [{"ann": spans(), "ben": spans()}, {}, {"ann": spans()}])
    assert (agreed.spans, agreed.confidence) == ([], 1.0)
    assert (unanswered.spans, unanswered.confidence) == ([], 0.0)
    assert blank.spans == []
    assert infer_spans([], []) == []


def test_span_outside_the_text_is_named():
    with pytest.raises(ValueError, match="outside"):
        infer_spans(["short"], [{"ann": spans((0, 9, "person"))}])
    with pytest.raises(ValueError, match="each text"):
        infer_spans(["short"], [])


def test_ten_thousand_spans_in_one_text_are_all_found():
    text = "word " * 10_000
    many = spans(*[(5 * n, 5 * n + 4, "person") for n in range(10_000)])
    [estimate] = infer_spans([text], [{"ann": many, "ben": many, "cho": spans()}])
    assert len(estimate.spans) == 10_000
