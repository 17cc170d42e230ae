"""Models that write words for the fields of a classification: asked beside labels, believed nothing that wasn't
checked, and measured by what people wrote without help."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from assist.adapters import http_contract, openai_chat
from assist.adapters.bundle import Bundle, Terms
from assist.adapters.devices import CPU
from assist.errors import CopilotError
from assist.learning import confused, scores
from assist.learning.asked import NO_ANSWER, Asked
from assist.learning.blind_verdicts import Decided
from assist.models import ModelVersion, Precomputed, rivals
from assist.runtime.client import RuntimeClient
from assist.suggestions import precompute
from assist.suggestions.offers import Binding, TextField
from assist.suggestions.prototypes import Choices
from projects.models import BatchProgress, Task, Verdict
from projects.task_types import asked_fields
from tests.support import make
from tests.support.assist import brought, work
from tests.support.assist.running import settled
from tests.support.assist.sitting import Page
from tests.support.cast import Cast

MINILM = "all-minilm-l6@2"
MOOD = Choices("mood", "choice", {"glad": ("joy and thanks",), "angry": ("rage", "fury and complaint")})
SUMMARY = TextField("summary", "Summary", 20)
LETTER = Binding(
    5, 6, uuid4(), "classify", text="My rage about it", choices=(MOOD,), writer="scribe@1", writes=(SUMMARY,)
)


async def asked(page: Page, id: str = "p1") -> dict[str, Any]:
    await page.say(type="prompt", id=id, prompt={"text": True})
    return await page.answer(id)


async def test_words_come_beside_labels_under_the_name_of_who_wrote_them() -> None:
    page = Page(replace(LETTER, minimum_score=0.0))
    await page.open()
    assert page.heard[0]["waits"] is True, "nobody knows how far they may be believed"
    mood, summary = (await asked(page))["classes"]
    assert (mood["field"], mood["model"]) == ("mood", "classes@1")
    assert summary["field"] == "summary" and summary["label"] == "Summary of My rage a", "as long as the field takes"
    assert (summary["score"], summary["model"]) == (None, "scribe@1")
    await settled(lambda: len(page.gateway.kept) == 2)
    assert [(one.model, one.output["kind"]) for one in page.gateway.kept] == [("", "choice"), ("scribe@1", "text")]
    written = page.gateway.kept[1].output
    assert written["value"] == written["label"] == summary["label"]
    await page.session.close()


async def test_a_writer_that_has_no_answer_takes_no_label_away() -> None:
    odd = replace(SUMMARY, name="Odd")
    page = Page(replace(LETTER, writes=(odd, SUMMARY)))
    await page.open()
    assert [one["field"] for one in (await asked(page))["classes"]] == ["mood", "summary"]
    await page.session.close()
    alone = Page(replace(LETTER, choices=(), writes=(odd,)))
    await alone.open()
    assert alone.heard[0]["model"] == "scribe@1" and (await asked(alone))["code"] == "no-answer"
    await alone.session.close()


async def test_labels_are_told_before_words_are_written() -> None:
    page = Page(LETTER)
    await page.open()
    page.model.pen.clear()
    await page.say(type="prompt", id="p1", prompt={"text": True})
    await settled(lambda: len(page.heard) == 2)
    assert page.heard[1]["more"] is True and [one["field"] for one in page.heard[1]["classes"]] == ["mood"]
    await page.say(type="prompt", id="p2", prompt={"text": True})
    assert (await page.answer("p1"))["code"] == "superseded", "it waited for words"
    page.model.pen.set()
    whole = await page.answer("p2")
    assert whole["more"] is False and [one["field"] for one in whole["classes"]] == ["mood", "summary"]
    assert whole["classes"][0] == page.heard[1]["classes"][0]
    await page.session.close()


async def test_no_words_are_told_to_whom_the_work_was_taken_from_meanwhile() -> None:
    page = Page(LETTER)
    await page.open()
    page.model.pen.clear()
    await page.say(type="prompt", id="p1", prompt={"text": True})
    await settled(lambda: len(page.heard) == 2)
    page.gateway.problem = CopilotError("not-held")
    page.model.pen.set()
    assert (await page.answer("p1"))["code"] == "not-held" and page.code == 4409
    await page.session.close()


async def test_a_field_without_words_is_asked_again_though_another_has_some() -> None:
    page = Page(replace(LETTER, writes=(SUMMARY, replace(SUMMARY, field="title", name="Odd"))))
    await page.open()
    first = (await asked(page))["classes"]
    assert [one["field"] for one in first] == ["mood", "summary"]
    await settled(lambda: len(page.gateway.kept) == 2)
    page.model.mute = ""
    again = (await asked(page, "p2"))["classes"]
    assert again[:2] == first and again[2]["field"] == "title"
    assert [one["asked"] for one in page.model.asked if "written" in one] == ["Summary", "Odd", "Odd"]
    await page.session.close()


async def test_words_written_ahead_are_there_at_once_where_the_field_still_asks_for_them() -> None:
    title, late = TextField("title", "Title", 9), TextField("late", "Late", 20)
    page = Page(replace(LETTER, choices=(), writes=(SUMMARY, title, late)))
    page.gateway.ahead = {
        "words": {"summary": ["Summary", "Short."], "title": ["Title", "Too long for it"], "late": ["Soon", "Old."]}
    }
    await page.open()
    told = {one["field"]: one["label"] for one in (await asked(page))["classes"]}
    assert told["summary"] == "Short." and told["title"] == "Title of " and told["late"].startswith("Late of")
    assert [one["asked"] for one in page.model.asked] == ["Title", "Late"]
    await page.session.close()


@pytest.mark.django_db
def test_a_batch_gets_its_words_ahead_each_kept_as_soon_as_it_is_there(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The budget ends in between: what was written is there, and the rest is written once there is more."""
    fields = asked_fields.read("Tone (choice)\nSummary (text 20)\nTitle (text 9)")
    labels = [{"key": key, "name": key.title(), "field": "Tone"} for key in ("praise", "defect")]
    project = make.project(cast.riverside, "Letters", "classification", labels=labels, fields=fields)
    batch = make.batch(project)
    texts = ["Dear all", "Dear Maria", "odd", "Dear Pedro"]
    tasks = [make.tasks(batch, 1, text=text)[0] for text in texts]
    scribe = ModelVersion.objects.create(name="scribe", version="1", capability="generate", smoke="passed")
    work.deployed(project, scribe, share=100, by=cast.mina)
    monkeypatch.setattr(precompute, "_usual", lambda capability: MINILM)
    begun = precompute.start_all(batch, by=cast.mina)
    row = next(one for one in begun if one.version == scribe)
    assert {str(one.version) for one in begun} == {"scribe@1", MINILM}
    asked: list[tuple[str, str]] = []
    left = 5

    async def written(self: Any, model: str, text: str, asked_: str, longest: int, asker: str | None = None) -> str:
        if len(asked) >= left:
            raise CopilotError("over-budget")
        asked.append((text, asked_))
        if text == "odd":
            raise CopilotError("no-answer")
        return f"{asked_} of it"[:longest]

    monkeypatch.setattr(RuntimeClient, "written", written)
    precompute.run(row.pk)
    row.refresh_from_db()
    assert row.state == "failed" and Precomputed.objects.count() == 3
    assert precompute.found(tasks[0].pk, "scribe@1") == {
        "words": {"summary": ["Summary", "Summary of it"], "title": ["Title", "Title of "]}
    }
    left = 50
    precompute.start(batch, by=cast.mina, version=scribe)
    precompute.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.done, row.problems) == ("done", 4, 1) and Precomputed.objects.count() == 4
    assert len(asked) == len(set(asked)), "and nothing twice, nor where there was nothing to say"


