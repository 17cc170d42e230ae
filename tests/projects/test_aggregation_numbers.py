"""Numbers and free texts of several people become one that is near what most said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.truth.numbers import Cell, judged
from projects.inference.numbers import merge_numbers, merge_texts, numbers_agreement, texts_agreement
from projects.inference.text_words import words_of

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12)


def test_slipped_digit_is_shrugged_off():
    merged = merge_numbers([41.0, 42.0, 43.0, 42.5, 4200.0])
    assert merged.value == pytest.approx(42.1, abs=0.5)
    assert merged.weights[4] < 0.01 < 0.5 < min(merged.weights[:4])


def test_agreeing_people_are_averaged_and_the_deviation_shrinks():
    random = np.random.default_rng(0)
    few, many = merge_numbers(random.normal(5, 1, 5)), merge_numbers(random.normal(5, 1, 200))
    assert many.value == pytest.approx(5, abs=0.25)
    assert many.deviation < few.deviation


@given(values, st.randoms(use_true_random=False))
def test_merged_number_is_blind_to_order_and_inside_the_range(numbers, random):
    merged = merge_numbers(numbers)
    assert min(numbers) - 1e-6 <= merged.value <= max(numbers) + 1e-6
    again = merge_numbers(random.sample(numbers, len(numbers)))
    assert again.value == pytest.approx(merged.value, rel=1e-6, abs=1e-6)


def test_lone_equal_missing_and_endless_numbers():
    assert merge_numbers([7]).deviation is None
    assert merge_numbers([7, 7, 9]).value == 7
    with pytest.raises(ValueError, match="at least one"):
        merge_numbers([])
    with pytest.raises(ValueError, match="finite"):
        merge_numbers([1, np.inf])


def test_of_what_most_do_not_feel_at_all_the_share_of_those_who_do_counts():
    merged = merge_numbers([0, 0, 0, 0, 0, 0, 40, 30, 20, 30])
    assert merged.value == pytest.approx(12, abs=0.5)
    assert merge_numbers([0, 0, 0, 0, 0.3, 0.25]).value == pytest.approx(0.275 / 3, abs=0.01)
    assert merge_numbers([0, 0, 30], [1, 1, 2]).value == 15


def test_a_count_of_none_stays_none_and_a_lone_zero_is_a_slip():
    assert merge_numbers([0, 0, 0, 2, 1]).value == 0
    assert merge_numbers([0, 40, 41, 42, 41]).value == pytest.approx(41, abs=0.5)
    assert merge_numbers([-3, 0, 0, 40]).value == pytest.approx(0, abs=2)


@given(st.lists(st.integers(0, 100), min_size=2, max_size=12), st.integers(1, 50))
def test_a_merged_number_follows_the_unit_it_is_told_in(numbers, factor):
    plain = merge_numbers(numbers)
    if max(numbers, default=0) and min(n for n in numbers if n) >= 5:
        assert merge_numbers([n * factor for n in numbers]).value == pytest.approx(plain.value * factor)


def test_the_product_merges_numbers_about_as_well_as_the_better_of_mean_and_median():
    for cell in (Cell("normal", 5), Cell("slips", 10), Cell("felt, half nothing", 10), Cell("counts", 5)):
        compared = judged(cell, tasks=300, seed=11)
        assert compared.gap <= 0.12 * compared.best + 2 * compared.noise, cell


def test_trust_moves_the_number():
    assert merge_numbers([1, 2, 3], [10, 1, 1]).value < merge_numbers([1, 2, 3], [1, 1, 10]).value


def test_numbers_agree_within_the_tolerance():
    assert numbers_agreement(5, 5, 0) == 1
    assert numbers_agreement(5, 5.1, 0) == 0
    assert numbers_agreement(5, 6, 1) == 0.5
    assert numbers_agreement(5, 9, 1) == 0


def test_the_text_most_like_the_others_is_chosen():
    said = ["The cat sat on the mat.", "the cat sat on a mat", "The cat sat on the mat", "no idea"]
    merged = merge_texts(said)
    assert merged.text in (said[0], said[2])
    assert merged.similarities[3] == 0
    assert merge_texts(["only"]).confidence is None
    with pytest.raises(ValueError, match="no text"):
        merge_texts([])


@given(st.lists(st.text("ab ", max_size=8), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_medoid_is_blind_to_order(texts, random):
    assert merge_texts(random.sample(texts, len(texts))).text == merge_texts(texts).text


def test_texts_agree_whatever_the_case_the_commas_and_the_accents():
    assert texts_agreement("Café, please!", "cafe\u0301 please") == 1
    assert texts_agreement("", "  ") == 1
    assert texts_agreement("a b c d", "a x c d") == 0.75
    assert texts_agreement("a b", "") == 0
    assert texts_agreement("a b c", "b c") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("今天天氣很好。", [*"今天天氣很好"]),
        ("今天 天氣很好", [*"今天天氣很好"]),
        ("コーヒーを２杯、ください", [*"コーヒーを", "2", *"杯ください"]),
        ("ｶﾞｽは高い", [*"ガスは高い"]),
        ("iPhoneを買った", ["iphone", *"を買った"]),
        ("วันนี้", ["วั", "น", "นี้"]),
        ("ខ្ញុំ", ["ខ្", "ញុំ"]),
        ("오늘 날씨가 좋다", ["오늘", "날씨가", "좋다"]),
        ("हिन्दी की", ["हिन्दी", "की"]),
        ("مرحبا، كيف", ["مرحبا", "كيف"]),
        ("می\u200cشود", ["میشود"]),
        ("Well-known, isn't it?", ["well", "known", "isn", "t", "it"]),
        ("a - b", ["a", "-", "b"]),
        ("a \u2212 b", ["a", "-", "b"]),
        ("12 - (x + 3)", ["12", "-", "x", "+", "3"]),
        ("It was -5 °C", ["it", "was", "-", "5", "°", "c"]),
        ("2020-2021, COVID-19", ["2020", "2021", "covid", "19"]),
        ("Yes - we do", ["yes", "we", "do"]),
        ("€5 ＄5 5 %", ["€", "5", "$", "5", "5", "%"]),
        ("👍🏽 ok", ["👍", "🏽", "ok"]),
    ],
)
def test_a_text_is_made_of_words_symbols_and_characters_of_unspaced_scripts(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("a - b", "a + b"),
        ("€5", "$5"),
        ("5 %", "5"),
        ("-5", "5"),
        ("👍", "👎"),
        ("x < y", "x > y"),
        ("की", "कि"),
        ("#1", "1"),
    ],
)
def test_symbols_and_marks_are_said_and_two_outvote_one(said, other):
    assert texts_agreement(said, other) < 1
    assert merge_texts([said, other, said]).text == said
    assert merge_texts([other, said, other]).text == other


@pytest.mark.parametrize("text", ["今天天氣很好", "おはようございます", "วันนี้อากาศดี", "ມື້ນີ້ອາກາດດີ", "ယနေ့ရာသီဥတု"])
def test_a_wrong_character_of_an_unspaced_script_costs_one_character(text):
    characters = words_of(text)
    wrong = "".join(["犬", *characters[1:]])
    assert texts_agreement(text, wrong) == pytest.approx(1 - 1 / len(characters))
    assert texts_agreement(text, " ".join(characters)) == 1
    assert merge_texts([wrong, text, text + "犬"]).text == text


def test_of_texts_that_say_the_same_the_spelling_of_most_is_kept():
    assert merge_texts(["COLOUR", "Colour", "Colour"]).text == "Colour"
    assert merge_texts(["COLOUR", "Colour", "Colour"], [3, 1, 1]).text == "COLOUR"


many_scripts = st.text(st.sampled_from("ab é €$+-.,7今天ーวันนี้की👍\u200d"), max_size=12)


@given(many_scripts, many_scripts)
def test_agreement_of_texts_is_symmetric_and_whole_with_itself_only_if_the_words_are(first, second):
    alike = texts_agreement(first, second)
    assert 0 <= alike <= 1 and alike == texts_agreement(second, first)
    assert texts_agreement(first, first) == 1
    assert (alike == 1) == (words_of(first) == words_of(second))


def distance_by_hand(a: list[str], b: list[str]) -> int:
    if not a or not b:
        return len(a) + len(b)
    return min(distance_by_hand(a[1:], b) + 1, distance_by_hand(a, b[1:]) + 1,
               distance_by_hand(a[1:], b[1:]) + (a[0] != b[0]))  # fmt: skip


@given(st.lists(st.sampled_from("ab"), max_size=5), st.lists(st.sampled_from("abc"), max_size=5))
def test_edit_distance_equals_the_definition(first, second):
    longest = max(len(first), len(second))
    expected = 1 - distance_by_hand(first, second) / longest if longest else 1
    assert texts_agreement(" ".join(first), " ".join(second)) == pytest.approx(expected)
