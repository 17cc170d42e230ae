"""Alice says something of a task: Rita reads it beside her answer, Mina answers what she asked, Alice gets to know."""

import json
import re
from uuid import uuid4

import pytest

from projects.models import Annotation, Comment
from projects.quality import consensus
from projects.workflow import corrections
from taskers.models import Event
from tests.support import make
from tests.support.projects.reviewing import opened
from tests.support.projects.studio import Tab

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script> & “quotes”"


@pytest.fixture
def project(cast):
    project = make.project(cast.riverside, wanted=2)
    make.tasks(make.batch(project), 2)
    return project


@pytest.fixture
def alice(cast, project) -> Tab:
    tab = Tab(cast.alice, project)
    tab.claim()
    return tab


def say(tab: Tab, words: str, to: str = "reviewer", **more: str) -> tuple[int, dict]:
    return tab.act("comments/say", **{"id": str(uuid4()), "to": to, "words": words} | more)


def test_a_comment_waits_with_the_work_and_comes_again_with_it(alice, cast) -> None:
    assert alice.held["comments"] == 0 and not alice.held["answered"]
    status, said = say(alice, "  Is the crown part of it?\r\n", mark="s1")
    assert status == 200
    (thread,) = said["threads"]
    assert (thread["words"], thread["mark"], thread["mine"], thread["answers"]) == (
        "Is the crown part of it?",
        "s1",
        True,
        [],
    )
    assert alice.claim()["assignment"]["comments"] == 1
    assert alice.act("comments")[1]["threads"] == [thread]
    event = Event.objects.get(kind="commented")
    assert event.actor_id == cast.alice.pk and event.subject == f"task:{alice.held['task']['id']}"


def test_the_same_comment_twice_is_one(alice) -> None:
    key = str(uuid4())
    assert say(alice, "Once", id=key)[0] == say(alice, "Once", id=key)[0] == 200
    assert Comment.objects.count() == 1 and Event.objects.filter(kind="commented").count() == 1
    status, problem = say(alice, "Something else", id=key)
    assert (status, problem["code"]) == (409, "key-reused")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"words": " \n "}, "bad-comment"),
        ({"words": "x" * 2001}, "bad-comment"),
        ({"to": "taskers"}, "bad-comment"),
        ({"to": "everybody"}, "bad-comment"),
        ({"mark": "a b"}, "bad-comment"),
        ({"mark": "x" * 65}, "bad-comment"),
        ({"id": "7"}, "wrong-shape"),
    ],
)
def test_what_is_no_comment_is_refused(alice, change: dict, code: str) -> None:
    status, problem = say(alice, **{"words": "Fine"} | change)
    assert (status, problem["code"]) == (422, code)
    assert not Comment.objects.exists()


def test_nobody_says_more_about_a_task_than_can_be_read(alice, monkeypatch) -> None:
    monkeypatch.setattr("projects.workflow.comments.saying.MOST", 2)
    assert [say(alice, f"Word {n}")[0] for n in range(3)] == [200, 200, 422]


def test_others_work_is_not_to_be_talked_about(alice, cast, project) -> None:
    bob = Tab(cast.bob, project)
    say(alice, "Mine")
    while bob.claim()["assignment"]["task"]["id"] != alice.held["task"]["id"]:
        bob.act("submit", answer=make.MARIA)
    assert bob.held["task"]["id"] == alice.held["task"]["id"], "the two do the same task"
    assert bob.act("comments")[1]["threads"] == [], "what Alice said doesn't lead Bob"
    bob.held["id"] = alice.held["id"]
    assert bob.act("comments")[0] == 404 and say(bob, "Yours")[0] == 404


