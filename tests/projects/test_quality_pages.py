"""The pages that say whom a project trusts, what is worth a second look, and what dynamic overlap saved."""

import random
import re

import pytest
from django.urls import reverse

from projects import queue
from projects.configuration import configure
from projects.models import BatchProgress, Estimation, Project, Verdict
from projects.quality import estimating, second_looks
from projects.reports import progress
from tests.support import make
from tests.support.projects.judging import PERSON, PLACE, said, spammed

pytestmark = pytest.mark.django_db


def page(client, who, name, *args, **query):
    client.force_login(who)
    return client.get(reverse(name, args=args), query)


def test_mina_reads_whom_to_trust_and_how_far(cast, client, spammers) -> None:
    project, _task = spammed(cast, spammers)
    before = page(client, cast.mina, "project-quality", project.public_id).content.decode()
    assert "No answer is known yet" in before
    estimating.run(estimating.start(project, by=cast.mina).pk)
    after = page(client, cast.mina, "project-quality", project.public_id).content.decode()
    assert "Sly" in after and "gold task" in after and "worth a second look" in after
    assert "of the time" in after or "as often wrong as right" in after
    of_sly = after.split("Sly", 1)[1].split("</tr>", 1)[0]
    assert re.search(r"Place <span class=\"number muted\">\d+\s% \(\d+\s% to \d+\s%\)", of_sly), "how sure that is"


def test_an_estimate_begun_by_hand_says_how_far_it_is(cast, client) -> None:
    project = make.project(cast.riverside)
    client.force_login(cast.mina)
    answer = client.post(reverse("quality-estimate", args=[project.public_id]), follow=True)
    assert "Waiting for a worker" in answer.content.decode()
    assert Estimation.objects.get().started_by == cast.mina
    again = client.post(reverse("quality-estimate", args=[project.public_id]))
    assert again.status_code == 409
    estimating.run(Estimation.objects.get().pk)
    assert (
        "verdicts newly proposed for a second look: 0."
        in page(client, cast.mina, "quality-run", project.public_id).content.decode()
    )


def test_rita_finds_the_proposal_and_leaves_the_verdict(cast, client, spammers) -> None:
    project, task = spammed(cast, spammers)
    verdict = Verdict.objects.current().get(task=task)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    assert "Worth a second look" in page(client, cast.rita, "review-list").content.decode()
    shown = page(client, cast.rita, "second-looks").content.decode()
    assert task.external_id in shown and "Another answer is likelier now" in shown
    client.post(reverse("second-look-dismiss", args=[task.public_id]))
    assert not second_looks.open_in([project]).exists()
    assert Verdict.objects.current().get(task=task) == verdict
    assert client.post(reverse("second-look-dismiss", args=[task.public_id])).status_code == 409


def test_the_review_list_begins_where_a_decision_tells_most(cast) -> None:
    project = make.project(cast.riverside, wanted=3, aggregation="standing_v1", most=3, target=0.995)
    sure, split = make.tasks(make.batch(project), 2)
    for tasker, answer in ((cast.alice, PERSON), (cast.bob, PERSON), (cast.carol, PLACE)):
        said(tasker, sure, answer)
    for tasker, answer in ((cast.alice, PERSON), (cast.bob, PLACE), (cast.carol, make.OSLO)):
        said(tasker, split, answer)
    assert list(queue.waiting_for_review([project])) == [split, sure]
    assert list(queue.waiting_for_review([project], after=split)) == [sure]
    assert queue.next_review([project], cast.rita, after=split.pk) == sure


@pytest.mark.django_db(transaction=True)
def test_the_project_page_says_what_was_saved(cast, client) -> None:
    project = make.project(cast.riverside, wanted=2, most=5, aggregation="standing_v1")
    batch = make.batch(project)
    task = make.task(batch)
    for tasker in (cast.alice, cast.bob):
        said(tasker, task, PERSON)
    while progress.catch_up():
        pass
    assert BatchProgress.objects.get(batch=batch).spent == 2
    shown = page(client, cast.mina, "project", project.public_id).content.decode()
    assert "1 task was decided with 2 of 5 possible judgements: 60 % saved" in shown


