"""Spans in texts: each span is a stretch of the text with a label.

Payload: {"text": str, "title"?: str, "meta"?: {}}.
Answer: {"spans": [{"id", "start", "end", "label", "attributes", "provenance"}]}; offsets count Unicode
code points of the text, the end is exclusive. Spans may overlap and nest, but the same stretch cannot
carry the same label twice. Canonical order is by start, end, label.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from projects.errors import Refused
from projects.inference import part_matches
from projects.inference.agreement import spans_agreement
from projects.inference.gold_check import GoldCheck, check_spans
from projects.inference.spans import merge_spans
from projects.inference.told_apart import by_attributes
from projects.task_types import effort, studio_keys
from projects.task_types import shape as check
from projects.task_types.answer_limits import MAX_SPANS
from projects.task_types.protocol import Answer, Payload

MAX_TEXT = 200_000  # code points
MAX_OVERLAPS = 100_000  # pairs of spans of one answer that have something in common


class TextSpans:
    """The room of spans in texts; see projects.task_types.protocol for what each method promises."""

    key = "text_spans"
    title = "Spans in texts"
    media = "text"
    answer_list = "spans"
    payload_fields: tuple[str, ...] = ("text", "title", "meta")
    unit = "word"
    settings_asked: tuple[str, ...] = ("copilot", "empty_usual", "span_match", "minimum_score")
    labels_asked: tuple[str, ...] = ("model_names", "attributes")

    def check_payload(self, payload: object) -> Payload:
        found = check.an_object(payload, "", ("text",), ("title", "meta"))
        canonical: Payload = {"text": check.a_text(found["text"], "text", MAX_TEXT)}
        if found.get("title") not in (None, ""):
            canonical["title"] = check.a_text(found["title"], "title", 500)
        if found.get("meta") is not None and check.meta(found["meta"], "meta"):
            canonical["meta"] = found["meta"]
        return canonical

    def check_answer(self, answer: object, payload: Payload, labels: Collection[str]) -> Answer:
        spans = check.an_object(answer, "", ("spans",))["spans"]
        spans = check.a_list(spans, "spans", MAX_SPANS, "too-many-spans")
        seen: set[str] = set()
        marked: set[tuple[int, int, str]] = set()
        checked = []
        for index, span in enumerate(spans):
            place = f"spans[{index}]"
            found = self._span(span, place, payload["text"], labels, seen)
            key = (found["start"], found["end"], found["label"])
            if key in marked:
                raise Refused(
                    "The text from %(start)s to %(end)s is marked “%(label)s” twice.",
                    code="duplicate-span",
                    place=place,
                    start=key[0],
                    end=key[1],
                    label=key[2],
                )
            marked.add(key)
            checked.append(found)
        checked.sort(key=lambda found: (found["start"], found["end"], found["label"]))
        if _overlap_too_much(checked):
            raise Refused(
                "Too many spans lie over each other: at most %(most)s pairs of them may.",
                code="too-many-overlaps",
                place="spans",
                most=MAX_OVERLAPS,
            )
        return {"spans": checked}

    def check_answerable(self, labels: Sequence[Mapping], fields: Sequence[Mapping]) -> None:
        check.some_labels(labels)

    def _span(self, span: object, place: str, text: str, labels: Collection[str], seen: set[str]) -> dict[str, Any]:
        fields = ("id", "start", "end", "label")
        found = check.an_object(span, place, fields, ("attributes", "provenance"))
        start = check.an_integer(found["start"], f"{place}.start", 0, len(text), "span-outside-text")
        end = check.an_integer(found["end"], f"{place}.end", 0, len(text), "span-outside-text")
        if end <= start:
            raise Refused("A span ends after it starts.", code="empty-span", place=f"{place}.end")
        if not text[start:end].strip():
            raise Refused(
                "The text from %(start)s to %(end)s is only white space.",
                code="blank-span",
                place=place,
                start=start,
                end=end,
            )
        label = check.a_label(found["label"], f"{place}.label", labels)
        asked = check.rule_of(labels, label).get("attributes")
        return {
            "id": check.a_part_id(found["id"], f"{place}.id", seen),
            "start": start,
            "end": end,
            "label": label,
            **check.described(found, place, asked),
        }

    def agreement(self, a: Answer, b: Answer, thresholds: Mapping[str, Any]) -> float:
        mine, theirs = (by_attributes(one, self.answer_list, thresholds.get("counted")) for one in (a, b))
        return spans_agreement(mine, theirs, thresholds.get("span_match", "exact"))

    def gold_check(self, answer: Answer, known: Answer, thresholds: Mapping[str, Any]) -> GoldCheck:
        return check_spans(answer, known, thresholds.get("span_match", "exact"), thresholds.get("counted"))

    def merge(
        self, answers: Sequence[Answer], thresholds: Mapping[str, Any], trust: Sequence[float] | None = None
    ) -> Answer:
        return merge_spans(answers)

    def matched_parts(self, answers: Sequence[Answer], thresholds: Mapping[str, Any]) -> list[list[tuple[int, int]]]:
        return part_matches.of_spans(answers)

    def effort(self, answers: Sequence[Answer], enough: float) -> float:
        return effort.spans([answer["spans"] for answer in answers])

    def labels_used(self, answer: Answer) -> set[str]:
        return {span["label"] for span in answer["spans"]}

    def only(self, answer: Answer, label: str) -> Answer:
        return check.under_label(answer, self.answer_list, label)

    def relabelled(self, answer: Answer, labels: Mapping[str, str | None]) -> tuple[Answer, bool]:
        return check.under_labels(answer, self.answer_list, labels)

    def shown(self, payload: Payload) -> Payload:
        return {name: value for name, value in payload.items() if name != "meta"}

    def studio_keys(self, labels: Sequence[Mapping], grid: int = 1) -> Mapping[str, str]:
        return studio_keys.of_spans(labels)

    def units(self, answer: Answer, payload: Payload) -> int:
        return len(payload["text"].split())

    def is_empty(self, answer: Answer) -> bool:
        return not answer["spans"]


def _overlap_too_much(spans: Sequence[Mapping[str, Any]]) -> bool:
    """Whether more pairs lie over each other than an answer may have; of a few spans there can't be as many."""
    if len(spans) * (len(spans) - 1) // 2 <= MAX_OVERLAPS:
        return False
    bounds = np.array([(one["start"], one["end"]) for one in spans], dtype=np.int64).reshape(-1, 2)
    return effort.overlaps(bounds) > MAX_OVERLAPS
