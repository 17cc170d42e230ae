"""Words that verdicts leave out before what they mark are left out of suggestions as well."""

import random
from typing import Any

import pytest

from assist.annotators import autonomous_answers
from assist.learning import measured_scores, term_memory
from assist.learning.asked import Asked
from assist.learning.scores import _offered
from assist.models import MeasuredScores, ModelVersion, Precomputed
from assist.session import replies
from assist.suggestions.decided_terms import Decided
from assist.suggestions.leading_words import MIN_TEXTS, Leading, learn, trimmed, trimmed_start
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import work
from tests.support.assist.sitting import TEXT
from tests.support.cast import Cast

NAMES = ("Quist", "Mensah", "Okafor", "Berg")


def said(before: str, name: str, label: str = "person", *, whole: bool = False) -> Decided:
    """A text in which a name is decided, without what stands before it, or with it."""
    text = f"Then {before}{name} left."
    start = text.index(name) - (len(before) if whole else 0)
    return Decided(text, [(start, text.index(name) + len(name), label)])


def taught(before: str, times: int = MIN_TEXTS, **more: Any) -> list[Decided]:
    return [said(before, NAMES[number % len(NAMES)], **more) for number in range(times)]


def begins(text: str, span: str, words: dict[str, list[str]]) -> str:
    start = text.index(span)
    return text[trimmed_start(text, start, start + len(span), words) : start + len(span)]


LEARNT = learn([*taught("the "), *taught("Dr. "), *taught("l'"), *taught("by ", label="place")])
SPANS = [
    # what the model finds, what is left of it
    ("the Quist", "Quist"),
    ("The Quist", "Quist"),
    ("the  Quist", "Quist"),
    ("Dr. Quist", "Quist"),
    ("dr Quist", "Quist"),
    ("the Dr. Quist", "Quist"),
    ("l'Quist", "Quist"),
    ("L’Quist", "Quist"),
    ("Quist", "Quist"),
    ("Theo Quist", "Theo Quist"),
    ("Quist the Elder", "Quist the Elder"),
    ("by Quist", "by Quist"),  # of another label
    ("the", "the"),
    ("the ", "the "),
    ("Dr.", "Dr."),
    ("the-Quist", "the-Quist"),
]


@pytest.mark.parametrize(("span", "left"), SPANS)
def test_a_span_begins_behind_the_words_that_are_left_out_before_its_label(span: str, left: str) -> None:
    assert begins(f"Then {span} left.", span, LEARNT["person"]) == left


@pytest.mark.parametrize(
    ("decided", "words"),
    [
        (taught("the ", MIN_TEXTS - 1), {}),
        (taught("the "), {"person": {"the": []}}),
        ([*taught("the "), said("the ", "Hague", whole=True)], {}),
        ([*taught("the ", 40), said("The ", "Hague", whole=True)], {"person": {"the": ["the hague"]}}),
        ([*taught("the ", 40), *taught("the ", 3, whole=True)], {}),
        (taught("the ", 40, whole=True), {}),
        ([Decided("the Quist, " * 30, [(4, 9, "person")])], {}),
        ([], {}),
    ],
)
def test_a_word_is_left_out_once_it_stood_before_many_and_within_hardly_any(decided: list[Decided], words: Any) -> None:
    learned = {
        label: {word: kept for word, kept in own.items() if word == "the"} for label, own in learn(decided).items()
    }
    assert {label: own for label, own in learned.items() if own} == words


def test_words_that_were_decided_with_it_stay_whole() -> None:
    words = {"the": ["the hague"]}
    assert begins("In The Hague.", "The Hague", words) == "The Hague"
    assert begins("In the Bay.", "the Bay", words) == "Bay"


def test_spans_that_become_the_same_are_one() -> None:
    words: Leading = {"person": {"the": []}}
    spans = [(0, 9, "person", 0.9), (4, 9, "person", 0.7), (0, 9, "place", 0.6)]
    assert trimmed("the Quist", spans, words) == [(4, 9, "person", 0.9), (0, 9, "place", 0.6)]


def test_of_fresh_projects_with_known_rules_each_is_learnt_and_no_other() -> None:
    """Known truth: in each project articles stay outside or belong to names, by its rule; in one text of a
    hundred somebody errs."""
    for seed in range(50):
        rng = random.Random(seed)
        inside = {word: rng.random() < 0.5 for word in ("the", "a", "old", "captain")}
        decided = []
        for _ in range(400):
            word = rng.choice(list(inside))
            errs = rng.random() < 0.01
            decided.append(said(f"{word} ", rng.choice(NAMES), whole=inside[word] is not errs))
        assert set(learn(decided).get("person", {})) - {"then"} == {word for word in inside if not inside[word]}


def test_offers_answers_and_evaluations_begin_where_verdicts_do() -> None:
    leading: Leading = {"person": {"then": []}}
    spans = [[0, 10, "PERSON", 0.9]]  # "then Maria"
    text = "then Maria"
    binding = TEXT.__class__(**(vars(TEXT) | {"text": text}))
    (offer,) = replies.span_offers(binding, "m@1", spans, 1, leading)
    assert (offer.output["start"], offer.output["end"]) == (5, 10)
    (before,) = replies.span_offers(binding, "m@1", spans, 1)
    assert before.output["start"] == 0

    def trim(start: int, end: int, label: str) -> int:
        return trimmed_start(text, start, end, leading[label])

    answer, _sure = autonomous_answers.of_spans(spans, "m@1", {}, {"person": "Person"}, trim=trim)
    assert [span["start"] for span in answer["spans"]] == [5]
    version = ModelVersion(name="m", version="1", terms={})
    question = Asked(frozenset({"person"}), {}, (), leading=leading)
    assert set(_offered(spans, question, version, text)) == {(5, 10, "person")}


@pytest.mark.django_db
def test_verdicts_teach_them_and_scores_are_measured_of_what_is_offered(cast: Cast, client) -> None:
    project = make.project(cast.riverside, wanted=1)
    version = ModelVersion.objects.create(name="wide", version="1", capability="spans", terms={}, smoke="passed")
    work.deployed(project, version, share=100, by=cast.mina)
    for task in make.texts(make.batch(project), [f"The Maria {number}" for number in range(20)]):
        Precomputed.objects.create(task_key=task.pk, version=version, output=[[0, 9, "PERSON", 0.9]])
        make.judged(cast.alice, project, {"spans": [make.span(4, 9, "person")]})
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    assert term_memory.leading(project.public_id) == {}
    measured_scores.learn(project)
    row = MeasuredScores.objects.get()
    assert row.known and not row.right, "with the article none is right"
    term_memory.learn(project)
    assert term_memory.leading(project.public_id) == {"person": {"the": []}}
    measured_scores.learn(project)
    row.refresh_from_db()
    assert row.known == row.right > 0
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/projects/{project.public_id}/copilot/").content.decode()
    assert "leave out before what they mark" in page and "Person: the" in page
    term_memory.forget(project)
    assert term_memory.leading(project.public_id) == {}
