"""Kept values as they are read."""

import re
from datetime import UTC, datetime

from django.utils import timezone

from taskers.web.readable import LONGEST, MOST, as_given, readable

KEY = "6f1c4f0e-3f6a-4c55-8a52-2f1d8f0d9a11"


def test_what_nests_is_told_in_names_and_values_without_keys() -> None:
    answer = {"spans": [{"id": "a1", "label": "person", "start": 0, "sure": 0.98765, "from": KEY}], "notes": []}
    assert readable(answer) == (
        '<dl class="facts"><dt>Spans</dt><dd><ol class="list-plain stack"><li><dl class="facts">'
        "<dt>Label</dt><dd>person</dd><dt>Start</dt><dd>0</dd><dt>Sure</dt><dd>0.988</dd></dl></li></ol></dd></dl>"
    )
    tiles = {KEY: {"value": "cat"}}
    assert readable(tiles) == (
        '<ol class="list-plain stack"><li><dl class="facts"><dt>Value</dt><dd>cat</dd></dl></li></ol>'
    )
    assert readable([1, 2.5, None, True]) == "1, 2.5, –, Yes"


def test_what_a_customer_gave_is_shown_whole_under_the_names_by_which_it_is_looked_for() -> None:
    shown = as_given({"id": 7, "trace": KEY})
    assert shown == f'<dl class="facts"><dt>id</dt><dd>7</dd><dt>trace</dt><dd>{KEY}</dd></dl>'
    assert readable(shown) == shown


def test_small_numbers_keep_their_digits() -> None:
    assert readable([0.00004, -0.0123456, 0.5, 1.23456, 0.0]) == "0.00004, -0.0123, 0.5, 1.235, 0.0"


def test_nothing_is_a_dash_and_a_moment_is_a_moment_here() -> None:
    nothing: list[object] = [None, "", [], {}, False]
    assert [readable(one) for one in nothing] == ["–", "–", "–", "–", "No"]
    with timezone.override("Europe/Madrid"):
        assert readable(datetime(2026, 1, 5, 9, 3, tzinfo=UTC)) == "5 Jan 2026, 10:03"


def test_what_people_wrote_is_no_markup() -> None:
    assert "<script>" not in readable({"<script>": ["<script>", {"a": "<script>"}]})


def test_a_huge_answer_is_cut() -> None:
    assert len(readable("x" * 100_000)) == LONGEST + 1
    many = readable({"points": [[n, n] for n in range(100_000)]})
    assert len(re.findall(r"<li>", many)) < MOST and "…" in many
