"""Classes of texts from the real model: suggested, taken or not, learnt from verdicts; and where none are suggested."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from assist.errors import CopilotError
from assist.learning import follow, label_vectors
from assist.models import LabelVectors, Precomputed, Suggestion
from assist.registry.registry import model_version
from assist.suggestions import precompute, record
from assist.suggestions.bindings import NOTHING_TO_GUESS, TEXTS_ALONE, bind
from assist.web import figures
from projects import queue
from projects.models import Annotation, Assignment, Batch, Project, Task
from projects.reports import verdict_index
from projects.task_types import asked_fields
from projects.workflow import submission
from taskers.errors import StateConflict
from tests.support import make
from tests.support.assist import work
from tests.support.assist.page import Page, in_thread, kept, page_of
from tests.support.assist.pictures import Picture
from tests.support.assist.running import Runtime
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

MINILM = "all-minilm-l6@2"
TOPICS = [
    {"key": "streets", "name": "Streets", "field": "Subject"},
    {"key": "lamp", "name": "Street lamps", "parent": "streets"},
    {"key": "road", "name": "Potholes in the road", "parent": "streets"},
    {"key": "library", "name": "Library", "field": "Subject"},
    {"key": "glad", "name": "Thanks and praise", "field": "Tone"},
    {"key": "cross", "name": "Anger and complaint", "field": "Tone"},
    {"key": "council", "name": "The council", "field": "Mentions"},
    {"key": "delay", "name": "Delay", "field": "Why"},
]
PLAIN = [{"key": "good", "name": "Good"}, {"key": "bad", "name": "Bad"}]
FIELDS = "Subject (tree)\nTone (choice)\nMentions (multiple, optional)\nWhy (choice, optional) when Tone is cross"
LAMP = "The street lamp in front of our house has been dark for three weeks, and I am furious that nobody cares."
BOOKS = "Thank you for the new reading room in the library; the children love the books and we are so grateful."
# What is written, and what it is about.
LETTERS = {
    "lamp": ("The lamp at number {n} flickers all night.", "It is pitch dark on our street since lamp {n} broke."),
    "road": ("A pothole near bus stop {n} broke my wheel.", "The asphalt in lane {n} is full of deep holes."),
    "library": ("When does the library open on day {n}?", "I would like to borrow {n} novels for my holidays."),
}


def letters(owner, **settings: Any) -> Project:
    """Letters to be sorted: a tree, a choice, and what no guess is made for."""
    terms = {"labels": TOPICS, "fields": asked_fields.read(FIELDS), "wanted": 1} | settings
    return make.project(owner, "Letters", "classification", **terms)


def filled(subject: Sequence[str], tone: str, provenance: Mapping[str, dict] = MappingProxyType({})) -> dict:
    """An answer to a letter, with where its parts come from."""
    parts = [("subject", "tree", list(subject)), ("tone", "choice", tone)]
    human = {"source": "human"}
    return {
        "fields": [
            {"field": name, "kind": kind, "value": value, "provenance": provenance.get(name, human)}
            for name, kind, value in parts
        ]
    }


def as_offered(suggestion: Suggestion, source: str = "suggestion") -> dict:
    return {"source": source, "suggestion": str(suggestion.public_id), "model": str(suggestion.model)}


@pytest.fixture
def project(cast: Cast) -> Project:
    return letters(cast.riverside)


@in_thread
def held_letter(cast: Cast, project: Project, text: str = LAMP) -> Assignment:
    make.tasks(make.batch(project, text[:20]), 1, text=text)
    return make.held(cast.alice, project)


async def opened(cast: Cast, held: Assignment) -> tuple[Page, dict[str, Any]]:
    page = await page_of(cast.alice, held.public_id)
    return page, await page.open(held.token)


async def test_alice_asks_what_a_letter_is_about(cast: Cast, project: Project, real_runtime: Runtime, at) -> None:
    await asyncio.to_thread(real_runtime.until_ready)
    at(real_runtime.address)
    held = await held_letter(cast, project)
    page, ready = await opened(cast, held)
    told = {"type": "ready", "id": "o1", "capability": "classify", "model": MINILM, "waits": True}
    assert ready == told | {"imported": False, "boxes": False, "words": False}
    found = await page.prompt(text=True)
    said = [(one["field"], one["label"], one["score"]) for one in found["classes"]]
    assert said == [("subject", "lamp", None), ("tone", "cross", None)]
    rows = await kept(2)
    assert [str(row.public_id) for row in rows] == [one["suggestion"] for one in found["classes"]]
    assert [row.output["value"] for row in rows] == [["streets", "lamp"], "cross"]
    assert {str(row.model) for row in rows} == {MINILM}
    again, _ = await opened(cast, held)
    assert (await again.prompt(text=True))["classes"] == found["classes"], "a reload offers the very same"
    await page.line.disconnect()
    await again.line.disconnect()


async def test_outcome_of_each_suggestion_is_kept(cast: Cast, project: Project, real_runtime: Runtime, at) -> None:
    at(real_runtime.address)
    outcomes: list[list[tuple[str, float | None]]] = []
    for subject, tone, marks, refused in (
        (["streets", "lamp"], "cross", {"subject": "suggestion", "tone": "suggestion"}, ()),
        (["streets", "road"], "glad", {"subject": "edited", "tone": "edited"}, ()),
        (["library"], "glad", {}, ("subject",)),
    ):
        held = await held_letter(cast, project, f"{len(outcomes)}: {LAMP}")
        page, _ = await opened(cast, held)
        await page.prompt(text=True)
        await page.line.disconnect()
        outcomes.append(await in_thread(settled)(cast, held, subject, tone, marks, refused))
    assert outcomes == [
        [("accepted", 0.0), ("accepted", 0.0)],
        [("edited", 0.5), ("edited", 1.0)],  # half of the path is as it was offered
        [("refused", None), ("ignored", None)],
    ]
    (row,) = await in_thread(figures.acceptance)(project)
    assert (row.model, row.taken_percent, row.edit_percent) == (MINILM, 67, 75)


def settled(cast: Cast, held: Assignment, subject, tone: str, marks: dict, refused) -> list[tuple[str, float | None]]:
    """Hand in, and what became of the suggestions for the subject and the tone."""
    rows = {row.output["field"]: row for row in Suggestion.objects.filter(assignment_key=held.pk)}
    answer = filled(subject, tone, {name: as_offered(rows[name], source) for name, source in marks.items()})
    ids = [str(rows[name].public_id) for name in refused]
    record.settle(submission.submit(held, cast.alice, held.token, answer, refused=ids))
    found = Suggestion.objects.filter(assignment_key=held.pk).order_by("pk")
    return list(found.values_list("outcome", "edit"))


def decided(cast: Cast, project: Project, number: int, helped: int = 0) -> None:
    """So many letters decided by Alice, who was shown a suggestion for some of them."""
    texts = [(key, text.format(n=n)) for n in range(number) for key in LETTERS for text in LETTERS[key]][:number]
    batch = make.batch(project, f"Decided {number}")
    for _, text in texts:
        make.tasks(batch, 1, text=text)
    subject_of = {text: key for key, text in texts}
    for place in range(number):
        mine = make.held(cast.alice, project)
        if place < helped:
            work.offered(mine, {"field": "tone", "kind": "choice", "label": "glad", "value": "glad"}, MINILM)
        key = subject_of[mine.task.payload["text"]]
        path = ["library"] if key == "library" else ["streets", key]
        submission.submit(mine, cast.alice, mine.token, filled(path, "glad" if key == "library" else "cross"))
    while verdict_index.catch_up():
        pass


async def test_verdicts_teach_the_labels_and_how_far_the_scores_may_be_believed(
    cast: Cast, project: Project, real_runtime: Runtime, at
) -> None:
    at(real_runtime.address)
    await in_thread(decided)(cast, project, 60)
    assert await in_thread(label_vectors.due)(project)
    assert await in_thread(label_vectors.learn)(project) == 60
    rows = {row.field: row for row in await in_thread(lambda: list(LabelVectors.objects.all()))()}
    assert set(rows) == {"subject", "tone"}
    assert rows["subject"].labels == ["lamp", "road", "library"]
    assert all(row.verdicts == row.blind == 60 and row.temperature and row.right > 0.8 for row in rows.values())
    assert not await in_thread(label_vectors.due)(project), "until a fifth more is decided"

    def taken_back() -> None:
        with transaction.atomic():
            LabelVectors.objects.all().delete()
            label_vectors.learn(project)
            assert LabelVectors.objects.count() == 2, "written by who asked: another's connection wouldn't come back"
            transaction.set_rollback(True)

    await in_thread(taken_back)()
    held = await held_letter(cast, project, "Two lamps on Mill Lane are broken and it is pitch dark.")
    page, ready = await opened(cast, held)
    assert ready["waits"] is False
    subject, tone = (await page.prompt(text=True))["classes"]
    assert (subject["label"], tone["label"]) == ("lamp", "cross") and subject["score"] > 0.6
    await page.line.disconnect()


async def test_work_done_with_suggestions_teaches_but_proves_nothing(
    cast: Cast, project: Project, real_runtime: Runtime, at
) -> None:
    at(real_runtime.address)
    await in_thread(decided)(cast, project, 54, helped=10)
    await in_thread(label_vectors.learn)(project)
    (row,) = await in_thread(lambda: list(LabelVectors.objects.filter(field="subject")))()
    assert (row.verdicts, row.blind, row.temperature) == (54, 44, None)


async def test_label_that_was_merged_or_retired_is_learnt_under_its_name_of_today(
    cast: Cast, project: Project, real_runtime: Runtime, at
) -> None:
    at(real_runtime.address)
    await in_thread(decided)(cast, project, 12)

    def merge() -> None:
        lamp, road = (project.labels.get(key=key) for key in ("lamp", "road"))
        project.labels.filter(pk=road.pk).update(retired_at=lamp.project.created_at, merged_into=lamp)

    await in_thread(merge)()
    await in_thread(label_vectors.learn)(project)
    (row,) = await in_thread(lambda: list(LabelVectors.objects.filter(field="subject")))()
    assert row.labels == ["lamp", "library"] and row.verdicts == 12


def test_reader_has_the_copilot_learn_once_when_enough_is_decided(cast: Cast, project: Project) -> None:
    def waiting() -> int:
        return ProcrastinateJob.objects.filter(task_name=follow.LEARN, status="todo").count()

    decided(cast, project, 6)
    follow.teach()
    assert waiting() == 0
    decided(cast, project, 12)
    assert follow.teach() > 0 and waiting() == 1
    decided(cast, project, 13)
    follow.teach()
    assert waiting() == 1, "what waits already will see these verdicts too"


def test_whole_batch_of_texts_is_read_ahead_and_offered_without_the_model(
    cast: Cast, project: Project, real_runtime: Runtime, settings
) -> None:
    settings.RUNTIME_ADDRESS = real_runtime.address
    batch = make.batch(project)
    make.tasks(batch, 3, text=LAMP)
    row = precompute.start(batch, by=cast.mina)
    assert (str(row.version), precompute.run(row.pk)) == (MINILM, 3)
    held = make.held(cast.alice, project)
    assert Precomputed.objects.count() == 3 and set(precompute.found(held.task_id, MINILM)) == {"vector"}


async def test_prepared_text_is_answered_from_what_was_kept(
    cast: Cast, project: Project, real_runtime: Runtime, at
) -> None:
    at(real_runtime.address)
    held = await held_letter(cast, project)

    def prepare() -> None:
        row = precompute.start(held.task.batch, by=cast.mina)
        precompute.run(row.pk)
        # Were it read again, it would be about something else.
        Task.objects.filter(pk=held.task_id).update(payload={"text": BOOKS})

    await in_thread(prepare)()
    page, _ = await opened(cast, held)
    assert [one["label"] for one in (await page.prompt(text=True))["classes"]] == ["lamp", "cross"]
    await page.line.disconnect()


def refusal(person, held: Assignment) -> str:
    with pytest.raises(CopilotError) as caught:
        bind(person.pk, held.public_id, held.token)
    assert caught.value.code == "copilot-off"
    return caught.value.text


def pictured(cast: Cast, cat: Picture, **settings: Any) -> tuple[Project, Batch]:
    project = letters(cast.riverside, **settings)
    batch = make.batch(project)
    work.image_task(batch, cat.file)
    return project, batch


def test_images_are_classified_without_it_and_that_is_said(cast: Cast, cat: Picture, settings, client: Client) -> None:
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"
    project, batch = pictured(cast, cat)
    assert refusal(cast.alice, make.held(cast.alice, project)) == TEXTS_ALONE
    with pytest.raises(StateConflict, match="holds images"):
        precompute.start(batch, by=cast.mina)
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("project-copilot", args=[project.public_id])).content.decode()
    assert "The newest tasks here are images" in page and "Of images only where" in page


def test_screen_of_many_gets_no_suggestions(cast: Cast, client: Client) -> None:
    project = letters(cast.riverside, grid=12, fields=asked_fields.usual(), labels=PLAIN)
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("project-copilot", args=[project.public_id])).content.decode()
    assert "one text at a time" in page


def test_nothing_is_guessed_where_nothing_takes_one_label(cast: Cast) -> None:
    project = letters(cast.riverside, fields=asked_fields.read("Mentions (multiple)"), labels=PLAIN)
    make.tasks(make.batch(project), 1)
    assert refusal(cast.alice, make.held(cast.alice, project)) == NOTHING_TO_GUESS


def test_labels_are_known_by_their_own_words_and_by_the_way_to_them(cast: Cast) -> None:
    project = letters(cast.riverside, label_mapping={"rage": "cross", "fury": "cross"})
    batch = make.batch(project)
    task = make.task(batch)
    Task.objects.filter(pk=task.pk).update(payload={"text": LAMP, "proposed": {"mentions": ["x"]}})
    held = make.held(cast.alice, project)
    subject, tone = bind(cast.alice.pk, held.public_id, held.token).choices
    assert subject.phrases["lamp"] == ("Streets: Street lamps",) and "streets" not in subject.phrases
    assert subject.value("lamp") == ["streets", "lamp"]
    assert tone.phrases == {"glad": ("Thanks and praise",), "cross": ("fury", "rage")}
    Task.objects.filter(pk=task.pk).update(payload={"text": LAMP, "proposed": {"": "lamp", "tone": "glad"}})
    assert refusal(cast.alice, held) == NOTHING_TO_GUESS, "what is proposed already needs no second guess"


def test_manager_sees_how_far_it_may_be_believed(cast: Cast, project: Project, client: Client) -> None:
    decided(cast, project, 1)
    version = model_version(MINILM)
    terms = {"labels": ["glad"], "sums": b"", "verdicts": 1234, "blind": 60, "right": 0.87, "upto": 1}
    LabelVectors.objects.create(project=project, version=version, field="tone", temperature=0.1, **terms)
    LabelVectors.objects.create(project=project, version=version, field="subject", temperature=None, **terms)
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("project-copilot", args=[project.public_id])).content.decode()
    for words in ("How far it may be believed", "1,234", "87 %", "Scores are measured", "Unsure"):
        assert words in page


def test_nobody_waits_for_a_runtime_that_is_away(cast: Cast, project: Project, settings) -> None:
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"
    decided(cast, project, 12)
    with pytest.raises(CopilotError, match="not running"):
        label_vectors.learn(project)
    assert LabelVectors.objects.count() == 0 and Annotation.objects.count() == 12
    assert (queue.audit()).breaches == []
