"""Two answers agree as far as what they say has a partner in the other."""

from hypothesis import given
from hypothesis import strategies as st

from projects.inference import agreement
from tests.support.projects.answers import region, regions, spans


def test_nothing_agrees_with_nothing_and_not_with_something():
    assert agreement.regions_agreement(regions(), regions()) == 1.0
    assert agreement.regions_agreement(regions(), regions(region(0, 0, 5))) == 0.0
    assert agreement.spans_agreement(spans(), spans()) == 1.0
    assert agreement.spans_agreement(spans((0, 3, "person")), spans()) == 0.0


def test_regions_differing_by_some_pixels_agree_and_a_wrong_label_does_not():
    mine = regions(region(5, 5, 20), region(40, 40, 10, "dog"))
    near = regions(region(40, 40, 10, "dog"), region(6, 5, 20))
    wrong = regions(region(5, 5, 20, "dog"), region(40, 40, 10, "dog"))
    assert agreement.regions_agreement(mine, near, 0.8) == 1.0
    assert agreement.regions_agreement(mine, near, 0.95) == 0.5
    assert agreement.regions_agreement(mine, wrong, 0.8) == 0.5


def test_a_region_is_matched_once():
    one, three = regions(region(5, 5, 20)), regions(*[region(5, 5, 20)] * 3)
    assert agreement.regions_agreement(one, three) == 0.5


def test_box_and_mask_of_one_place_have_nothing_in_common():
    box = {"id": "b", "label": "cat", "shape": {"type": "box", "x": 5, "y": 5, "width": 20, "height": 20}}
    shifted = {"id": "c", "label": "cat", "shape": {"type": "box", "x": 5, "y": 5, "width": 20, "height": 10}}
    assert agreement.regions_agreement(regions(box), regions(region(5, 5, 20))) == 0.0
    assert agreement.regions_agreement(regions(box), regions(shifted), 0.5) == 1.0


def test_spans_exact_or_overlapping():
    mine, near = spans((0, 9, "person"), (20, 25, "place")), spans((2, 9, "person"), (20, 25, "place"))
    assert agreement.spans_agreement(mine, near, "exact") == 0.5
    assert agreement.spans_agreement(mine, near, "overlap") == 1.0
    assert agreement.spans_agreement(mine, spans((0, 9, "place")), "overlap") == 0.0
    assert agreement.spans_agreement(spans((0, 5, "a")), spans((5, 9, "a")), "overlap") == 0.0


span_lists = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.sampled_from("ab")), max_size=6).map(
    lambda raw: spans(*[(s, s + n, label) for s, n, label in raw])
)


@given(span_lists, span_lists, st.randoms(), st.sampled_from(["exact", "overlap"]))
def test_agreement_is_symmetric_and_blind_to_order(first, second, random, how):
    value = agreement.spans_agreement(first, second, how)
    shuffled = {"spans": random.sample(first["spans"], len(first["spans"]))}
    assert 0 <= value <= 1
    assert agreement.spans_agreement(second, first, how) == value
    assert agreement.spans_agreement(shuffled, second, how) == value
    assert agreement.spans_agreement(first, shuffled, how) == 1.0
    exact = agreement.spans_agreement(first, second, "exact")
    assert agreement.spans_agreement(first, second, "overlap") >= exact


def test_strict_and_relaxed_f1():
    known = [(0, 10, "P"), (20, 24, "P")]
    strict = agreement.spans_f1_strict([(0, 10, "P"), (20, 22, "P")], known)
    relaxed = agreement.spans_f1_relaxed([(0, 10, "P"), (20, 22, "P")], known)
    assert (strict.precision, strict.recall, strict.value) == (0.5, 0.5, 0.5)
    assert (relaxed.precision, relaxed.recall) == (1.0, 0.75)
    assert agreement.spans_f1_strict([], []).value == agreement.spans_f1_relaxed([], []).value == 1.0
    assert agreement.spans_f1_strict([], known).value == agreement.spans_f1_relaxed(known, []).value == 0.0
    assert agreement.spans_f1_relaxed([(0, 10, "Q")], known).value == 0.0


def test_five_hundred_masks_and_ten_thousand_spans_are_compared():
    grid = [region(12 * (i % 25), 12 * (i // 25), 10, size=300) for i in range(500)]
    many = spans(*[(5 * i, 5 * i + 7, "abc"[i % 3]) for i in range(10_000)])
    assert agreement.regions_agreement(regions(*grid), regions(*reversed(grid))) == 1.0
    assert agreement.spans_agreement(many, many, "exact") == 1.0
    assert agreement.spans_agreement(many, many, "overlap") == 1.0