@pytest.mark.django_db
def test_words_that_were_paid_are_kept_and_none_are_paid_for_tasks_that_nobody_will_get(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = asked_fields.read("Tone (choice)\nSummary (text 20)\nTitle (text 9)")
    labels = [{"key": key, "name": key.title(), "field": "Tone"} for key in ("praise", "defect")]
    project = make.project(cast.riverside, "Letters", "classification", labels=labels, fields=fields)
    batch = make.batch(project)
    letter, decided, held_back = (make.tasks(batch, 1, text=text)[0] for text in ("Dear all", "Dear Maria", "Dear Ana"))
    Verdict.objects.create(
        task=decided, answer={"fields": []}, confidence=1.0, method="majority_v1", settings_version=1
    )
    Task.objects.filter(pk=held_back.pk).update(withheld="manager")
    scribe = ModelVersion.objects.create(name="scribe", version="1", capability="generate", smoke="passed")
    work.deployed(project, scribe, share=100, by=cast.mina)
    BatchProgress.objects.update_or_create(batch=batch, defaults={"tasks": 3})
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("copilot-prepared", args=[project.public_id])).content.decode()
    assert "scribe@1 writes words for 3 tasks at most, which costs." in page
    row = precompute.start(batch, by=cast.mina, version=scribe)
    asked: list[str] = []
    troubles = {"Title": ["backend-slow", "busy"]}

    async def written(self: Any, model: str, text: str, asked_: str, longest: int, asker: str | None = None) -> str:
        asked.append(f"{asked_} of {text}")
        if troubles.get(asked_):
            raise CopilotError(troubles[asked_].pop(0))
        return "Short."

    monkeypatch.setattr(RuntimeClient, "written", written)
    precompute.run(row.pk, pause=0)
    row.refresh_from_db()
    assert row.state == "failed" and asked == ["Summary of Dear all", "Title of Dear all"], "it may have cost all"
    assert precompute.found(letter.pk, "scribe@1") == {"words": {"summary": ["Summary", "Short."]}}
    precompute.start(batch, by=cast.mina, version=scribe)
    precompute.run(row.pk, pause=0)
    row.refresh_from_db()
    assert (row.state, row.done, row.problems) == ("done", 3, 0)
    assert asked[2:] == ["Title of Dear all"] * 2, "what was too busy to begin is asked again, and nothing else"


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_OUTBOUND", "http://127.0.0.1")
    monkeypatch.setenv("TANDEM_OUTBOUND_PRIVATE", "127.0.0.1")


