"""The studio's wire: the same verbs over HTTP, with named errors as problem+json and nothing half-written."""

from uuid import uuid4

import pytest
from django.db.models.functions import Now

from projects import queue
from projects.configuration import configure
from projects.models import Annotation, Assignment, Draft
from projects.task_types import TASK_TYPES
from tests.support import make
from tests.support.projects.leases import run_out
from tests.support.projects.studio import Tab

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    project = make.project(cast.riverside, wanted=1)
    make.tasks(make.batch(project), 2)
    return project


@pytest.fixture
def alice(cast, project) -> Tab:
    tab = Tab(cast.alice, project)
    tab.claim()
    return tab


def test_no_more_time_is_believed_than_passed_since_the_work_was_handed_out(alice) -> None:
    status, _found = alice.act("submit", answer=make.MARIA, active_ms=23 * 3600 * 1000, rejected=[])
    assert status == 200
    assert Annotation.objects.get().active_ms < 60_000


@pytest.mark.parametrize("what", ["NaN", "Infinity", "-Infinity", "1e999", '"\\ud800"', '"\\u0000"'])
@pytest.mark.parametrize("path", ["draft", "submit", "skip"])
def test_what_the_database_cannot_keep_is_refused_by_name(alice, path, what) -> None:
    body = '{"token": "%s", "version": 0, "answer": {"spans": [], "note": %s}, "note": %s, "reason": "other"}'
    method = "PUT" if path == "draft" else "POST"
    address = f"/studio/assignments/{alice.held['id']}/{path}"
    status, found = alice.send(method, address, body % (alice.held["token"], what, what))
    assert status in {400, 422} and found["code"] in {"not-json", "bad-text"}
    assert not Draft.objects.exists() and not Annotation.objects.exists()


def test_labels_and_settings_that_change_are_shown_from_the_next_request_on(cast, project, alice) -> None:
    project.labels.filter(key="person").update(name="Somebody")
    retired = project.labels.exclude(key="person").first()
    project.labels.filter(pk=retired.pk).update(retired_at=Now())
    alice.claim()
    assert [(one["key"], one["name"]) for one in alice.held["project"]["labels"]] == [("person", "Somebody")]
    configure.change(project, cast.mina, confidence="number")
    alice.claim()
    assert alice.held["project"]["confidence"] == "band", "what is held is held under the settings of then"
    alice.act("release")
    alice.claim()
    assert alice.held["project"]["confidence"] == "number"


def test_a_task_comes_with_all_that_the_page_needs(alice) -> None:
    held = alice.held
    assert held["task"]["payload"]["text"] == make.TEXT
    assert [label["key"] for label in held["project"]["labels"]] == ["person", "place"]
    assert (held["pay"], held["draft"], held["project"]["task_type"]) == ("$0.05", None, "text_spans")
    assert held["project"]["task_type"] in TASK_TYPES


def test_submitting_brings_the_next_task_and_finally_says_that_all_is_done(alice) -> None:
    first = alice.held["task"]["id"]
    status, found = alice.act("submit", answer=make.MARIA, active_ms=1200, rejected=[])
    assert status == 200 and found["submitted"]["id"]
    assert found["assignment"]["task"]["id"] != first
    alice.held = found["assignment"]
    assert alice.act("submit", answer=make.MARIA)[1]["nothing"]["code"] == "all-done"
    assert Annotation.objects.order_by("pk").first().active_ms == 1200


def test_the_same_submit_again_is_fine_once(alice) -> None:
    first, again = alice.act("submit", answer=make.MARIA), alice.act("submit", answer=make.MARIA)
    assert (first[0], again[0]) == (200, 200)
    assert first[1]["submitted"] == again[1]["submitted"]
    assert Annotation.objects.count() == 1


def test_another_answer_afterwards_is_a_conflict(alice) -> None:
    alice.act("submit", answer=make.MARIA)
    status, problem = alice.act("submit", answer=make.OSLO)
    assert (status, problem["code"]) == (409, "already-submitted")


@pytest.mark.parametrize(
    ("answer", "code", "place"),
    [
        (make.spans((0, 9999)), "span-outside-text", "spans[0].end"),
        (make.spans((0, 5, "animal")), "unknown-label", "spans[0].label"),
        ([], "wrong-shape", ""),
        (None, "wrong-shape", ""),
        ({"spans": "all"}, "wrong-shape", "spans"),
    ],
)
def test_a_bad_answer_names_its_fault_and_place_and_writes_nothing(alice, answer, code: str, place: str) -> None:
    status, problem = alice.act("submit", answer=answer)
    assert (status, problem["code"], problem["place"]) == (422, code, place)
    assert problem["detail"] and problem["type"] == f"urn:tandem:problem:{code}"
    assert not Annotation.objects.exists()
    assert Assignment.objects.filter(state="held").count() == 1


def test_an_expired_assignment_is_lost_once_somebody_else_has_it(cast, project, alice) -> None:
    alice.act("draft", "PUT", version=0, answer=make.MARIA)
    run_out(Assignment.objects.get(public_id=alice.held["id"]))
    queue.expire_due()
    bob = Tab(cast.bob, project)
    while "assignment" in bob.claim():
        bob.act("submit", answer=make.OSLO)
    status, problem = alice.act("submit", answer=make.MARIA)
    assert (status, problem["code"]) == (409, "lease-lost")
    assert Draft.objects.get().answer == make.MARIA


