"""What a reader reads is compared, letter by letter, with what people wrote down of the same regions."""

import asyncio
from functools import cache
from typing import Any

import numpy as np
import pytest

from assist.learning import reading_scores
from assist.learning.asked import NO_ANSWER, Asked
from assist.learning.line_matches import Region, distance, right_lines
from assist.learning.reading_scores import Page
from assist.suggestions.seen_boxes import Seen
from tests.support.assist.eyes import Eyes, box, decided, version

READER = version("text", capability="read")
ASKED = Asked(
    frozenset({"price", "logo"}), {}, (), minimum_score=0.5, written={"price": "says"}, versions=(READER,) * 2
)


def region(words: str, x: float, y: float, width: float = 40, height: float = 10) -> dict[str, Any]:
    return box("price", x, y, width, height, **{"says": words} if words else {})


def line(words: str, x: float, y: float, width: float = 40, height: float = 10, score: float = 0.9) -> list[Any]:
    return [x, y, width, height, "text", score, words]


def plainly(first: str, second: str) -> int:
    """The definition, as it stands in books."""

    @cache
    def of(a: int, b: int) -> int:
        if not a or not b:
            return a + b
        return min(of(a - 1, b) + 1, of(a, b - 1) + 1, of(a - 1, b - 1) + (first[a - 1] != second[b - 1]))

    return of(len(first), len(second))


def test_letters_are_counted_as_books_count_them() -> None:
    assert distance("kitten", "sitting") == 3 and distance("", "abc") == 3 and distance("abc", "") == 3
    rng = np.random.default_rng(2)
    for _ in range(200):
        first, second = ("".join(rng.choice(list("abé"), rng.integers(0, 9))) for _ in range(2))
        assert distance(first, second) == plainly(first, second)


def test_lines_are_read_where_people_wrote_down_what_is_there() -> None:
    eyes = Eyes(
        right=[line("Total 12.50", 10, 10)],
        wrong=[line("Tofal 12.5O", 11, 11)],
        parts=[line("Total", 10, 10, 18), line("12.50", 30, 10, 20)],
        missed=[line("Total", 10, 10, score=0.2)],
        more=[line("Total", 10, 10), line("Thanks", 10, 80)],
        unsaid=[line("Total", 10, 10), line("Thanks", 10, 80)],
        nothing=[],
        ghost=[line("Total", 10, 10)],
    )
    asked = ASKED.twice()[0]
    rows = [
        decided(1, "right", region("Total  12.50", 10, 10)),
        decided(2, "wrong", region("Total 12.50", 10, 10)),
        decided(3, "parts", region("Total 12.50", 10, 10)),
        decided(4, "missed", region("Total", 10, 10)),
        decided(5, "more", region("Total", 10, 10)),
        decided(6, "unsaid", region("Total", 10, 10), region("", 10, 80)),
        decided(7, "nothing"),
        decided(8, "ghost"),
        decided(9, "spoilt", region("Total", 10, 10)),
        decided(10, "right", box("logo", 10, 10, 40, 10)),
        decided(11, "right", region("Total", 10, 10), blind=False),
        decided(12, "", region("Total", 10, 10)),
        decided(13, "odd"),
        decided(14, "nothing", box("logo", 10, 10, 40, 10)),
        decided(15, "unsaid", region("", 10, 10), region("", 10, 80)),
    ]
    found = asyncio.run(reading_scores.written(eyes, READER, asked, rows))  # type: ignore[arg-type]
    read = [1.0, pytest.approx(9 / 11), 1.0, 0.0, pytest.approx(5 / 11), 1.0, 1.0, 0.0]
    assert found == [*read, None, 0.0, None, 0.0, 1.0, 1.0], "what can't be read tells nothing, nor what isn't there"
    assert [key for key, there in sorted(asked.marked.items()) if not there] == [7, 8, 10, 13, 14, 15]
    assert asked.heard[1]["regions"][0]["attributes"] == {"says": "Total 12.50"}
    assert asked.heard[13] == {"fault": NO_ANSWER} and 9 not in asked.evidence and 11 not in asked.heard
    assert asked.evidence[2] == Page([(11, 11, 2)], 0)
    sure = {key: [right for _, right in said] for key, said in asked.meter.said.items()}
    assert [sure[key] for key in (1, 2, 3, 4, 5, 6, 8)] == [
        [True],
        [False],
        [True] * 2,
        [],
        [True, False],
        [True],
        [False],
    ]


