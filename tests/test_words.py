"""One word, one meaning: words that were given up come back neither as names of modules nor on pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.support.walls import ROOT, SOURCES, named

GONE_MODULES = {
    *("apart", "ballots", "belief", "browse", "checking", "configuring", "dealing", "desk", "door", "drawing", "edits"),
    *("evidence", "facts", "founding", "frames", "handing_in", "handles", "hub", "known_answers", "leash", "letters"),
    *("lots", "model_fates", "moments", "nothing", "outlines", "outlook", "oversight", "packing", "pairs", "pieces_of"),
    *("places", "placing", "preparing", "presence", "prospects", "reaping", "revision", "rooms", "sides", "stamps"),
    *("statement", "stock", "taking", "talk", "tasktypes", "teaching", "traps", "truth", "turns", "vigil", "voice"),
    *("weighing", "whole_answers", "winding_up", "wire", "wording"),
    *("browsing", "courses", "remarks", "seats", "trust"),
}
GONE_CLASSES = {
    *("Belief", "BlockedPair", "Calibrated", "CourseStep", "CourseTry", "Crowd", "DealingRules", "Fate", "Intake"),
    *("IntakeFaults", "Placement", "Preparation", "Prepared", "Remark", "Seat", "SeatMove", "StockedGold", "Taught"),
    *("Trait", "Trapped", "Turn", "Vigil", "WindUp"),
}
GONE_SCRIPTS = {
    *(
        "ahead",
        "any_wire",
        "desk",
        "grid_wire",
        "key_sheet",
        "remarks",
        "room",
        "rooms",
        "sheet",
        "stash",
        "talk",
        "wire",
    ),
}
GONE_FROM_PAGES = {
    *("Trust", "Whom to trust", "Who works", "In people's hands", "Kept out", "Known answers", "Let it answer"),
    *("Make ready", "Sure enough from, %", "Judgements at most", "Same region from, %", "Paid from, %", "Refuse"),
    *("Weighed by standing", "Weighed by class", "Thing by thing", "Set the verdict aside", "Keys for programs"),
    *("for each task that stands", "Marks", "Outline", "Let go"),
}
# Out of addresses, their names, templates; each as a word among dashes and underscores.
GONE_FROM_NAMES = {"apart", "hands", "kept", "known", "remark", "remarks", "together", "trust", "wish"}
SAID = re.compile(r"""(?:translate|\b_\(|gettext\(|say\()\s*"((?:[^"\\]|\\.)+)\"""")
PAGES = [path for folder in ("templates", "static/js") for path in sorted((ROOT / folder).rglob("*.*"))] + SOURCES


def test_no_module_has_a_word_that_was_given_up() -> None:
    assert not [named(path) for path in SOURCES if GONE_MODULES & {path.stem, path.parent.name}]
    scripts = (ROOT / "static/js").rglob("*.js")
    assert not [named(path) for path in scripts if path.stem in GONE_SCRIPTS]


def test_no_class_has_a_name_that_was_given_up() -> None:
    classes = {(one, named(path)) for path in SOURCES for one in re.findall(r"^class (\w+)", path.read_text(), re.M)}
    assert ("ModelAnnotator", "projects/models/model_annotators.py") in classes, "nothing was read"
    assert not sorted((one, where) for one, where in classes if one in GONE_CLASSES)


def words_of(name: str) -> set[str]:
    return set(re.split(r"[^a-z]+", re.sub(r"<[^>]*>", "", name.lower())))


def test_no_address_has_a_word_that_was_given_up() -> None:
    own = [
        path for path in addresses(get_resolver()) if "projects." in path.lookup_str or "taskers." in path.lookup_str
    ]
    assert len(own) > 120, "nothing was read"
    found = {one.name: str(one.pattern) for one in own}
    assert "project-quality" in found
    assert not {(name, path) for name, path in found.items() if GONE_FROM_NAMES & words_of(f"{name} {path}")}


# Out of what the scripts call things, alone or within a longer name: createRoom, wireTo, stashNow.
GONE_FROM_SCRIPTS = {
    "desk",
    "foreseen",
    "refuse",
    "refused",
    "remark",
    "remarks",
    "room",
    "rooms",
    "sheet",
    "stash",
    "wire",
    "wish",
}
NOT_A_NAME = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\.)*`", re.DOTALL)


def test_no_name_in_the_scripts_has_a_word_that_was_given_up() -> None:
    found: dict[str, set[str]] = {}
    for path in (ROOT / "static/js").rglob("*.js"):
        names = set(re.findall(r"[A-Za-z]{4,}", NOT_A_NAME.sub("", path.read_text())))
        for name in names:
            found.setdefault(name, set()).add(named(path))
    assert {"createEditor", "createTextStore", "createApi"} <= set(found), "nothing was read"
    said = {name: {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)} for name in found}
    gone = {name: found[name] for name in said if GONE_FROM_SCRIPTS & said[name]}
    assert gone == {"room": {"static/js/studio/shared/geometry.js"}}, "but for the space around an image"


def test_no_class_of_the_styles_has_a_word_that_was_given_up() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "static/css").glob("*.css"))
    classes = set(re.findall(r"\.([a-z][a-z0-9_-]+)", text))
    assert "document" in classes, "nothing was read"
    gone = GONE_FROM_NAMES | {"desk", "desktop", "room", "sheet", "talk"}
    assert not {name for name in classes if gone & words_of(name)}


def test_no_template_has_a_word_that_was_given_up() -> None:
    files = sorted((ROOT / "templates").rglob("*.html"))
    assert not [named(path) for path in files if GONE_FROM_NAMES & words_of(path.stem)]


def addresses(resolver: URLResolver) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        yield from addresses(one) if isinstance(one, URLResolver) else [one]


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


LOOKED_FOR = re.compile(r"""(?:locator|querySelector(?:All)?)\(["']([^"']+)["']""")


def test_what_benchmarks_look_for_is_on_the_pages() -> None:
    """Nobody runs a benchmark with each change: one that waits for what was renamed is found here."""
    pages = "\n".join(path.read_text() for path in PAGES if path not in SOURCES)
    sources = [*(ROOT / "benchmarks").rglob("*.py"), ROOT / "docs" / "screenshots.py"]
    asked = {one for path in sources for one in LOOKED_FOR.findall(path.read_text())}
    names = {name for one in asked for name in re.findall(r"[.#]([a-z][\w-]+)", one)}
    assert "canvas" in names, "nothing was read"
    assert not {name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", pages)}
