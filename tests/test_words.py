"""One word, one meaning: words that were given up come back neither as names of modules nor on pages."""

import re
from pathlib import Path

import pytest

from tests.walls import ROOT, SOURCES, named

GONE_MODULES = {
    *("apart", "ballots", "belief", "browse", "checking", "configuring", "dealing", "desk", "door", "drawing", "edits"),
    *("evidence", "facts", "founding", "frames", "handing_in", "handles", "hub", "known_answers", "leash", "letters"),
    *("lots", "model_fates", "moments", "nothing", "outlines", "outlook", "oversight", "packing", "pairs", "pieces_of"),
    *("places", "placing", "preparing", "presence", "prospects", "reaping", "revision", "rooms", "sides", "stamps"),
    *("statement", "stock", "taking", "talk", "tasktypes", "teaching", "traps", "truth", "turns", "vigil", "voice"),
    *("weighing", "whole_answers", "winding_up", "wire", "wording"),
}
GONE_SCRIPTS = {"ahead", "desk", "rooms", "sheet", "stash", "talk"}
GONE_FROM_PAGES = {
    *("Trust", "Whom to trust", "Who works", "In people's hands", "Kept out", "Known answers", "Let it answer"),
    *("Make ready", "Sure enough from, %", "Judgements at most", "Same region from, %", "Paid from, %", "Refuse"),
    *("Weighed by standing", "Weighed by class", "Thing by thing", "Set the verdict aside", "Keys for programs"),
    *("for each task that stands", "Marks", "Outline", "Let go"),
}
SAID = re.compile(r"""(?:translate|\b_\(|gettext\(|say\()\s*"((?:[^"\\]|\\.)+)\"""")
PAGES = [path for folder in ("templates", "static/js") for path in sorted((ROOT / folder).rglob("*.*"))] + SOURCES


def test_no_module_has_a_word_that_was_given_up() -> None:
    assert not [named(path) for path in SOURCES if GONE_MODULES & {path.stem, path.parent.name}]
    scripts = (ROOT / "static/js").rglob("*.js")
    assert not [named(path) for path in scripts if path.stem in GONE_SCRIPTS]


def test_no_page_says_a_word_that_was_given_up() -> None:
    said = {(words, named(path)) for path in PAGES for words in SAID.findall(path.read_text())}
    assert ("Workforce", "templates/projects/manager/_tabs.html") in said, "nothing was read"
    assert not sorted((words, where) for words, where in said if words in GONE_FROM_PAGES)


PLACES = re.findall(
    r"`([a-z_]+/[\w/.]*)`",
    "\n".join((ROOT / "docs" / f"{name}.md").read_text() for name in ("glossary", "architecture")),
)


@pytest.mark.parametrize("place", sorted(set(PLACES)))
def test_places_that_the_maps_name_are_there(place: str) -> None:
    assert Path(ROOT, place).exists()
