"""A project made on a page is a draft: nothing of it is handed out or paid until somebody publishes it."""

import pytest
from django.db import transaction

from projects import access, queue
from projects.configuration import configure, publishing, spending_limit
from projects.errors import NotPublished, Refused
from projects.models import BatchProgress, Project
from projects.queue import work_lists
from projects.reports import organization, planned_cost
from projects.web.manager import checklist
from projects.workflow import batches, project_copies
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Event, Person
from taskers.notifications import inbox
from taskers.organizations.project_names import project_names
from tests.support import make
from tests.support.connections import all_at_once
from tests.support.projects.gold import stocked
from tests.support.projects.managing import FORM, page, signed_in
from tests.support.projects.pipeline import Api, Office, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(cast) -> Project:
    return make.project(cast.riverside, "Prepared", draft=True)


def marks(project: Project) -> dict[str, tuple[str, str]]:
    """The checklist: (mark, text) by the key of the line."""
    lines = checklist.of(project, project.settings_now()).items
    return {line.key: (line.mark.value, line.text) for line in lines}


def news(person: Person, *, after: int = 0) -> list[str]:
    """What somebody has been told, once the events after this one are told too."""
    inbox.tell(Event.objects.filter(pk__gt=after).order_by("pk"))
    return [inbox.said(notification) for notification in inbox.of(person)]


def test_what_a_page_makes_is_a_draft_and_what_a_program_makes_is_live(cast) -> None:
    mina, program = signed_in(cast.mina), Office(cast.mina, cast.riverside)
    mina.post(page("project-new"), FORM)
    original = Project.objects.get(name="Ships")
    mina.post(page("project-clone", original.public_id), {"name": "Ships again"})
    copy = Project.objects.get(name="Ships again")
    assert {(project.state, project.published_at) for project in (original, copy)} == {("draft", None)}
    assert "Draft" in mina.get(page("projects")).content.decode()

    body = {"name": "Boats", "task_type": "text_spans", "labels": [{"name": "A"}]}
    template = project_copies.keep_template(original, "Pattern", by=cast.mina)
    answers = [
        program.send("POST", "projects", body=body),
        program.send("POST", "project-clone", original.public_id, body={"name": "Boats again"}),
        program.send("POST", "template", template.public_id, body={"name": "Boats by template"}),
    ]
    assert [answer.json()["state"] for answer in answers] == ["live", "live", "live"]
    prepared = program.send("POST", "projects", body=body | {"name": "Later", "draft": True}).json()
    assert prepared["state"] == "draft"
    refused(program.send("POST", "project-move", prepared["id"], body={"state": "paused"}), 409, "not-published")
    assert program.send("POST", "project-move", prepared["id"], body={"state": "live"}).json()["state"] == "live"


def test_a_tasker_gets_and_sees_nothing_of_a_draft(cast, draft) -> None:
    (task,) = make.tasks(make.batch(draft), 1)
    alice, program = signed_in(cast.alice), Api(cast.alice, cast.riverside)
    answer = alice.get(page("studio", draft.public_id))
    assert answer.status_code == 409 and "published yet" in answer.content.decode()
    assert draft.name not in answer.content.decode()
    assert draft.name not in alice.get(page("home")).content.decode()
    assert alice.get(page("studio-examples", draft.public_id)).status_code == 409
    claim = alice.post(page("studio-claim", draft.public_id), "{}", "application/json")
    assert (claim.status_code, claim.json()["code"]) == (409, "not-published")
    refused(program.post("claim", draft.public_id), 409, "not-published")
    assert queue.claim(cast.alice, draft).code == "project-not-live"
    assert queue.claim_any(cast.alice, cast.riverside, [draft]).code == "all-done"
    with pytest.raises(NotPublished):
        queue.claim_review(task, cast.rita)
    assert draft not in access.reviewable_for(cast.rita, cast.riverside)
    assert signed_in(cast.mina).get(page("studio", draft.public_id), {"try": "1"}).status_code == 200

    publishing.publish(draft, by=cast.mina)
    assert queue.claim(cast.alice, draft).task == task


def test_the_checklist_says_what_is_there_and_what_is_missing(cast, draft) -> None:
    assert marks(draft) == {
        "labels": ("done", "2 labels"),
        "instructions": ("missing", "No instructions yet"),
        "data": ("missing", "No tasks yet"),
        "gold": ("optional", "No gold: answers are compared with each other only"),
        "cost": ("done", "At most about $0.10 per task"),
        "people": ("done", "All 3 taskers qualify"),
    }
    BatchProgress.objects.filter(batch=make.batch(draft)).update(tasks=400)
    configure.change(draft, cast.mina, instructions="Mark every name.")
    rules.change(draft, cast.mina, gold_share=0.2)
    rules.exclude(cast.bob, reason="Away", by=cast.mina, project=draft)
    spending_limit.allow(draft, cast.mina, 30_000_000)
    assert marks(draft) == {
        "labels": ("done", "2 labels"),
        "instructions": ("done", "3 words"),
        "data": ("done", "400 tasks in 1 batch"),
        "gold": ("missing", "Its share is 20\N{NO-BREAK SPACE}% of the work, but there are no items"),
        "cost": ("done", "At most about $50.00 for 400 tasks; spending stops at $30.00"),
        "people": ("done", "2 of 3 taskers qualify"),
    }
    shown = signed_in(cast.mina).get(page("project", draft.public_id)).content.decode()
    assert "400 tasks in 1 batch" in shown and "Still missing: Gold." in shown