def test_the_rate_of_errors_and_the_exact_ones_are_of_decided_regions() -> None:
    pages = [Page([(10, 10, 0), (5, 6, 1)], 20), Page([(5, 0, 5)], 0), Page([], 7)]
    wrong, exact = (kind.of(pages) for kind in reading_scores.FIGURES)
    assert wrong(np.ones(3)) == pytest.approx(6 / 20) and exact(np.ones(3)) == pytest.approx(1 / 3)
    assert wrong(np.array([2.0, 0, 0])) == pytest.approx(1 / 15)
    assert np.isnan(wrong(np.array([0, 0, 1.0])))


def test_a_line_belongs_to_the_region_that_it_lies_in_most() -> None:
    above, below = Region((0, 0, 100, 10), "above"), Region((0, 12, 100, 10), "below")
    both = [Region((0, 1, 90, 10), "above"), Region((5, 13, 80, 9), "below"), Region((0, 60, 50, 10), "far")]
    assert reading_scores.compared(both, [above, below]) == Page([(5, 5, 0), (5, 5, 0)], 3)
    across = [Region((0, 0, 100, 22), "above below")]
    assert reading_scores.compared(across, [above, below]) == Page([(5, 0, 5), (5, 0, 5)], 11), "it is of neither"


def test_the_right_words_in_a_dot_or_all_over_the_page_are_read_nowhere() -> None:
    total = Region((10, 10, 40, 10), "Total")
    for x, y, width, height in ((12, 12, 1, 1), (0, 0, 100, 100), (10, 10, 0, 10)):
        page = reading_scores.compared([Region((x, y, width, height), "Total")], [total])
        assert page == Page([(5, 0, 5)], 5) and page.right == 0.0
    narrow = Region((11, 12, 36, 6), "Total")
    assert reading_scores.compared([narrow], [total]) == Page([(5, 5, 0)], 0), "people draw around words loosely"


def test_a_line_is_right_where_its_region_says_so() -> None:
    def right(*lines: tuple[str, float, float], words: str = "first line second line") -> list[bool]:
        found = [Seen((x, y, 40, 10), "price", "text", 0.9, {"says": said}) for said, x, y in lines]
        regions = [("price", Region((0, 0, 60, 24), words)), ("price", Region((0, 50, 60, 10), ""))]
        return [says for _, says in right_lines(found, regions)]

    assert right(("first line", 0, 0), ("second line", 0, 12)) == [True, True], "each reads its part"
    assert right(("fjrst line", 0, 0), ("secnod line", 0, 12)) == [True, False], "one letter in ten may be wrong"
    assert right(("second", 0, 0), ("second", 0, 12)) == [True, False], "and no part is read twice"
    assert right(("first line", 0, 0)) == [False], "alone it would have to read all of it"
    assert right(("12.5O", 0, 0), words="12.50") == [False] and right(("12.50", 0, 0), words="12.50") == [True]
    assert right(("first line", 0, 50)) == [] and right(("first line", 0, 80)) == [False]
    assert (
        right_lines([Seen((0, 0, 4, 4), "price", "text", 1, {"says": "a"})], [("price", Region((0, 0, 60, 24), "a"))])[
            0
        ][1]
        is False
    ), "a dot reads nothing"
    other = [("logo", Region((0, 0, 40, 10), "Total"))]
    assert not right_lines([Seen((0, 0, 40, 10), "price", "text", 1, {"says": "Total"})], other)[0][1]


def test_where_neither_model_has_a_name_for_what_holds_words_no_picture_tells() -> None:
    detector = version("cat")
    asked = Asked(frozenset({"price"}), {}, (), written={"price": "says"}, versions=(detector,) * 2).twice()[0]
    found = reading_scores.written(Eyes(), detector, asked, [decided(1, "a", region("Total", 10, 10)), decided(2, "a")])  # type: ignore[arg-type]
    assert asyncio.run(found) == [None, None] and not asked.marked
