"""python -m docs.packages: draws docs/pictures/packages.svg, the packages of the three apps and what each imports.

The order is the one that tests/test_architecture.py holds. An arrow is an import, always downwards; those into models,
errors, access, database and files, which nearly everybody has, are left out.
"""

from collections import defaultdict
from collections.abc import Iterator
from html import escape
from pathlib import Path

from tests.support.walls import FLOORS, ROOT, SOURCES, imports

PICTURE = Path(__file__).with_name("pictures") / "packages.svg"
EVERYBODYS = {"models", "errors", "access", "database", "files"}
WIDTH, HEIGHT, GAP, COLUMN = 170, 26, 18, 320
TOP = 60


def draw() -> str:
    """The picture as SVG."""
    places = dict(_places())
    arrows = [one for one in sorted(_arrows()) if {end.rpartition(".")[2] for end in one}.isdisjoint(EVERYBODYS)]
    lines = [_arrow(places[source], places[target]) for source, target in arrows]
    boxes = [_box(name, *at) for name, at in places.items()]
    titles = [
        f'<text x="{column * COLUMN + 40 + WIDTH / 2}" y="36" class="app">{app}/</text>'
        for column, app in enumerate(FLOORS)
    ]
    high = max(y for _x, y in places.values()) + HEIGHT + 30
    style = (
        "text{font:13px system-ui,sans-serif;text-anchor:middle;fill:#1c2430}.app{font-weight:600}"
        "rect{fill:#eef2f7;stroke:#8fa1b5}path{fill:none;stroke:#5b7fb4;stroke-opacity:.35}"
    )
    size = f'viewBox="0 0 {COLUMN * len(FLOORS)} {high}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><title>Packages, and what each imports</title>'
    ground = '<rect width="100%" height="100%" style="fill:#fff;stroke:none"/>'
    return "\n".join([head, f"<style>{style}</style>", ground, *titles, *lines, *boxes, "</svg>"]) + "\n"


def _places() -> Iterator[tuple[str, tuple[int, int]]]:
    for column, (app, floors) in enumerate(FLOORS.items()):
        packages = [one for floor in floors.split()[1:] for one in floor.split("|")]
        for row, package in enumerate(packages):
            yield f"{app}.{package}", (column * COLUMN + 40, TOP + row * (HEIGHT + GAP))


def _arrows() -> set[tuple[str, str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in SOURCES:
        mine = _package(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if mine:
            found[mine] |= {one for module in imports(path) if (one := _package(module)) and one != mine}
    return {(mine, other) for mine, others in found.items() for other in others}


def _package(module: str) -> str:
    app, _, inside = module.partition(".")
    for floor in FLOORS.get(app, "").split()[1:]:
        for one in floor.split("|"):
            if inside == one or inside.startswith(f"{one}."):
                return f"{app}.{one}"
    return ""


def _arrow(source: tuple[int, int], target: tuple[int, int]) -> str:
    (x, y), (a, b) = source, target
    if x == a:
        bend = 24 + abs(b - y) / 12
        side = a + WIDTH
        return f'<path d="M{side} {y + HEIGHT / 2} C{side + bend} {y} {side + bend} {b} {side} {b + HEIGHT / 2}"/>'
    return f'<path d="M{x} {y + HEIGHT / 2} C{x - 60} {y} {a + WIDTH + 60} {b} {a + WIDTH} {b + HEIGHT / 2}"/>'


def _box(name: str, x: int, y: int) -> str:
    rect = f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="5"/>'
    return f'{rect}<text x="{x + WIDTH / 2}" y="{y + 18}">{escape(name.partition(".")[2])}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw())
