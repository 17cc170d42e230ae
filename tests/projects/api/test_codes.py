"""A code is a promise to programs: each one that the source can raise is written down."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RAISED = (re.compile(r'\bcode ?= ?"([a-z0-9-]+)"'), re.compile(r'Fault\([^)]*?, "([a-z0-9-]+)"'))


def test_every_code_stands_in_the_description() -> None:
    told = set(re.findall(r"`([a-z0-9-]+)`", (ROOT / "docs" / "api.md").read_text()))
    raised = {
        (code, path.name)
        for app in ("taskers", "projects")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        for pattern in RAISED
        for code in pattern.findall(path.read_text())
    }
    assert len(raised) > 50, "this test looks for the wrong thing"
    assert {one for one in raised if one[0] not in told} == set(), "write these codes down in docs/api.md"
