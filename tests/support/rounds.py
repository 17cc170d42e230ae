"""How often a test tries what luck may find: a third of its rounds with each change, all of them in `make torture`.

What is drawn is the same each time.
Torture takes up each property test by hypothesis' own mark; any other test that asks here is marked `rounds`.
"""

import os

WHOLE = os.environ.get("TANDEM_TEST_ROUNDS") == "all"  # as `make torture` says it


def rounds(whole: int) -> int:
    """So many of `whole` as this run is to go through, four at least: what is drawn first is the simplest."""
    return whole if WHOLE else min(whole, max(4, -(-whole // 3)))
