"""A course as its manager makes and watches it, and as its tasker sees it again."""

import json
import random
import re

import pytest

from projects import queue
from projects.models import (
    Assignment,
    AssignmentRules,
    BatchProgress,
    PooledGold,
    QualificationAttempt,
    QualificationStep,
    Verdict,
)
from projects.quality.gold import authoring
from projects.quality.qualification import qualification_tests
from projects.queue.qualification import course_items
from projects.reports import progress as rollups
from projects.reports import qualification
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Event, Skill
from taskers.skills import skills
from tests.support import make
from tests.support.projects.courses import answered

pytestmark = pytest.mark.django_db
DICE = random.Random(7)


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project):
    return make.batch(project)


@pytest.fixture
def course(cast, project, batch):
    """Two items about Maria, passed at 80 %, with two tries."""
    items = [
        qualification_tests.add(
            task, make.MARIA, by=cast.mina, dice=DICE, explanation="Only *people*. <script>alert(1)</script>"
        )
        for task in make.tasks(batch, 2)
    ]
    make.tasks(batch, 2)
    rules.change(project, cast.mina, training_tasks=2, training_skill=skills.define(cast.riverside, "Names"))
    return items


@pytest.fixture
def mina(client, cast):
    client.force_login(cast.mina)
    return client


@pytest.fixture
def alice(client, cast):
    client.force_login(cast.alice)
    return client


def page(project, *rest: object) -> str:
    return "/".join(str(part) for part in (f"/projects/{project.public_id}/course", *rest)) + "/"


def terms(**changes) -> dict:
    usual = {"training_tasks": 2, "shown": "end", "training_pass": 90, "training_tries": 3, "training_wait": 12}
    return usual | {"skill_name": "Names of ports", "training_days": 30, "training_rate": "0.02"} | changes


def marked(kept: PooledGold) -> list[tuple]:
    return [(one["start"], one["end"], one["label"]) for one in kept.gold.answer["spans"]]


def posted(client, path: str, body: dict | None = None):
    return client.post(path, json.dumps(body or {}), content_type="application/json")


def test_a_manager_sets_the_terms(mina, project, course) -> None:
    assert mina.post(page(project), terms()).status_code == 302
    row = AssignmentRules.objects.get(project=project)
    assert (row.training_tasks, row.training_pass, row.training_tries, row.training_wait) == (2, 0.9, 3, 12)
    assert (row.training_days, row.training_rate, row.training_skill.name) == (30, 20_000, "Names of ports")
    assert row.training_skill.kind == Skill.Kind.QUALIFICATION
    assert not course_items(project).filter(shown=True).exists()
    refused = mina.post(page(project), terms(skill_name="", training_pass=140))
    assert refused.status_code == 422 and "Name the skill" in refused.content.decode()


def test_a_manager_reads_the_course_as_whoever_takes_it(mina, cast, project, course) -> None:
    qualification_tests.explain(course[1], "Oslo is a *place*.", shown=False, by=cast.mina)
    assert page(project, "preview") in mina.get(page(project)).content.decode()
    shown = mina.get(page(project, "preview")).content.decode()
    found = re.search(r'id="lessons-view" type="application/json">(.*?)</script>', shown, re.S)
    assert found
    items = json.loads(found[1])["lessons"]["all"]
    told = [one["explanation_html"] for one in items]
    right = make.MARIA["spans"][0]
    assert [[(one["start"], one["end"]) for one in item["known"]["spans"]] for item in items] == 2 * [
        [(right["start"], right["end"])]
    ]
    assert "<em>people</em>" in told[0] and "<script" not in told[0] and "<em>place</em>" in told[1]
    facts = re.findall(r"<dt>([^<]+)</dt><dd[^>]*>([^<]+)<", shown)
    assert ("Items", "2") in facts and ("Right answer only at the end", "2") in facts
    assert not QualificationAttempt.objects.exists()


def test_items_are_put_in_order_explained_and_taken_out(mina, project, course) -> None:
    first, second = course
    mina.post(page(project, "items", second.gold.task.public_id), {"act": "up"})
    assert [one.pk for one in course_items(project)] == [second.pk, first.pk]
    mina.post(page(project, "items", second.gold.task.public_id), {"act": "up"})
    assert [one.pk for one in course_items(project)] == [second.pk, first.pk]
    said = {"act": "explain", "explanation": "A **person**.", "shown": "end"}
    shown = mina.post(page(project, "items", first.gold.task.public_id), said, headers={"HX-Request": "true"})
    assert "<strong>person</strong>" in shown.content.decode() and "Shown at the end" in shown.content.decode()
    mina.post(page(project, "items", second.gold.task.public_id), {"act": "remove"})
    assert [one.pk for one in course_items(project)] == [first.pk]
    gone = mina.post(page(project, "items", second.gold.task.public_id), {"act": "down"}, follow=True)
    assert "in the course any more" in gone.content.decode()


