"""What an operator may set is written down, and what is written down may be set, is called so, and is enough."""

import re
from pathlib import Path

from assist.adapters import RUNTIMES
from assist.adapters.__main__ import SMALL
from assist.adapters.files import PINNED

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


def test_the_runbook_calls_pages_and_buttons_as_they_are_called():
    page = re.sub(r"`[^`]*`", "", (ROOT / "docs" / "runbook.md").read_text())
    said = (ROOT / "config" / "locale" / "es" / "LC_MESSAGES" / "django.po").read_text()
    headings = set(re.findall(r"^## (.*)$", page, re.M)) | {"Upgrade"}  # a heading of operate.md
    quoted = [
        one for text in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", page) for one in " ".join(text.split()).split(" → ")
    ]
    assert len(quoted) > 10
    assert [one for one in quoted if one not in headings and f'msgid "{one}"' not in said] == []


def test_a_machine_without_a_network_is_told_of_every_package_with_models():
    page = (ROOT / "docs" / "operate.md").read_text().partition("## Without a network")[2].partition("\n## ")[0]
    installed = (ROOT / "pyproject.toml").read_text()
    shipped = [artifact for key in SMALL for artifact in RUNTIMES[key].artifacts]
    for artifact in [*PINNED, *shipped]:
        for one in artifact.sources or (artifact,):
            name = one.package.removeprefix("pypi:")
            assert name in page or f'"{name.partition("==")[0]}>=' in installed, name


def test_nobody_is_sent_to_the_packages_of_others_that_are_called_as_ours_are():
    """Neither Tandem nor its client is on PyPI: what is there under these names is somebody else's."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "client").rglob("*.md")]
    modules = [path for app in ("client", "config", "projects", "assist") for path in (ROOT / app).rglob("*.py")]
    foreign = re.compile(r"""install(?:s|ed)? ["'`]*tandem(?:-client)?\b""")
    assert [path.name for path in [*pages, *modules] if foreign.search(path.read_text())] == []
