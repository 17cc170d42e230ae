"""What a list of labels would make of a label table: the rows, and what is added, changed and taken away."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from projects.configuration import label_keys
from projects.data.label_lists import FIELDS, LabelList, Rejection, same_text
from projects.data.reading.read_labels import LABEL, ListTooLong
from projects.models import limits

DEFAULT_SHAPES = ["mask"]  # as the database gives them to a label of any type (Label.shapes)
TableRow = Mapping[str, Any]  # of the label table: values of its form's fields by their names


@dataclass(frozen=True)
class Change:
    """A label of the table that the list changes: its present name, and the columns that change with what they will
    hold, in words."""

    name: str
    columns: Mapping[str, str]


@dataclass
class Plan:
    """The label table after a list was put into it, and what becomes of each label."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    rejected_values: list[Rejection] = field(default_factory=list)  # of labels that the table takes without them
    ignored: list[str] = field(default_factory=list)
    unit: str = LABEL


@dataclass(frozen=True)
class Terms:
    """What a label table takes."""

    asked: Collection[str]  # fields that labels of the project's type have beside those of every type
    keys_may_change: bool
    studio_keys: Callable[[Sequence[TableRow]], Mapping[str, str]]  # hotkeys that the studio needs, for these labels


@dataclass
class _Candidate:
    """A label of the list, its place in the table (None where it is new), and the row that it would be."""

    label: Mapping[str, Any]
    index: int | None
    row: dict[str, Any]


def plan(present: Sequence[TableRow], listed: LabelList, terms: Terms, *, replace_all: bool) -> Plan:
    """Put a list into a label table. A label is the same where the list gives its key, or else where its name is the
    same. What the list leaves empty stays. `replace_all` takes away the labels that the list lacks, but none that it
    has in a row that is rejected. Raises ListTooLong."""
    present = [row for row in present if str(row.get("name") or "").strip()]
    result = Plan(rejected=list(listed.rejected), rejected_values=list(listed.rejected_values), unit=listed.unit)
    result.ignored = [*listed.ignored, *_unused_columns(listed.labels, terms)]
    candidates = _candidates(present, listed, terms)
    kept_names = {rejection.name.casefold() for rejection in listed.rejected}
    matched = {candidate.index for candidate in candidates}
    remaining = {
        index: dict(row)
        for index, row in enumerate(present)
        if index not in matched and (not replace_all or str(row["name"]).casefold() in kept_names)
    }
    while rejection := _first_clash(present, remaining, candidates, terms):
        candidate, column, text = rejection
        candidates.remove(candidate)
        result.rejected.append(Rejection(candidate.label["row"], candidate.label["name"], column, text))
        if candidate.index is not None and all(candidate.index != other.index for other in candidates):
            remaining[candidate.index] = dict(present[candidate.index])
    while rejected_hotkey := _first_hotkey_clash(remaining, candidates, terms):
        candidate, text = rejected_hotkey
        label = candidate.label = {column: value for column, value in candidate.label.items() if column != "hotkey"}
        before = present[candidate.index] if candidate.index is not None else {}
        candidate.row["hotkey"] = before.get("hotkey") or ""
        result.rejected_values.append(Rejection(label["row"], label["name"], "hotkey", text))
    _fill(result, present, remaining, candidates, terms)
    result.rejected.sort(key=lambda rejection: rejection.row)
    result.rejected_values.sort(key=lambda rejection: rejection.row)
    if len(result.rows) > limits.LABELS:
        raise ListTooLong(limits.LABELS)
    return result


def _unused_columns(labels: Sequence[Mapping[str, Any]], terms: Terms) -> list[str]:
    """Columns that labels of this type lack, where a label holds more in one than every label has by default."""
    default_values: dict[str, Any] = {"shapes": DEFAULT_SHAPES, "parent": ""}
    return [
        column
        for column, default in default_values.items()
        if column not in terms.asked and any(label.get(column, default) != default for label in labels)
    ]


def _candidates(present: Sequence[TableRow], listed: LabelList, terms: Terms) -> list[_Candidate]:
    by_key = {_present_key(row): index for index, row in enumerate(present)}
    by_name = {str(row["name"]).casefold(): index for index, row in enumerate(present)}
    candidates = []
    for label in listed.labels:
        index = by_key.get(label.get("key", ""), by_name.get(label["name"].casefold()))
        row = _row(label, present[index] if index is not None else {}, terms)
        candidates.append(_Candidate(label, index, row))
    return candidates


