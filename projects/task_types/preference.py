"""Preference: which of two answers or images is better.

Payload: {"prompt"?: str, "first": candidate, "second": candidate, "meta"?}; a candidate is {"text"} or {"asset",
"width", "height", "name"}, either with {"item"?}, the key of what it is or what made it, and {"group"?}, the key of
where the item comes from: hidden from taskers, ranked by projects/quality/rankings.py. In a row a text may stand for
its candidate, "first_item", "second_item", "first_group" and "second_group" for the keys.
Answer: {"fields": [{"field": "preferred", "kind": "choice", "value": "first" | "second" | "tie", "provenance"}, …],
"left"?: "first" | "second"}: always in the payload's order, whichever side each was shown on; "left" says which was on
the left. Behind the preference come the other fields that a project asks for, as in a classification.

The preference alone decides, is agreed on and is graded; what else is asked is merged and kept.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from projects.errors import Refused
from projects.inference.gold_check import GoldCheck
from projects.task_types import shape as check
from projects.task_types import studio_keys
from projects.task_types.answer_limits import FIRST, GROUP, ITEM, KEYS, PAIR, PREFERRED, SECOND, TIE
from projects.task_types.asked_fields import Asked, key_of
from projects.task_types.classification import PICTURE, Classification
from projects.task_types.image_regions import ImageRegions
from projects.task_types.protocol import Answer, Payload
from projects.task_types.text_spans import MAX_TEXT, TextSpans

# The labels that the preference is one of; without the last, there are no ties.
OWN_LABELS = {FIRST: "First", SECOND: "Second", TIE: "About equal"}
LONGEST_ITEM = 200


class Preference(Classification):
    """The room of preferences; see projects.task_types.protocol for what each method promises."""

    key = "preference"
    title = "Which of two answers or images is better"
    payload_fields: tuple[str, ...] = ("prompt", *PAIR, *(f"{one}_{key}" for key in KEYS for one in PAIR), "meta")
    settings_asked: tuple[str, ...] = ("ties", "also_asked")
    labels_asked: tuple[str, ...] = ("field", "parent")

    def check_payload(self, payload: object) -> Payload:
        found = check.an_object(payload, "", PAIR, self.payload_fields)
        canonical: Payload = {}
        if found.get("prompt") not in (None, ""):
            canonical["prompt"] = check.a_text(found["prompt"], "prompt", MAX_TEXT)
        for name in PAIR:
            canonical[name] = _candidate(found[name], name, {key: found.get(f"{name}_{key}") for key in KEYS})
        if _content(canonical[FIRST]) == _content(canonical[SECOND]):
            raise Refused("Both candidates are the same.", code="same-candidate", place=SECOND)
        if found.get("meta") is not None and check.meta(found["meta"], "meta"):
            canonical["meta"] = found["meta"]
        return canonical

    def check_answer(self, answer: object, payload: Payload, labels: Collection[str]) -> Answer:
        found = check.an_object(answer, "", ("fields",), ("left",))
        checked = super().check_answer({"fields": found["fields"]}, payload, labels)
        left = found.get("left")
        if left not in (None, *PAIR):
            text = "On the left was the first or the second."
            raise Refused(text, code="wrong-shape", place="left")
        return checked | ({"left": left} if left else {})

    def agreement(self, a: Answer, b: Answer, thresholds: Mapping[str, Any]) -> float:
        return float(self.choice(a) == self.choice(b))

    def gold_check(self, answer: Answer, known: Answer, thresholds: Mapping[str, Any]) -> GoldCheck:
        return super().gold_check(_alone(answer), _alone(known), thresholds)

    def choice(self, answer: Answer) -> str | None:
        """What is preferred: "first", "second" or "tie"; None where it was left open."""
        return next((part["value"] for part in answer["fields"] if part["field"] == PREFERRED), None)

    def decisive(self, fields: Sequence[Mapping]) -> Sequence[Mapping]:
        return [one for one in fields if one["key"] == PREFERRED]

    def asks(self, fields: Sequence[Mapping]) -> list[Asked]:
        """The preference, and behind it what else is asked."""
        mine: Asked = {"key": PREFERRED, "name": "Preferred", "kind": "choice", "required": True}
        others = [dict(one) for one in fields if dict(one) != mine]
        if any(PREFERRED in (one.get("key"), key_of(str(one.get("name") or ""))) for one in others):
            raise Refused("Which of the two is preferred is asked already.", code="field-twice", place="fields")
        if any(one.get("counts") or one.get("weight") for one in others):
            text = "The preference alone counts in the decision; what else is asked is collected."
            raise Refused(text, code="preference-counts", place="fields")
        return [mine, *others]

    def own_labels(self, labels: Sequence[Mapping], known: Mapping[str, str]) -> list[dict[str, Any]]:
        """These labels and behind them the type's own: those in use (`known`, key to name), at first all. Where some of
        them are said, there are ties if they are among them. Refused for a label that is a choice of no other field."""
        said = {str(one.get("key")): one for one in labels if one.get("key") in OWN_LABELS}
        keys = {FIRST, SECOND, *(said or known or OWN_LABELS)}
        own = [
            {"name": known.get(key, name)} | dict(said.get(key, {})) | {"key": key, "field": PREFERRED, "hotkey": ""}
            for key, name in OWN_LABELS.items()
            if key in keys
        ]
        others = [(index, dict(one)) for index, one in enumerate(labels) if one.get("key") not in OWN_LABELS]
        for index, one in others:
            if key_of(str(one.get("field") or "")) in ("", PREFERRED) and not one.get("parent"):
                text = "Say which other field “%(name)s” is a choice of."
                raise Refused(
                    text, code="no-field", place=f"labels[{index}].field", name=check.clipped(one.get("name"))
                )
        return [*(one for _, one in others), *own]

    def shown(self, payload: Payload) -> Payload:
        hidden = {}
        for name in PAIR:
            hidden[name] = {key: value for key, value in payload[name].items() if key not in (*KEYS, "asset", "name")}
        return {name: value for name, value in payload.items() if name != "meta"} | hidden

    def studio_keys(self, labels: Sequence[Mapping], grid: int = 1) -> Mapping[str, str]:
        return studio_keys.of_preference()


def items_of(payload: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The keys of what is compared, in the payload's order; None for one that has none."""
    first, second = (payload[name].get(ITEM) for name in PAIR)
    return first, second


