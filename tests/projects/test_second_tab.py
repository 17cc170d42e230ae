"""What a tasker reads in a second tab, and which projects My work names."""

import json

import pytest

from projects import queue
from projects.configuration import configure
from projects.errors import AlreadySubmitted, LeaseLost
from projects.models import Draft
from projects.queue import drafts
from projects.workflow import corrections, submission
from tests.support import make
from tests.support.projects.managing import page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 2)
    return project


def test_a_second_tab_hears_that_the_work_was_handed_in(cast, project) -> None:
    held = make.held(cast.alice, project)
    submission.submit(held, cast.alice, held.token, make.MARIA)
    held.refresh_from_db()
    for late in (
        lambda: drafts.save(held, cast.alice, held.token, version=0, answer=make.MARIA),
        lambda: drafts.change(held, cast.alice, held.token, version=3, changes={}),
        lambda: queue.renew(held, cast.alice, held.token),
        lambda: queue.release(held, cast.alice, held.token),
        lambda: submission.submit(held, cast.alice, held.token, {"spans": []}),
    ):
        with pytest.raises(AlreadySubmitted) as refused:
            late()
        assert refused.value.code == "already-submitted" and "another tab" in refused.value.text
    other = make.held(cast.bob, project)
    queue.release(other, cast.bob, other.token)
    with pytest.raises(LeaseLost):
        drafts.save(other, cast.bob, other.token, version=0, answer=make.MARIA)


def test_a_second_tab_saves_nothing_while_what_was_handed_in_may_be_corrected(cast, project) -> None:
    """The draft would be one of a correction that nobody began, and the tab would say that it is saved."""
    configure.change(project, cast.mina, correction_minutes=10)
    alice = signed_in(cast.alice)
    held = make.held(cast.alice, project)
    handed_in = submission.receive(held, cast.alice, held.token, make.MARIA)
    body = {"token": str(held.token), "version": 0, "answer": make.OSLO}
    for verb, method in (("draft", "put"), ("heartbeat", "post"), ("submit", "post")):
        path = f"/studio/assignments/{held.public_id}/{verb}"
        refused = getattr(alice, method)(path, json.dumps(body), content_type="application/json")
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (409, "already-submitted"), verb
        assert problem["submitted"]["id"] == str(handed_in.public_id), verb
        assert 500 < problem["submitted"]["seconds"] <= 600, verb
    assert not Draft.objects.exists()
    corrections.reopen(held)
    path = f"/studio/assignments/{held.public_id}/correct/draft"
    saved = alice.put(path, json.dumps(body | {"version": 1}), content_type="application/json")
    assert (saved.status_code, saved.json()["version"]) == (200, 2)


def test_my_work_names_the_projects_that_somebody_worked_in_alone(cast, project) -> None:
    make.project(cast.riverside, "Not for Alice")
    make.judged(cast.alice, project, make.MARIA)
    shown = signed_in(cast.alice).get(page("my-work")).content.decode()
    assert project.name in shown and "Not for Alice" not in shown
