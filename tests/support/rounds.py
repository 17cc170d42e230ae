"""How often a test tries what luck may find: a third of its rounds with each change, all of them in `make torture`.

What is drawn is the same each time, so `make test` goes through the first third of what `make torture` goes through.
Torture takes up each property test by hypothesis' own mark; any other test that asks here is marked `rounds`.
"""

import os

WHOLE = os.environ.get("TANDEM_TEST_ROUNDS") == "all"  # as `make torture` says it


def rounds(whole: int) -> int:
    """So many of `whole` as this run is to go through, two at least."""
    return whole if WHOLE else min(whole, max(2, -(-whole // 3)))
