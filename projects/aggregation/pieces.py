"""What merged instances of every kind carry: label, attributes, provenance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


def most_common(values: Sequence[str]) -> str:
    """The value said most often; among equals the first in the alphabet, so that order is nothing."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def common_attributes(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For each attribute that more than half of the members carry, its most common value."""
    said: dict[str, list[str]] = {}
    for member in members:
        for key, value in (member.get("attributes") or {}).items():
            said.setdefault(key, []).append(json.dumps(value, sort_keys=True))
    kept = {key: most_common(values) for key, values in said.items() if 2 * len(values) > len(members)}
    return {key: json.loads(kept[key]) for key in sorted(kept)}


def common_provenance(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Where the merged instance comes from: what all members share; "edited" where they differ."""
    known = [member.get("provenance") or {} for member in members]
    out: dict[str, Any] = {}
    for key, otherwise in (("source", "edited"), ("suggestion", None), ("model", None)):
        values = {entry.get(key) for entry in known}
        out[key] = values.pop() if len(values) == 1 else otherwise
    out["source"] = out["source"] or "human"
    return out
