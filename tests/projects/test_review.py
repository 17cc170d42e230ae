"""The reviewer's page and wire: disagreements side by side, names hidden, one decision, never one's own work."""

import json
import re
from html import unescape

import pytest
from django.utils import timezone

from projects import queue
from projects.models import Annotation, Assignment, Draft, Verdict
from projects.quality import consensus
from projects.workflow import submission
from taskers.models import Event, Grade, Transfer
from taskers.money import ledger
from taskers.people import invitations
from tests.support import make
from tests.support.projects.reviewing import opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside)


@pytest.fixture
def batch(project):
    return make.batch(project)


@pytest.fixture
def task(cast, project, batch):
    """A task on which Alice and Bob disagree."""
    return disputed(cast, project, batch)


@pytest.fixture
def rita(client, cast):
    client.force_login(cast.rita)
    return client


def disputed(cast, project, batch):
    made = make.task(batch)
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.OSLO)
    made.refresh_from_db()
    assert made.withheld == "review"
    return made


def send(client, task, action: str, method: str = "POST", **body):
    return client.generic(method, f"/review/{task.public_id}/{action}", json.dumps(body), "application/json")


def decided(client, task, answer=make.MARIA, **body):
    token = opened(client, task)["review"]["token"]
    return send(client, task, "decide", token=token, answer=answer, **body)


def test_the_list_shows_what_waits_and_no_names(rita, task, batch) -> None:
    make.task(batch)  # not judged yet: doesn't wait
    page = rita.get("/review/").content.decode()
    assert "First-0" in page and "First-1" not in page
    assert "Alice" not in page and "Bob" not in page


def test_the_list_of_one_project(rita, cast, task) -> None:
    other = make.project(cast.riverside, "Other")
    disputed(cast, other, make.batch(other, "Second"))
    part = rita.get("/review/", {"project": other.public_id}, headers={"HX-Request": "true", "HX-Target": "waiting"})
    page = part.content.decode()
    assert "Second-0" in page and "First-0" not in page and "<html" not in page


def test_batches_are_offered_of_the_only_project_and_of_another_as_soon_as_it_is_chosen(rita, cast, task) -> None:
    def offered(shown: str) -> list[str]:
        (select,) = re.findall(r'<select id="batch".*?</select>', shown, re.S)
        return re.findall(r"<option value=\"[\w-]+\"[^>]*>([^<]+)<", select)

    later = make.batch(task.project, "Later")
    asked = {"project": task.project.public_id, "batch": later.public_id}
    shown = rita.get("/review/").content.decode()
    assert offered(shown) == ["Later", "First"] and f'name="project" value="{task.project.public_id}"' in shown
    assert "Nothing waits" in rita.get("/review/", asked).content.decode()

    other = make.project(cast.riverside, "Other")
    make.batch(other, "Second")
    rita.get("/review/", {"keep": "1"})
    assert offered(rita.get("/review/", {"only": ""}).content.decode()) == []
    part = rita.get("/review/", {"project": other.public_id}, headers={"HX-Request": "true", "HX-Target": "waiting"})
    assert offered(part.content.decode()) == ["Second"] and "hx-swap-oob" in part.content.decode()


def links(page: str) -> list[str]:
    """The addresses that a page or a part of it leads to among the reviewers' pages."""
    return [unescape(one) for one in re.findall(r'(?:href|action)="(/review/[^"]*)"', page)]


def test_review_of_one_project_stays_in_it_from_the_list_to_the_last_decision(rita, cast, project, task, batch) -> None:
    other = make.project(cast.riverside, "Other")
    mine = disputed(cast, other, make.batch(other, "Second"))
    later = disputed(cast, other, other.batches.get())
    chosen = f"?project={other.public_id}"

    # Choosing it in the list changes the buttons above the list as well.
    part = rita.get(f"/review/{chosen}", headers={"HX-Request": "true", "HX-Target": "waiting"}).content.decode()
    assert f"/review/next/{chosen}" in links(part) and "hx-swap-oob" in part
    assert {one for one in links(part) if str(mine.public_id) in one} == {f"/review/{mine.public_id}/{chosen}"}
    assert rita.get(f"/review/next/{chosen}").url == f"/review/{mine.public_id}/{chosen}"

    shown = rita.get(f"/review/{mine.public_id}/{chosen}")
    data = shown.context["data"]
    assert data["urls"]["list"] == f"/review/{chosen}" and f"/review/{chosen}" in links(shown.content.decode())
    body = {"token": data["review"]["token"]}
    skipped = rita.post(data["urls"]["release"], body, content_type="application/json")
    assert skipped.json()["next"] == f"/review/{chosen}"

    for one, following in ((mine, f"/review/{later.public_id}/{chosen}"), (later, None)):
        data = rita.get(f"/review/{one.public_id}/{chosen}").context["data"]
        body = {"token": data["review"]["token"], "answer": make.MARIA}
        sent = rita.post(data["urls"]["decide"], body, content_type="application/json")
        assert sent.json()["next"] == following
    assert task.withheld == "review"  # of the first project, and not offered


