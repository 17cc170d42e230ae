"""Rita sends Bob's answer back: he reads why and mends it; both versions stay, and nothing is decided meanwhile."""

import json

import pytest

from projects import queue
from projects.errors import AlreadyDecided, StillCorrectable
from projects.models import Annotation, Correctable, Mistake, Verdict
from projects.queue.clock import Clock
from projects.reports import earnings
from projects.workflow import corrections, decisions, returned_work, submission, task_actions
from taskers.errors import Problem, StateConflict
from taskers.models import Event, Grade, Transfer
from taskers.money import ledger
from tests.support import make
from tests.support.projects.judging import said
from tests.support.projects.reviewing import opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside)


@pytest.fixture
def task(cast, project):
    """Alice says Maria, Bob says Oslo; it waits for Rita."""
    made = make.task(make.batch(project))
    said(cast.alice, made, make.MARIA)
    said(cast.bob, made, make.OSLO)
    made.refresh_from_db()
    return made


def send(client, task, action: str, **body):
    return client.post(f"/review/{task.public_id}/{action}", json.dumps(body), "application/json")


def sent_back(client, cast, task, note="Oslo isn't a person.") -> Annotation:
    """Bob's answer, that Rita gave back."""
    bobs = task.annotations.get(tasker=cast.bob, superseded_at=None)
    client.force_login(cast.rita)
    token = opened(client, task)["review"]["token"]
    answer = send(client, task, "back", token=token, answers=[str(bobs.public_id)], reason="label", note=note)
    assert answer.status_code == 200, answer.content
    return bobs


def test_it_comes_back_to_whoever_gave_it_with_the_reason(client, cast, task) -> None:
    bobs = sent_back(client, cast, task)
    assert queue.audit().breaches == [] and not Verdict.objects.exists()
    assert queue.next_review([task.project], cast.rita) is None, "it is Bob's turn"
    with pytest.raises(StillCorrectable):
        queue.claim_review(task, cast.rita)
    client.force_login(cast.bob)
    home, piece = client.get("/").content.decode(), client.get(f"/my-work/{bobs.public_id}/").content.decode()
    assert "Sent back to you" in home and "A wrong label" in home
    assert "Oslo isn&#x27;t a person." in piece and "Mend it" in piece and "Rita" not in piece
    assert "Oslo isn&#x27;t a person." in client.get(f"/my-work/{bobs.public_id}/correct/").content.decode()
    client.force_login(cast.alice)
    assert "Sent back" not in client.get("/").content.decode()


def test_both_versions_are_kept_and_what_changed_is_said(client, cast, task) -> None:
    bobs = sent_back(client, cast, task)
    made = corrections.correct(bobs.assignment, make.MARIA)
    bobs.refresh_from_db()
    assert bobs.superseded_at is not None and not Correctable.objects.exists()
    mistake = Mistake.objects.get()
    assert (mistake.state, mistake.mended, mistake.annotation) == ("mended", made, bobs)
    assert queue.next_review([task.project], cast.rita) == task
    (shown,) = [one for one in opened(client, task)["answers"] if one["id"] == str(made.public_id)]
    assert shown["earlier"] == bobs.answer and shown["changes"]
    assert shown["mistakes"] == [{"reason": "A wrong label", "note": "Oslo isn't a person.", "state": "Mended"}]
    client.force_login(cast.bob)
    page = client.get(f"/my-work/{made.public_id}/").content.decode()
    assert "What you mended" in page and 'data-answer="before"' in page
    kinds = set(Event.objects.filter(subject=f"task:{task.public_id}").values_list("kind", flat=True))
    assert {"sent_back", "corrected"} <= kinds


def test_what_was_mended_is_paid_as_it_is_and_graded_as_it_was(client, cast, task) -> None:
    bobs = sent_back(client, cast, task)
    corrections.correct(bobs.assignment, make.MARIA)
    client.force_login(cast.rita)
    token = opened(client, task)["review"]["token"]
    assert send(client, task, "decide", token=token, answer=make.MARIA).status_code == 200
    assert set(Transfer.objects.values_list("target__tasker", flat=True)) == {cast.alice.pk, cast.bob.pk}
    grades = dict(Grade.objects.filter(source="review").values_list("tasker", "value"))
    assert grades[cast.alice.pk] == 1.0 and grades[cast.bob.pk] < 0.5, "he was told"
    assert ledger.audit() == [] and queue.audit().breaches == []