def test_the_checklist_counts_what_would_be_handed_out(cast, draft) -> None:
    BatchProgress.objects.filter(batch=make.batch(draft, "Later", state="draft")).update(tasks=300)
    assert marks(draft)["data"] == ("missing", "300 tasks in 1 batch, but no batch is live")
    live, closed = make.batch(draft, "Now"), batches.move(make.batch(draft, "Over"), "closed", by=None)
    BatchProgress.objects.filter(batch__in=[live, closed]).update(tasks=100)
    make.batch(draft, "Empty")
    assert marks(draft)["data"] == ("done", "400 tasks in 2 batches, 100 of them in live batches; 1 batch is empty")


def test_the_checklist_counts_gold_only_where_it_is_mixed_in(cast, draft) -> None:
    batch = make.batch(draft)
    stocked(batch)
    BatchProgress.objects.filter(batch=batch).update(tasks=3, decided=2)
    assert marks(draft)["gold"] == ("optional", "1 item, but its share is 0\N{NO-BREAK SPACE}%")
    rules.change(draft, cast.mina, gold_share=0.5)
    assert marks(draft)["gold"] == ("done", "1 item, 50\N{NO-BREAK SPACE}% of the work")
    assert marks(draft)["cost"] == ("done", "At most about $0.20 for 1 task")
    rules.change(draft, cast.mina, mode="lists")
    assert marks(draft)["gold"] == ("optional", "None is mixed in where people work by list")
    assert marks(draft)["cost"] == ("done", "At most about $0.10 for 1 task")


def test_taskers_are_notified_of_new_work_once_it_is_published(cast, draft) -> None:
    rules.change(draft, cast.mina, mode="lists")
    task = make.task(make.batch(draft))
    with transaction.atomic():
        work_lists.put_on(queue.lock(task.pk), [cast.alice], by=cast.mina)
    assert news(cast.alice) == [], "whoever opened it would find it closed"
    last = Event.objects.latest("pk").pk
    publishing.publish(draft, by=cast.mina)
    assert news(cast.alice, after=last) == ["There is new work in Prepared."]
    publishing.publish(make.project(cast.riverside, "Empty", draft=True), by=cast.mina)
    assert len(news(cast.alice, after=last)) == 1, "of a project without work nobody is told"


def test_the_most_that_tasks_cost_counts_rises_time_reviews_and_gold(cast) -> None:
    terms = {"wanted": 2, "most": 4, "rate": 100_000, "raise_percent": 50, "review_rate": 200_000}
    settings = make.project(cast.riverside, hourly_rate=6_000_000, paid_seconds=60, **terms).settings_now()
    # 4 judgements of 0.10, raised to 0.15, and of 0.10 for a minute; every second one is gold; one review.
    assert planned_cost.of(settings, 10, 0.5) == planned_cost.PlannedCost(2_200_000, 22_000_000)


def test_a_draft_without_labels_cannot_be_published(cast, draft) -> None:
    draft.labels.update(retired_at=draft.created_at)
    with pytest.raises(Refused) as caught, transaction.atomic():
        publishing.publish(draft, by=cast.mina)
    assert caught.value.code == "no-labels"
    mina = signed_in(cast.mina)
    shown = mina.get(page("project", draft.public_id)).content.decode()
    assert "It can’t be published without: Labels." in shown
    answer = mina.post(page("project-publish", draft.public_id), follow=True)
    assert "add one" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.state == "draft" and not Event.objects.filter(kind="project_published").exists()


def test_publishing_is_on_record_and_takes_the_page_along(cast, draft) -> None:
    mina = signed_in(cast.mina)
    assert "Draft: not published yet" in mina.get(page("project-checklist", draft.public_id)).content.decode()
    answer = mina.post(page("project-publish", draft.public_id), follow=True)
    assert "Published:" in answer.content.decode() and "checklist" not in answer.content.decode()
    draft.refresh_from_db()
    assert draft.state == "live" and draft.published_at
    assert '<span class="badge dot badge--good">Live</span>' in answer.content.decode()
    assert Event.objects.get(kind="project_published").actor_id == cast.mina.pk
    assert mina.get(page("project-checklist", draft.public_id))["HX-Refresh"] == "true"


def test_an_archived_draft_comes_back_as_a_draft(cast, draft) -> None:
    assert configure.move(draft, "archived", by=cast.mina).state == "archived"
    assert (
        "Make it a draft again" in signed_in(cast.mina).get(page("project-settings", draft.public_id)).content.decode()
    )
    assert configure.move(draft, "live", by=cast.mina).state == "draft"
    for state in ("live", "paused"):
        with pytest.raises(NotPublished):
            configure.move(draft, state, by=cast.mina)
    publishing.publish(draft, by=cast.mina)
    with pytest.raises(Refused):
        configure.move(draft, "draft", by=cast.mina)
    configure.move(draft, "archived", by=cast.mina)
    assert configure.move(draft, "live", by=cast.mina).state == "live"


def test_drafts_stand_where_they_make_sense(cast, draft) -> None:
    assert draft.public_id in project_names(cast.riverside, archived=False), "people may be invited to it"
    assert draft.public_id not in project_names(cast.riverside, archived=False, drafts=False), "nobody earned there"
    (line,) = organization.for_manager(cast.riverside, cast.mina).lines
    assert [hindrance.said for hindrance in line.hindrances] == ["The project is a draft: nothing is handed out."]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_does(cast, draft) -> None:
    def publish() -> int:
        try:
            publishing.publish(Project.objects.get(pk=draft.pk), by=cast.mina)
        except StateConflict as problem:
            assert problem.code == "no-draft"
            return 0
        return 1

    assert sorted(all_at_once([publish, publish])) == [0, 1]
    assert Event.objects.filter(kind="project_published").count() == 1