def test_a_long_list_goes_on(rita, cast, project, batch, monkeypatch) -> None:
    monkeypatch.setattr("projects.web.reviewer.review.PAGE", 2)
    for _each in range(3):
        disputed(cast, project, batch)
    first = rita.get("/review/").content.decode()
    after = re.search(r"after=([0-9a-f-]{36})", first)
    assert after and "First-1" in first and "First-2" not in first
    assert "First-2" in rita.get("/review/", {"after": after[1]}).content.decode()


def test_opening_a_task_takes_it_and_shows_the_answers(rita, cast, task) -> None:
    data = opened(rita, task)
    assert data["task"]["id"] == str(task.public_id) and data["project"]["labels"][0]["key"] == "person"
    assert sorted(one["name"] for one in data["answers"]) == ["Answer A", "Answer B"]
    assert {one["id"] for one in data["answers"]} == {str(one.public_id) for one in task.annotations.all()}
    assert [one["agreement"] for one in data["answers"]] == [0.0, 0.0]
    assert data["draft"] is None and data["verdict"] is None
    review = Assignment.objects.get(kind="review")
    assert (review.tasker, review.state, str(review.token)) == (cast.rita, "held", data["review"]["token"])
    assert "alice" not in json.dumps(data).lower() and "bob" not in json.dumps(data).lower()


def test_answers_keep_their_order_and_it_tells_nothing(rita, cast, project, batch) -> None:
    """Over many tasks the first to answer is not always Answer A, and a second look finds the same order."""
    firsts = set()
    for _each in range(12):
        one = disputed(cast, project, batch)
        data = opened(rita, one)
        assert [answer["id"] for answer in opened(rita, one)["answers"]] == [answer["id"] for answer in data["answers"]]
        first = one.annotations.order_by("pk").first()
        firsts.add(data["answers"][0]["id"] == str(first.public_id))
    assert firsts == {True, False}


def test_agreement_is_the_mean_with_the_others(rita, cast, project) -> None:
    wide = make.batch(project, "Wide")
    task = make.task(wide, wanted=3)
    for tasker, answer in ((cast.alice, make.MARIA), (cast.bob, make.OSLO), (cast.carol, make.MARIA_AND_OSLO)):
        make.judged(tasker, project, answer)
    by_answer = {len(one["answer"]["spans"]): one["agreement"] for one in opened(rita, task)["answers"]}
    assert by_answer[2] == pytest.approx(2 / 3)  # both halves of it are somebody's
    assert by_answer[1] == pytest.approx(1 / 3)


def test_a_decision_is_the_verdict_and_grades_and_earnings_follow(rita, cast, task) -> None:
    base = task.annotations.get(tasker=cast.alice)
    answer = decided(rita, task, base=str(base.public_id), note="Oslo is not asked for.")
    assert answer.status_code == 200 and answer.json() == {"next": None}
    verdict = Verdict.objects.get(task=task)
    assert (verdict.method, verdict.decided_by, verdict.note) == ("review_v1", cast.rita, "Oslo is not asked for.")
    assert dict(Grade.objects.values_list("tasker__name", "value")) == {"Alice": 1.0, "Bob": 0.0}
    assert [(one.target.tasker, one.amount) for one in Transfer.objects.all()] == [(cast.alice, 50_000)]
    assert Event.objects.get(kind="reviewed").data["base"] == base.pk
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_deciding_twice_decides_once(rita, task) -> None:
    token = opened(rita, task)["review"]["token"]
    for _each in range(2):
        assert send(rita, task, "decide", token=token, answer=make.MARIA).status_code == 200
    assert Verdict.objects.count() == 1 and Transfer.objects.count() == 1
    other = send(rita, task, "decide", token=token, answer=make.OSLO)
    assert other.status_code == 409 and other.json()["code"] == "already-submitted"
    assert Verdict.objects.get().answer["spans"][0]["end"] == 11