def _present_key(row: TableRow) -> str:
    return str(row.get("present_key") or label_keys.key_of(row))


def _row(label: Mapping[str, Any], present: TableRow, terms: Terms) -> dict[str, Any]:
    """A row of the label table with what the list says."""
    values = {FIELDS[column]: label[column] for column in ("name", "key", "color", "hotkey") if column in label}
    further = ("shapes", "parent", "attributes", "field")
    values |= {name: label[name] for name in further if name in label and name in terms.asked}
    row = dict(present) | values
    if present and "key" in label and label["name"] != present["name"] and label["key"] == present.get("present_key"):
        row["present_key"] = ""  # the list names the key, so it doesn't follow the new name
    return row


def _key_to_be(row: TableRow, before: TableRow | None, terms: Terms) -> str:
    """The key that the label has once the table is saved."""
    name_before = str(before["name"]) if before and before.get("present_key") and terms.keys_may_change else None
    return label_keys.key_of(label_keys.following(row, name_before))


def _first_clash(
    present: Sequence[TableRow], kept: Mapping[int, TableRow], candidates: Sequence[_Candidate], terms: Terms
) -> tuple[_Candidate, str, str] | None:
    """The first label of the list that can't stand beside the rest of the table: the column, and what to do."""
    owners: dict[tuple[str, str], str] = {}
    indexes: set[int] = set()
    rows = [*kept.values(), *(candidate.row for candidate in candidates)]
    for row in kept.values():
        owners |= dict.fromkeys(_unique_in_table(row, _key_to_be(row, None, terms)), _in_table(row))
    above = _parents(rows)
    for candidate in candidates:
        present_key, key = candidate.row.get("present_key"), candidate.label.get("key")
        if candidate.index in indexes and candidate.index is not None:
            return candidate, "name", _("Another row means the same label: leave one of them out.")
        if candidate.index is not None:
            indexes.add(candidate.index)
        if key and present_key and key != present_key and not terms.keys_may_change:
            text = _("Data is loaded, so the key stays “%(key)s”: write that, or leave it empty.")
            return candidate, "key", text % {"key": present_key}
        before = present[candidate.index] if candidate.index is not None else None
        unique = _unique_in_table(candidate.row, _key_to_be(candidate.row, before, terms))
        if clash := next((pair for pair in unique if pair in owners), None):
            return candidate, clash[0], same_text(clash[0], owners[clash])
        if "parent" in terms.asked and "parent" in candidate.label and (text := _parent_fault(candidate.row, above)):
            return candidate, "parent", text
        owners |= dict.fromkeys(unique, _in_table(candidate.row))
    return None


def _first_hotkey_clash(
    kept: Mapping[int, TableRow], candidates: Sequence[_Candidate], terms: Terms
) -> tuple[_Candidate, str] | None:
    """The first label of the list whose hotkey the studio or another label has, and what to do. A hotkey that the list
    gives yields to those of the table that stay."""
    rows = [*kept.values(), *(candidate.row for candidate in candidates)]
    studio_keys = terms.studio_keys(rows)
    with_hotkey = [candidate for candidate in candidates if "hotkey" in candidate.label]
    staying = [*kept.values(), *(candidate.row for candidate in candidates if "hotkey" not in candidate.label)]
    owners = {_hotkey_of(row): row for row in staying}
    for candidate in with_hotkey:
        hotkey = _hotkey_of(candidate.row)
        if hotkey in owners:
            return candidate, same_text("hotkey", _in_table(owners[hotkey]))
        if hotkey in studio_keys:
            text = _("%(key)s is the studio's own key for “%(other)s”: use another letter, or a digit.")
            return candidate, text % {"key": hotkey.upper(), "other": _(studio_keys[hotkey])}
        owners[hotkey] = candidate.row
    return None


def _hotkey_of(row: TableRow) -> str:
    return str(row.get("hotkey") or "").lower()


def _in_table(row: TableRow) -> str:
    return _("“%(name)s” in the table") % {"name": row["name"]}


