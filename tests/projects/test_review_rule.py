"""Stages: which tasks a reviewer looks at although their answers agree, before the verdict or after, and what a rule
would have come to."""

import re

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from projects import queue
from projects.configuration import configure, label_changes, review_rule
from projects.configuration.review_rule import ReviewRule
from projects.errors import Refused
from projects.models import Project, SecondLook, Task, Verdict
from projects.quality import consensus
from projects.queue import draws
from projects.reports import review_effect, task_history, verdict_index
from projects.workflow import project_copies, submission
from taskers.models import Event, Standing, Transfer
from tests.support import make
from tests.support.projects.judging import said
from tests.support.projects.managing import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, wanted=2)


def rule(project: Project, **terms: object) -> None:
    configure.change(project, None, review=terms)


def decided(project: Project, cast, answer: dict = make.MARIA) -> Task:
    """A task on which Alice and Bob agree."""
    task = make.task(project.batches.first() or make.batch(project))
    for one in (cast.alice, cast.bob):
        said(one, task, answer)
    task.refresh_from_db()
    return task


def test_before_the_verdict_a_reviewer_looks_and_nothing_is_paid(cast, project) -> None:
    rule(project, labels=["place"], when="before")
    assert decided(project, cast, make.MARIA).withheld == "", "it uses another label"
    paid = Transfer.objects.count()
    waits = decided(project, cast, make.OSLO)
    assert waits.withheld == "review" and not Verdict.objects.filter(task=waits).exists()
    assert Transfer.objects.count() == paid
    with translation.override("es"):
        why = [one.detail for one in task_history.of(waits).moments]
    assert any("usan una etiqueta que el proyecto hace revisar" in one for one in why), (
        "kept in English, read in Spanish"
    )


def test_after_it_the_verdict_stands_is_paid_and_waits_for_a_second_look(cast, project) -> None:
    rule(project, share=1.0, when="after")
    task = decided(project, cast)
    assert Transfer.objects.count() == 2
    look = SecondLook.objects.get(task=task)
    assert (look.reason, look.state, look.is_blind) == ("rule", "open", False)


def test_an_audit_that_was_drawn_stays_one(cast, project) -> None:
    configure.change(project, None, audit_share=1.0, review={"share": 1.0, "when": "after"})
    assert SecondLook.objects.get(task=decided(project, cast)).reason == "audit"


def test_somebody_of_a_low_standing_and_doubt_send_a_task_to_review(cast, project) -> None:
    rule(project, standing=0.6, when="before")
    assert decided(project, cast).withheld == ""
    Standing.objects.filter(tasker=cast.bob).update(good=0, poor=10)
    assert decided(project, cast).withheld == "review"
    rule(project, below=0.999, when="before")
    assert decided(project, cast).withheld == "review"
    rule(project)
    assert decided(project, cast).withheld == ""


def test_the_share_is_drawn_once_for_a_task_and_about_right(project) -> None:
    rule = ReviewRule(share=0.2)
    met = [bool(rule.why(review_rule.Decided(draws.share("review", str(task)), 1.0, 1.0, ()))) for task in range(2000)]
    assert 300 < sum(met) < 500


def test_mina_tries_a_rule_on_what_was_and_saves_it(cast, project) -> None:
    for answer in (make.MARIA, make.MARIA, make.OSLO):
        decided(project, cast, answer)
    verdict_index.add(Event.objects.all())
    assert review_effect.of(project, ReviewRule(labels=("place",))).by == {"labels": 1}
    mina, address = signed_in(cast.mina), reverse("project-stages", args=[project.public_id])
    typed = {"share": "0", "below": "0", "standing": "0", "labels": "place", "when": "before", "audit_share": "5"}
    page = mina.post(address, typed | {"try": "1"}).content.decode()
    told = re.sub(r"<[^>]+>|\s+", " ", page)
    assert "Would have sent 1 of 3 to review" in " ".join(told.split())
    assert project.settings_now().review == {}, "nothing is saved by trying"
    assert mina.post(address, typed).status_code == 302
    saved = project.settings_now()
    assert (saved.review, saved.audit_share) == ({"labels": ["place"], "when": "before"}, 0.05)
    assert mina.post(address, typed | {"share": "101"}).status_code == 422


