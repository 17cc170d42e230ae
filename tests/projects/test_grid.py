"""Many images on one screen: one lease, one draft, one hand-in; each submitted once whatever happens."""

from datetime import timedelta

import pytest
from django.db.models import F

from projects import queue
from projects.configuration import configure
from projects.models import Annotation, Assignment, Draft
from tests.support import make
from tests.support.projects.studio import Tab

pytestmark = pytest.mark.django_db
LABELS = [{"name": "Cat"}, {"name": "Dog"}]
CAT = {"fields": [{"field": "label", "value": "cat"}]}
DOG = {"fields": [{"field": "label", "value": "dog"}]}


class Grid(Tab):
    """A tab with a grid in it."""

    def claim(self) -> dict:
        status, found = self.send("POST", f"/studio/{self.project.public_id}/grid/claim", {})
        assert status == 200
        self.held = found.get("assignment", {})
        return found

    @property
    def ids(self) -> list[str]:
        return [tile["id"] for tile in self.held["task"]["tiles"]]

    def act(self, what: str, method: str = "POST", **body: object) -> tuple[int, dict]:
        return self.send(method, f"/studio/grid/{what}", {"token": self.held["token"]} | body)


@pytest.fixture
def project(cast):
    found = make.project(cast.riverside, "Cats", "classification", labels=LABELS, wanted=1, grid=24)
    make.tasks(make.batch(found), 30)
    return found


@pytest.fixture
def alice(cast, project) -> Grid:
    tab = Grid(cast.alice, project)
    tab.claim()
    return tab


def run_out(token: str) -> None:
    Assignment.objects.filter(token=token, state="held").update(deadline=F("held_at") - timedelta(hours=1))
    queue.expire_due()


def test_a_group_comes_under_one_token_and_comes_back_whole(alice) -> None:
    first = alice.held
    assert len(alice.ids) == 24
    assert Assignment.objects.filter(token=first["token"], state="held").count() == 24
    alice.claim()
    assert (alice.held["token"], alice.ids) == (first["token"], [tile["id"] for tile in first["task"]["tiles"]])


def test_all_are_handed_in_at_once_and_the_rest_come_next(alice) -> None:
    status, answer = alice.act("submit", answers=dict.fromkeys(alice.ids, CAT), active_ms=48_000)
    assert status == 200
    assert all("submitted" in one for one in answer["results"])
    assert Annotation.objects.count() == 24
    assert set(Annotation.objects.values_list("active_ms", flat=True)) == {2_000}
    assert len(answer["assignment"]["task"]["tiles"]) == 6
    assert queue.audit().breaches == []


def test_the_same_hand_in_again_changes_nothing(alice) -> None:
    answers = dict.fromkeys(alice.ids, CAT)
    _, first = alice.act("submit", answers=answers)
    status, again = alice.act("submit", answers=answers)
    assert status == 200
    assert again["results"] == first["results"]
    assert Annotation.objects.count() == 24
    _, other = alice.act("submit", answers=dict.fromkeys(alice.ids, DOG))
    assert {one["code"] for one in other["results"]} == {"already-submitted"}
    assert set(Annotation.objects.values_list("answer__fields__0__value", flat=True)) == {"cat"}


def test_one_that_is_refused_keeps_none_of_the_others_back(alice) -> None:
    bad, *good = alice.ids
    answers = dict.fromkeys(good, CAT) | {bad: {"fields": []}}
    _, answer = alice.act("submit", answers=answers)
    refused = [one for one in answer["results"] if "code" in one]
    assert [(one["id"], one["code"]) for one in refused] == [(bad, "missing-answer")]
    assert Annotation.objects.count() == 23
    assert [tile["id"] for tile in answer["assignment"]["task"]["tiles"]] == [bad]
    assert answer["assignment"]["token"] == alice.held["token"]


def test_late_work_is_kept_except_for_what_somebody_else_began(cast, alice, project) -> None:
    run_out(alice.held["token"])
    bob = Grid(cast.bob, project)
    configure.change(project, None, grid=10)
    bob.claim()  # six that nobody had, and four of those that came back, or others: whatever comes first
    taken = set(Assignment.objects.filter(token=bob.held["token"]).values_list("task", flat=True))
    mine = dict(Assignment.objects.filter(token=alice.held["token"]).values_list("public_id", "task"))
    _, answer = alice.act("submit", answers=dict.fromkeys(alice.ids, CAT))
    lost = {one["id"] for one in answer["results"] if one.get("code") == "lease-lost"}
    assert lost == {str(key) for key, task in mine.items() if task in taken}
    assert Annotation.objects.count() == 24 - len(lost)
    assert queue.audit().breaches == []


def test_drafts_are_deltas_that_count_together(alice) -> None:
    one, two, *_ = alice.ids
    assert alice.act("draft", "PUT", version=0, answer={"tiles": {one: CAT}}) == (200, {"version": 1})
    assert alice.act("draft", "PUT", version=1, answer={"tiles": {two: DOG}}) == (200, {"version": 2})
    status, stale = alice.act("draft", "PUT", version=1, answer={"tiles": {two: CAT}})
    assert (status, stale["code"]) == (409, "stale-draft")
    assert stale["draft"].pop("at"), "both copies are shown with their times"
    assert stale["draft"] == {"version": 2, "answer": {"tiles": {one: CAT, two: DOG}}}
    alice.claim()
    alice.held["draft"].pop("at", None)
    assert alice.held["draft"] == {"version": 2, "answer": {"tiles": {one: CAT, two: DOG}}}
    alice.act("submit", answers={one: CAT, two: DOG})
    assert not Draft.objects.exists()


@pytest.mark.parametrize("answer", [None, [], {"tiles": []}, {"tiles": {"x": 1}}, "x"])
def test_a_bad_draft_is_refused(alice, answer) -> None:
    assert alice.act("draft", "PUT", version=0, answer=answer)[0] == 422


def test_one_is_skipped_or_reported_and_the_others_stay(alice) -> None:
    one, two, *rest = alice.ids
    _, answer = alice.act("skip", id=one, reason="too-hard")
    assert [tile["id"] for tile in answer["assignment"]["task"]["tiles"]] == [two, *rest]
    _, answer = alice.act("report", id=two, note="black")
    assert [tile["id"] for tile in answer["assignment"]["task"]["tiles"]] == rest
    assert queue.audit().breaches == []


def test_heartbeat_renews_all_and_release_gives_all_back(alice) -> None:
    token = alice.held["token"]
    assert alice.act("heartbeat")[0] == 200
    before = min(Assignment.objects.filter(token=token).values_list("deadline", flat=True))
    assert alice.act("heartbeat")[0] == 200
    assert min(Assignment.objects.filter(token=token).values_list("deadline", flat=True)) > before
    assert alice.act("release") == (200, {"released": True})
    assert not Assignment.objects.filter(token=token, state="held").exists()
    assert alice.act("heartbeat")[1]["code"] == "lease-lost"
    assert queue.audit().breaches == []


def test_a_tab_of_single_pieces_is_told_to_open_anew_and_holds_nothing(cast, project) -> None:
    """So it is once a course is over, or the project was given a grid in mid-work."""
    tab = Tab(cast.bob, project)
    assert tab.send("POST", f"/studio/{project.public_id}/claim", {}) == (200, {"anew": True})
    assert not Assignment.objects.filter(tasker=cast.bob).exists()
