"""Whom the figures compare with whom: namesakes apart, quality by blind eyes alone, models by the draw."""

import random

import pytest
from django.test import Client
from django.urls import reverse

from assist.learning.splits import GATE, TRAIN
from assist.models import Suggestion
from assist.registry import registry
from assist.suggestions import record
from assist.suggestions.bindings import bind
from assist.suggestions.offers import EVERYTHING, Offer
from assist.web import figures
from projects import queue
from projects.configuration import configure
from projects.models import Annotation, Assignment, Project, Verdict
from projects.quality.gold import grading
from projects.reports.offered_effect import Offered
from projects.workflow import submission
from projects.workforce import rules
from taskers.models import Grade, Person
from tests.support import make
from tests.support.assist import work
from tests.support.cast import Cast
from tests.support.projects.judging import all_settled, said

pytestmark = pytest.mark.django_db
WRONG = make.spans((15, 30, "place"))


class Always(random.Random):
    """Dice that always fall for gold."""

    def random(self) -> float:
        return 0.0


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.project(cast.riverside, wanted=3)


def done(tasker: Person, held: Assignment, answer: dict, *, helped: bool, seconds: float = 10.0) -> Annotation:
    """Work handed in, in this arm whatever was drawn."""
    Assignment.objects.filter(pk=held.pk).update(copilot=helped)
    held.refresh_from_db()
    assert held.token
    return submission.submit(held, tasker, held.token, answer, active_ms=round(1000 * seconds))


def test_model_that_is_wrong_and_believed_by_all_is_not_said_to_gain_quality(cast: Cast, project: Project) -> None:
    """Whoever asks takes the same wrong span: those who were helped agree with each other and outvote the others."""
    make.tasks(make.batch(project), 12)
    for number, tasker in enumerate((cast.alice, cast.bob, cast.carol)):
        for place in range(12):
            helped = (place + number) % 3 != 0  # two of each three
            done(tasker, make.held(tasker, project), WRONG if helped else make.MARIA, helped=helped)
    assert Verdict.objects.count() == 12
    agreed = [grade.value for grade in Grade.objects.order_by("-blind")]
    assert sorted(set(agreed)) == [0.0, 1.0], "by agreement alone the copilot makes everybody better"
    assert figures.help_of(project).whole.better is None, "nobody blind has looked"


def test_agreement_counts_where_all_others_were_blind_whether_it_is_found_or_not(cast: Cast, project: Project) -> None:
    """Of three, one is helped: half of the time right. The others, both blind, say so either way."""
    make.tasks(make.batch(project), 16)
    for tasker in (cast.bob, cast.carol):
        for _ in range(16):
            done(tasker, make.held(tasker, project), make.MARIA, helped=False)
    for place in range(16):
        done(cast.alice, make.held(cast.alice, project), (make.MARIA, WRONG)[place % 2], helped=True)
    mine = [row.score for row in figures._items(project, figures._work(project)) if row.helped]
    assert sorted(mine, key=str) == [0.0] * 8 + [1.0] * 8
    others = [row.score for row in figures._items(project, figures._work(project)) if not row.helped]
    assert others == [None] * 32, "each of them was weighed with an answer that had help"


def test_known_answers_tell_the_quality_and_those_drawn_for_a_trap_or_that_teach_do_not(
    cast: Cast, project: Project, monkeypatch, client: Client
) -> None:
    """The page shows it of each model and person, with its interval."""
    configure.change(project, cast.mina, planted_share=0.5)
    batch = make.batch(project)
    make.tasks(batch, 3)
    said(cast.bob, make.task(batch, wanted=1), make.MARIA)  # without anything decided, no error is planted
    gold = make.tasks(batch, 30)
    for task in gold:
        queue.set_aside(task, by=None)
        grading.stock(task, make.MARIA, by=None, dice=random.Random(1))
    teaching = {one.pk for one in gold[:10]}
    monkeypatch.setattr(figures, "group_of", lambda task: task.pk)  # they all show the same text
    monkeypatch.setattr(figures, "split_of", lambda _project, group: TRAIN if group in teaching else GATE)
    rules.change(project, cast.mina, gold_share=0.5)
    planted_error_rates = counted = 0
    for _ in range(30):
        held = queue.claim(cast.alice, project, rng=Always())
        assert isinstance(held, Assignment) and held.kind == "gold" and held.token
        helped = bool(counted % 2)
        drawn = bind(cast.alice.pk, held.public_id, held.token).planted
        planted_error_rates, counted = (
            planted_error_rates + drawn,
            counted + (not drawn and held.task_id not in teaching),
        )
        done(cast.alice, held, WRONG if helped else make.MARIA, helped=helped)
    all_settled(project)
    whole = figures.help_of(project).whole
    assert planted_error_rates > 0 and whole.helped + whole.control == counted
    assert whole.better is not None and whole.better.value == -1.0
    client.force_login(cast.mina)
    page = client.get(reverse("copilot-report", args=[project.public_id])).content.decode()
    assert page.count("Quality gained") >= 3
    assert page.count(">−100<") == 3 and page.count(">−100 to −100<") == 2, "of the whole, the model and the person"


