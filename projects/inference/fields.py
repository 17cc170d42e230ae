"""Answers that fill in fields: how far two agree, and one from several, field by field.

An answer is {"fields": [{"field", "kind", "value", "provenance"}]}; each part says its kind, so nothing else need be
known. A choice is a label; a multiple choice a sorted list of labels; a tree the path of labels from the root; a
number a number; a text a text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from projects.inference import arguments
from projects.inference.numbers import merge_numbers, merge_texts, numbers_agreement, texts_agreement
from projects.inference.pieces import common_provenance

Part = Mapping[str, Any]


def fields_agreement(
    first: Part,
    second: Part,
    numbers: Mapping[str, Mapping] | None = None,
    optional: Collection[str] = (),
    times: Mapping[str, float] | None = None,
) -> float:
    """The mean over all fields that either answer filled in; one that only one of them did counts 0. Two empty
    answers agree. `numbers` says of number fields {"tolerance"?, "min"?, "step"?}; the `optional` are not compared;
    `times`, above 0, say how often a field counts, which is once."""
    mine, theirs = _by_field(without(first, optional)), _by_field(without(second, optional))
    names = mine.keys() | theirs.keys()
    if not names:
        return 1.0
    common = [name for name in names if name in mine and name in theirs and mine[name]["kind"] == theirs[name]["kind"]]
    counted = {name: (times or {}).get(name, 1) for name in sorted(names)}
    total = sum(
        counted[name]
        * value_agreement(mine[name]["kind"], mine[name]["value"], theirs[name]["value"], (numbers or {}).get(name))
        for name in sorted(common)
    )
    return min(1.0, total / sum(counted.values()))


def without(answer: Part, fields: Collection[str]) -> dict[str, Any]:
    """The answer without what it says in these fields."""
    return {**answer, "fields": [part for part in answer["fields"] if part["field"] not in fields]}


def value_agreement(kind: str, first: Any, second: Any, rule: Mapping | None = None) -> float:
    """Agreement of two values of one field, in [0, 1]. Multiple choices by the share of options in common; a path by
    how far down it is the same; numbers by their distance; texts by their words."""
    if kind == "choice":
        return float(first == second)
    if kind == "multiple":
        return 2 * len(set(first) & set(second)) / (len(first) + len(second))
    if kind == "tree":
        same = sum(1 for depth in range(1, 1 + min(len(first), len(second))) if first[:depth] == second[:depth])
        return 2 * same / (len(first) + len(second))
    if kind == "number":
        return numbers_agreement(first, second, (rule or {}).get("tolerance", 0))
    return texts_agreement(first, second)


def merge_fields(
    answers: Sequence[Part],
    numbers: Mapping[str, Mapping] | None = None,
    trust: Sequence[float] | None = None,
    asked: Sequence[Mapping] = (),
) -> dict[str, Any]:
    """One answer from several (at least one). A field is filled in when at least half of the trust filled it in.

    `asked` are the project's fields, each after the one it depends on: {"key", "when"?: {"field", "is"}}. Where the
    merged answer doesn't meet a field's condition, the field is left out; where it does, those alone are merged whose
    own answers meet it. Other fields come last, in the order of the first answers that have them. BadArgument for
    weights that are not.
    """
    belief = arguments.weights("trust", trust, len(answers)).tolist()
    given: dict[str, list[tuple[Part, float]]] = {}
    for answer, weight in zip(answers, belief, strict=True):
        for part in answer["fields"]:
            given.setdefault(part["field"], []).append((part, weight))
    conditions = {field["key"]: field.get("when") for field in asked}
    others = sorted(given.keys() - conditions, key=lambda name: (min(_place(one, name) for one in answers), name))
    said_of = [_by_field(answer) for answer in answers]
    merged: list[dict[str, Any]] = []
    for name in [*(key for key in conditions if key in given), *others]:
        total = sum(belief)
        if when := conditions.get(name):
            if not _meets({part["field"]: part for part in merged}, when):
                continue
            meets = [_meets(said, when) for said in said_of]
            total = sum(weight for weight, met in zip(belief, meets, strict=True) if met)
            # One part of each answer that has the field, in the answers' order.
            met = [met for said, met in zip(said_of, meets, strict=True) if name in said]
            given[name] = [part for part, is_met in zip(given[name], met, strict=True) if is_met]
        if not given[name] or 2 * sum(weight for _, weight in given[name]) < total:
            continue
        kind = max(sorted({part["kind"] for part, _ in given[name]}), key=lambda one: _weight_of_kind(given[name], one))
        parts = [(part, weight) for part, weight in given[name] if part["kind"] == kind]
        value = merge_values(kind, [p["value"] for p, _ in parts], [w for _, w in parts], (numbers or {}).get(name))
        alike = [part for part, _ in parts if part["value"] == value] or [part for part, _ in parts]
        merged.append({"field": name, "kind": kind, "value": value, "provenance": common_provenance(alike)})
    return {"fields": merged}


def merge_values(kind: str, values: Sequence[Any], trust: Sequence[float], rule: Mapping | None = None) -> Any:
    """One value of a field from several: a choice by weighted majority, each option of a multiple choice by itself, a
    path step by step, a number by a robust mean on the field's own steps, a text by its medoid. Ties go to the first
    in the alphabet. BadArgument for no value, or weights that are not."""
    if not values:
        raise arguments.BadArgument("values", "there must be at least one")
    trust = arguments.weights("trust", trust, len(values)).tolist()
    if kind == "choice":
        return _most(values, trust)
    if kind == "multiple":
        return _options(values, trust)
    if kind == "tree":
        return _path(values, trust)
    if kind == "number":
        return _on_step(merge_numbers(values, list(trust)).value, values, rule or {})
    return merge_texts(values, list(trust)).text


def _by_field(answer: Part) -> dict[str, Part]:
    return {part["field"]: part for part in answer["fields"]}


def _meets(parts: Mapping[str, Part], when: Mapping[str, str]) -> bool:
    """Whether an answer says what a field depends on."""
    value = parts.get(when["field"], {}).get("value")
    return when["is"] in value if isinstance(value, list) else value == when["is"]


def _place(answer: Part, name: str) -> int:
    return next((i for i, part in enumerate(answer["fields"]) if part["field"] == name), len(answer["fields"]) + 1000)


def _weight_of_kind(parts: Sequence[tuple[Part, float]], kind: str) -> float:
    return sum(weight for part, weight in parts if part["kind"] == kind)


def _most(values: Sequence[str], trust: Sequence[float]) -> str:
    totals: dict[str, float] = defaultdict(float)
    for value, weight in zip(values, trust, strict=True):
        totals[value] += weight
    return min(totals, key=lambda value: (-round(totals[value], 9), value))


def _options(values: Sequence[Sequence[str]], trust: Sequence[float]) -> list[str]:
    totals: dict[str, float] = defaultdict(float)
    for options, weight in zip(values, trust, strict=True):
        for option in options:
            totals[option] += weight
    taken = sorted(option for option, weight in totals.items() if 2 * weight > sum(trust))
    return taken or [min(totals, key=lambda option: (-round(totals[option], 9), option))]


def _path(values: Sequence[Sequence[str]], trust: Sequence[float]) -> list[str]:
    """The majority's step at each depth among those who went the same way; it ends where most of these end."""
    here = list(zip(values, trust, strict=True))
    path: list[str] = []
    while True:
        further = [(steps, weight) for steps, weight in here if len(steps) > len(path)]
        going = sum(weight for _, weight in further)
        if not further or (path and 2 * going < sum(weight for _, weight in here)):
            return path
        step = _most([steps[len(path)] for steps, _ in further], [weight for _, weight in further])
        here = [(steps, weight) for steps, weight in further if steps[len(path)] == step]
        path.append(step)


def _on_step(value: float, values: Sequence[float], rule: Mapping) -> float:
    """A value that the field takes: on its steps where it has some, else no finer than what people gave."""
    step, low = rule.get("step"), rule.get("min") or 0
    if step:
        value = low + round((value - low) / step) * step
    digits = max(_digits(one) for one in (*values, *([step, low] if step else [])))
    rounded = round(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded


def _digits(value: float) -> int:
    text = format(value, ".9f").rstrip("0")
    return len(text.partition(".")[2])
