"""What an operator may set is written down, and what is written down may be set."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OF_TESTS = {"TANDEM_TEST_SESSION", "TANDEM_TEST_DATABASE_URL", "TANDEM_FAKE_SECONDS"}
VARIABLE = re.compile(r"\b(?:TANDEM_[A-Z_]+|DATABASE_URL|REDIS_URL|SECRET_KEY)\b")


def read_by_the_code() -> set[str]:
    sources = [path for app in ("config", "taskers", "projects", "assist") for path in (ROOT / app).rglob("*.py")]
    return {name for path in sources for name in VARIABLE.findall(path.read_text())} - OF_TESTS


def test_every_variable_is_in_the_operators_table_and_every_row_is_a_variable():
    page = (ROOT / "docs" / "operate.md").read_text()
    table = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    assert set(VARIABLE.findall(table)) == read_by_the_code()