def groups_of(payload: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The keys of where these come from, in the payload's order; None for one that comes from nowhere said."""
    first, second = (payload[name].get(GROUP) for name in PAIR)
    return first, second


def words_of(payload: Mapping[str, Any]) -> str | None:
    """What there is to read in a payload of any type, as one text for lists and lessons; None for nothing."""
    if FIRST not in payload:
        return payload.get("text")
    parts = [f"{mark} {_content(payload[name], named=True)}" for mark, name in zip("①②", PAIR, strict=True)]
    return "\n\n".join([*([payload["prompt"]] if "prompt" in payload else []), *parts])


def words_of_blinded(payload: Mapping[str, Any]) -> str | None:
    """The same for whoever is to judge it: of a pair the prompt alone."""
    return payload.get("prompt") if FIRST in payload else words_of(payload)


def _candidate(value: object, place: str, beside: Mapping[str, object]) -> dict[str, Any]:
    """A candidate in canonical form; a text stands for itself, `beside` are keys for those that aren't in it."""
    found = check.an_object({"text": value} if isinstance(value, str) else value, place, (), (*PICTURE, "text", *KEYS))
    pictured = "asset" in found
    if pictured == ("text" in found):
        raise Refused("A candidate is a text or an image, one of both.", code="no-content", place=place)
    try:
        content = {name: part for name, part in found.items() if name not in KEYS}
        checked = (ImageRegions() if pictured else TextSpans()).check_payload(content)
    except Refused as refused:
        inside = check.joined(place, refused.place) if refused.place else place
        raise Refused(refused.template, code=refused.code, place=inside, **refused.values) from None
    said = {key: found.get(key, beside.get(key)) for key in KEYS}
    return checked | {
        key: check.a_text(value, check.joined(place, key), LONGEST_ITEM).strip()
        for key, value in said.items()
        if value not in (None, "")
    }


def _content(candidate: Mapping[str, Any], *, named: bool = False) -> str:
    return candidate["text"] if "text" in candidate else candidate["name" if named else "asset"]


def _alone(answer: Answer) -> Answer:
    """The preference without what else was asked."""
    return {"fields": [part for part in answer["fields"] if part["field"] == PREFERRED]}