def test_course_item_taken_out_says_what_it_is_and_becomes_what_is_chosen(mina, cast, project, course) -> None:
    first, second = (one.gold.task for one in course)
    for task in (first, second):
        mina.post(page(project, "items", task.public_id), {"act": "remove"})
        shown = mina.get(f"/projects/tasks/{task.public_id}/").content.decode()
        assert "Set aside" in shown and "Waiting for taskers" not in shown and "Item of the course" not in shown
    shown = mina.get(page(project)).content.decode()
    assert all(words in shown for words in ("Taken out", "Put back into the course", "Make it ordinary work"))

    # Ordinary work again: judged, decided and counted like any other; not in the list of what was taken out any more.
    mina.post(page(project, "items", first.public_id), {"act": "work"})
    assert [one.gold.task for one in qualification.taken_out(project)] == [second]
    rules.change(project, cast.mina, training_tasks=0, training_skill=None)
    for _ in range(3):
        make.judged(cast.bob, project, make.OSLO)
    assert Verdict.objects.current().get(task=first).answer["spans"][0]["label"] == "place"
    rollups.add(Event.objects.order_by("pk"))
    progress = BatchProgress.objects.get(batch=first.batch)
    assert (progress.tasks, progress.decided, progress.wanted) == (3, 3, 3) and queue.audit().breaches == []

    # Mixed in unseen, by the task's own page.
    mina.post(f"/projects/tasks/{second.public_id}/gold/", {"act": "mix"})
    kept = PooledGold.objects.get(gold__task=second)
    assert (kept.pool, kept.retired_at) == ("control", None)
    refused = mina.post(f"/projects/tasks/{second.public_id}/gold/", {"act": "work"}, follow=True)
    assert "take it out first" in refused.content.decode()


def test_course_item_taken_out_takes_a_corrected_answer_in_the_studio(mina, cast, project, course) -> None:
    task = course[1].gold.task
    path = f"/studio/{project.public_id}/try/keep"
    body = {"task": str(task.public_id), "answer": make.OSLO, "course": True, "explanation": "Oslo.", "shown": True}
    refused = posted(mina, path, body)
    assert refused.status_code == 409 and "take it out" in refused.json()["detail"]
    mina.post(page(project, "items", task.public_id), {"act": "remove"})
    assert posted(mina, path, body).status_code == 200
    kept = course_items(project).get(gold__task=task)
    assert (marked(kept), kept.explanation, kept.gold.made_by) == ([(40, 44, "place")], "Oslo.", cast.mina)
    assert [one.gold.task for one in course_items(project)][-1] == task
    assert Assignment.objects.counting().filter(task=task).count() == 0 and queue.audit().breaches == []

    # The same of an answer that is mixed in unseen.
    mina.post(f"/projects/{project.public_id}/gold/{task.public_id}/", {"act": "retire", "why": "wrong"})
    assert posted(mina, path, body | {"course": False, "answer": make.MARIA}).status_code == 200
    kept.refresh_from_db()
    assert (kept.pool, kept.uses, kept.retired_at) == ("control", 0, None)
    assert marked(PooledGold.objects.select_related("gold").get(pk=kept.pk)) == [(0, 11, "person")]


def test_the_page_says_how_items_fare_and_who_failed(mina, cast, project, course) -> None:
    for tasker in (cast.alice, cast.bob):
        answered(tasker, project, make.MARIA_AND_OSLO)
    answered(cast.alice, project, make.OSLO)
    answered(cast.carol, project, make.MARIA)
    shown = mina.get(page(project)).content.decode()
    assert "67\xa0% of 3 answers" in shown or "67 % of 3 answers" in shown, shown
    assert "Most often (2×): Not to be marked: Place" in shown
    assert "alert(1)" in shown and "<script>alert(1)" not in shown
    assert shown.count("Under way: 1 of 2") == 2 and ">Failed</span>" in shown


def test_a_manager_resets_tries(mina, cast, project, course) -> None:
    for _ in range(2):
        answered(cast.alice, project, make.OSLO)
    said = mina.post(page(project, "people", cast.alice.public_id, "again"), follow=True).content.decode()
    assert "1 try back" in said and "Starts afresh" in said
    assert mina.post(page(project, "people", cast.bob.public_id, "again")).status_code == 404


