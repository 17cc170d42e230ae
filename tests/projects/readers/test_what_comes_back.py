"""What the pages say of what each format loses is what a round trip loses: measured, aspect by aspect."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.conf import settings as site

from projects.data import exporting
from tests.support.projects import texts_back
from tests.support.projects.comes_back import ASPECTS, SAYINGS, VARIANTS, row_of
from tests.support.projects.round_trips import stored

PAGE = "docs/exporting.md"
# By which words a format says that it loses something. "All but …" says it of everything else.
WORDS = {
    "box": r"box|All but",
    "polygon": r"polygon|utline|All but",
    "mask": r"mask|utline|All but",
    "hole": r"ole|utline|polygon|All but",
    "parts": r"part|utline|polygon|All but",
    "two": r"apart|which object|All but|one mask|utline|polygons",
    "below": r"lies below|lies on top|utline|All but|polygon",
    "line": r"[Ll]ine|All but",
    "point": r"point|All but",
    "hidden": r"hidden|point|All but",
    "attributes": r"ttribute",
    "blank": r"[Bb]lanks|^Labels",
    "id": r"external id",
    "meta": r"meta",
}


TEXT_WORDS = {
    "span": r"span",
    "part": r"token",
    "neighbours": r"neighbour",
    "nested": r"overlap",
    "twice": r"overlap|twice",
    "lines": r"line end|several lines",
    "attributes": r"ttribute",
    "nothing": r"nothing",
    "text": r"white space",
    "blank": r"[Bb]lanks",
    "title": r"title",
    "id": r"\bids?\b|external id",
    "meta": r"meta",
}


def told(heading: str, aspects: Sequence[str]) -> dict[tuple[str, str], dict[str, str]]:
    """A table of the page, by format and how its masks go out."""
    page = (Path(site.BASE_DIR) / PAGE).read_text().partition(f"\n{heading}\n")[2].partition("\n#")[0]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| `")]
    found = {}
    for name, *cells in lines:
        key, _, masks = name.replace("`", "").partition(", ")
        found[key, masks] = dict(zip(aspects, cells, strict=True))
    return found


def line_of(key: str, masks: str, found: dict[str, str]) -> str:
    """What should stand in the table."""
    name = f"`{key}`, {masks}" if masks else f"`{key}`"
    return f"say in {PAGE}:\n| {name} | {' | '.join(found.values())} |"


@pytest.mark.parametrize(("key", "masks"), VARIANTS, ids=["-".join(filter(None, one)) for one in VARIANTS])
def test_the_page_says_what_comes_back(tmp_path, settings, key: str, masks: str) -> None:
    settings.MEDIA_ROOT = tmp_path
    found = row_of(key, stored(len(SAYINGS)), masks)
    assert told("## What comes back", ASPECTS).get((key, masks)) == found, line_of(key, masks, found)
    if masks in ("", *exporting.FORMATS[key].masks[:1]):
        loses = exporting.FORMATS[key].loses
        silent = [name for name, words in WORDS.items() if found[name] != "yes" and not re.search(words, loses)]
        assert not silent, f"{key} loses these and doesn't say so: {silent}"


@pytest.mark.parametrize("key", texts_back.KEYS)
def test_the_page_says_what_comes_back_of_texts(key: str) -> None:
    found = texts_back.row_of(key)
    assert told("### Of texts", texts_back.ASPECTS).get((key, "")) == found, line_of(key, "", found)
    loses = exporting.FORMATS[key].loses
    silent = [name for name, words in TEXT_WORDS.items() if found[name] != "yes" and not re.search(words, loses)]
    assert not silent, f"{key} loses these and doesn't say so: {silent}"