def test_what_the_rule_in_force_sent_to_review_is_counted_reviewed_or_not(cast, project) -> None:
    rule(project, labels=["place"], when="before")
    decided(project, cast, make.MARIA)
    reviewed, _waits = decided(project, cast, make.OSLO), decided(project, cast, make.OSLO)
    differs = make.task(reviewed.batch)
    said(cast.alice, differs, make.MARIA)
    said(cast.bob, differs, make.OSLO)
    for task in (reviewed, differs):
        review = queue.claim_review(task, cast.rita)
        submission.decide(review, cast.rita, review.token, make.OSLO)
    verdict_index.add(Event.objects.all())
    effect = review_effect.of(project, ReviewRule(labels=("place",)))
    assert (effect.decided, effect.looked) == (3, 2), "what answers didn't decide, no rule is asked of"
    assert review_effect.of(project, ReviewRule(below=0.01)).looked == 0, "the answers' own confidence counts"


def test_whoever_has_a_vote_counts_and_what_no_rule_is_asked_of_does_not(cast, project) -> None:
    configure.change(project, None, wanted=3)
    task = make.task(make.batch(project))
    for one, answer in ((cast.alice, make.MARIA), (cast.bob, make.MARIA), (cast.carol, make.OSLO)):
        said(one, task, answer)
    Standing.objects.update(good=9, poor=0)
    Standing.objects.filter(tasker=cast.carol).update(good=0, poor=9)
    brought = make.task(task.batch)
    with transaction.atomic():
        consensus.adopt(queue.lock(brought.pk), make.MARIA, confidence=0.3)
    verdict_index.add(Event.objects.all())
    effect = review_effect.of(project, ReviewRule(standing=0.6, below=0.4))
    assert (effect.decided, effect.by) == (1, {"standing": 1}), "Carol was outvoted, and yet she had a vote"


def test_a_rule_follows_a_merged_label_and_keeps_a_retired_one_that_it_shows(cast, project) -> None:
    labels = [{"key": key, "name": key.title()} for key in ("person", "place", "town", "river")]
    configure.set_labels(project, labels, by=cast.mina)
    with pytest.raises(Refused):
        rule(project, labels=["place", "street"])
    rule(project, labels=["place", "town", "river"], when="before")
    task = make.task(make.batch(project))
    town = {"spans": [one | {"label": "town"} for one in make.OSLO["spans"]]}
    said(cast.alice, task, make.OSLO)
    label_changes.merge(project, "place", "town", by=cast.mina)
    assert project.settings_now().review == {"labels": ["town", "river"], "when": "before"}
    said(cast.bob, task, town)
    task.refresh_from_db()
    assert task.withheld == "review", "Alice's says by the old label what Bob's says by the new one"

    label_changes.retire(project, "river", by=cast.mina)
    mina, address = signed_in(cast.mina), reverse("project-stages", args=[project.public_id])
    assert "River (retired)" in mina.get(address).content.decode()
    typed = {"share": "0", "below": "0", "standing": "0", "when": "before", "audit_share": "5"}
    assert mina.post(address, typed | {"labels": ["town", "river"]}).status_code == 302
    assert project.settings_now().review["labels"] == ["town", "river"]
    copy = project_copies.clone(project, "Again", by=cast.mina)
    assert copy.settings_now().review["labels"] == ["town"]


@pytest.mark.parametrize("wrong", [[], {"often": 1}, {"share": 2}, {"when": "never"}, {"labels": "place"}])
def test_what_is_no_rule_is_refused(project, wrong) -> None:
    with pytest.raises(Refused):
        configure.change(project, None, review=wrong)
