"""Classification of images or texts: the fields that a project asks for, filled in.

Payload: an image {"asset", "width", "height", "name"} or a text {"text", "title"?}; with either {"proposed"?, "meta"?}.
"proposed" is an answer to verify, {field: value}; one label alone stands for the first field.
Answer: {"fields": [{"field", "kind", "value", "provenance"}]} in the project's order; what was left open isn't there.
asked_fields.py says what is asked; a choice's value is a label's key, a multiple choice's a sorted list of them, a
tree's the path of them from the root, a number's a number, a text's a text.

People must agree on the fields that count, and are graded by these alone: those that must be filled in, where nothing
else is said. What is only collected is merged and kept (`asked_fields.optional`).
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from projects.errors import Refused
from projects.inference import part_matches
from projects.inference.fields import fields_agreement, merge_fields, without
from projects.inference.gold_check import Difference, GoldCheck
from projects.task_types import asked_fields, studio_keys
from projects.task_types import shape as check
from projects.task_types.image_regions import ImageRegions
from projects.task_types.protocol import Answer, Payload
from projects.task_types.text_spans import TextSpans
from taskers.errors import Word

MAX_OPTIONS = 200
MAX_PROPOSED = 50
MAX_TEXT = asked_fields.LONGEST_SAID
PICTURE = ("asset", "width", "height", "name")
TEXT = ("text", "title")


class AskedLabels(dict[str, Mapping[str, Any]]):
    """The labels that may be used, each with {"field", "parent"}, and beside them the `fields` that are asked for."""

    placed = True  # whether it is known which field each label belongs to, and what it lies under

    def __init__(self, labels: Mapping[str, Mapping[str, Any]], fields: Sequence[Mapping] = ()) -> None:
        super().__init__(labels)
        self.fields = list(fields) or asked_fields.usual()


class Classification:
    """The room of classification; see projects.task_types.protocol for what each method promises."""

    key = "classification"
    title = "Classification of images or texts"
    media = "any"
    answer_list = "fields"
    payload_fields: tuple[str, ...] = (*PICTURE, *TEXT, "proposed", "meta")
    unit = ""
    settings_asked: tuple[str, ...] = ("copilot", "fields_asked", "grid", "minimum_score")
    labels_asked: tuple[str, ...] = ("model_names", "field", "parent")

    def check_payload(self, payload: object) -> Payload:
        found = check.an_object(payload, "", (), self.payload_fields)
        pictured = "asset" in found
        if pictured == ("text" in found):
            raise Refused("A task shows an image or a text, one of both.", code="no-content", place="text")
        other = TEXT if pictured else PICTURE
        for name in other:
            if name in found:
                raise Refused("The field “%(name)s” is not known here.", code="unknown-field", place=name, name=name)
        rest = {name: value for name, value in found.items() if name != "proposed"}
        canonical = (ImageRegions() if pictured else TextSpans()).check_payload(rest)
        proposed = _proposed(found.get("proposed"))
        return canonical | ({"proposed": proposed} if proposed else {})

    def check_answer(self, answer: object, payload: Payload, labels: Collection[str]) -> Answer:
        parts = check.an_object(answer, "", ("fields",))["fields"]
        parts = check.a_list(parts, "fields", asked_fields.MOST, "too-many-fields")
        asked = labels if isinstance(labels, AskedLabels) else _as_they_say(parts, labels)
        known = {one["key"]: one for one in asked.fields}
        given: dict[str, dict[str, Any]] = {}
        places: dict[str, str] = {}
        for index, part in enumerate(parts):
            place = f"fields[{index}]"
            found = check.an_object(part, place, ("field", "value"), ("kind", "provenance"))
            name = found["field"]
            if not isinstance(name, str) or name not in known:
                raise Refused(
                    "This project asks for no field “%(name)s”.",
                    code="unknown-field",
                    place=f"{place}.field",
                    name=check.clipped(name),
                )
            if name in given:
                raise Refused(
                    "The field “%(name)s” is filled in twice.", code="field-twice", place=f"{place}.field", name=name
                )
            given[name] = _part(found, known[name], place, asked)
            places[name] = place
        return {"fields": _ordered(asked.fields, given, places)}

    def check_answerable(self, labels: Sequence[Mapping], fields: Sequence[Mapping]) -> None:
        asked_fields.check_answerable(fields, labels)

    def agreement(self, a: Answer, b: Answer, thresholds: Mapping[str, Any]) -> float:
        terms = thresholds.get("numbers"), thresholds.get("optional", ()), thresholds.get("weights")
        return fields_agreement(a, b, *terms)

    def gold_check(self, answer: Answer, known: Answer, thresholds: Mapping[str, Any]) -> GoldCheck:
        answer, known = (without(one, thresholds.get("optional", ())) for one in (answer, known))
        mine = {part["field"]: part["value"] for part in answer["fields"]}
        right = {part["field"]: part["value"] for part in known["fields"]}
        found: list[Difference] = []
        for name, value in right.items():
            if name not in mine:
                found.append({"code": "missed", "field": name, "label": _said(value)})
            elif mine[name] != value:
                wrong: Difference = {"code": "wrong-label", "field": name, "label": _said(value)}
                wrong["given"] = _said(mine[name])
                found.append(wrong)
        extra = [(name, value) for name, value in mine.items() if name not in right]
        found += [{"code": "extra", "field": name, "label": _said(value)} for name, value in extra]
        return GoldCheck(self.agreement(answer, known, thresholds), found, self._by_label(answer, known))

    def _by_label(self, answer: Answer, known: Answer) -> dict[str, float]:
        """1 for each label that both chose, 0 for one that only one of them did."""
        mine, right = self.labels_used(answer), self.labels_used(known)
        return {label: float(label in mine and label in right) for label in sorted(mine | right)}

    def merge(
        self, answers: Sequence[Answer], thresholds: Mapping[str, Any], trust: Sequence[float] | None = None
    ) -> Answer:
        return merge_fields(answers, thresholds.get("numbers"), trust, thresholds.get("asked", ()))

    def matched_parts(self, answers: Sequence[Answer], thresholds: Mapping[str, Any]) -> list[list[tuple[int, int]]]:
        return part_matches.of_fields(answers)

    def effort(self, answers: Sequence[Answer], enough: float) -> float:
        return 0.0

    def choice(self, answer: Answer) -> str | None:
        """The one label of an answer that says nothing else; None where more is filled in, or none."""
        parts = answer["fields"]
        return parts[0]["value"] if len(parts) == 1 and parts[0]["kind"] == "choice" else None

    def labels_used(self, answer: Answer) -> set[str]:
        used: set[str] = set()
        for part in answer["fields"]:
            if part["kind"] in asked_fields.CHOICES:
                used.update([part["value"]] if isinstance(part["value"], str) else part["value"])
        return used

    def only(self, answer: Answer, label: str) -> Answer:
        chosen = [part for part in answer["fields"] if part["kind"] in asked_fields.CHOICES and label in _listed(part)]
        return {"fields": [part | {"value": _down_to(part, label)} for part in chosen]}

    def relabelled(self, answer: Answer, labels: Mapping[str, str | None]) -> tuple[Answer, bool]:
        """A stored answer under other labels, old key -> new one or None; and whether something had to be left out."""
        kept = []
        for part in answer["fields"]:
            value = part["value"]
            if part["kind"] in asked_fields.CHOICES:
                value = _under(part["kind"], value, labels)
            if value:
                kept.append(part | {"value": value})
            elif part["kind"] == "number":
                kept.append(part)
        chosen = [part for part in answer["fields"] if part["kind"] in asked_fields.CHOICES]
        lost = any(labels.get(one) is None for part in chosen for one in _listed(part))
        return {"fields": kept}, lost

    def shown(self, payload: Payload) -> Payload:
        return {name: value for name, value in payload.items() if name not in ("asset", "name", "meta")}

    def decisive(self, fields: Sequence[Mapping]) -> Sequence[Mapping]:
        """Those of the asked fields that a method must be able to decide: all, though nobody is graded by some."""
        return fields

    def asks(self, fields: Sequence[Mapping]) -> list[asked_fields.Asked]:
        """The fields that a project of this type asks for, where its manager says these."""
        return [dict(one) for one in fields] or asked_fields.usual()

    def studio_keys(self, labels: Sequence[Mapping], grid: int = 1) -> Mapping[str, str]:
        return studio_keys.of_fields(labels, grid)

    def units(self, answer: Answer, payload: Payload) -> int:
        return 0

    def is_empty(self, answer: Answer) -> bool:
        return not answer["fields"]


def _said(value: Any) -> str | list[str]:
    """A value as a difference holds it: keys of labels, or what was filled in."""
    return list(value) if isinstance(value, list) else str(value)[:200]


def _listed(part: Mapping) -> Sequence:
    return part["value"] if isinstance(part["value"], list) else [part["value"]]


def _down_to(part: Mapping, label: str) -> Any:
    """What a part says of one of its labels: itself, and of a path also what it lies under."""
    if part["kind"] == "tree":
        return part["value"][: part["value"].index(label) + 1]
    return [label] if part["kind"] == "multiple" else label


def _under(kind: str, value: Any, labels: Mapping[str, str | None]) -> Any:
    if kind == "choice":
        return labels.get(value)
    found = [labels.get(one) for one in value]
    if kind == "tree":
        return None if None in found else found
    return sorted({one for one in found if one})


def _as_they_say(parts: Sequence[object], labels: Collection[str]) -> AskedLabels:
    """Where nothing is known but the labels' keys, each part is taken for what it says it is: the check of stored
    answers, whose fields and places in the tree may have changed since."""
    fields = []
    for part in parts:
        kind = part.get("kind", "choice") if isinstance(part, dict) else None
        if isinstance(part, dict) and isinstance(part.get("field"), str) and kind in asked_fields.KINDS:
            name = check.a_text(part["field"], "fields", 60)
            fields.append({"key": name, "name": name, "kind": kind, "required": False, "longest": MAX_TEXT})
    found = AskedLabels({key: {} for key in labels})
    found.fields = fields  # none where all was left open
    found.placed = False
    return found


def _ordered(fields: Sequence[Mapping], given: Mapping[str, dict], places: Mapping[str, str]) -> list[dict]:
    """The parts in the project's order; Refused for one that isn't asked here, and for one that is missing."""
    shown = asked_fields.shown(fields, {name: part["value"] for name, part in given.items()})
    for name in given:
        if name not in {one["key"] for one in shown}:
            raise Refused(
                "The field “%(name)s” isn't asked for with these answers.",
                code="field-not-asked",
                place=places[name],
                name=name,
            )
    for one in shown:
        if one["required"] and one["key"] not in given:
            raise Refused(
                "“%(name)s” is still open.", code="missing-answer", place=f"fields.{one['key']}", name=one["name"]
            )
    return [given[one["key"]] for one in shown if one["key"] in given]


def _part(found: Mapping, asked: Mapping, place: str, labels: AskedLabels) -> dict[str, Any]:
    kind = asked["kind"]
    if found.get("kind", kind) != kind:
        raise Refused(
            "“%(name)s” takes a %(kind)s.",
            code="wrong-kind",
            place=f"{place}.kind",
            name=asked["name"],
            kind=Word(kind),
        )
    return {
        "field": asked["key"],
        "kind": kind,
        "value": VALUES[kind](found["value"], asked, f"{place}.value", labels),
        "provenance": _provenance(found.get("provenance"), f"{place}.provenance"),
    }


def _choice(value: object, asked: Mapping, place: str, labels: AskedLabels) -> str:
    label = check.a_label(value, place, labels)
    first = next((one["key"] for one in labels.fields if one["kind"] in asked_fields.CHOICES), None)
    if labels.placed and (labels[label].get("field") or first) != asked["key"]:
        raise Refused(
            "“%(label)s” is no choice of “%(name)s”.",
            code="unknown-label",
            place=place,
            label=label,
            name=asked["name"],
        )
    return label


def _multiple(value: object, asked: Mapping, place: str, labels: AskedLabels) -> list[str]:
    options = check.a_list(value, place, MAX_OPTIONS, "too-many-options")
    found = [_choice(one, asked, f"{place}[{index}]", labels) for index, one in enumerate(options)]
    if not found:
        raise Refused("Leave the field out where nothing fits.", code="blank", place=place)
    if len(set(found)) < len(found):
        raise Refused("An option is named twice.", code="option-twice", place=place)
    return sorted(found)


def _tree(value: object, asked: Mapping, place: str, labels: AskedLabels) -> list[str]:
    steps = check.a_list(value, place, MAX_OPTIONS, "too-many-options")
    path = [_choice(one, asked, f"{place}[{index}]", labels) for index, one in enumerate(steps)]
    if not path:
        raise Refused("Leave the field out where nothing fits.", code="blank", place=place)
    for index, step in enumerate(path):
        parent = path[index - 1] if index else None
        if labels.placed and (labels[step].get("parent") or None) != parent:
            text = "“%(step)s” isn't under “%(parent)s”." if parent else "“%(step)s” isn't at the top."
            raise Refused(text, code="broken-path", place=f"{place}[{index}]", step=step, parent=parent)
    return path


def _number(value: object, asked: Mapping, place: str, labels: AskedLabels) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused(
            "Expected a number here, found %(found)s.", code="wrong-shape", place=place, found=check.kind(value)
        )
    if not abs(value) <= asked_fields.FURTHEST:  # NaN too
        raise Refused("Infinity, NaN and numbers beyond 10¹² can't be kept.", code="not-a-number", place=place)
    if "max" in asked and not asked["min"] <= value <= asked["max"]:
        raise Refused(
            "“%(name)s” goes from %(min)s to %(max)s.",
            code="out-of-range",
            place=place,
            name=asked["name"],
            min=asked["min"],
            max=asked["max"],
        )
    if "step" in asked:
        steps = (value - asked.get("min", 0)) / asked["step"]
        if not math.isclose(steps, round(steps), rel_tol=1e-9, abs_tol=1e-6):
            raise Refused(
                "“%(name)s” goes in steps of %(step)s.",
                code="off-step",
                place=place,
                name=asked["name"],
                step=asked["step"],
            )
    return int(value) if value == int(value) else round(float(value), 6)


def _text(value: object, asked: Mapping, place: str, labels: AskedLabels) -> str:
    return check.a_text(value, place, asked.get("longest", asked_fields.LONGEST)).strip().replace("\r\n", "\n")


VALUES = {"choice": _choice, "multiple": _multiple, "tree": _tree, "number": _number, "text": _text}


def _proposed(value: object) -> dict[str, Any]:
    """What to verify, {field: value}. From a table it may come as JSON text; one label is for the first field ("")."""
    if isinstance(value, str) and value.strip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise Refused("This isn't JSON.", code="wrong-shape", place="proposed") from None
    if value in (None, "", {}):
        return {}
    if isinstance(value, str):
        return {"": check.a_text(value, "proposed", 200).strip()}
    found = check.meta(value, "proposed")
    if len(found) > MAX_PROPOSED:
        raise Refused(
            "At most %(most)s fields are allowed.",
            code="too-many-fields",
            place="proposed",
            most=MAX_PROPOSED,
        )
    return {name: found[name] for name in sorted(found)}


def _provenance(value: object, place: str) -> dict[str, Any]:
    found = check.provenance(value, place)
    found.pop("untouched", None)  # of attributes, which a field has none of
    return found
