"""One person's page: as Mina reads it before she decides about somebody, and as Alice reads her own."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects import queue
from projects.inference import change_point
from projects.models import Assignment, BatchHour, Exclusion, Project, ProjectSettings
from projects.reports import pay_estimate, person
from taskers.models import EarningDay, Grade
from taskers.standing import grades
from tests.support import make
from tests.support.projects.judging import known_answers, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    """Alice answers two gold tasks wrongly and Bob rightly; both did one task, which is decided, and Alice another."""
    made = make.project(cast.riverside, wanted=2)
    batch = make.batch(made)
    known_answers(cast, made, batch, [(cast.alice, make.OSLO), (cast.bob, make.MARIA)], 2, make.MARIA)
    both, hers = make.tasks(batch, 2)
    said(cast.alice, both, make.MARIA)
    said(cast.bob, both, make.MARIA)
    said(cast.alice, hers, make.MARIA)
    return made


@pytest.fixture
def mina(cast) -> Client:
    client = Client()
    client.force_login(cast.mina)
    return client


@pytest.fixture
def alice(cast) -> Client:
    client = Client()
    client.force_login(cast.alice)
    return client


def page(somebody) -> str:
    return reverse("person-work", args=[somebody.public_id])


def graded(cast, project, values) -> None:
    """Alice's work of as many days, one piece a day."""
    now = timezone.now()
    for back, value in zip(range(len(values), 0, -1), values, strict=True):
        Grade.objects.create(
            key=f"made:{back}",
            organization=cast.riverside,
            project_key=project.public_id,
            tasker=cast.alice,
            subject=f"annotation:{-back}",
            source="verdict",
            value=value,
            detail={"labels": {"person": value}},
            at=now - timedelta(days=back),
        )
    grades.rebuild(project.public_id)


def test_mina_reads_which_gold_alice_failed_and_goes_there(project, mina, cast) -> None:
    shown = mina.get(page(cast.alice)).content.decode()
    report = person.for_managers(cast.alice, cast.riverside.pk, [project], whole=True)
    (one,) = report.projects
    assert len(one.failures) == 2
    assert all(reverse("task", args=[failure.task]) in shown for failure in one.failures)
    assert one.estimate.mean < 0.7
    assert report.judgements == 4


def test_alice_reads_the_same_of_herself_but_not_what_was_gold(project, alice, cast) -> None:
    shown = alice.get(reverse("my-quality")).content.decode()
    assert "Names in reports" in shown and "Gold" not in shown
    (one,) = person.for_themselves(
        cast.alice, cast.riverside.pk, [project], before=timezone.now() + timedelta(days=1)
    ).projects
    assert not one.failures


def test_what_was_judged_in_the_last_minutes_is_not_told_yet(project, cast) -> None:
    before = timezone.now() - timedelta(minutes=5)
    (one,) = person.for_themselves(cast.alice, cast.riverside.pk, [project], before=before).projects
    assert not one.grades


def test_the_day_on_which_her_work_became_worse_is_marked(project, mina, cast) -> None:
    graded(cast, project, [1.0, 0.9] * 15 + [0.5, 0.3] * 8)
    (one,) = person.for_managers(cast.alice, cast.riverside.pk, [project], whole=True).projects
    assert one.change is not None and one.change.before > 0.85 > 0.5 > one.change.after
    assert abs(one.change.at - (timezone.now() - timedelta(days=16))) < timedelta(days=2)
    assert {label.name for label in one.labels} == {"Person", "Place"}
    shown = mina.get(page(cast.alice)).content.decode()
    assert "lines__change" in shown and "worse" in shown


def test_scores_that_only_scatter_tell_of_no_change() -> None:
    dice = np.random.default_rng(4)
    found = [change_point.change(dice.uniform(0.5, 1, size=60).tolist(), dice) for _series in range(60)]
    assert sum(one is not None for one in found) <= 2
    assert change_point.change([1.0] * 30 + [0.6] * 30, dice) == change_point.Change(30, 1.0, pytest.approx(0.6))
    assert change_point.change([1.0, 0.0] * 5, dice) is None, "too few to tell"