def test_the_next_waiting_task_is_named(rita, cast, project, batch) -> None:
    first, second = disputed(cast, project, batch), disputed(cast, project, batch)
    assert decided(rita, first).json() == {"next": f"/review/{second.public_id}/"}
    assert rita.get("/review/next/")["Location"] == f"/review/{second.public_id}/"
    decided(rita, second)
    assert rita.get("/review/next/")["Location"] == "/review/"


def test_nobody_reviews_their_own_work(client, cast, project, task) -> None:
    invitations.grant(cast.riverside, cast.alice, "reviewer", by=cast.mina)
    client.force_login(cast.alice)
    assert "Your own work" in client.get("/review/").content.decode()
    assert client.get("/review/next/")["Location"] == "/review/"
    answer = client.get(f"/review/{task.public_id}/")
    page = answer.content.decode()
    assert answer.status_code == 403 and "Nobody reviews a task that they worked on" in page
    assert 'href="/review/"' in page and "review-data" not in page
    assert not Assignment.objects.filter(kind="review").exists()


def test_what_was_sent_back_is_listed_as_that_and_not_offered(rita, cast, task) -> None:
    answer = str(task.annotations.get(tasker=cast.bob).public_id)
    token = opened(rita, task)["review"]["token"]
    assert send(rita, task, "back", token=token, answers=[answer], reason="label", note="").status_code == 200
    shown = rita.get("/review/").content.decode()
    assert "With the tasker until" in shown and f"/review/{task.public_id}/" not in links(shown)
    shown = rita.get(f"/review/{task.public_id}/").content.decode()
    assert "may still be corrected" in shown and "Somebody was first" not in shown


def test_one_reviewer_at_a_time(rita, cast, task, client) -> None:
    mine = opened(rita, task)["review"]["token"]
    mina = type(client)()
    mina.force_login(cast.mina)
    answer = mina.get(f"/review/{task.public_id}/")
    assert answer.status_code == 409 and "Rita is reviewing this task" in answer.content.decode()
    assert "With Rita" in mina.get("/review/").content.decode()
    stolen = send(mina, task, "decide", token=mine, answer=make.MARIA)
    assert stolen.status_code == 409 and stolen.json()["code"] == "wrong-token"
    assert opened(rita, task)["review"]["token"] == mine  # asking again renews
    assert send(rita, task, "release", token=mine).json() == {"next": "/review/"}
    assert opened(mina, task)["review"]["token"] != mine
    late = send(rita, task, "decide", token=mine, answer=make.MARIA)
    assert late.status_code == 409 and not Verdict.objects.exists()


def test_a_heartbeat_keeps_the_review(rita, task) -> None:
    token = opened(rita, task)["review"]["token"]
    Assignment.objects.filter(kind="review").update(deadline=timezone.now() + timezone.timedelta(seconds=5))
    before = Assignment.objects.get(kind="review").deadline
    answer = send(rita, task, "heartbeat", token=token)
    assert answer.status_code == 200 and Assignment.objects.get(kind="review").deadline > before
    assert send(rita, task, "heartbeat", token=str(task.public_id)).status_code == 409


def test_a_draft_is_kept_and_shown_again(rita, cast, task) -> None:
    token = opened(rita, task)["review"]["token"]
    assert send(rita, task, "draft", "PUT", token=token, version=0, answer=make.OSLO).json() == {"version": 1}
    assert opened(rita, task)["draft"] == {"version": 1, "answer": make.OSLO}
    stale = send(rita, task, "draft", "PUT", token=token, version=0, answer=make.MARIA)
    assert stale.status_code == 409 and stale.json()["draft"]["answer"] == make.OSLO
    # Her time ran out, and somebody else had it meanwhile: she goes on where she was.
    Assignment.objects.filter(kind="review").update(deadline=timezone.now() - timezone.timedelta(seconds=5))
    queue.release(other := queue.claim_review(task, cast.mina), cast.mina, other.token)
    again = opened(rita, task)
    assert again["draft"] == {"version": 1, "answer": make.OSLO}
    send(rita, task, "decide", token=again["review"]["token"], answer=make.OSLO)
    assert not Draft.objects.exists()
    # Whoever goes back in the browser, or comes second, reads that it is decided.
    again = rita.get(f"/review/{task.public_id}/")
    assert "You decided this task on" in again.content.decode()
    send(rita, task, "release", token=again.context["data"]["review"]["token"])
    mina = type(rita)()
    mina.force_login(cast.mina)
    assert "Rita decided this task on" in mina.get(f"/review/{task.public_id}/").content.decode()


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ({"answer": {"spans": [make.span(0, 999)]}}, 422, "spans[0].end"),
        ({"answer": {"spans": [make.span(0, 5, "nobody")]}}, 422, "spans[0].label"),
        ({"answer": None}, 422, ""),
        ({"answer": make.MARIA, "token": "x"}, 422, "token"),
        ({"answer": make.MARIA, "base": "00000000-0000-0000-0000-000000000001"}, 422, "base"),
        ({"answer": make.MARIA, "base": 7}, 422, "base"),
    ],
)
def test_bad_decisions_are_refused_with_their_place(body, status, place, rita, task) -> None:
    token = opened(rita, task)["review"]["token"]
    answer = send(rita, task, "decide", **({"token": token} | body))
    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"
    assert place in answer.json()["place"]
    assert not Verdict.objects.exists() and Annotation.objects.count() == 2


