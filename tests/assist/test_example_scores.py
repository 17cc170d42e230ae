"""How well a model of images does on what was decided: by examples that verdicts give, or by what it learnt; what is
kept of a picture isn't asked for again, and one that can't be read says nothing."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assist.alike import index
from assist.errors import CopilotError
from assist.learning import scores, shadow
from assist.learning.asked import NO_ANSWER, Asked, Scores, asked_by
from assist.learning.blind_verdicts import Decided
from assist.models import ModelVersion, Precomputed
from assist.suggestions.prototypes import Choices
from assist.suggestions.vector_encoding import packed
from tests.support import make
from tests.support.cast import Cast

KIND = Choices("kind", "choice", {"cat": ("cat",), "dog": ("dog",), "hen": ("hen",)})


class Embedder:
    """Lays cats along one axis and dogs along the other; one picture can't be read, of one it makes nothing."""

    async def image_vector(self, model: str, image: str, supply: Any) -> np.ndarray:
        if image in ("spoilt", "odd"):
            raise CopilotError("no-image" if image == "spoilt" else "no-answer")
        return np.array([1.0, 0.1] if image.startswith("cat") else [0.1, 1.0], np.float32)

    async def image_shares(self, model: str, image: str, supply: Any, labels: Sequence[str]) -> dict[str, float]:
        near = await self.image_vector(model, image, supply)
        return dict(zip(labels, near.tolist(), strict=False))


def seen(key: int, picture: str, label: str, blind: bool = True) -> Decided:
    asset = SimpleNamespace(sha256=picture, height=4, width=4, file=SimpleNamespace(name=picture))
    task: Any = SimpleNamespace(pk=key, payload={}, asset=asset if picture else None)
    entry: Any = SimpleNamespace(task=task, pk=key)
    return Decided(entry, {"fields": [{"field": "kind", "kind": "choice", "value": label}]}, blind)


def told(asked: Asked, *rows: Decided) -> Scores:
    few: Any = Embedder()
    return asyncio.run(scores.examples(few, ModelVersion(name="few", version="1"), asked, rows))


def test_examples_are_measured_by_what_all_other_verdicts_show() -> None:
    asked = Asked(frozenset(KIND.phrases), {}, (KIND,))
    rows = [
        seen(1, "cat 1", "cat"),
        seen(2, "dog 1", "dog"),
        seen(3, "cat 2", "dog"),  # decided otherwise than it looks
        seen(4, "cat 3", "cat", blind=False),
        seen(5, "dog 2", "dog", blind=False),
        seen(6, "", "cat"),
        seen(7, "spoilt", "cat"),
        seen(8, "cat 4", "retired"),
        seen(9, "odd", "cat"),
    ]
    assert told(asked, *rows) == [1.0, 1.0, 0.0, None, None, None, 0.0]
    assert asked.heard[1] == {"fields": [{"field": "kind", "kind": "choice", "value": "cat"}]}
    assert asked.heard[9] == {"fault": NO_ANSWER} and asked.unread(7) and 4 not in asked.heard and 6 not in asked.heard
    alike = [seen(1, "cat 1", "cat"), seen(2, "cat 2", "cat")]
    assert told(asked, *alike) == [0.0, 0.0], "of one label alone nothing is guessed at work either"


def test_a_field_counts_as_often_as_where_people_are_compared() -> None:
    kind, tone = KIND, Choices("tone", "choice", {"glad": ("glad",), "angry": ("angry",)})
    asked = Asked(frozenset(), {}, (kind, tone), weights={"kind": 3})
    parts = [("kind", next(iter(kind.phrases))), ("tone", "glad")]
    answer = {"fields": [{"field": field, "kind": "choice", "value": value} for field, value in parts]}
    one = Decided(seen(1, "cat 1", "cat").entry, answer, True)
    guessed = {"kind": (parts[0][1], None), "tone": ("angry", None)}
    assert scores._scored(asked, guessed, one) == 0.75


def test_a_picture_that_cant_be_read_says_nothing_of_a_head() -> None:
    asked, head = Asked(frozenset(KIND.phrases), {}, (KIND,)), ModelVersion(name="head", version="1", terms={})
    rows = [seen(1, "cat 1", "cat"), seen(2, "spoilt", "cat"), seen(3, "odd", "cat")]
    assert asyncio.run(scores.pictures(Embedder(), head, asked, rows)) == [1.0, None, 0.0]  # type: ignore[arg-type]


def test_what_is_kept_of_a_picture_isnt_asked_for_again() -> None:
    kept = {"few@1": {3: np.array([1.0, 0.1], np.float32)}}
    rows = [seen(1, "cat 1", "cat"), seen(2, "dog 1", "dog"), seen(3, "spoilt", "cat")]
    assert told(Asked(frozenset(KIND.phrases), {}, (KIND,), vectors=kept), *rows) == [1.0, 0.0, 1.0]


@pytest.mark.django_db
def test_what_is_kept_is_what_was_prepared_and_what_the_index_of_the_alike_has(cast: Cast, settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path
    labels = [{"key": "cat", "name": "Cat"}, {"key": "dog", "name": "Dog"}]
    pets = make.project(cast.riverside, "Pets", "classification", labels=labels, copilot=True)
    name, number = index.IMAGES.split("@")
    embedder = ModelVersion.objects.create(name=name, version=number, capability="embed-image", runtime="onnx")
    head, texts = (
        ModelVersion.objects.create(name=name, version="1", capability=name) for name in ("classify-image", "classify")
    )
    ours, theirs = np.eye(2, index.WIDTHS[index.IMAGES], dtype=np.float32)
    rows = [seen(key, f"cat {key}", "cat") for key in (4, 5, 6)]
    asked = asked_by(pets, [embedder, head], rows)
    assert asked.vectors == {index.IMAGES: {}}
    Precomputed.objects.create(task_key=4, version=embedder, output=packed(ours))
    index.vectors_of(pets, index.IMAGES).add([3, 4, 6], np.stack([theirs] * 3))
    (kept,) = asked_by(pets, [embedder, texts], rows).vectors.values()
    assert {key: int(row.argmax()) for key, row in kept.items()} == {4: 0, 6: 1}


def test_few_pictures_teach_behind_peoples_work(monkeypatch) -> None:
    monkeypatch.setattr(shadow, "FEW", 2)
    decided = [seen(key, f"cat {key}", "cat") for key in (9, 8, 7, 6, 5)]
    pictures, texts = (ModelVersion(capability=one) for one in ("embed-image", "classify"))
    read = [(one.entry.pk, one.blind) for one in shadow.chosen_of([pictures, texts], decided, {9, 6})]
    assert read == [(9, True), (8, False), (6, True)]
    assert len(shadow.chosen_of([texts, texts], decided, {9, 6})) == 5
