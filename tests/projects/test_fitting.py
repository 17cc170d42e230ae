"""Values as files write them, made what a project asks for: none becomes another, and what can't be it is told."""

import pytest

from projects.data.importing import fitting


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("4", 4),
        (" -4.50 ", -4.5),
        ("1e3", 1000),
        (4.0, 4),
        ("9007199254740993", 9007199254740993),
        (1e300, 1e300),
        ("1_000", None),
        ("nan", None),
        ("1e999", None),
        (True, None),
        ([4], None),
    ],
)
def test_a_number_is_the_one_that_is_written_or_none(written, number) -> None:
    found = fitting.number(written)
    assert (found, type(found)) == (number, type(number))


def test_a_text_is_made_of_numbers_alone() -> None:
    assert [fitting.field(one, "text") for one in (4, 1.5, True, "x")] == ["4", "1.5", "true", "x"]
    assert [fitting.field(one, "text") for one in (None, {"a": 1})] == [None, {"a": 1}]


def test_an_attribute_is_found_by_its_key_before_anothers_name() -> None:
    asked = [
        {"key": "side", "name": "Side", "kind": "text"},
        {"key": "other", "name": "side", "kind": "number"},
        {"key": "open", "name": "Open %", "kind": "flag"},
    ]
    found, lost = fitting.attributes({"side": "left", "Open %": "perhaps", "Side": {"a": 1}}, asked, "regions[0]")
    assert found == {"side": "left"}
    assert [(one.place, one.code) for one in lost] == [
        ("regions[0].attributes.Open %", "wrong-attribute"),
        ("regions[0].attributes.Side", "wrong-attribute"),
    ]
    assert lost[0].text == "“Open %” isn't asked for like that: perhaps. The rest is kept."
