"""`python -m benchmarks.studio [PART...]`: all parts, or those named."""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import database
from benchmarks.studio import first_edit, first_visit, goals, large, masks, spans
from tests.support.browser.site import CHROMIUM, chromium_path, running

PARTS = {
    "first-visit": first_visit.measure,
    "first-edit": first_edit.measure,
    "masks": masks.measure,
    "spans": spans.measure,
    "large": large.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studio", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := sorted(set(chosen) - set(PARTS)):
        parser.error(f"there is no part {unknown[0]!r}; there are: {', '.join(PARTS)}")
    found: list[goals.Goal] = []
    with (
        database.fresh(),
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as site,
        sync_playwright() as pw,
    ):
        browser = pw.chromium.launch(executable_path=chromium_path(), args=CHROMIUM)
        for name in chosen:
            found += PARTS[name](browser, site)
        browser.close()
    goals.tell(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
