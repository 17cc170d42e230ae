"""The letters and digits that the studio has for itself, by what a project's labels ask for.

The tables of keys are the studio's (static/js/studio/*_bindings.js); these are their single letters and digits, so that
a label isn't given one of them. tests/fixtures/studio_keys.json holds both sides together.
"""

from collections.abc import Iterable, Mapping

EVERYWHERE = {"s": "Skip", "r": "Report", "i": "Instructions"}
REGIONS = {
    "a": "Accept",
    "x": "Reject",
    "m": "Next mask",
    "j": "Next region",
    "k": "Region before",
    "h": "Hide",
    "v": "Select",
    "f": "Fit the image",
    "w": "Brightness and contrast",
}
MASKS = {"b": "Copilot box", "c": "Copilot click", "t": "Clicks take away"}
PAINTED = {"d": "Brush", "e": "Eraser", "l": "Freehand", "g": "Fill", "u": "Take pixels from underneath"}
OUTLINES = {"q": "Convert", "z": "Snapping"}
BY_HAND = {"box": {"n": "Box by hand"}, "polygon": {"p": "Polygon"}, "polyline": {"y": "Line"}, "point": {"o": "Point"}}
SPANS = {
    "a": "Accept",
    "x": "Reject",
    "q": "Show suggestions",
    "j": "Next span",
    "k": "Span before",
    "m": "Mark every occurrence",
    "t": "Letters or words",
    "u": "Start earlier",
    "o": "End later",
}
GRID = {"f": "Fill the rest", "n": "Next image without a label", "z": "Look closer"}
FIELDS = {"j": "Next field", "k": "Field before"}
PREFERENCE = {"1": "A is better", "2": "B is better", "3": "About equal"}


def of_regions(labels: Iterable[Mapping]) -> dict[str, str]:
    """The keys of the image studio for labels that take these "shapes", each with what it does."""
    shapes = {shape for label in labels for shape in label.get("shapes") or ("mask",)}
    keys = EVERYWHERE | REGIONS
    if shapes & {"mask", "polygon", "box"}:
        keys = keys | MASKS
    if "mask" in shapes:
        keys = keys | PAINTED
    if shapes - {"mask"}:
        keys = keys | OUTLINES
    for shape in shapes & set(BY_HAND):
        keys = keys | BY_HAND[shape]
    return keys


def of_spans(labels: Iterable[Mapping]) -> dict[str, str]:
    """The keys of the text studio."""
    return EVERYWHERE | SPANS


def of_fields(labels: Iterable[Mapping], grid: int = 1) -> dict[str, str]:
    """The keys of a classification; the digits choose in the field at hand unless a label has them."""
    return EVERYWHERE | (GRID if grid > 1 else FIELDS)


def of_preference() -> dict[str, str]:
    """The keys of a preference: a choice of another field may have any other digit for its own."""
    return EVERYWHERE | FIELDS | PREFERENCE