def test_a_decided_task_becomes_an_item_or_a_known_answer(mina, cast, project, batch) -> None:
    tasks = make.tasks(batch, 3)
    for _ in range(2):
        make.judged(cast.alice, project, make.MARIA)
    one, other, open_one = tasks
    assert "Use as gold" in mina.get(f"/projects/tasks/{one.public_id}/").content.decode()
    mina.post(f"/projects/tasks/{one.public_id}/keep/", {"pool": "course", "explanation": "So.", "shown": "end"})
    mina.post(f"/projects/tasks/{other.public_id}/keep/", {"pool": "control"})
    kept = {one.gold.task_id: one for one in PooledGold.objects.all()}
    assert (kept[one.pk].pool, kept[one.pk].explanation, kept[one.pk].shown) == ("training", "So.", False)
    assert kept[other.pk].pool == "control" and marked(kept[other.pk]) == [(0, 11, "person")]
    refused = mina.post(f"/projects/tasks/{open_one.public_id}/keep/", {}, follow=True)
    assert "decided yet" in refused.content.decode() and queue.audit().breaches == []
    with pytest.raises(StateConflict, match="stock"):
        authoring.keep_decided(one, by=cast.mina, dice=DICE)


def test_an_answer_tried_in_the_studio_is_kept(mina, cast, project, batch) -> None:
    [task] = make.tasks(batch, 1)
    path = f"/studio/{project.public_id}/try/keep"
    body = {"task": str(task.public_id), "answer": make.MARIA, "course": True, "explanation": "So.", "shown": True}
    refused = posted(mina, path, body | {"answer": make.spans((0, 5, "ghost"))})
    assert refused.status_code == 422 and refused.json()["place"] == "spans[0].label"
    assert "course" in posted(mina, path, body).json()["kept"]
    assert marked(course_items(project).get()) == [(0, 11, "person")]
    mina.force_login(cast.alice)
    assert posted(mina, path, body).status_code == 403


def test_a_lesson_comes_again_until_its_tasker_goes_on(alice, cast, project, course) -> None:
    claim = f"/studio/{project.public_id}/claim"
    mine = posted(alice, claim).json()["assignment"]
    body = {"token": mine["token"], "answer": make.OSLO}
    lesson = posted(alice, f"/studio/assignments/{mine['id']}/submit", body).json()["lesson"]
    again = posted(alice, claim).json()
    assert again == {"lesson": lesson} and posted(alice, "/studio/any/claim").json() == again
    assert "<em>people</em>" in lesson["items"][0]["explanation_html"]
    assert "<script" not in lesson["items"][0]["explanation_html"]
    assert [one["key"] for one in lesson["project"]["labels"]] == ["person", "place"]
    onward = posted(alice, claim, {"read": lesson["id"]}).json()["assignment"]
    assert onward["course"] == {"done": 1, "of": 2}
    assert posted(alice, claim).json()["assignment"]["id"] == onward["id"]


def test_nobody_goes_on_for_somebody_else(alice, cast, project, course) -> None:
    annotation = answered(cast.bob, project, make.MARIA)
    posted(alice, f"/studio/{project.public_id}/claim", {"read": str(annotation.public_id)})
    assert QualificationStep.objects.get().read_at is None
    assert posted(alice, f"/studio/{project.public_id}/claim", {"read": "x"}).status_code == 422


def test_a_reset_try_shows_no_lesson(alice, cast, project, course) -> None:
    answered(cast.alice, project, make.OSLO)
    qualification_tests.forgive(project, cast.alice, by=cast.mina)
    assert "assignment" in posted(alice, f"/studio/{project.public_id}/claim").json()


def test_a_tasker_sees_results_and_lessons_again(alice, cast, project, course) -> None:
    qualification_tests.explain(course[1], "", shown=False, by=cast.mina)
    answered(cast.alice, project, make.OSLO)
    path = f"/my-work/courses/{project.public_id}/"
    said = alice.get(path).content.decode()
    assert "1 of 2" in said and said.count('"known"') == 1
    answered(cast.alice, project, make.OSLO)
    said = alice.get(path).content.decode()
    assert "Not passed" in said and said.count('"known"') == 2
    assert path in alice.get("/my-work/").content.decode()
    alice.force_login(cast.bob)
    assert "<em>people</em>" not in alice.get(path).content.decode()
    assert QualificationAttempt.objects.get().passed is False
    assert Assignment.objects.filter(kind="training").count() == 2
