"""The fields that a classification asks for: one list per version of a project's settings.

Held: {"key", "name", "kind", "required", "counts"?, "weight"?, "when"?, "min"?, "max"?, "step"?, "unit"?, "longest"?};
"when" is {"field", "is"}: shown only where that field has that value (a choice, one of several, or a step of a path).
"counts" says whether people must agree on it, or whether it is only collected; it is there where that isn't as
`required` is. "weight" says how many times it counts where that isn't once; a field said to weigh 0 is only collected.
Written, as a manager edits them, one a line:

    Subject (choice)
    Seen (multiple, optional)
    Kind (tree) when Subject is animal
    Legs (number 0 to 8 step 1 legs)
    Remark (text 500, optional)
    Daylight (choice, collected)
    Second subject (choice, optional, counts, weight 0.5)

The choices are the project's labels: each belongs to a field, or to the first that takes choices.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from projects.errors import Refused

CHOICES = ("choice", "multiple", "tree")
KINDS = (*CHOICES, "number", "text")
MARKS = ("optional", "required", "collected", "counts")  # what may be said behind what a field takes
MOST = 30
# Characters.
NAME = 80
KEY = 60
UNIT = 20
LONGEST = 2_000  # of a text that says no length of its own
LONGEST_SAID = 20_000  # the most that it may say
FURTHEST = 10**12  # numbers beyond are told from nothing by nobody
LIGHTEST, HEAVIEST = 0, 10  # times that a field counts; 0: only collected
LINE = re.compile(r"(?P<name>[^()]{1,80}?)\s*\((?P<takes>[^()]{1,200})\)(?:\s+when\s+(?P<when>.+?\s+is\s+.+))?")
# What a field is, is a label's key, which is one word: the field's name may have an "is" in it.
WHEN = (re.compile(r"(.+?)\s+is\s+(\S+)"), re.compile(r"(.+?)\s+is\s+(.+)"))
AMOUNT = r"-?\d{1,13}(?:\.\d{1,6})?"
NUMBER = re.compile(
    rf"number(?:\s+(?P<min>{AMOUNT})\s+to\s+(?P<max>{AMOUNT}))?(?:\s+step\s+(?P<step>{AMOUNT}))?(?:\s+(?P<unit>\S{{1,20}}))?"
)
TEXT = re.compile(r"text(?:\s+(?P<longest>\d{1,5}))?")
WEIGHT = re.compile(r"weight\s+([^\s,]+)")
WORD = re.compile(rf"[^\s(),]{{1,{UNIT}}}")

Asked = dict[str, Any]


def usual() -> list[Asked]:
    """What is asked where a project says nothing: one label for each task."""
    return [{"key": "label", "name": "Label", "kind": "choice", "required": True}]


def checked(fields: object, place: str = "fields") -> list[Asked]:
    """Fields in the form in which they are held; Refused with the place of the fault if they aren't any."""
    if not isinstance(fields, (list, tuple)) or not 1 <= len(fields) <= MOST:
        raise Refused("Ask for one to %(most)s fields.", code="bad-fields", place=place, most=MOST)
    plain: list[Asked] = []
    for index, one in enumerate(fields):
        held = _field(one, f"{place}[{index}]", plain)
        if twin := next((other for other in plain if other["key"] == held["key"]), None):
            raise _twice(held, twin, f"{place}[{index}]")
        plain.append(held)
    if any("counts" in one for one in plain) and len(_collected(plain)) == len(plain):
        text = "At least one field must count in the decision, and hang on none that doesn't."
        raise Refused(text, code="nothing-counts", place=place)
    return plain


def check_names(fields: Sequence[Mapping], before: Sequence[Mapping] = (), place: str = "fields") -> None:
    """Refused where two are called the same, whatever their keys: people couldn't tell them apart. What was called so
    `before` may stay."""
    older = {(one["key"], one["name"]) for one in before}
    for index, one in enumerate(fields):
        twin = next((other for other in fields[:index] if other["name"].casefold() == one["name"].casefold()), None)
        if twin and not {(other["key"], other["name"]) for other in (one, twin)} <= older:
            raise _twice(one, twin, f"{place}[{index}].name")


def _twice(one: Mapping, twin: Mapping, place: str) -> Refused:
    if one["name"].casefold() == twin["name"].casefold():
        text = "Two fields are called “%(name)s”: give each a name of its own."
        return Refused(text, code="field-twice", place=place, name=one["name"])
    return Refused("Two fields would have the key “%(key)s”.", code="field-twice", place=place, key=one["key"])


