"""Words are cut into the pieces that are likeliest together, in any script."""

import numpy as np

from assist.adapters.nano_e5 import BLOCK, _weights
from assist.adapters.unigram import Unigram

PIECES = ["<s>", "</s>", "<unk>", "▁", "▁un", "▁unhappy", "happy", "h", "a", "p", "y", "▁über", "."]
SCORES = [0.0, 0.0, 0.0, -4.0, -3.0, -9.0, -3.5, -6.0, -6.0, -6.0, -6.0, -5.0, -2.0]
CHANGES = {ord("\t"): " ", ord("\u00b7"): "..."}


def said(text: str) -> list[str]:
    """The pieces that a text is cut into."""
    return [PIECES[number] for number in Unigram(PIECES, SCORES, CHANGES, unknown=2).numbers(text)]


def test_the_likeliest_pieces_are_taken_not_the_longest() -> None:
    assert said("unhappy") == ["▁un", "happy"], "-6.5 together; the whole is -9"
    assert said("happy un") == ["▁", "happy", "▁un"]


def test_signs_that_stand_in_no_piece_are_one_unknown_where_they_stand_together() -> None:
    assert said("un雪花happy") == ["▁un", "<unk>", "happy"]
    assert said("雪") == ["▁", "<unk>"]


def test_signs_are_written_as_the_model_knows_them() -> None:
    assert said("  un\t happy\n") == ["▁un", "▁", "happy"], "blanks part words, however many"
    assert said("u\u0308ber") == said("über") == ["▁über"]
    assert said("un\u00b7") == ["▁un", ".", ".", "."]


def test_marks_of_the_model_are_never_read_out_of_a_text() -> None:
    assert "<s>" not in said("<s>un</s>") and said("") == []


def test_words_are_kept_and_those_as_long_as_sentences_are_not() -> None:
    unigram = Unigram(PIECES, SCORES, CHANGES, unknown=2)
    long = "happy" * 7
    assert unigram.numbers(f"un {long} un {long}") == [4, 3, *[6] * 7] * 2
    assert unigram._kept.cache_info().currsize == 1, "what is kept can't outgrow the memory, whatever a text is made of"


def test_four_bits_and_a_scale_are_a_weight() -> None:
    block = np.zeros((1, 1), BLOCK)
    block["scale"], block["halves"] = 0.5, [0xF0] + [0x88] * 15
    weights = _weights(block)
    assert weights.shape == (1, 32) and weights[0, 0] == -4.0 and weights[0, 16] == 3.5
    assert not weights[0, 1:16].any() and not weights[0, 17:].any()
