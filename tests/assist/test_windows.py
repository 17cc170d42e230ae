"""Texts that are longer than a model takes at once."""

import re

from hypothesis import given
from hypothesis import strategies as st

from assist.adapters import FoundSpan
from assist.runtime import windows

WORDS = st.text(alphabet="ab \n", max_size=400)


def names(text: str) -> list[FoundSpan]:
    """Each word in capitals, as a model of short texts would find it."""
    return [FoundSpan(hit.start(), hit.end(), "NAME", 0.9) for hit in re.finditer(r"\b[A-Z]+\b", text)]


@given(text=WORDS, most=st.integers(1, 60))
def test_parts_cover_the_text_and_none_is_too_long(text: str, most: int) -> None:
    parts = windows.parts(text, most)
    assert all(len(part) <= most and text[at : at + len(part)] == part for at, part in parts)
    seen = {at + n for at, part in parts for n in range(len(part))}
    assert {n for n, sign in enumerate(text) if not sign.isspace()} <= seen
    assert parts[-1][0] + len(parts[-1][1]) == len(text)


def test_what_lies_across_a_border_is_found_whole_and_once() -> None:
    text = "so OSLO and then BERGEN went by and TROMSO stayed " * 30
    parts = windows.parts(text, 90)
    assert len(parts) > 10
    assert windows.spans(parts, [names(part) for _, part in parts]) == names(text)
    assert windows.spans(parts, [names(part) if n else None for n, (_, part) in enumerate(parts)]) is None


def test_shares_of_parts_are_weighed_by_their_length_and_unknown_where_one_is() -> None:
    parts = [(0, "x" * 30), (30, "x" * 10)]
    found = windows.shares(parts, [{"glad": 1.0, "sad": 0.0}, {"glad": 0.0, "sad": 1.0}])
    assert found == {"glad": 0.75, "sad": 0.25}
    assert windows.shares(parts, [{"glad": None}, {"glad": 0.5}]) == {"glad": None}
    assert windows.shares(parts, [None, {"glad": 0.5}]) == {"glad": 0.5}
    assert windows.shares(parts, [None, None]) is None
