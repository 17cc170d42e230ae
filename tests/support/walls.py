"""The packages of the source, their order, and what imports what: for the tests and for the picture in docs/."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ["taskers", "projects", "assist", "config"]  # each may import those before it
# The packages of each app, from the top down: each may import those below it (docs/architecture.md).
FLOORS = {
    "taskers": """urls|admin|apps|management|templatetags
        web notifications organizations people credentials skills money standing audit outbox access models database
        outbound sandbox errors telemetry files""",
    "projects": """urls|admin|apps|jobs|management|templatetags
        api web.reviewer web.finance web.manager web.annotator web.shared webhooks reports data workflow annotators
        quality workforce queue configuration task_types inference access models errors""",
    "assist": """apps|jobs|management|templatetags
        api web session annotators learning alike suggestions registry runtime adapters models|errors""",
}
# The package of client/ is built and installed by itself: it imports none of the apps, and none of them imports it.
CLIENT = {
    "tandem_client": """command|__main__
        client projects|batches|tasks|imports|predictions|deliveries|verdicts|exports|webhooks login
        downloads|uploads|folders|answers|lists|signatures|json_lines transport codec models|delivery|identity|schema
        errors|version"""
}
NO_SOURCE = {"migrations", "build"}  # the client's build is what `pip wheel` leaves
SOURCES = [
    path
    for app in [*APPS, "client"]
    for path in sorted((ROOT / app).rglob("*.py"))
    if not NO_SOURCE.intersection(path.relative_to(ROOT).parts)
]


@cache
def parsed(path: Path) -> ast.Module:
    """A file of the source, parsed when it is first looked at: all of them take seconds, in each process of tests."""
    return ast.parse(path.read_text())


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it: what stands inside a function counts too."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{named(path)} imports from where it stands"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module_of(path: Path) -> str:
    """The name that a file of the source is imported by."""
    steps = path.relative_to(ROOT / "client" if named(path).startswith("client/") else ROOT).with_suffix("").parts
    return ".".join(steps).removesuffix(".__init__")


def floor_of(module: str) -> tuple[int, int]:
    """How high a module stands: its app, and its package's place in it, counted from below; what is no part of an app's
    packages stands on top of it. The client lies below all apps."""
    app, _, inside = module.partition(".")
    house = APPS.index(app) if app in APPS else -1
    floors = (FLOORS | CLIENT).get(app, "").split()[::-1]
    for height, packages in enumerate(floors):
        if any(inside == one or inside.startswith(f"{one}.") for one in packages.split("|")):
            return house, height
    return house, len(floors)
