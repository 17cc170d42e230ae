"""One tasker at one text whose classes are proposed, without a socket and without a table."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from assist.adapters.fake import FakeClasses
from assist.suggestions import class_vectors
from assist.suggestions.offers import Binding
from assist.suggestions.prototypes import Choices, Learnt
from assist.suggestions.vector_encoding import packed
from tests.support.assist.running import settled
from tests.support.assist.sitting import Page

MOOD = Choices("mood", "choice", {"glad": ("joy and thanks",), "angry": ("rage", "fury and complaint")})
WHERE = Choices(
    "where", "tree", {"lamp": ("street lamp",), "bin": ("rubbish bin",)}, {"lamp": ("street", "lamp"), "bin": ("bin",)}
)
LETTER = Binding(5, 6, uuid4(), "classify", text="My rage about the lamp", choices=(MOOD, WHERE))


@pytest.fixture
async def letter() -> AsyncIterator[Page]:
    class_vectors._known.clear()
    made = Page(LETTER)
    yield made
    await made.session.close()


async def asked_for_classes(page: Page, id: str = "p1") -> list[dict[str, Any]]:
    await page.say(type="prompt", id=id, prompt={"text": True})
    return (await page.answer(id))["classes"]


async def test_classes_wait_to_be_asked_for_and_have_no_score_until_verdicts_taught(letter: Page) -> None:
    await letter.open()
    assert letter.heard[0]["waits"] is True
    found = await asked_for_classes(letter)
    assert [(one["field"], one["label"], one["score"]) for one in found] == [
        ("mood", "angry", None),
        ("where", "lamp", None),
    ]
    await settled(lambda: letter.gateway.kept)
    assert [offer.output["value"] for offer in letter.gateway.kept] == ["angry", ["street", "lamp"]]
    assert letter.model.asked[0]["asker"], "somebody waits for it"


async def test_classes_are_the_same_on_a_second_look_and_their_labels_are_not_asked_for_again(letter: Page) -> None:
    await letter.open()
    first = await asked_for_classes(letter)
    assert await asked_for_classes(letter, "p2") == first
    assert len(letter.model.asked) == 1
    letter.gateway.kept.clear()
    await asked_for_classes(letter, "p3")
    assert letter.model.asked[1]["texts"] == [LETTER.text]


async def test_what_verdicts_taught_gives_scores_and_moves_the_labels(letter: Page) -> None:
    glad = FakeClasses().vectors(["My rage about the lamp"]) * 20
    letter.gateway.taught = {"mood": Learnt(("glad",), glad, 0.1)}
    await letter.open()
    assert letter.heard[0]["waits"] is False
    found = {one["field"]: one for one in await asked_for_classes(letter)}
    assert found["mood"]["label"] == "glad" and found["mood"]["score"] > 0.9
    assert found["where"]["score"] is None


async def test_prepared_text_is_not_sent_to_the_model_again(letter: Page) -> None:
    letter.gateway.ahead = packed(FakeClasses().vectors(["full of joy and thanks"])[0])
    await letter.open()
    assert (await asked_for_classes(letter))[0]["label"] == "glad"
    assert LETTER.text not in letter.model.asked[0]["texts"]


@pytest.mark.parametrize(("minimum", "score", "offered"), [(0.6, None, False), (0.999, 0.1, False), (0.2, 0.1, True)])
async def test_class_below_the_least_or_of_unknown_score_is_not_offered(
    minimum: float, score: float | None, offered: bool
) -> None:
    page = Page(replace(LETTER, choices=(MOOD,), minimum_score=1.0, minimums={"angry": minimum, "glad": 1.0}))
    page.gateway.taught = {"mood": Learnt((), np.zeros((0, 0)), score)}
    await page.open()
    assert bool(await asked_for_classes(page)) is offered
    await page.session.close()  # what was offered is written down by then
    assert bool(page.gateway.kept) is offered


async def test_trap_names_another_label_of_the_same_field(letter: Page) -> None:
    page = Page(replace(LETTER, planted=True))
    await page.open()
    found = {one["field"]: one["label"] for one in await asked_for_classes(page)}
    assert (found["mood"], found["where"]) in {("glad", "lamp"), ("angry", "bin")}
    await settled(lambda: page.gateway.kept)
    assert [offer.planted for offer in page.gateway.kept].count(True) == 1
    await page.session.close()