def test_a_decided_task_is_looked_at_again(rita, cast, task) -> None:
    """A dispute upheld: the new verdict takes back what is no longer earned and pays what is."""
    decided(rita, task, make.MARIA)
    assert opened(rita, task)["verdict"]["method"] == "review_v1"
    decided(rita, task, make.OSLO, note="Read again.")
    assert Verdict.objects.current().get().note == "Read again."
    standing = Transfer.objects.filter(reversed_by=None, reverses=None)
    assert [one.target.tasker for one in standing] == [cast.bob]
    assert ledger.audit() == []


def test_voided_answers_are_not_shown(rita, cast, project, task) -> None:
    queue.void(task.assignments.get(tasker=cast.bob), "spam", by=cast.mina)
    assert len(opened(rita, task)["answers"]) == 1
    assert opened(rita, task)["answers"][0]["agreement"] is None


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 403), ("carol", 403), ("finn", 403), ("ned", 404), ("nils", 404), ("sam", 404)]
)
def test_those_without_the_role_here_see_and_decide_nothing(who, status, client, cast, task) -> None:
    client.force_login(getattr(cast, who))
    assert client.get(f"/review/{task.public_id}/").status_code == status
    for action, method in (("decide", "POST"), ("heartbeat", "POST"), ("release", "POST"), ("draft", "PUT")):
        answer = send(client, task, action, method, token=str(task.public_id), answer=make.MARIA, version=0)
        assert answer.status_code == status, action
    listed = client.get("/review/")
    assert listed.status_code in {403, 404} or "First-0" not in listed.content.decode()
    assert not Assignment.objects.filter(kind="review").exists()


def test_a_reviewer_of_one_project_reviews_that_one(client, cast, task) -> None:
    other = make.project(cast.riverside, "Other")
    elsewhere = disputed(cast, other, make.batch(other, "Second"))
    ruth = make.person("Ruth")
    invitations.grant(cast.riverside, ruth, "reviewer", by=cast.mina, project_key=other.public_id)
    client.force_login(ruth)
    page = client.get("/review/").content.decode()
    assert "Second-0" in page and "First-0" not in page
    assert client.get(f"/review/{task.public_id}/").status_code == 404
    assert opened(client, elsewhere)


def test_a_session_that_ended_is_told_as_such(client, task) -> None:
    answer = send(client, task, "decide", token=str(task.public_id), answer=make.MARIA)
    assert answer.status_code == 401 and answer.json()["code"] == "signed-out"
    assert client.get(f"/review/{task.public_id}/")["Location"].startswith("/accounts/login/")


def test_the_wire_takes_its_token_and_its_method(client, cast, task) -> None:
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(cast.rita)
    for action in ("decide", "heartbeat", "release"):
        assert send(strict, task, action, token="x").status_code == 403
        assert strict.get(f"/review/{task.public_id}/{action}").status_code == 405
    assert strict.get(f"/review/{task.public_id}/draft").status_code == 405


def test_review_reopened_by_a_manager_asks_one_more_and_keeps_the_earnings(rita, cast, project, task) -> None:
    decided(rita, task)
    consensus.reopen(task, by=cast.mina)
    assert Transfer.objects.filter(reversed_by=None, reverses=None).count() == 1
    held = make.held(cast.carol, project)
    submission.submit(held, cast.carol, held.token, make.MARIA)
    assert queue.audit().breaches == [] and ledger.audit() == []