def check_answerable(fields: Sequence[Mapping], labels: Sequence[Mapping]) -> None:
    """Refused, with the place of the fault, where nobody could answer a field or give a label: a choice without labels,
    a label of no field, a condition that never holds. Labels are {"key", "name", "field"}, "" for the first choice."""
    takes = [one["key"] for one in fields if one["kind"] in CHOICES]
    options: dict[str, set[str]] = {key: set() for key in takes}
    for index, label in enumerate(labels):
        field = label.get("field") or (takes[0] if takes else "")
        if field and field not in options:
            raise Refused(
                "“%(name)s” answers “%(field)s”, but no field of that name takes choices.",
                code="no-field",
                place=f"labels[{index}].field",
                name=label["name"],
                field=field,
            )
        if field:
            options[field].add(label["key"])
    for index, one in enumerate(fields):
        if one["key"] in options and not options[one["key"]]:
            raise Refused(
                "“%(name)s” takes a choice, and there is no label to choose: add labels that answer it.",
                code="no-choices",
                place=f"fields[{index}]",
                name=one["name"],
            )
        when = one.get("when")
        if when and when["is"] not in options[when["field"]]:
            raise Refused(
                "“%(name)s” would never be shown: “%(is)s” is no label of “%(field)s”. Labels: %(choices)s.",
                code="never-shown",
                place=f"fields[{index}].when",
                name=one["name"],
                field=when["field"],
                choices=", ".join(sorted(options[when["field"]])),
                **{"is": when["is"]},
            )


def read(text: str, place: str = "fields", known: Sequence[Mapping] = ()) -> list[Asked]:
    """The fields in a manager's text; Refused with the line that can't be read.

    A field that is called like one of the `known` keeps that one's key: programs give keys of their own.
    """
    keys = {one["name"]: one["key"] for one in reversed(known)}
    left = [(one["name"], one["key"]) for one in known]  # several may be called the same, from before
    found: list[Asked] = []
    for number, line in enumerate((one.strip() for one in text.splitlines()), start=1):
        if not line:
            continue
        match = LINE.fullmatch(line)
        takes = [one.strip() for one in match["takes"].split(",")] if match else []
        marks = [one for one in takes[1:] if not WEIGHT.fullmatch(one)]
        said = len(marks) < 3 and set(marks) <= set(MARKS) and len(takes) - len(marks) < 3
        asked = _taken(takes[0]) if takes and said else None
        if match is None or asked is None:
            raise Refused(
                "Line %(number)s isn't a field. Write a name and what it takes, such as: Mood (choice).",
                code="bad-fields",
                place=f"{place}[{len(found)}]",
                number=number,
            )
        name = match["name"].strip()
        key = next((key for called, key in left if called == name), keys.get(name, ""))
        left = [one for one in left if one != (name, key)]
        asked |= {"name": name, "required": "optional" not in marks, "key": key}
        if {"collected", "counts"} & set(marks):
            asked["counts"] = "counts" in marks
        for weight in WEIGHT.findall(",".join(takes[1:])):
            asked["weight"] = float(weight) if re.fullmatch(AMOUNT, weight) else weight
        if match["when"]:
            above, value = next(parts.groups() for one in WHEN if (parts := one.fullmatch(match["when"])))
            asked["when"] = {"field": keys.get(above) or key_of(above), "is": value}
        found.append(asked)
    return checked(found, place)


def written(fields: Sequence[Mapping]) -> str:
    """Fields as a manager edits them; `read` makes the same of it."""
    names = {one["key"]: one["name"] for one in fields}
    return "\n".join(_line(one, names) for one in fields)


def numbers(fields: Sequence[Mapping]) -> dict[str, dict[str, float]]:
    """Of number fields, what comparing and merging must know: how far apart still agrees half, and the steps."""
    found = {}
    for one in fields:
        if one["kind"] == "number":
            reach = (one["max"] - one["min"]) / 10 if "max" in one else 0
            steps = {key: one[key] for key in ("min", "step") if key in one}
            found[one["key"]] = {"tolerance": max(one.get("step", 0), reach)} | steps
    return found


def weights(fields: Sequence[Mapping]) -> dict[str, float]:
    """How many times fields count, where that isn't once."""
    return {one["key"]: one["weight"] for one in fields if "weight" in one}


def optional(fields: Sequence[Mapping]) -> list[str]:
    """The keys of fields that are only collected, by which nobody is graded: those said to be, where nothing is said
    those that may be left open, and what hangs on them.

    Where nothing must be filled in, leaving a field open is an answer too: there the texts alone are such fields, and
    not even these where there is nothing else.
    """
    open_ = _collected(fields)
    if len(open_) == len(fields):
        open_ = [one["key"] for one in fields if one["kind"] == "text"]
    return open_ if len(open_) < len(fields) else []


def _collected(fields: Sequence[Mapping]) -> list[str]:
    found: list[str] = []
    for one in fields:
        if not one.get("counts", one.get("required", True)) or one.get("when", {}).get("field") in found:
            found.append(one["key"])
    return found


def shown(fields: Sequence[Mapping], values: Mapping[str, Any]) -> list[Mapping]:
    """Those to be filled in, given what is filled in: a field hidden by another one hides what hangs on it."""
    seen: dict[str, Any] = {}
    found = []
    for one in fields:
        when = one.get("when")
        if when is None or _says(seen.get(when["field"]), when["is"]):
            found.append(one)
            seen[one["key"]] = values.get(one["key"])
    return found


def key_of(name: str) -> str:
    """A field's key from its name, whatever its script."""
    plain = "".join(c if c.isalnum() else " " for c in unicodedata.normalize("NFKC", name).lower())
    return "_".join(plain.split())[:KEY]