def test_hosts_are_told_the_field_and_answer_with_a_text_and_nothing_else(allowed: None, tmp_path: Path) -> None:
    with brought.serving(lambda path, body: (200, {"version": "4", "outputs": [{"text": " A short one. "}]})) as host:
        terms = Terms("http", options={"url": host.url, "seconds": 5.0})
        model = http_contract.load(Bundle("remote@4", "generate", {}, terms, Path()), CPU)
        assert model.write("Dear all", "Summary", 20) == "A short one."
        told = {"text": "Dear all", "asked": "Summary", "most_characters": 20}
        assert host.asked[0][1]["inputs"] == [told] and host.asked[0][1]["capability"] == "generate"
        for said in ("", "  ", "x" * 21, None, ["A"], "a\0b"):
            host.reply = lambda path, body, said=said: (200, {"version": "4", "outputs": [{"text": said}]})
            with pytest.raises(CopilotError, match="1 to 20 characters"):
                model.write("Dear all", "Summary", 20)
        contents = iter(['{"text": "Short."}', '{"text": "Long", "why": 1}', '{"text": ""}'])

        def reply(path: str, body: Any) -> tuple[int, Any]:
            choice = {"message": {"content": next(contents)}, "finish_reason": "stop"}
            return 200, {"model": "m", "choices": [choice], "usage": {}}

        host.reply = reply
        chat = Terms("openai", options={"url": f"{host.url}/v1", "model": "m"})
        writer = openai_chat.load(Bundle("chat@1", "generate", {}, chat, tmp_path), CPU)
        assert writer.write("Dear all", "Summary", 20) == "Short." == writer.write("Dear all", "Summary", 20)
        with pytest.raises(CopilotError, match="1 to 20 characters"):
            writer.write("Dear none", "Summary", 20)
        schema = host.asked[-1][1]["response_format"]["json_schema"]["schema"]["properties"]["text"]
        assert (schema["description"], schema["maxLength"]) == ("Summary", 20)


def test_words_are_measured_by_how_far_they_agree_with_those_that_were_decided() -> None:
    class Scribe:
        async def written(self, model: str, text: str, asked: str, longest: int) -> str:
            if "odd" in text:
                raise CopilotError("no-answer")
            return "lamp is dark"

    def letter(key: int, text: str, *said: str, blind: bool = True) -> Decided:
        task: Any = SimpleNamespace(pk=key, payload={"text": text})
        entry: Any = SimpleNamespace(task=task)
        parts = [{"field": "summary", "kind": "text", "value": one} for one in said]
        return Decided(entry, {"fields": parts}, blind)

    decided = [
        letter(1, "Dear all", "lamp is dark"),
        letter(2, "Dear all", "books are late"),
        letter(3, "Dear all", "Lamp is out"),
        letter(4, "so odd", "lamp is dark"),
        letter(5, "Dear all"),
        letter(6, "Dear all", "lamp is dark", blind=False),
    ]
    told = Asked(frozenset(), {}, (), texts=(SUMMARY,))
    scribe = ModelVersion(name="scribe", version="1", capability="generate")
    same, other, part, none, unfilled = asyncio.run(scores.words(Scribe(), scribe, told, decided))  # type: ignore[arg-type]
    assert (same, other, none, unfilled) == (1.0, 0.0, 0.0, None) and part is not None and 0 < part < 1
    assert told.heard[4] == {"fault": NO_ANSWER} and told.heard[1]["fields"][0]["value"] == "lamp is dark"
    assert confused.lines([(2, decided[1].answer)], told.heard) == [], "words are taken for no label"
    assert scores.MEASURES["generate"].metric is scores.words and not rivals.comes_along("generate")
