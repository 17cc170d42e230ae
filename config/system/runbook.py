"""docs/runbook.md by its headings, so that the page needs no network to say what to do."""

import re
from functools import cache
from pathlib import Path

from config.folder import ROOT
from projects.configuration.markdown import safe_html

RUNBOOK = ROOT / "docs" / "runbook.md"
HEADING = re.compile(r"^## (.+)$", re.M)


@cache
def sections(path: Path = RUNBOOK) -> dict[str, str]:
    """What is said under each heading, as Markdown."""
    parts = HEADING.split(path.read_text())
    return {heading.strip(): text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def advice(heading: str) -> str:
    """The same as HTML; a heading that isn't there is an error of ours."""
    return safe_html(sections()[heading])
