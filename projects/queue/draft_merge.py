"""What differs between two versions of a draft, put into the older one; the studio's shell/draft_changes.js finds it.

Changes: {"drop": {list: [id, ...]}, "put": {list: [[index, part], ...]}, "order": {list: [id, ...]},
"set": {field: value}, "unset": [field, ...]}. Parts are told apart by their ids. `index` is where a new part stands in
the end; null for a known part, which stays in its place. Both sides are held together by
tests/fixtures/draft_changes.json.
"""

from collections.abc import Mapping
from typing import Any

from projects.errors import Refused

KINDS = {"drop", "put", "order", "set", "unset"}


def applied(answer: Mapping[str, Any], changes: object) -> dict[str, Any]:
    """The answer with the changes in it. Refused (code wrong-changes) when they don't fit it."""
    if not isinstance(changes, Mapping) or not KINDS.issuperset(changes):
        raise _refused("the changes are an object of " + ", ".join(sorted(KINDS)))
    found = dict(answer)
    for field, ids in _by_list(changes, "drop"):
        gone = set(_texts(ids))
        found[field] = [part for part in _parts(found, field) if part["id"] not in gone]
    for field, rows in _by_list(changes, "put"):
        found[field] = _put(_parts(found, field), rows)
    for field, ids in _by_list(changes, "order"):
        by_id = {part["id"]: part for part in _parts(found, field)}
        if sorted(by_id) != sorted(_texts(ids)):
            raise _refused("an order names each part once")
        found[field] = [by_id[key] for key in ids]
    values = changes.get("set", {})
    if not isinstance(values, Mapping):
        raise _refused("what is set has names")
    found |= values
    for field in _texts(changes.get("unset", [])):
        found.pop(field, None)
    return found


def _put(parts: list[dict], rows: object) -> list[dict]:
    places = {part["id"]: place for place, part in enumerate(parts)}
    next_parts = list(parts)
    new: list[tuple[int, dict]] = []
    for row in rows if isinstance(rows, list) else [None]:
        if not isinstance(row, list) or len(row) != 2 or not _is_part(row[1]):
            raise _refused("a part comes with its place")
        index, part = row
        if part["id"] in places and index is None:
            next_parts[places[part["id"]]] = part
        elif part["id"] not in places and isinstance(index, int) and not isinstance(index, bool) and index >= 0:
            new.append((index, part))
        else:
            raise _refused("a new part has a place, a known one keeps its own")
    # Not one insertion after another: each would move all that follows.
    at = dict(new)
    if len(at) != len(new) or len({part["id"] for part in at.values()}) != len(new):
        raise _refused("two new parts share a place or an id")
    rest = iter(next_parts)
    total = len(next_parts) + len(new)
    if any(index >= total for index in at):
        raise _refused("a place is beyond the end")
    return [at[index] if index in at else next(rest) for index in range(total)]


def _by_list(changes: Mapping, kind: str) -> list[tuple[str, Any]]:
    lists = changes.get(kind, {})
    if not isinstance(lists, Mapping):
        raise _refused(f"{kind} goes by list")
    return list(lists.items())


def _parts(answer: Mapping, field: str) -> list[dict]:
    parts = answer.get(field)
    if not isinstance(parts, list) or not all(_is_part(part) for part in parts):
        raise _refused(f"{field} isn't a list of parts with ids")
    return parts


def _is_part(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("id"), str)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _refused("ids and names are texts")
    return value


def _refused(why: str) -> Refused:
    text = "These changes can't be put into the draft: %(why)s."
    return Refused(text, code="wrong-changes", place="changes", why=why)
