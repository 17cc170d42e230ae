"""Words for an attribute of what somebody marked: asked for one at a time, written or read, and paid for once."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from assist.models import ModelVersion, Precompute, Precomputed, Suggestion
from assist.runtime.client import RuntimeClient
from assist.suggestions import bindings, precompute, record
from assist.suggestions.offers import Binding, Offer
from projects.models import Annotation, Gold
from taskers.errors import StateConflict
from tests.support import make
from tests.support.assist import work
from tests.support.assist.running import settled
from tests.support.assist.sitting import IMAGE, TEXT, Page
from tests.support.cast import Cast

NAMES = replace(TEXT, words_by="scribe@1", worded={"person": {"role": "Role"}})
SIGNS = replace(
    IMAGE,
    detector="reads@1",
    detector_map={},
    words_by="reads@1",
    worded={"sign": {"says": "Says"}},
    labels=frozenset(),
)
MARIA = {"part": "s1", "label": "person", "attribute": "role", "start": 0, "end": 5}
TOTAL = {"part": "r1", "label": "sign", "attribute": "says", "box": [0, 0, 30, 14]}


async def asked(binding: Binding, *wanted: dict[str, Any]) -> tuple[Page, list[dict[str, Any]]]:
    page, answers = Page(binding), []
    await page.open()
    for number, one in enumerate(wanted):
        await page.say(type="prompt", id=f"w{number}", prompt={"words": one})
        answers.append(await page.answer(f"w{number}"))
        await settled(lambda: not page.session._keeping)
    await page.session.close()
    return page, answers


async def test_a_model_writes_for_a_span_by_what_stands_around_it_once() -> None:
    long = replace(NAMES, text="Maria met 2024 in Oslo." + " x" * 5_000)
    page, (first, again) = await asked(long, MARIA, MARIA)
    assert page.heard[0]["words"] is True and first["model"] == "scribe@1" and first["type"] == "words"
    assert first["words"].startswith("Role: Maria of Maria met 2024") and len(first["words"]) <= 1_000
    assert again["suggestion"] == first["suggestion"] and len(page.model.asked) == 1, "what was offered costs nothing"
    (kept,) = page.gateway.kept
    assert kept.output == {"part": "s1", "label": "person", "attributes": {"role": first["words"]}}
    assert (kept.model, kept.score) == ("scribe@1", None)


async def test_a_reader_says_what_stands_in_a_region_and_looks_once() -> None:
    page, (total, thanks, nothing) = await asked(
        SIGNS, TOTAL, TOTAL | {"part": "r2", "box": [0, 18, 20, 12]}, TOTAL | {"box": [30, 20, 9, 9]}
    )
    assert (total["words"], thanks["words"], nothing["code"]) == ("Total 12.50", "Thanks", "no-answer")
    assert len(page.model.asked) == 1


async def test_words_are_there_for_a_line_that_lies_wrong_on_purpose_as_for_the_others() -> None:
    page = Page(SIGNS)
    output = {"box": [2, 3, 10, 8], "label": "sign", "model_label": "text", "attributes": {"says": "Total"}}
    page.gateway.kept = [Offer({"boxes": True}, output, 0.9, 5, uuid4(), planted=True)]
    await page.open()
    await page.say(type="prompt", id="w1", prompt={"words": TOTAL})
    assert (await page.answer("w1"))["words"] == "Total" and not page.model.asked
    await page.session.close()


async def test_words_that_were_written_ahead_are_there_without_asking_while_the_attribute_is_called_so() -> None:
    """Also under another label, whose attribute has the same name: that may be the one that is wrong on purpose."""
    for label, name, asks in (("person", "Role", 0), ("person", "Rank", 1), ("place", "Role", 0)):
        page = Page(replace(NAMES, worded={label: {"role": name}}))
        page.gateway.ahead = {"words": {"0:5:person:role": ["Role: Maria", "Doctor"]}}
        await page.open()
        await page.say(type="prompt", id="w1", prompt={"words": MARIA | {"label": label}})
        assert ((await page.answer("w1"))["words"] == "Doctor") is (asks == 0) and len(page.model.asked) == asks
        await page.session.close()


@pytest.mark.parametrize(
    ("binding", "wanted"),
    [
        (NAMES, MARIA | {"attribute": "age"}),
        (NAMES, MARIA | {"label": "date"}),
        (NAMES, TOTAL | {"label": "person", "attribute": "role"}),
        (SIGNS, MARIA | {"label": "sign", "attribute": "says"}),
        (TEXT, MARIA),
    ],
)
async def test_what_nobody_has_words_for_is_refused(binding: Binding, wanted: dict[str, Any]) -> None:
    page, (answer,) = await asked(binding, wanted)
    assert answer["code"] == "bad-prompt" and not page.model.asked and not page.gateway.kept


LABELS = [
    {
        "key": "person",
        "name": "Person",
        "attributes": [{"name": "Role", "kind": "text"}, {"name": "Well", "kind": "flag"}],
    },
    {"key": "place", "name": "Place"},
]


@pytest.mark.django_db
def test_a_writer_of_spans_writes_ahead_for_those_found_and_what_became_of_its_words_is_settled(
    cast: Cast, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make.project(cast.riverside, labels=LABELS, wanted=1)
    writer = ModelVersion.objects.create(
        name="scribe", version="1", capability="generate", terms={"label_map": {}, "labels": []}, smoke="passed"
    )
    work.deployed(project, writer, share=100, by=cast.mina)
    batch = make.batch(project)
    (task,) = make.tasks(batch, 1, text="Maria met 2024 in Oslo.")
    bound = bindings.bind_trial(cast.mina.pk, task.public_id)
    assert (bound.words_by, bound.worded) == ("scribe@1", {"person": {"role": "Role"}}) and not bound.writer
    finder = ModelVersion.objects.create(name="finds", version="1", capability="spans", smoke="passed")
    work.deployed(project, finder, share=100, by=cast.mina)
    spans_found = [[0, 5, "PERSON", 0.9], [18, 22, "GPE", 0.9]]
    Precomputed.objects.create(task_key=task.pk, version=finder, output=spans_found)
    asked_for: list[tuple[str, str]] = []

    async def written(self: RuntimeClient, model: str, text: str, asked: str, longest: int) -> str:
        asked_for.append((model, asked))
        return "Doctor"

    monkeypatch.setattr(RuntimeClient, "written", written)
    for _ in range(2):  # started again, it asks nothing twice
        row = precompute.start(batch, by=cast.mina, version=writer)
        precompute.run(row.pk)
        Precompute.objects.update(after=0)
    assert asked_for == [("scribe@1", "Role: Maria")], "a place has no such attribute"
    assert precompute.found(task.pk, "scribe@1") == {"words": {"0:5:person:role": ["Role: Maria", "Doctor"]}}
    plain = make.project(cast.riverside, "Plain", labels=LABELS[1:])
    with pytest.raises(StateConflict):
        precompute.start(make.batch(plain), by=cast.mina, version=writer)
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("project-copilot", args=[project.public_id])).content.decode()
    assert "scribe@1 writes words then for attributes of text" in page
    spans = [
        {**make.span(0, 5), "id": "s1", "attributes": {"role": "Doctor"}},
        {**make.span(18, 22, "place"), "id": "s2"},
    ]
    make.judged(cast.alice, project, {"spans": spans})
    annotation = Annotation.objects.get()
    for known in (False, True):  # what is decided nobody gets any more, but where its answer is known
        Precomputed.objects.filter(version=writer).delete()
        if known:
            Gold.objects.create(task=task, answer=annotation.answer)
        precompute.run(precompute.start(batch, by=cast.mina, version=writer).pk)
        assert Precomputed.objects.filter(version=writer).exists() is known
        Precompute.objects.update(after=0)
    about = {"task_key": task.pk, "project_key": project.public_id, "model": writer, "latency_ms": 3}
    for number, (part, words) in enumerate([("s1", "Doctor"), ("s1", "Doctors"), ("s9", "Nurse")]):
        output = {"part": part, "label": "person", "attributes": {"role": words}}
        Suggestion.objects.create(
            public_id=uuid4(), assignment_key=annotation.assignment_id, prompt={"words": number}, output=output, **about
        )
    record.settle(annotation)
    found = list(Suggestion.objects.order_by("pk").values_list("outcome", "edit"))
    assert found[0] == ("accepted", 0.0) and found[1][0] == "edited" and 0 < found[1][1] < 0.2
    assert found[2] == ("ignored", None)