def _unique_in_table(row: TableRow, key: str) -> list[tuple[str, str]]:
    return [(column, value) for column, value in (("name", str(row["name"]).casefold()), ("key", key)) if value]


def _parents(rows: Sequence[TableRow]) -> dict[str, TableRow]:
    """Labels by what may be said of them as parents: their keys and names."""
    by_name = {str(row["name"]).casefold(): row for row in rows}
    return by_name | {_present_key(row): row for row in rows}


def _parent_of(row: TableRow, above: Mapping[str, TableRow]) -> TableRow | None:
    parent = str(row.get("parent") or "").strip()
    return above.get(parent) or above.get(parent.casefold())


def _parent_key(row: TableRow, above: Mapping[str, TableRow]) -> str:
    """What tells its parent from others, however it is named; "" without one."""
    parent = _parent_of(row, above)
    return _present_key(parent) if parent else str(row.get("parent") or "").strip()


def _parent_fault(row: TableRow, above: Mapping[str, TableRow]) -> str:
    if _parent_of(row, above) is None:
        words = {"name": str(row["parent"])[: limits.LABEL_NAME]}
        return _("There is no label “%(name)s”: add it, or leave the parent empty.") % words
    chain: list[TableRow] = []
    step: TableRow | None = row
    while step is not None and not any(step is other for other in chain):
        chain.append(step)
        step = _parent_of(step, above)
    return _("It lies under itself: choose another parent.") if step is row else ""


def _fill(
    result: Plan,
    present: Sequence[TableRow],
    kept: Mapping[int, dict[str, Any]],
    candidates: Sequence[_Candidate],
    terms: Terms,
) -> None:
    """The rows of the table, and what becomes of each label. Where its parent is taken away, it lies under none."""
    by_index = {candidate.index: candidate.row for candidate in candidates if candidate.index is not None}
    new_rows = [candidate.row for candidate in candidates if candidate.index is None]
    rows = {**kept, **by_index}
    present_parents, parents = _parents(present), _parents([*rows.values(), *new_rows])
    for index, before in enumerate(present):
        name = str(before["name"])
        if index not in rows:
            result.removed.append(name)
            continue
        row = rows[index]
        if str(row.get("parent") or "").strip() and _parent_of(row, parents) is None:
            row = row | {"parent": ""}
        columns = dict(_changed_columns(before, row, present_parents, terms))
        result.rows.append(row if columns else dict(before))
        if columns:
            result.changed.append(Change(name, columns))
        else:
            result.unchanged.append(name)
    result.rows += new_rows
    result.added = [str(row["name"]) for row in new_rows]
    if "parent" in terms.asked:
        result.rows = list(_parents_first(result.rows))


def _changed_columns(
    before: TableRow, after: TableRow, above: Mapping[str, TableRow], terms: Terms
) -> Iterator[tuple[str, str]]:
    """Columns that the list changes, each with its new value; attributes are too long to be written out."""
    for column, name in [*FIELDS.items(), ("attributes", "attributes"), ("field", "field")]:
        if name == "key":
            is_changed = _key_to_be(after, before, terms) != _present_key(before)
        elif name == "parent":
            is_changed = _parent_key(before, above) != _parent_key(after, above)
        elif name == "hotkey":
            is_changed = _hotkey_of(before) != _hotkey_of(after)
        elif name == "colour":
            is_changed = str(before.get(name) or "").lower() != str(after.get(name) or "").lower()
        elif name == "shapes":
            is_changed = set(before.get(name) or []) != set(after.get(name) or [])
        else:
            is_changed = (before.get(name) or "") != (after.get(name) or "")
        if is_changed:
            value = _key_to_be(after, before, terms) if name == "key" else after.get(name) or ""
            text = ", ".join(value) if isinstance(value, list) else str(value)
            yield column, "" if name == "attributes" else text


def _parents_first(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows in their order, each after the one that it lies under."""
    above = _parents(rows)
    done: set[int] = set()
    for row in rows:
        chain: list[Any] = []
        step: Any = row
        while step is not None and id(step) not in done:
            done.add(id(step))
            chain.append(step)
            step = _parent_of(step, above)
        yield from reversed(chain)
