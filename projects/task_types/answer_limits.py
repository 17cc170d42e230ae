"""Limits and names of answers that readers of files share with the task types, without the methods of inference."""

import re

MAX_REGIONS = 1000
MAX_SPANS = 5000
SHA256 = re.compile(r"[0-9a-f]{64}")

# The candidates of a preference.
FIRST, SECOND, TIE = "first", "second", "tie"
PAIR = (FIRST, SECOND)
PREFERRED = "preferred"
# What a candidate is, and where that comes from.
KEYS = (ITEM, GROUP) = ("item", "group")