def test_rita_reads_it_beside_the_answer_and_her_own_reaches_alice(alice, cast, project, client) -> None:
    say(alice, EVIL, mark="s1")
    task, work = alice.held["task"]["id"], alice.held["id"]
    alice.act("submit", answer=make.MARIA)
    corrections.catch_up()
    for _task in range(2):
        make.judged(cast.bob, project, make.OSLO)
    client.force_login(cast.rita)
    found = opened(client, make.Task.objects.get(public_id=task))
    (comment,) = found["comments"]
    mine = Annotation.objects.get(assignment__public_id=work)
    assert (comment["answer"], comment["mark"], comment["words"]) == (str(mine.public_id), "s1", EVIL)
    assert "Alice" not in json.dumps(found), "names stay hidden"
    page = client.get(f"/review/{task}/").content.decode()
    assert "<script>alert" not in page

    body = {"id": str(uuid4()), "words": "No: the crown isn't."}
    told = client.post(comment["url"], body, content_type="application/json").json()
    assert told["thread"]["answers"][0]["mine"] is True
    assert alice.claim()["assignment"]["answered"] is True
    (thread,) = pages(alice.client)
    assert "No: the crown isn&#x27;t." in thread and "A reviewer" in thread and "Rita" not in thread
    assert alice.claim()["assignment"]["answered"] is False


def pages(client) -> list[str]:
    """The threads on somebody's own page."""
    page = client.get("/my-work/questions/").content.decode()
    return re.findall(r'<li class="card">(.*?)</li>', page, re.S)


def test_mina_is_asked_answers_and_is_asked_again(alice, cast, project, client) -> None:
    say(alice, "Is a goblet a cup?", to="manager")
    client.force_login(cast.mina)
    address = f"/projects/{project.public_id}/"
    assert "1 question of a tasker waits." in client.get(address).content.decode()
    page = client.get(f"{address}questions/").content.decode()
    assert "Is a goblet a cup?" in page and "Alice" in page
    (comment,) = Comment.objects.all()

    key = str(uuid4())
    for _press in range(2):
        done = client.post(f"/projects/comments/{comment.public_id}/answer/", {"words": "It is.", "key": key})
        assert done["Location"] == f"{address}questions/"
    assert "It is." not in client.get(f"{address}questions/").content.decode(), "nothing waits any more"
    assert "It is." in client.get(f"{address}questions/?answered=1").content.decode()
    assert "waits" not in client.get(f"{address}progress/").content.decode()

    assert "What you asked was answered." in alice.client.get("/").content.decode()
    (thread,) = alice.act("comments")[1]["threads"]
    assert [one["words"] for one in thread["answers"]] == ["It is."] and thread["answers"][0]["new"]
    assert "What you asked was answered." not in alice.client.get("/").content.decode()

    alice.client.post(f"/my-work/questions/{comment.public_id}/more/", {"words": "And a vase?"})
    assert "And a vase?" in client.get(f"{address}questions/").content.decode(), "it waits again"


def test_an_empty_answer_is_refused_where_it_was_typed(alice, cast, project, client) -> None:
    say(alice, "Is a goblet a cup?", to="manager")
    client.force_login(cast.mina)
    (comment,) = Comment.objects.all()
    done = client.post(f"/projects/comments/{comment.public_id}/answer/", {"words": " "})
    assert done.status_code == 422 and "Say something first." in done.content.decode()


def test_what_mina_leaves_for_the_next_is_shown_when_the_task_comes_back(alice, cast, project, client) -> None:
    say(alice, "I wasn't sure.")
    alice.act("submit", answer=make.MARIA)
    corrections.catch_up()
    for _task in range(2):
        make.judged(cast.bob, project, make.MARIA)
    task = make.Task.objects.get(public_id=alice.held["task"]["id"])
    client.force_login(cast.mina)
    page = client.get(f"/projects/tasks/{task.public_id}/").content.decode()
    assert "I wasn&#x27;t sure." in page
    client.post(f"/projects/tasks/{task.public_id}/comment/", {"words": "Look at the second sentence too."})
    consensus.reopen(task, by=cast.mina)
    carol = Tab(cast.carol, project)
    while carol.claim()["assignment"]["task"]["id"] != str(task.public_id):
        carol.act("submit", answer=make.MARIA)
    assert carol.held["comments"] == 1
    (thread,) = carol.act("comments")[1]["threads"]
    assert (thread["to"], thread["words"]) == ("taskers", "Look at the second sentence too.")
    answer = client.post(f"/projects/comments/{thread['id']}/answer/", {"words": "x"})
    assert answer.status_code == 403, "it is her own word"
