"""Rita's program reviews: what waits, the answers with their names hidden, the decision; and audits."""

import pytest

from projects.models import SecondLook, Verdict
from tests.support import make
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita(cast) -> Api:
    return Api(cast.rita, cast.riverside, "review")


def in_doubt(cast, project, number: int = 1):
    """Tasks on which Alice and Bob disagree."""
    tasks = make.tasks(make.batch(project), number)
    for task in tasks:
        said(cast.alice, task, make.MARIA)
        said(cast.bob, task, make.OSLO)
    return tasks


def test_what_waits_is_taken_and_decided(cast, rita: Api) -> None:
    project = make.project(cast.riverside, wanted=2)
    first, second = in_doubt(cast, project, 2)
    waiting = rita.get("reviews", limit=1).json()
    assert len(waiting["results"]) == 1 and waiting["more"]
    rest = rita.get("reviews", after=waiting["next"], project=str(project.public_id)).json()
    assert {waiting["results"][0]["task"], rest["results"][0]["task"]} == {str(first.public_id), str(second.public_id)}
    taken = rita.post("review", first.public_id, body={}).json()
    assert taken["blind"] is False and len(taken["answers"]) == 2 and "Alice" not in str(taken)
    token = taken["token"]
    draft = {"token": token, "version": 0, "answer": make.MARIA}
    assert rita.put("review-draft", first.public_id, body=draft).json() == {"version": 1}
    assert rita.post("review", first.public_id, body={}).json()["draft"]["version"] == 1
    body = {"token": token, "answer": make.MARIA, "base": taken["answers"][0]["id"], "note": "As it stands."}
    done = rita.post("review-decide", first.public_id, body=body).json()
    assert done["next"] == str(second.public_id)
    assert Verdict.objects.get(task=first).decided_by == cast.rita
    refused(rita.post("review-decide", first.public_id, body=body | {"answer": make.OSLO}), 409, "already-submitted")


def test_a_review_is_given_back(cast, rita: Api) -> None:
    (task,) = in_doubt(cast, make.project(cast.riverside, wanted=2))
    token = rita.post("review", task.public_id, body={}).json()["token"]
    assert rita.post("review-heartbeat", task.public_id, body={"token": token}).json()["deadline"]
    assert rita.post("review-release", task.public_id, body={"token": token}).status_code == 204
    assert Api(cast.mina, cast.riverside).post("review", task.public_id, body={}).status_code == 200


def test_of_an_audit_nothing_is_told_that_would_lead(cast, rita: Api) -> None:
    project = make.project(cast.riverside, wanted=2, audit_share=1.0)
    task = make.task(make.batch(project))
    for tasker in (cast.alice, cast.bob):
        said(tasker, task, make.MARIA)
    (look,) = rita.get("second-looks", audits="true").json()["results"]
    assert (look["task"], look["reason"], look["now"]) == (str(task.public_id), "audit", None)
    taken = rita.post("review", task.public_id, body={}).json()
    assert taken["blind"] and taken["verdict"] is None and {one["agreement"] for one in taken["answers"]} == {None}
    refused(rita.post("second-look-dismiss", task.public_id, body={}), 409, "state-conflict")
    assert SecondLook.objects.get().state == "open", "it is decided, or not answered"


def test_a_verdict_that_a_rule_asks_about_is_left_as_it_is_once(cast, rita: Api) -> None:
    task = make.task(make.batch(make.project(cast.riverside, wanted=2, audit_share=1.0)))
    for tasker in (cast.alice, cast.bob):
        said(tasker, task, make.MARIA)
    SecondLook.objects.update(reason=SecondLook.Reason.RULE)
    assert rita.post("second-look-dismiss", task.public_id, body={}).status_code == 204
    assert SecondLook.objects.get().state == "dismissed"
    refused(rita.post("second-look-dismiss", task.public_id, body={}), 409, "state-conflict")


def test_a_tasker_reviews_nothing(cast) -> None:
    refused(Api(cast.alice, cast.riverside).get("reviews"), 403, "not-allowed")