def test_mina_sets_method_overlap_and_target(cast, client) -> None:
    project = make.project(cast.riverside)
    shown = page(client, cast.mina, "project-settings", project.public_id)
    form = shown.context["form"]
    assert [key for key, _ in form.fields["aggregation"].choices] == ["majority_v1", "standing_v1", "spans_v1"]
    values = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in values.items() if value is not None and value is not False}
    labels = shown.context["labels"]
    data |= {f"labels-{key}": value for key, value in labels.management_form.initial.items()}
    for row in labels:
        values = {name: row[name].value() for name in row.fields}
        data |= {row.add_prefix(name): value for name, value in values.items() if value not in (None, "", False)}
    data |= {"seen": shown.context["seen"], "aggregation": "standing_v1", "most": 5, "target": 95}
    answer = client.post(reverse("project-settings", args=[project.public_id]), data)
    assert answer.status_code == 302, answer.context["form"].errors
    now = project.settings_now()
    assert (now.aggregation, now.most, now.target) == ("standing_v1", 5, 0.95)
    data |= {"most": 1, "seen": page(client, cast.mina, "project-settings", project.public_id).context["seen"]}
    refused = client.post(reverse("project-settings", args=[project.public_id]), data)
    assert refused.status_code == 422 and refused.context["form"].errors["most"]


def test_the_form_at_its_defaults_asks_for_what_two_of_three_reach(cast, client) -> None:
    form = page(client, cast.mina, "project-new").context["form"]
    given = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in given.items() if value is not None and value is not False}
    data |= {"name": "Overlapping", "most": 5, "labels-TOTAL_FORMS": 1, "labels-INITIAL_FORMS": 0}
    data |= {"task_type": "text_spans", "labels-0-name": "Person"}
    answer = client.post(reverse("project-new"), data)
    assert answer.status_code == 302, answer.context["form"].errors
    project = Project.objects.get(name="Overlapping")
    now = project.settings_now()
    assert (now.aggregation, now.wanted, now.most, now.target) == ("majority_v1", 2, 5, 0.57)
    task = make.task(make.batch(project))
    said(cast.alice, task, PERSON)
    said(cast.bob, task, PERSON)
    task.refresh_from_db()
    assert Verdict.objects.current().filter(task=task).exists() and (task.wanted, task.withheld) == (2, "")
    refused = client.post(reverse("project-new"), data | {"name": "Surer", "target": 90})
    assert refused.status_code == 422 and "83 % sure" in str(refused.context["form"].errors["target"])


def test_a_new_project_begins_with_the_majority_and_is_offered_what_fits_its_type(cast, client) -> None:
    for task_type in ("text_spans", "image_regions", "classification"):
        made = configure.create(cast.riverside, cast.mina, name=task_type, task_type=task_type, labels=make.LABELS)
        assert made.settings_now().aggregation == "majority_v1"
    shown = page(client, cast.mina, "project-new").content.decode()
    assert re.search('<option value="majority_v1"[^>]* selected', shown)
    assert 'value="regions_v1" data-fits="image_regions"' in shown and "Instance-level merge" in shown
    project = make.project(cast.riverside, "Pictures", "image_regions", aggregation="regions_v1")
    shown = page(client, cast.mina, "project-settings", project.public_id).content.decode()
    assert "Decides of each thing in the image" in shown and "spans_v1" not in shown


def test_mina_sees_who_says_what_another_says_and_it_changes_no_weight(cast, client) -> None:
    """Sly hands in what Slim did; the others see for themselves. Asked of sixty pictures."""
    dice = random.Random(3)
    project = make.project(
        cast.riverside,
        "Animals",
        "classification",
        labels=[{"name": "Cat"}, {"name": "Dog"}, {"name": "Owl"}],
        wanted=5,
        aggregation="categorical_v1",
    )
    batch = make.batch(project)
    pair = [make.person(name, cast.riverside, "tasker") for name in ("Slim", "Sly")]
    for task in make.tasks(batch, 60):
        truth = dice.choice(["cat", "dog", "owl"])
        copied = truth if dice.random() < 0.55 else dice.choice(["cat", "dog", "owl"])
        for tasker in (cast.alice, cast.bob, cast.carol, *pair):
            seen = truth if dice.random() < 0.85 else dice.choice(["cat", "dog", "owl"])
            said(tasker, task, {"fields": [{"field": "label", "value": copied if tasker in pair else seen}]})
    run = estimating.run(estimating.start(project, by=cast.mina).pk)
    (found,) = run.accuracy_model.copies
    assert {found["who"], found["of"]} == {one.pk for one in pair}
    assert (found["shared"], found["differed"]) == (60, 0) and found["expected"] > 12
    shown = page(client, cast.mina, "project-quality", project.public_id).content.decode()
    assert "Slim and Sly" in shown or "Sly and Slim" in shown
    assert "a question to ask, not a proof" in shown and "1 pair in" in shown
    assert run.accuracy_model.parameters.count() == 5, "both keep their say"
