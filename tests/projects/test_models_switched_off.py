"""Max fails his audits and switches himself off; what he said is asked of people, and a manager lets him in again."""

import pytest

from projects import queue
from projects.annotators import answers, lifecycle
from projects.errors import Refused
from projects.inference.sequential_test import noticed_within
from projects.models import Annotation, Exclusion, ModelAnnotator, ModelAnnotatorChange, Verdict
from projects.workflow import submission, void_work
from tests.support import make
from tests.support.projects.judging import given
from tests.support.projects.models_at_work import RIGHT, SURE, WRONG, answered_by, proven, read, says, seated, until
from tests.support.projects.models_at_work import project as project  # a fixture

pytestmark = pytest.mark.django_db


class TestSwitchedOff:
    @pytest.fixture
    def at_work(self, cast, project) -> ModelAnnotator:
        batch = make.batch(project)
        annotator = seated(cast, project, mode="decide", audit_share=1.0)  # everything is an audit here
        annotator = proven(annotator)
        make.tasks(batch, 60)
        return annotator

    def fail(self, cast, annotator: ModelAnnotator, most: int = 60) -> int:
        """It errs from now on; how many audits pass until it is off."""
        for number in range(1, most + 1):
            done = says(annotator, WRONG)
            answered_by(cast.alice, done.annotation.task)
            read()
            annotator.refresh_from_db()
            if annotator.mode == "off":
                return number
        raise AssertionError("it was never noticed")

    def test_one_that_gets_worse_is_noticed_and_says_so(self, cast, at_work, client) -> None:
        for _ in range(5):
            answered_by(cast.alice, says(at_work).annotation.task)
            read()
        assert ModelAnnotator.objects.get().mode == "decide"
        assert self.fail(cast, at_work) <= noticed_within(0.1, 0.999, 0.05, 5) + 1
        assert at_work.stopped_at is not None
        told = ModelAnnotatorChange.objects.order_by("-pk").first()
        assert told is not None and told.by is None and "audits were wrong" in told.reason
        found = queue.claim(at_work.tasker, at_work.project)
        assert isinstance(found, queue.Nothing) and found.code == "banned"
        client.force_login(cast.mina)
        page = client.get(f"/projects/{at_work.project.public_id}/").content.decode()
        assert "Max switched itself off" in page

    def test_what_it_said_of_undecided_tasks_is_asked_of_people(self, cast, project) -> None:
        annotator = seated(cast, project, mode="count")
        make.tasks(make.batch(project), 30)
        done = until(annotator, False)
        lifecycle.move(annotator, by=cast.mina, mode="off")
        made = Exclusion.objects.get()
        assert void_work.void_work(made, by=cast.mina) is not None
        done.annotation.assignment.refresh_from_db()
        assert done.annotation.assignment.voided_at is not None
        assert queue.audit().breaches == []

    def test_work_in_its_hands_at_that_moment_decides_nothing(self, cast, at_work) -> None:
        ModelAnnotator.objects.update(audit_share=0.02)
        at_work.refresh_from_db()
        mine = make.held(at_work.tasker, at_work.project)
        lifecycle.move(at_work, by=cast.mina, mode="off", reason="Broken")
        submission.submit(mine, at_work.tasker, mine.token, RIGHT, confidence=SURE)
        assert not Verdict.objects.exists() and queue.audit().breaches == []

    def test_the_last_word_is_the_seats(self, cast, at_work) -> None:
        """It was read as deciding, and switched off before it decided."""
        ModelAnnotator.objects.update(audit_share=0.02)
        mine = make.held(at_work.tasker, at_work.project)
        said = answers.said(mine, at_work.tasker, SURE)
        ModelAnnotator.objects.update(mode="off")
        done = given(cast.bob, mine.task, "review")  # any annotation will do: none is looked at
        assert said is not None and said.accepted
        assert not answers._may_decide_alone(said.annotator, mine.task, submitted_quietly(done))

    def test_only_a_manager_with_a_reason_lets_it_in_again(self, cast, at_work) -> None:
        self.fail(cast, at_work)
        known = at_work.known
        with pytest.raises(Refused, match="Say why"):
            lifecycle.move(at_work, by=cast.mina, mode="decide")
        waits = lifecycle.move(at_work, by=cast.mina, mode="decide", reason="A new version")
        assert waits.mode == "off", "what two people said before is no word any more"
        again = lifecycle.move(at_work, by=cast.olga, mode="decide", reason="A new version")
        assert again.stopped_at is None and again.audits == 0 and again.known == known > 300
        assert not Exclusion.objects.filter(lifted_at=None).exists()
        assert says(again).accepted == answers.Said(again, SURE, False).accepted, "what is known of it is kept"
        assert [one.mode for one in ModelAnnotatorChange.objects.order_by("pk")] == [
            *("watch", "watch", "decide", "off", "off", "decide")
        ]


def submitted_quietly(assignment):
    """An annotation of nobody's vote."""
    return Annotation(pk=0, assignment=assignment, task=assignment.task)