def test_a_pause_has_its_place_its_reason_and_its_end(project, mina, cast) -> None:
    until = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    asked = {"kind": "paused", "project": project.public_id, "reason": "Read the instructions again", "until": until}
    mina.post(reverse("person-keep-out", args=[cast.alice.public_id]), asked)
    made = Exclusion.objects.get(tasker=cast.alice)
    assert (made.kind, made.project) == ("paused", project) and made.until is not None
    assert "Read the instructions again" in mina.get(page(cast.alice)).content.decode()


def test_a_ban_says_first_what_it_takes_back(project, mina, cast) -> None:
    make.task(project.batches.get())
    held = queue.claim(cast.alice, project)
    assert isinstance(held, Assignment)
    asked = {"kind": "banned", "project": project.public_id, "reason": "Copies"}
    address = reverse("person-keep-out", args=[cast.alice.public_id])
    shown = mina.post(address, asked).content.decode()
    assert not Exclusion.objects.exists(), "she has only been asked"
    for words in (
        "1 judgement that they hold",
        "1 judgement on a task",
        "$0.05",
        "1 judgement on a decided task stays",
    ):
        assert words in shown
    mina.post(address, asked | {"sure": "1"})
    assert Exclusion.objects.get().kind == "banned"


def test_names_lead_to_the_page(project, mina, cast) -> None:
    for name in ("project-quality", "project-exclusions", "project-in-progress"):
        make.held(cast.carol, project) if name == "project-in-progress" else None
        if name == "project-exclusions":
            asked = {"kind": "paused", "project": project.public_id, "reason": "For now"}
            mina.post(reverse("person-keep-out", args=[cast.alice.public_id]), asked)
        shown = mina.get(reverse(name, args=[project.public_id])).content.decode()
        assert page(cast.carol if name == "project-in-progress" else cast.alice) in shown, name


def test_the_page_asks_the_database_ten_times_at_most(project, mina, cast, django_assert_max_num_queries) -> None:
    mina.get(page(cast.alice))
    with django_assert_max_num_queries(10):
        mina.get(page(cast.alice))


def test_a_long_break_begins_another_session() -> None:
    begin = timezone.now() - timedelta(hours=5)
    minutes = [0, 2, 4, 90, 91]
    work = [["p", (begin + timedelta(minutes=one)).isoformat(), 60_000, False] for one in minutes]
    newest, first = person.sessions(work)
    assert (first.pieces, newest.pieces) == (3, 2)
    assert first.minutes == 3 and first.begin == begin - timedelta(minutes=1)


def test_an_hour_is_estimated_by_others_until_ones_own_pace_is_known(project, cast, alice) -> None:
    BatchHour.objects.create(
        batch=project.batches.get(),
        hour=timezone.now().replace(minute=0, second=0),
        people=20,
        timed=20,
        timed_ms=400_000,
    )
    told = pay_estimate.of(cast.alice, [(project, project.settings_now(), 50_000)])[project.pk]
    assert (told.amount, told.seconds, told.own) == (9_000_000, 20.0, False)
    assert "About $9.00 an hour at the pace of others" in alice.get(reverse("home")).content.decode()
    assert pay_estimate.of(cast.alice, [(project, ProjectSettings(rate=0), 0)]) == {}


def test_what_an_hour_brought_is_by_what_was_earned_and_how_long_it_took(project, cast) -> None:
    day = timezone.now().date() - timedelta(days=1)
    EarningDay.objects.create(
        organization=cast.riverside,
        project_key=project.public_id,
        tasker=cast.alice,
        currency="USD",
        day=day,
        amount=200_000,
    )
    (one,) = person.for_managers(cast.alice, cast.riverside.pk, [project], whole=True).projects
    one.seconds = 20.0
    assert one.hourly == round(200_000 / 4 * 3600 / 20)  # nine dollars
