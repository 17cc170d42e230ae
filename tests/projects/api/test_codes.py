"""A code is a promise to programs: each that the source can raise is written down, beside the status it comes with."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.conf import settings

from taskers.errors import Problem

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "api.md").read_text()
ERRORS = PAGE.partition("## Errors")[2]
CODE = re.compile(r"`([a-z0-9-]+)`")
RAISED = (
    re.compile(r'\bcode ?= ?"([a-z0-9-]+)"'),
    re.compile(r'Fault\([^)]*?, "([a-z0-9-]+)"'),
    re.compile(r'ManifestProblem\(\s*"([a-z0-9-]+)"'),
)
ROW = re.compile(r"^\| ([\d, ]+) \| (.*) \|$", re.M)


def sources() -> Iterator[tuple[Path, str]]:
    for app in ("taskers", "projects", "assist"):
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path, path.read_text()


def statuses_told() -> dict[str, set[int]]:
    """Of each code the statuses beside which the page names it; those below the table come with 422."""
    told: dict[str, set[int]] = {}
    below = ROW.split(ERRORS.partition("Where `claim` has nothing")[0])[-1]
    for statuses, codes in [*ROW.findall(ERRORS), ("422", below)]:
        for code in CODE.findall(codes):
            told.setdefault(code, set()).update(map(int, statuses.split(", ")))
    return told


def kinds_of(base: type[Problem]) -> dict[str, type[Problem]]:
    return {base.__name__: base} | {k: v for one in base.__subclasses__() for k, v in kinds_of(one).items()}


def statuses_raised() -> Iterator[tuple[str, int, str]]:
    """Where a named error is raised: its code, its status, the file. What only pages raise is no promise."""
    import_module(settings.ROOT_URLCONF)  # so that every kind is known
    kinds = kinds_of(Problem)
    for path, text in sources():
        if "web" in path.parts or "raise " not in text:
            continue
        for call in ast.walk(ast.parse(text)):
            kind = kinds.get(ast.unparse(call.func).split(".")[-1]) if isinstance(call, ast.Call) else None
            if isinstance(call, ast.Call) and kind:
                said = {one.arg: getattr(one.value, "value", None) for one in call.keywords}
                code, status = said.get("code", kind.code), said.get("status", kind.status)
                if isinstance(code, str) and isinstance(status, int):  # not where they are another error's
                    yield code, status, path.name


def test_every_code_stands_in_the_description() -> None:
    told = set(CODE.findall(PAGE + (ROOT / "docs" / "assist-protocol.md").read_text()))
    raised = {(code, path.name) for path, text in sources() for pattern in RAISED for code in pattern.findall(text)}
    assert len(raised) > 50, "this test looks for the wrong thing"
    missing = sorted(one for one in raised if one[0] not in told)
    assert not missing, f"write these codes down in docs/api.md: {missing}"


def test_every_code_stands_beside_its_status() -> None:
    told, raised = statuses_told(), set(statuses_raised())
    assert len(raised) > 300, "this test looks for the wrong thing"
    wrong = sorted(one for one in raised if one[1] < 500 and one[1] not in told.get(one[0], ()))
    assert not wrong, f"docs/api.md names these codes beside another status: {wrong}"


def test_every_reason_for_no_work_is_told() -> None:
    told = set(CODE.findall(PAGE.partition("Where `claim` has nothing")[2]))
    given = {code for _path, text in sources() for code in re.findall(r'return (?:why or )?Nothing\("([a-z-]+)"', text)}
    missing = sorted(given - told)
    assert len(given) > 10 and not missing, f"say in docs/api.md what `nothing.code` may be: {missing}"