def test_a_stale_draft_answers_with_the_newer_one(alice) -> None:
    assert alice.act("draft", "PUT", version=0, answer=make.MARIA) == (200, {"version": 1})
    status, problem = alice.act("draft", "PUT", version=0, answer=make.OSLO)
    assert (status, problem["code"]) == (409, "stale-draft")
    assert problem["draft"]["version"] == 1 and problem["draft"]["answer"] == make.MARIA


def test_work_survives_a_reload_as_its_draft(cast, project, alice) -> None:
    alice.act("draft", "PUT", version=0, answer=make.MARIA)
    assert Tab(cast.alice, project).claim()["assignment"]["draft"] == {"version": 1, "answer": make.MARIA}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", "not-json"),
        ("[]", "wrong-shape"),
        ('{"token": "no"}', "wrong-shape"),
        ('{"token": "%s", "version": -1}', "wrong-shape"),
        ('{"token": "%s", "version": 0, "answer": {"note": "\\u0000"}}', "bad-text"),
        ('{"token": "%s", "version": 0, "answer": {"note": "\\ud800"}}', "bad-text"),
        pytest.param('{"token": "%s", "answer": ' + "[" * 400 + "]" * 400 + "}", "bad-text", id="400-levels"),
        pytest.param('{"token": "%s", "answer": ' + "[" * 100_000, "not-json", id="100000-levels"),
        ('{"token": "%s", "version": 0, "answer": [1]}', "wrong-shape"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused_by_name(alice, body: str, code: str) -> None:
    text = body.replace("%s", alice.held["token"])
    status, problem = alice.send("PUT", f"/studio/assignments/{alice.held['id']}/draft", text)
    assert problem["code"] == code and status in {400, 422}
    assert not Draft.objects.exists()


def test_a_token_that_never_was_this_works_is_refused_by_its_own_name(cast, project, alice) -> None:
    """Invented, or of other work; whatever the state of the work, and whoever else's the token is."""
    bob, mine = Tab(cast.bob, project), alice.held["token"]
    others = [str(uuid4()), bob.claim()["assignment"]["token"]]

    def refusals() -> set[tuple[int, str]]:
        return {refusal for token in others for refusal in every_refusal(alice, token)}

    assert refusals() == {(409, "wrong-token")}
    alice.held["token"] = mine
    run_out(Assignment.objects.get(public_id=alice.held["id"]))
    queue.expire_due()
    assert refusals() == {(409, "wrong-token")}, "its time ran out, but that isn't why"
    alice.held["token"] = mine
    assert alice.act("heartbeat")[1]["code"] == "lease-lost"
    work = dict(alice.held)
    assert alice.act("submit", answer=make.MARIA)[0] == 200
    alice.held = work
    assert refusals() == {(409, "wrong-token")}, "it was handed in"
    alice.held["token"] = mine
    assert alice.act("submit", answer=make.OSLO)[1]["code"] == "already-submitted"
    assert Annotation.objects.count() == 1 and not Draft.objects.exists()


def every_refusal(tab: Tab, token: str) -> list[tuple[int, str]]:
    """What each request that carries a token is answered with."""
    tab.held = tab.held | {"token": token}
    sent = [
        tab.act("submit", answer=make.MARIA),
        tab.act("heartbeat"),
        tab.act("draft", "PUT", version=0, answer=make.MARIA),
        tab.act("draft", "PUT", version=3, changes=[]),
        tab.act("skip", reason="unclear"),
        tab.act("report", note="It is cut off."),
        tab.act("release"),
    ]
    return [(status, body["code"]) for status, body in sent]


def test_who_is_signed_out_is_told_so_and_not_sent_a_page(alice) -> None:
    alice.client.logout()
    assert alice.act("heartbeat")[0] == 401


def test_skipping_reporting_and_releasing_go_on_to_the_next_task(cast, project, alice) -> None:
    status, found = alice.act("skip", reason="too-hard", note="")
    assert status == 200 and found["assignment"]["id"] != alice.held["id"]
    alice.held = found["assignment"]
    status, found = alice.act("report", note="It says nothing.")
    assert (status, found["nothing"]["code"]) == (200, "all-done")
    bob = Tab(cast.bob, project)
    bob.claim()
    assert bob.act("release") == (200, {"released": True})


def test_a_manager_tries_a_task_and_nothing_is_kept(cast, project) -> None:
    mina = Tab(cast.mina, project)
    status, found = mina.send("POST", f"/studio/{project.public_id}/try", {})
    assert status == 200 and found["try"]
    task = found["assignment"]["task"]["id"]
    path = f"/studio/{project.public_id}/try/submit"
    assert mina.send("POST", path, {"task": task, "answer": make.MARIA}) == (200, {"checked": True})
    assert mina.send("POST", path, {"task": task, "answer": make.spans((0, 999))})[1]["code"] == "span-outside-text"
    assert not Annotation.objects.exists() and not Assignment.objects.filter(state="held").exists()
    assert mina.send("POST", f"/studio/{project.public_id}/try/keep", {"task": task, "answer": make.MARIA})[0] == 200
    again = mina.send("POST", f"/studio/{project.public_id}/try", {})[1]["assignment"]["task"]["id"]
    assert again != task, "its right answer is known, and can't be kept once more"
