"""What comes in, is offered and is decided is compared with what came before; what changed is said once, and decides
nothing."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.alike import index
from assist.learning.drift import audits, detector, series, watch
from assist.learning.drift.detector import BASE, watched
from assist.models import DriftSeries, RaisedAudits, Suggestion
from assist.registry import registry
from assist.suggestions.offers import EVERYTHING
from projects.configuration import configure
from projects.models import ModelAnswer, Project, Verdict, VerdictEntry
from taskers.models import Event, Notification
from taskers.notifications import inbox
from tests.support import make, sending
from tests.support.assist.engineer import at, shown
from tests.support.assist.engineer import emil as emil  # a fixture
from tests.support.cast import Cast
from tests.support.projects import models_at_work
from tests.support.projects.managing import signed_in
from tests.support.projects.pipeline import Api, refused
from tests.support.rounds import rounds

BOUND = 12 * 26_000.0  # twelve series, five hundred pieces a week in each: one alarm a year at most


def test_a_year_in_which_nothing_changes_raises_hardly_an_alarm() -> None:
    """A quarter of the year of twelve series, of any shape, over two years: half an alarm is to be expected at most."""
    raised = 0
    for seed in range(12):
        draw = np.random.default_rng(seed)
        figures = draw.exponential(size=13_000) if seed % 3 else draw.integers(0, 4, 13_000)
        raised += watched(figures, BOUND, seed).reached
    assert raised <= 1


@pytest.mark.parametrize("shift", [3.0, 1.0, -1.0])
def test_a_change_is_seen_soon(shift: float) -> None:
    late = []
    for seed in range(10):
        draw = np.random.default_rng(seed)
        figures = np.concatenate([draw.normal(size=1_000), draw.normal(shift, size=500)])
        first = watched(figures, BOUND, seed).first
        assert first is not None and first >= 1_000
        late.append(first - 1_000)
    assert sorted(late)[5] <= (10 if shift > 2 else 60)


def test_wider_and_narrower_are_changes_too() -> None:
    draw = np.random.default_rng(0)
    for width in (2.5, 0.3):
        figures = np.concatenate([draw.normal(size=1_000), draw.normal(0, width, size=500)])
        assert watched(figures, BOUND, 0).first is not None


@given(st.lists(st.floats(-1e9, 1e9), max_size=60), st.integers(0, 9))
@settings(max_examples=rounds(40), deadline=None)
def test_places_depend_on_the_order_of_sizes_alone(figures: list[float], seed: int) -> None:
    found = detector.places(figures, seed)
    assert ((found > 0) & (found < 1)).all()
    ranks = [sorted(set(figures)).index(one) for one in figures]
    assert np.array_equal(found, detector.places(ranks, seed))


def test_each_bet_is_fair() -> None:
    evenly = (np.arange(200_000) + 0.5) / 200_000
    assert np.allclose(detector._bets(evenly).mean(axis=0), 1, atol=0.02)


@pytest.fixture
def project(cast: Cast, tmp_path: Path, settings) -> Project:
    settings.DATA_DIR = tmp_path
    return make.project(cast.riverside)


def come(project: Project, labels: list[str]) -> None:
    """So many verdicts, one label each, an hour apart."""
    batch = make.batch(project, f"Of {len(labels)}")
    tasks, begun = make.tasks(batch, len(labels)), timezone.now() - timedelta(hours=len(labels))
    verdicts = Verdict.objects.bulk_create(
        Verdict(task=task, answer={}, confidence=1, method="majority_v1", settings_version=1) for task in tasks
    )
    made = [
        VerdictEntry(project=project, task=one.task, verdict=one, label=label, confidence=1)
        for one, label in zip(verdicts, labels, strict=True)
    ]
    VerdictEntry.objects.bulk_create(made)
    assert begun < timezone.now()


def usual(number: int, seed: int = 0) -> list[str]:
    return list(np.random.default_rng(seed).choice(["Person", "Place", "Animal"], number, p=[0.6, 0.3, 0.1]))


@pytest.mark.django_db
def test_other_labels_are_told_once_drawn_and_may_become_the_usual_ones(cast, project, emil) -> None:
    assert "Too little came yet" in shown(emil, "copilot-drift", project)
    come(project, usual(BASE + 300))
    assert watch.watch(project) == 0
    assert "As before" in shown(emil, "copilot-drift", project) and "Changed" not in shown(
        emil, "copilot-drift", project
    )
    mine = Api(cast.mina, cast.riverside)
    refused(mine.post("drift-accept", project.public_id, "labels"), 409, "state-conflict")

    come(project, ["Ghost"] * 120)
    assert (watch.watch_all(), watch.watch_all()) == (1, 0), "it is said once"
    inbox.tell(Event.objects.order_by("pk"))
    told = Notification.objects.filter(kind="drift")
    assert cast.mina.pk in told.values_list("person", flat=True) and cast.alice.pk not in told.values_list(
        "person", flat=True
    )
    assert "no longer as it was (Labels of verdicts)" in inbox.said(told.first())
    assert "Take this as usual" in shown(emil, "copilot-drift", project)
    assert project.settings_now().audit_share == audits.CAP
    assert "20.0 % of what is decided is audited until" in shown(emil, "copilot-drift", project)
    (row,) = mine.get("drift", project.public_id).json()
    assert row["what"] == "labels" and row["alarmed_at"] and max(one["evidence"] for one in row["points"]) >= 1

    emil.post(at("drift-accept", project, "labels"))
    assert watch.watch(project) == 0 and DriftSeries.objects.get(what="labels").alarmed_at is None
    assert project.settings_now().audit_share == 0 and "is audited until" not in shown(emil, "copilot-drift", project)
    said = Event.objects.filter(kind__in=[audits.RAISED, audits.LOWERED]).order_by("pk")
    assert [(one.kind, one.data["share"]) for one in said] == [(audits.RAISED, audits.CAP), (audits.LOWERED, 0)]
    come(project, ["Ghost"] * (BASE + 100))
    assert watch.watch(project) == 0, "they are the usual ones now"


@pytest.mark.django_db
def test_errors_that_audits_show_are_a_series_of_their_own(cast, project) -> None:
    annotator = models_at_work.proven(models_at_work.seated(cast, project), right=200)
    assert watch.watch(project) == 0 and [one.what for one in watch.series_of(project)] == ["errors"]
    terms = {"task_id": 0, "confidence": 0.9, "at_least": 0.5, "accepted": False, "drawn": True, "mode": "watch"}
    ModelAnswer.objects.bulk_create(
        ModelAnswer(annotator=annotator, annotation_id=-1_000 - at, outcome="known", right=at % 4 == 0, **terms)
        for at in range(60)
    )
    assert watch.watch(project) == 1 and project.settings_now().audit_share == audits.CAP


@pytest.mark.django_db
def test_a_second_and_weaker_model_beside_the_first_is_no_change(cast, project) -> None:
    models_at_work.proven(models_at_work.seated(cast, project), right=200)
    second = models_at_work.seated(cast, project, name="Mia")
    terms = {"task_id": 0, "confidence": 0.9, "at_least": 0.5, "accepted": False, "drawn": True, "mode": "watch"}
    ModelAnswer.objects.bulk_create(
        ModelAnswer(annotator=second, annotation_id=-1_000 - at, outcome="known", right=at % 2 == 0, **terms)
        for at in range(120)
    )
    assert watch.watch(project) == 0 and project.settings_now().audit_share == 0


@pytest.mark.django_db
def test_a_stretch_is_over_once_somebody_lowers_the_share_and_goes_on_where_it_cannot_be(
    cast, project, monkeypatch
) -> None:
    first = audits.raise_for(project)
    configure.change(project, cast.mina, audit_share=0.05)
    assert audits.raised(project) is None
    again = audits.raise_for(project)
    assert again is not None and again != first and again.before == 0.05
    RaisedAudits.objects.update(until=timezone.now())
    with monkeypatch.context() as broken:
        broken.setattr(audits, "_set", lambda *_: False)
        assert audits.lower_due() == 0 and audits.raised(project) == again
    assert audits.lower_due() == 1 and project.settings_now().audit_share == 0.05


@pytest.mark.django_db
def test_audits_rise_for_a_stated_time_and_whoever_sets_them_meanwhile_has_the_last_word(cast, project) -> None:
    stretch = audits.raise_for(project)
    assert stretch is not None and audits.raise_for(project) == stretch, "a second alarm lengthens it"
    assert audits.lower_due() == 0
    RaisedAudits.objects.update(until=timezone.now())
    assert audits.lower_due() == 1 and project.settings_now().audit_share == 0
    assert audits.raise_for(project) is not None
    configure.change(project, cast.mina, audit_share=0.5)
    assert audits.lower(project, by=cast.mina) and project.settings_now().audit_share == 0.5
    assert audits.raise_for(project) is None and not audits.lower(project, by=cast.mina), "it is higher anyway"


@pytest.mark.django_db
def test_texts_of_another_topic_are_seen(cast, project) -> None:
    tasks = make.tasks(make.batch(project, "Mixed"), BASE + 260)
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(len(tasks), 384)) * 0.05
    rows[:-60, 0] += 1  # one topic, and then another one
    rows[-60:, 1] += 1
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    kept = index.vectors_of(project, index.TEXTS)
    keys = [one.pk for one in tasks]
    kept.add(keys[:-60], rows[:-60])
    assert watch.watch(project) == 0
    kept.add(keys[-60:], rows[-60:])
    assert watch.watch(project) == 1 and DriftSeries.objects.get(alarmed_at__isnull=False).what == "texts"


@pytest.mark.django_db
def test_confidence_is_that_of_one_model_and_a_piece_of_work_counts_once(cast, project) -> None:
    first, second = registry.model_version("fake-spans@1"), registry.model_version("fake-masks@1")
    draw = np.random.default_rng(2)

    def offer(version, scores, start: int, **more) -> None:
        terms = {"project_key": project.public_id, "task_key": 1, "model": version} | more
        Suggestion.objects.bulk_create(
            Suggestion(assignment_key=start + at // 2, score=float(score), **terms) for at, score in enumerate(scores)
        )

    offer(first, draw.uniform(0.7, 0.9, 400), 1)
    watch.watch(project)
    assert DriftSeries.objects.get(what="sureness").seen == 200
    offer(second, draw.uniform(0.1, 0.2, 200), 500, prompt=EVERYTHING)
    assert watch.watch(project) == 0 and DriftSeries.objects.get(what="sureness").seen == 200, "not its confidence"
    offer(second, draw.uniform(0.1, 0.2, 200), 1_000)
    assert watch.watch(project) == 0 and DriftSeries.objects.get(what="sureness").seen == 100, "another model's own"
    offer(second, draw.uniform(0.8, 0.9, 120), 2_000)
    assert watch.watch(project) == 1


@pytest.mark.django_db
def test_more_rows_than_are_read_at_once_let_go_of_the_older_half_and_hide_no_change(
    cast, project, monkeypatch
) -> None:
    """A verdict with two labels has two rows: what counts is how many were read."""
    monkeypatch.setattr(series, "MOST", 900)
    monkeypatch.setattr(watch, "MOST", 900)
    version, draw = registry.model_version("fake-spans@1"), np.random.default_rng(3)
    terms = {"project_key": project.public_id, "task_key": 1, "model": version}

    def offer(scores, start: int) -> None:
        Suggestion.objects.bulk_create(
            Suggestion(assignment_key=start + at // 2, score=float(score), **terms) for at, score in enumerate(scores)
        )

    offer(draw.uniform(0.7, 0.9, 1_000), 1)
    assert watch.watch(project) == 0
    kept = DriftSeries.objects.get(what="sureness")
    assert kept.seen == 450 and kept.after > 0, "the older half is let go"
    offer(draw.uniform(0.1, 0.3, 120), 5_000)
    assert watch.watch(project) == 1, "and what came since is looked at"


@pytest.mark.django_db
def test_a_project_that_cannot_be_looked_at_keeps_no_other_waiting(cast, project, monkeypatch, caplog) -> None:
    other = make.project(cast.riverside, "Another")

    def looked(one: Project) -> int:
        if one == project:
            raise ValueError("broken")
        return 1

    monkeypatch.setattr(watch, "watch", looked)
    assert watch.watch_all() == 1 and str(project.public_id) in caplog.text and other.pk


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["project-settings", "project-stages"])
def test_a_form_that_is_saved_meanwhile_as_it_stands_makes_nothing_permanent(cast, project, name: str) -> None:
    configure.change(project, cast.mina, audit_share=0.05)
    assert audits.raise_for(project) is not None
    mina, address = signed_in(cast.mina), reverse(name, args=[project.public_id])
    page = sending.read(mina.get(address).content.decode(), address)
    (form,) = [one for one in page.forms if ("audit_share", "20") in one.fields]
    changes = {"instructions": "Other ones."} if name == "project-settings" else {}
    version = project.settings_now().version
    assert sending.send(mina, form, **changes).status_code == 302
    now = project.settings_now()
    assert (now.audit_share, now.version > version) == (audits.CAP, bool(changes))
    RaisedAudits.objects.update(until=timezone.now())
    assert audits.lower_due() == 1 and project.settings_now().audit_share == 0.05
