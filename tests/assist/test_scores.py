"""What an evaluation makes of each model's answers: a score where the task asks for what it does, else none."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assist.learning import confused, scores
from assist.learning.asked import NO_ANSWER, Asked, Metric, Scores
from assist.learning.blind_verdicts import Decided
from assist.models import ModelVersion
from assist.registry import registry
from assist.runtime.client import RuntimeClient
from assist.suggestions.prototypes import Choices
from projects.inference.geometry import mask_from_bitmap
from projects.models import Task
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import Picture
from tests.support.assist.running import FAKE, Runtime, running
from tests.support.cast import Cast

CLASSES = "fake-classes@1"
TONE = Choices("tone", "choice", {"glad": ("glad",), "cross": ("cross",)})
NAMES = Asked(frozenset({"person"}), {"PERSON": "person"}, ())


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with running(*FAKE, CLASSES) as found:
        found.until_ready()
        yield found


def decided(task: Any, answer: dict[str, Any], blind: bool = True) -> Decided:
    entry: Any = SimpleNamespace(task=task)
    return Decided(entry, answer, blind)


def scored(runtime: Runtime, metric: Metric, model: str, asked: Asked, *rows: Decided) -> Scores:
    name, _, version = model.rpartition("@")

    async def ask() -> Scores:
        client = RuntimeClient(runtime.address)
        try:
            return await metric(client, ModelVersion(name=name, version=version), asked, rows)
        finally:
            await client.close()

    return asyncio.run(ask())


def text(key: int, said: str) -> Any:
    return SimpleNamespace(pk=key, payload={"text": said} if said else {})


def test_spans_count_where_place_and_label_are_the_same(runtime: Runtime) -> None:
    maria = {"start": 0, "end": 5, "label": "person"}
    rows = [
        decided(text(1, "Maria slept."), {"spans": [maria]}),
        decided(text(2, "Maria slept."), {"spans": []}),
        decided(text(3, "all slept."), {"spans": []}),
        decided(text(4, "Maria met Bob."), {"spans": [maria]}),
        decided(text(5, "Maria slept."), {"spans": [maria]}, blind=False),
        decided(text(6, ""), {"spans": []}),
    ]
    assert scored(runtime, scores.spans, FAKE[1], NAMES, *rows) == [1.0, 0.0, 1.0, pytest.approx(2 / 3), None]
    assert NAMES.heard[2] == {"spans": [maria]} and NAMES.heard[3] == {"spans": []} and 5 not in NAMES.heard


def tone(key: int, said: str, label: str, blind: bool = True) -> Decided:
    return decided(text(key, said), {"fields": [{"field": "tone", "kind": "choice", "value": label}]}, blind)


def test_classes_are_guessed_by_what_all_other_verdicts_teach(runtime: Runtime) -> None:
    asked = Asked(frozenset(TONE.phrases), {}, (TONE,))
    rows = [
        tone(1, "a glad day", "glad"),
        tone(2, "a cross day", "cross"),
        tone(3, "a glad day", "cross"),  # decided otherwise than it reads
        tone(4, "so glad", "glad", blind=False),
        tone(5, "", "glad"),
        tone(6, "a glad day", "retired"),
    ]
    assert scored(runtime, scores.classes, CLASSES, asked, *rows) == [1.0, 1.0, 0.0, None, None]
    assert asked.heard[3]["fields"] == [{"field": "tone", "kind": "choice", "value": "glad"}]
    nothing = Asked(frozenset(), {}, ())
    assert scored(runtime, scores.classes, CLASSES, nothing, *rows) == [None] * 5, "no field is no evidence"


@pytest.mark.django_db
def test_masks_are_asked_for_by_a_click_in_the_middle_and_by_the_box(
    cast: Cast, runtime: Runtime, astronaut: Picture
) -> None:
    """The fake answers a click with a disc, which is right here, and a box with all of it: of that a disc is pi / 4."""
    batch = make.batch(work.image_project(cast.riverside))
    task: Task = work.image_task(batch, astronaut.file)
    height, width = astronaut.size
    ys, xs = np.mgrid[:height, :width]
    disc = mask_from_bitmap((xs - 200) ** 2 + (ys - 300) ** 2 <= (0.1 * min(height, width)) ** 2)
    seen = decided(task, {"regions": [{"label": "cat", "shape": disc}]})
    spot = decided(task, {"regions": [{"label": "cat", "shape": {"type": "point", "x": 3, "y": 4}}]})
    registry.model_version(FAKE[0])
    (found, none) = scored(runtime, scores.masks, FAKE[0], NAMES, seen, spot)
    assert found == pytest.approx((1 + np.pi / 4) / 2, abs=0.02) and none is None
    (alone,) = scored(runtime, scores.masks, FAKE[0], NAMES, seen)
    follows, cuts = NAMES.evidence[task.pk]
    assert follows == pytest.approx(1, abs=0.05) and 0 < cuts < 0.6, "a box meets the disc's edge in four places"
    (clicked,) = NAMES.heard[task.pk]["regions"]
    assert alone == found and clicked["label"] == "cat" and clicked["shape"]["type"] == "mask"


class Silent:
    """A model that has no answer."""

    async def spans_of(self, model: str, texts: list[str]) -> list[None]:
        return [None] * len(texts)


def test_no_answer_is_not_right_where_there_was_nothing_to_find() -> None:
    far = ModelVersion(name="far", version="1", capability="spans", terms={"adapter": "http"})
    asked = Asked(frozenset({"person"}), {}, ())
    assert asyncio.run(scores.spans(Silent(), far, asked, [decided(text(1, "all slept."), {"spans": []})])) == [0.0]  # type: ignore[arg-type]
    assert asked.heard[1] == {"fault": NO_ANSWER}


class Judge:
    """A model that says itself how likely each label is; to one text it has no answer."""

    async def shares(self, model: str, texts: list[str], labels: list[str]) -> list[dict[str, float | None] | None]:
        assert labels == ["glad", "cross"]
        return [None if "odd" in one else {"GLAD": 0.2 + 0.6 * ("glad" in one), "cross": 0.5} for one in texts]


def test_a_model_that_gives_shares_is_measured_by_its_likeliest_label() -> None:
    head = ModelVersion(name="head", version="1", capability="classify", terms={"label_map": {"GLAD": "glad"}})
    asked = Asked(frozenset(TONE.phrases), {}, (TONE,))
    rows = [
        tone(1, "a glad day", "glad"),
        tone(2, "a cross day", "cross"),
        tone(3, "a glad day", "cross"),
        tone(4, "an odd day", "glad"),
        tone(5, "so glad", "glad", blind=False),
        tone(6, "", "glad"),
        tone(7, "a glad day", "retired"),
    ]
    found = asyncio.run(scores.classes(Judge(), head, asked, rows))
    assert found == [1.0, 1.0, 0.0, 0.0, None, None]
    assert asked.heard[1] == {"fields": [{"field": "tone", "kind": "choice", "value": "glad"}]}
    assert asked.heard[4] == {"fault": NO_ANSWER} and 5 not in asked.heard


def test_what_is_taken_for_what_is_told_with_its_tasks() -> None:
    decided = [(key, {"fields": [{"field": "tone", "value": label}]}) for key, label in enumerate("aabbc")]
    heard: dict[int, Any] = {
        key: {"fields": [{"field": "tone", "kind": "choice", "value": label}]} for key, label in enumerate("abaa")
    }
    heard[4] = {"fault": NO_ANSWER}
    found = confused.lines(decided, heard)
    assert [(one["decided"], one["said"], one["number"], one["tasks"]) for one in found] == [
        ("b", "a", 2, [2, 3]), ("a", "b", 1, [1])
    ]  # fmt: skip
    met, missed = {"start": 0, "end": 5, "label": "person"}, {"start": 9, "end": 12, "label": "ship"}
    spans = confused.lines([(7, {"spans": [met, missed]})], {7: {"spans": [met | {"label": "place"}]}})
    assert {(one["decided"], one["said"]) for one in spans} == {("person", "place"), ("ship", "")}