def test_reviewers_word_counts(cast: Cast, project: Project) -> None:
    make.tasks(make.batch(project), 4)
    for tasker in (cast.alice, cast.bob, cast.carol):
        for place in range(4):
            done(tasker, make.held(tasker, project), WRONG if place % 2 else make.MARIA, helped=bool(place % 2))
    for grade in list(Grade.objects.all()):
        Grade.objects.create(
            key=f"review:{grade.subject}",
            subject=grade.subject,
            organization=grade.organization,
            project_key=grade.project_key,
            tasker=grade.tasker,
            source=Grade.Source.REVIEW,
            value=1 - grade.value / 2,
        )
    better = figures.help_of(project).whole.better
    assert better is not None and better.value == 0.0


def test_namesakes_are_two_people(cast: Cast, project: Project) -> None:
    """One of two named Bob takes every trap; the other takes none and is not spoken of with him."""
    Person.objects.filter(pk=cast.alice.pk).update(name=cast.bob.name)
    cast.alice.refresh_from_db()
    make.tasks(make.batch(project), 12)
    for tasker, seconds in ((cast.alice, 5.0), (cast.bob, 50.0)):
        for place in range(12):
            held = make.held(tasker, project)
            asked = {"points": [[place, 1, 1]], "box": None, "previous": None}
            first, offer = (
                Offer(asked | again, work.span_offer(0, 11), None, 9, planted=True) for again in ({}, {"previous": "h"})
            )  # told again, seen from near: one that was shown
            assert held.token
            record.keep(bind(tasker.pk, held.public_id, held.token), work.SPACY, [first, offer])
            outcomes = ("refined", "accepted" if tasker == cast.bob else "refused")
            if tasker == cast.bob and place % 3 == 0:  # he took the first before the second was there
                outcomes = ("accepted", "ignored")
            for one, outcome in zip((first, offer), outcomes, strict=True):
                Suggestion.objects.filter(public_id=one.public_id).update(outcome=outcome, settled_at=held.held_at)
            done(tasker, held, make.MARIA, helped=bool(place % 2), seconds=seconds)
    found = figures.help_of(project)
    alice, bob = (f"{one.name} ({one.email})" for one in (cast.alice, cast.bob))
    assert set(found.taskers) == {alice, bob}
    assert [(one.tasker, one.shown, one.taken, one.flagged) for one in found.planted_errors] == [
        (bob, 12, 12, True),
        (alice, 12, 0, False),
    ]


def test_a_least_score_is_told_of_what_it_could_have_held_back_alone(project: Project) -> None:
    """Masks are shown however sure they are, errors are planted on purpose, and of words nobody knows."""
    version, text = registry.model_version(work.SPACY), {"text": True}
    masks = [({"points": [[1, 1, 1]], "box": None}, 0.4, False), (EVERYTHING, 0.4, False)]
    for number, (prompt, score, planted) in enumerate(
        [(text, 0.4, False), (text, 0.4, True), (text, None, False), *masks]
    ):
        Suggestion.objects.create(
            project_key=project.public_id,
            task_key=1,
            assignment_key=number,
            model=version,
            prompt=prompt,
            output={"label": "person"},
            score=score,
            planted=planted,
        )
    assert record.lately(project, 9) == [Offered("person", 0.4, False, False)]


def test_work_for_which_nobody_asked_counts_for_the_version_it_was_drawn_for(cast: Cast, project: Project) -> None:
    make.tasks(make.batch(project), 30)
    spacy, fake = (registry.model_version(key) for key in (work.SPACY, "fake-spans@1"))

    def some(number: int, asks: bool) -> None:
        for place in range(number):
            held = make.held(cast.alice, project)
            if asks and place == 0:
                work.offered(held, work.span_offer(0, 11), work.SPACY)
            done(cast.alice, held, make.MARIA, helped=True)

    some(10, asks=True)  # by whatever the runtime serves; one in ten asks
    first = work.deployed(project, fake, share=100, by=cast.mina)
    some(10, asks=False)
    registry.withdraw(first, by=cast.mina)
    work.deployed(project, spacy, share=100, by=cast.mina)
    some(5, asks=False)
    models = {name: one.helped for name, one in figures.help_of(project).models.items()}
    assert models == {work.SPACY: 15, "fake-spans@1": 10}