def _says(value: Any, wanted: str) -> bool:
    return wanted in value if isinstance(value, list) else value == wanted


def _field(one: object, place: str, before: Sequence[Mapping]) -> Asked:
    if not isinstance(one, Mapping) or one.get("kind") not in KINDS:
        raise Refused(
            "A field takes one of: %(choices)s.", code="bad-fields", place=f"{place}.kind", choices=", ".join(KINDS)
        )
    name = " ".join(str(one.get("name") or "").split())[:NAME].strip()
    key = str(one.get("key") or "").strip()[:KEY] or key_of(name)
    if not name or not key:
        raise Refused("A field needs a name with a letter or digit in it.", code="bad-fields", place=f"{place}.name")
    if "(" in name or ")" in name:
        raise Refused("A field's name has no brackets.", code="bad-fields", place=f"{place}.name")
    held: Asked = {"key": key, "name": name, "kind": one["kind"], "required": one.get("required", True) is not False}
    held |= _counted(one, held["required"], place)
    if one.get("when"):
        held["when"] = _when(one["when"], f"{place}.when", before)
    if one["kind"] == "number":
        held |= _range(one, place)
    elif one["kind"] == "text":
        held["longest"] = int(_amount(one, "longest", place, 1, LONGEST_SAID) or LONGEST)
    return held


def _counted(one: Mapping, required: bool, place: str) -> dict[str, Any]:
    """Whether it counts, where that isn't as it is required, and how many times, where that isn't once."""
    weight = _amount(one, "weight", place, LIGHTEST, HEAVIEST)
    counts = one.get("counts")
    if weight and counts is False:
        raise Refused("What is only collected has no weight.", code="bad-fields", place=f"{place}.weight")
    if weight is not None:
        counts = weight > 0
    found: dict[str, Any] = {"counts": counts} if isinstance(counts, bool) and counts != required else {}
    return found | ({"weight": weight} if weight and weight != 1 else {})


def _when(when: Any, place: str, before: Sequence[Mapping]) -> dict[str, str]:
    earlier = {one["key"] for one in before if one["kind"] in CHOICES}
    if not isinstance(when, Mapping) or when.get("field") not in earlier or not str(when.get("is") or ""):
        text = "A field may be shown when an earlier one that takes choices is something."
        raise Refused(text, code="bad-fields", place=place)
    return {"field": str(when["field"]), "is": str(when["is"])[:KEY]}


def _range(one: Mapping, place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("min", "max", "step"):
        amount = _amount(one, name, place, -FURTHEST, FURTHEST)
        if amount is not None:
            found[name] = amount
    if ("min" in found) != ("max" in found) or found.get("min", 0) > found.get("max", 0) or found.get("step", 1) <= 0:
        raise Refused("A number goes from less to more, by steps above 0.", code="bad-fields", place=place)
    if one.get("unit"):
        if not WORD.fullmatch(str(one["unit"])):
            raise Refused("A unit is one word of at most 20 characters.", code="bad-fields", place=f"{place}.unit")
        found["unit"] = str(one["unit"])
    return found


def _amount(one: Mapping, name: str, place: str, low: float, high: float) -> float | None:
    value = one.get(name)
    if value is None or value == "":
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
        or not low <= value <= high
    ):
        raise Refused(
            "“%(name)s” is a number from %(low)s to %(high)s.",
            code="bad-fields",
            place=f"{place}.{name}",
            name=name,
            low=low,
            high=high,
        )
    value = round(value, 6)
    return int(value) if value == int(value) else value


def _taken(words: str) -> Asked | None:
    """What stands in brackets, or None where it says nothing known."""
    if words in CHOICES:
        return {"kind": words}
    if match := NUMBER.fullmatch(words):
        amounts = {name: float(match[name]) for name in ("min", "max", "step") if match[name]}
        return {"kind": "number"} | amounts | ({"unit": match["unit"]} if match["unit"] else {})
    if match := TEXT.fullmatch(words):
        return {"kind": "text"} | ({"longest": int(match["longest"])} if match["longest"] else {})
    return None


def _line(one: Mapping, names: Mapping[str, str]) -> str:
    takes = one["kind"]
    if "min" in one:
        takes += f" {_plain(one['min'])} to {_plain(one['max'])}"
    if "step" in one:
        takes += f" step {_plain(one['step'])}"
    if "unit" in one:
        takes += f" {one['unit']}"
    if one.get("longest", LONGEST) != LONGEST:
        takes += f" {one['longest']}"
    marks = "" if one["required"] else ", optional"
    if "counts" in one:
        marks += ", counts" if one["counts"] else ", collected"
    if "weight" in one:
        marks += f", weight {_plain(one['weight'])}"
    line = f"{one['name']} ({takes}{marks})"
    when = one.get("when")
    return f"{line} when {names.get(when['field'], when['field'])} is {when['is']}" if when else line


def _plain(amount: float) -> str:
    """As AMOUNT reads it."""
    return str(amount) if isinstance(amount, int) else f"{amount:.6f}".rstrip("0").rstrip(".")