def test_the_same_answer_again_or_none_in_time_counts_as_it_was(client, cast, task) -> None:
    bobs = sent_back(client, cast, task)
    assert corrections.correct(bobs.assignment, make.OSLO) == bobs
    assert Mistake.objects.get().state == "kept" and queue.next_review([task.project], cast.rita) == task
    sent_back(client, cast, task)
    Correctable.objects.update(until=Clock())
    corrections.catch_up()
    assert set(Mistake.objects.values_list("state", flat=True)) == {"kept", "unanswered"}
    assert Annotation.objects.counting().filter(task=task).count() == 2
    mine = queue.claim_review(task, cast.rita)
    with pytest.raises(StateConflict, match="2 times"):
        returned_work.send_back(mine, cast.rita, mine.token, [bobs], reason="label")
    mine.refresh_from_db()
    assert mine.state == "held", "the review goes on"


def test_nothing_is_sent_back_of_what_is_decided_nor_without_a_reason(client, cast, task) -> None:
    bobs = task.annotations.get(tasker=cast.bob)
    mine = queue.claim_review(task, cast.rita)
    for terms in ({"reason": "ugly"}, {"reason": "label", "note": "x" * 2001}):
        with pytest.raises(Problem):
            returned_work.send_back(mine, cast.rita, mine.token, [bobs], **terms)
    with pytest.raises(Problem):
        returned_work.send_back(mine, cast.rita, mine.token, [], reason="label")
    assert returned_work.note_mistake(task, [bobs], cast.rita, reason="careless") == 1
    submission.decide(mine, cast.rita, mine.token, make.MARIA)
    again = queue.claim_review(task, cast.rita)
    with pytest.raises(AlreadyDecided):
        returned_work.send_back(again, cast.rita, again.token, [bobs], reason="label")
    assert [one.state for one in Mistake.objects.all()] == ["noted"]


def test_what_a_reviewer_chose_stays_chosen(client, cast, task) -> None:
    other = make.task(task.batch)
    said(cast.alice, other, make.MARIA)
    said(cast.bob, other, make.OSLO)
    bobs = sent_back(client, cast, task)
    corrections.correct(bobs.assignment, make.MARIA)
    project = str(task.project.public_id)
    chosen = client.get("/review/", {"keep": 1, "project": project, "only": "back"}).content.decode()
    assert task.external_id in chosen and other.external_id not in chosen
    again = client.get("/review/")
    assert again.status_code == 302 and again["Location"] == f"/review/?project={project}&only=back"
    assert str(task.public_id) in client.get(f"/review/next/?project={project}&only=back")["Location"]
    client.get("/review/", {"keep": 1, "project": "", "only": ""})
    assert other.external_id in client.get("/review/").content.decode()
    of_batch = client.get("/review/", {"project": project, "batch": str(task.batch.public_id)}).content.decode()
    assert other.external_id in of_batch


@pytest.mark.parametrize(("right", "owed"), [(make.MARIA, {"Alice": 50_000, "Bob": 50_000}), (make.OSLO, {})])
def test_what_an_earlier_verdict_paid_is_not_paid_again_once_it_was_mended(cast, task, right, owed) -> None:
    """Rita decides for Bob, takes it back, and has him mend it: he is paid once, or, where it is wrong now, not."""

    def decide(answer) -> None:
        mine = queue.claim_review(task, cast.rita)
        submission.decide(mine, cast.rita, mine.token, answer)

    def now_owed() -> dict[str, int]:
        return {person.name: amount for person, amount in ledger.owed(cast.riverside)}

    decide(make.OSLO)
    assert now_owed() == {"Bob": 50_000}
    decisions.take_back(task, by=cast.rita)
    mine = queue.claim_review(task, cast.rita)
    bobs = task.annotations.get(tasker=cast.bob)
    returned_work.send_back(mine, cast.rita, mine.token, [bobs], reason="label")
    corrections.correct(bobs.assignment, make.MARIA)
    decide(right)
    assert now_owed() == owed and ledger.audit() == []
    assert earnings.entry(cast.bob, Annotation.objects.current().get(tasker=cast.bob)).earned == owed.get("Bob", 0)
    if owed:
        decisions.take_back(task, by=cast.rita)
        task_actions.cancel(task, by=cast.mina)
        assert now_owed() == owed, "what verdicts paid is all that their answers earn"
