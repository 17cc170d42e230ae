"""spans_v1: real spans are found, invented ones dropped, bounds weighed, words used."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.truth import span_crowds
from projects.inference.incremental import newcomer
from projects.inference.instance_level import Judges
from projects.inference.reliability import first_accuracy_model
from projects.inference.span_crossings import any_cross, uncrossed
from projects.inference.span_parts import SPANS
from tests.support.projects.answers import spans
from tests.support.projects.crowds import office
from tests.support.projects.parts import spans_of, texts_decided, texts_merged


def test_careful_taskers_are_believed_and_the_greedy_one_is_not():
    texts, answers, truths = office()
    merged = texts_merged(texts, answers)
    right = sum(len(set(spans_of(one)) & set(truth)) for one, truth in zip(merged, truths, strict=True))
    assert right >= 0.95 * sum(map(len, truths))
    assert sum(len(spans_of(one)) for one in merged) <= 1.05 * sum(map(len, truths))
    assert np.mean(np.concatenate([one.right for one in merged])) > 0.9


def test_words_help_where_nearly_everybody_missed():
    texts, answers, truths = office(60)
    start, end, _ = truths[0][1]
    answers[0] = {"ann": spans(truths[0][1]), "ben": spans(), "halfway": spans()}
    assert texts_decided(texts[:1], answers[:1]) == [[]]
    helped = texts_decided(texts, answers)[0]
    assert len([one for one in helped if one[0] <= start and one[1] >= end]) == 1


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
    kept = sum(map(len, texts_decided([one.text for one in found], [one.answers for one in found])))
    truth = sum(len(one.truth) for one in found)
    assert kept <= 1.2 * truth < 0.8 * marks


def test_order_of_taskers_and_spans_is_nothing():
    texts, answers, _ = office(12, seed=2)
    turned = [{who: {"spans": text[who]["spans"][::-1]} for who in reversed(text)} for text in answers]
    plain, mixed = texts_merged(texts, answers), texts_merged(texts, turned)
    assert [spans_of(one) for one in plain] == [spans_of(one) for one in mixed]
    for one, other in zip(plain, mixed, strict=True):
        assert one.right == pytest.approx(other.right, abs=1e-4)


def test_spans_that_touch_stay_two_where_most_parted_them():
    text = "AdaBo left."
    two = {who: spans((0, 3, "person"), (3, 5, "person")) for who in ("ann", "ben", "cho")}
    [parted] = texts_decided([text], [{**two, "dee": spans((0, 5, "person"))}])
    assert parted == [(0, 3, "person"), (3, 5, "person")]
    one = {who: spans((0, 5, "person")) for who in ("ann", "ben", "cho")}
    [whole] = texts_decided([text], [{**one, "dee": spans((0, 3, "person"), (3, 5, "person"))}])
    assert whole == [(0, 5, "person")]


def test_labels_are_inferred_apart_so_that_spans_may_nest():
    text = "Bank of Ghana, Accra"
    everyone = {who: spans((0, 13, "org"), (8, 13, "place")) for who in ("ann", "ben", "cho")}
    assert texts_decided([text], [everyone])[0] == [(0, 13, "org"), (8, 13, "place")]


def test_three_names_for_one_place_are_one_span_of_little_confidence():
    texts = ["Maria Jensen works in Oslo.", "Nobody works here at all."] * 3
    three = {"ann": spans((0, 12, "person")), "ben": spans((0, 12, "org")), "cem": spans((0, 12, "place"))}
    one = texts_merged(texts, [three, {who: spans() for who in three}] * 3)[0]
    assert spans_of(one) == [(0, 12, "org")] and one.right[0] <= 1 / 3
    alone = {"ann": spans((0, 12, "person")), "ben": spans(), "cem": spans((0, 12, "place")), "dee": spans()}
    assert texts_decided(texts, [alone, {who: spans() for who in alone}] * 3)[0] == []


def test_words_tell_which_of_two_names_is_meant():
    """Two call a town a person and two don't; other texts know what follows "in" and what follows "Dr"."""
    names = ("Oslo", "Riga", "Lund", "Bern", "Cork", "Bonn", "Genk", "Metz")
    texts, answers = [], []
    for town, person in zip(names, names[::-1], strict=True):
        texts.append(f"Yesterday Dr {person} was seen in {town} again")
        start = len(texts[-1]) - len(" again") - len(town)
        place, whom = (start, start + len(town), "place"), (13, 13 + len(person), "person")
        answers.append({who: spans(whom, place) for who in ("ann", "ben", "cem", "dee")})
    start, end, _ = place
    answers[-1] |= {who: spans(whom, (start, end, "person")) for who in ("ann", "ben")}
    assert texts_decided(texts, answers)[-1] == [whom, place]


def test_spans_of_two_labels_do_not_cross_where_nobody_lets_them():
    texts = ["a long line with some words in it"] * 4
    answers = {who: spans((0, 20, "a")) for who in ("ann", "ben", "cem")} | {
        who: spans((12, 33, "b")) for who in ("dee", "eva", "fay")
    }
    for told in texts_decided(texts, [answers] * 4):
        assert not any_cross([(start, end) for start, end, _ in told])
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
    agreed, blank = texts_merged(["a b", ""], [{"ann": spans(), "ben": spans()}, {"ann": spans()}])
    assert spans_of(agreed) == spans_of(blank) == [] and not agreed.right.size
    assert texts_merged([], []) == []


def test_ten_thousand_spans_in_one_text_are_all_found():
    text = "word " * 10_000
    many = spans(*[(5 * n, 5 * n + 4, "person") for n in range(10_000)])
    [found] = texts_decided([text], [{"ann": many, "ben": many, "cho": spans()}])
    assert len(found) == 10_000
