"""What merged instances of every kind carry: label, attributes, provenance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from projects.inference.numbers import merge_numbers


def most_common(values: Sequence[str]) -> str:
    """The value said most often; among equals the first in the alphabet, so that order is nothing."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def common_attributes(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For each attribute that more than half of the members carry, its most common value; numbers of which no one
    was said by more than half become their robust mean, whole ones a whole one."""
    said: dict[str, list[str]] = {}
    for member in members:
        for key, value in (member.get("attributes") or {}).items():
            said.setdefault(key, []).append(json.dumps(value, sort_keys=True))
    return {key: _common(said[key]) for key in sorted(said) if 2 * len(said[key]) > len(members)}


def _common(values: Sequence[str]) -> Any:
    """The common one of values written as JSON."""
    common = most_common(values)
    numbers = [json.loads(value) for value in values]
    plain = all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in numbers)
    if not plain or 2 * values.count(common) > len(values):
        return json.loads(common)
    middle = merge_numbers(numbers).value
    return round(middle) if all(isinstance(number, int) for number in numbers) else round(middle, 6)


def common_provenance(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Where the merged instance comes from: what all members share; "edited" where they differ."""
    known = [member.get("provenance") or {} for member in members]
    out: dict[str, Any] = {}
    for key, otherwise in (("source", "edited"), ("suggestion", None), ("model", None)):
        values = {entry.get(key) for entry in known}
        out[key] = values.pop() if len(values) == 1 else otherwise
    out["source"] = out["source"] or "human"
    untouched = set.intersection(*(set(entry.get("untouched") or ()) for entry in known)) if known else set()
    if untouched:  # by any of them
        out["untouched"] = sorted(untouched)
    return out
