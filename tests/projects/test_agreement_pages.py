"""Agreement reports: asked for by Mina, made by a worker from what was answered, read on a page that counts nothing."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import AgreementReport, Project
from projects.reports import agreement_reports, progress, verdict_index
from projects.task_types import asked_fields
from projects.workflow import submission
from taskers.models import Event
from tests.support import make
from tests.support.projects.classification import ASKED, OPTIONS, filled
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    """Three tasks answered by Alice and Bob: they agree on two, and on the third Bob misses Oslo."""
    made = make.project(cast.riverside, wanted=2, thresholds={"agreement": 0.9})
    first, second, third = (task.pk for task in make.tasks(make.batch(made), 3))
    by_alice = {first: make.MARIA, second: make.OSLO, third: make.MARIA_AND_OSLO}
    for tasker, answers in ((cast.alice, by_alice), (cast.bob, by_alice | {third: make.MARIA})):
        for _ in answers:
            mine = make.held(tasker, made)
            submission.submit(mine, tasker, mine.token, answers[mine.task_id])
    verdict_index.add(Event.objects.all())
    progress.add(Event.objects.all())
    return made


@pytest.fixture
def mina(cast) -> Client:
    client = Client()
    client.force_login(cast.mina)
    return client


def page(name: str, project: Project) -> str:
    return reverse(name, args=[project.public_id])


def test_what_disagrees_is_counted_beside_what_was_decided(project, cast) -> None:
    agreement_reports.make(project.pk)
    numbers = AgreementReport.objects.get(project=project).numbers
    assert numbers["tasks"] == 3, "the task in review is part of the sample"
    assert numbers["measures"]["agreement"]["value"] == pytest.approx((1 + 1 + 2 / 3) / 3)
    assert numbers["labels"]["person"]["alpha"]["value"] == 1.0
    assert numbers["labels"]["place"]["alpha"]["value"] < 0.6
    (pair,) = numbers["pairs"]
    assert set(pair["people"]) == {cast.alice.pk, cast.bob.pk} and pair["tasks"] == 3


def test_mina_asks_once_and_reads_it_later(project, mina) -> None:
    assert "Not worked out yet" in mina.get(page("agreement", project)).content.decode()
    mina.post(page("agreement-renew", project))
    assert not agreement_reports.ask(project), "it is asked for already"
    assert "hx-trigger" in mina.get(page("agreement", project)).content.decode()
    agreement_reports.make(project.pk)
    shown = mina.get(page("agreement", project)).content.decode()
    assert 'hx-trigger="every 3s"' not in shown
    for text in ("Krippendorff", "Fleiss", "Span F1, strict", "Person", "Alice</a> · <a", "0.89"):
        assert text in shown
    _, pairs = shown.split("Pair by pair")
    assert re.search(r"0\.89 <span class=\"small muted nowrap\">\(0\.\d\d\s+to\s+1\.00\)", pairs)


def test_a_report_whose_worker_died_may_be_asked_for_again(project) -> None:
    assert agreement_reports.ask(project)
    AgreementReport.objects.update(asked_at=timezone.now() - timedelta(minutes=11))
    assert agreement_reports.ask(project)


def test_part_of_the_page_comes_back_whole(project, mina) -> None:
    agreement_reports.ask(project)
    waiting = mina.get(page("agreement-figures", project)).content.decode()
    assert waiting.count('id="figures"') == 1 and "every 3s" in waiting
    agreement_reports.make(project.pk)
    assert "every 3s" not in mina.get(page("agreement-figures", project)).content.decode()


def test_each_field_of_a_classification_has_its_figures(cast, mina) -> None:
    made = make.project(
        cast.riverside, "Stable", "classification", labels=OPTIONS, fields=asked_fields.read(ASKED), wanted=2
    )
    tasks = make.tasks(make.batch(made), 4)
    animals, legs = ("cat", "dog", "cat", "dog"), (4, 4, 3, 2)
    for tasker, seen in ((cast.alice, legs), (cast.bob, (4, 4, 3, 3))):
        for task, animal, number in zip(tasks, animals, seen, strict=True):
            said(tasker, task, filled(animal if tasker == cast.alice or number < 4 else "cat", number))
    verdict_index.add(Event.objects.all())
    progress.add(Event.objects.all())
    agreement_reports.make(made.pk)
    numbers = AgreementReport.objects.get(project=made).numbers
    assert set(numbers["fields"]) == {"animal", "legs", "seen"}, "a text has no coefficient"
    assert 0 < numbers["fields"]["animal"]["alpha"]["value"] < 1
    assert 0 < numbers["fields"]["legs"]["alpha"]["value"] == numbers["coefficients"]["alpha_interval"]["value"] < 1
    assert numbers["fields"]["seen"]["alpha"]["value"] is None, "everybody always says the same"
    assert numbers["labels"]["dog"]["alpha"]["value"] is not None
    shown = mina.get(page("agreement", made)).content.decode()
    assert "Field by field" in shown and shown.count(">Nominal</td>") == 2 and ">Legs</th>" in shown


def test_a_report_of_an_earlier_release_is_still_shown(project, mina) -> None:
    agreement_reports.make(project.pk)
    kept = AgreementReport.objects.get(project=project)
    kept.numbers.pop("fields")
    for one in (*kept.numbers["pairs"], *kept.numbers["periods"]):
        one.pop("bounds")
    kept.save()
    assert "Alice</a> · <a" in mina.get(page("agreement", project)).content.decode()


def test_a_project_without_answers_says_so(cast, mina) -> None:
    empty = make.project(cast.riverside, "Empty")
    agreement_reports.make(empty.pk)
    assert "Nothing to compare yet" in mina.get(page("agreement", empty)).content.decode()


def test_the_page_costs_the_same_however_much_was_answered(project, mina, django_assert_max_num_queries) -> None:
    agreement_reports.make(project.pk)
    with django_assert_max_num_queries(11):
        mina.get(page("agreement", project))


def test_reading_the_sample_is_bounded(project, monkeypatch) -> None:
    monkeypatch.setattr(agreement_reports, "SAMPLE", 2)
    agreement_reports.make(project.pk)
    assert AgreementReport.objects.get(project=project).numbers["tasks"] == 2


def test_a_voided_answer_counts_no_more(project) -> None:
    project.tasks.first().annotations.first().assignment.__class__.objects.filter(
        task=project.tasks.first(), tasker__name="Bob"
    ).update(voided_at=timezone.now())
    agreement_reports.make(project.pk)
    assert AgreementReport.objects.get(project=project).numbers["tasks"] == 2
