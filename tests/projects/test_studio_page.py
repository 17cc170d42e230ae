"""What the studio's page offers is what the verbs behind it take."""

import re
from pathlib import Path

from projects.queue.leases import SKIP_REASONS

DIALOGS = Path(__file__).parents[2] / "templates" / "projects" / "_studio_dialogs.html"


def test_skip_dialog_offers_the_reasons_that_skipping_takes() -> None:
    offered = re.findall(r'name="reason" value="([^"]+)"', DIALOGS.read_text(encoding="utf-8"))
    assert sorted(offered) == sorted(SKIP_REASONS)
