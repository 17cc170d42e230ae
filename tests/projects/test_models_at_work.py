"""Max, a model, earns its place at Riverside, decides alone where it may, is audited, and is off when it fails."""

import random

import pytest
from django.db import IntegrityError, transaction

from projects import queue
from projects.annotators import answers, lifecycle, outcomes
from projects.errors import Refused
from projects.models import Assignment, ModelAnnotator, ModelAnnotatorChange, ModelAnswer, Project, Task, Verdict
from projects.quality.consensus import AUTO
from projects.quality.gold import grading
from projects.workflow import submission
from projects.workforce import rules
from taskers.models import Event, Grade, Person, Transfer
from tests.support import make, owner
from tests.support.projects.judging import given
from tests.support.projects.models_at_work import (
    RIGHT,
    SURE,
    UNSURE,
    WRONG,
    answered_by,
    drawn,
    label_of,
    project_of,
    proven,
    read,
    says,
    seated,
    until,
)
from tests.support.projects.models_at_work import project as project  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def met_gold(cast, annotator, batch, right=60, wrong=0) -> ModelAnnotator:
    """Gold that the model met among its work."""
    for index in range(right + wrong):
        task = make.task(batch)
        queue.set_aside(task, by=cast.mina)
        grading.stock(task, RIGHT, by=cast.mina, dice=random.Random(index))
        mine = given(annotator.tasker, task, "gold")
        answer = RIGHT if index < right else WRONG
        submission.submit(mine, annotator.tasker, mine.token, answer, confidence=SURE)
    read()
    annotator.refresh_from_db()
    return annotator


class TestSeat:
    def test_mina_gives_max_a_seat_and_reads_its_token_once(self, cast, project) -> None:
        annotator, secret = lifecycle.register(project, name="Max", by=cast.mina)
        assert secret.startswith("tdm_") and annotator.mode == "watch"
        assert annotator.tasker.kind == Person.Kind.MODEL and not annotator.tasker.has_usable_password()
        assert ModelAnnotatorChange.objects.get().reason == "Registered"
        again = lifecycle.new_token(annotator, by=cast.mina)
        assert again != secret
        assert annotator.tasker.tokens.filter(revoked_at=None).count() == 1

    @pytest.mark.parametrize(
        ("terms", "place"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 121}, "name"),
            ({"name": "Max", "audit_share": 0.01}, "audit_share"),
            ({"name": "Max", "target_error": 0.5}, "target_error"),
            ({"name": "Max", "assurance": float("nan")}, "assurance"),
            ({"name": "Max", "assurance": True}, "assurance"),
        ],
    )
    def test_terms_that_would_let_anything_through_are_refused(self, cast, project, terms, place) -> None:
        with pytest.raises(Refused) as refused:
            lifecycle.register(project, by=cast.mina, **terms)
        assert refused.value.place == place
        assert not ModelAnnotator.objects.exists()

    def test_two_of_one_name_are_refused(self, cast, project) -> None:
        seated(cast, project)
        with pytest.raises(Refused, match="at work here already"):
            seated(cast, project)

    def test_the_database_holds_the_least_share_of_audits(self, cast, project) -> None:
        annotator = seated(cast, project)
        with pytest.raises(IntegrityError), transaction.atomic():
            ModelAnnotator.objects.filter(pk=annotator.pk).update(audit_share=0.0)

    def test_only_models_say_how_sure_they_are(self, cast, project) -> None:
        make.tasks(make.batch(project), 2)
        mine = make.held(cast.alice, project)
        with pytest.raises(Refused, match="Only models"):
            submission.submit(mine, cast.alice, mine.token, RIGHT, confidence=0.9)
        annotator = seated(cast, project)
        his = make.held(annotator.tasker, project)
        for nonsense in (None, 1.1, -0.1, float("nan"), True, "0.9"):
            with pytest.raises(Refused, match="how sure"):
                submission.submit(his, annotator.tasker, his.token, RIGHT, confidence=nonsense)


class TestWatched:
    def test_its_answer_counts_for_nothing_and_people_are_asked(self, cast, project) -> None:
        task = make.task(make.batch(project))
        done = says(seated(cast, project))
        assert done.outcome == "waiting" and not Verdict.objects.exists()
        assert Assignment.objects.counting().get(task=task).state == "open"
        answered_by(cast.alice, task)
        assert Verdict.objects.get().rests_on != [done.annotation_id]
        read()
        done.refresh_from_db()
        assert (done.outcome, done.right) == ("known", True)
        assert ModelAnnotator.objects.get().known == 1

    def test_it_never_gets_the_same_task_again(self, cast, project) -> None:
        make.task(make.batch(project))
        annotator = seated(cast, project)
        says(annotator)
        assert isinstance(queue.claim(annotator.tasker, project), queue.Nothing)

    def test_people_who_saw_a_model_tell_nothing_of_one(self, cast) -> None:
        project = project_of(cast, copilot=True)
        annotator = seated(cast, project)
        make.tasks(make.batch(project), 80)
        copilots = {}
        for _ in range(80):
            says(annotator)
        for _ in range(80):
            mine = make.held(cast.alice, project)
            submission.submit(mine, cast.alice, mine.token, RIGHT)
            copilots[mine.task_id] = mine.copilot
        outcomes.settle(Event.objects.order_by("pk"))
        for done in ModelAnswer.objects.all():
            assert copilots[done.task_id] is (not done.drawn), "whoever answers what is drawn gets no copilot"
            assert done.outcome == ("known" if done.drawn else "lost")
        assert 0 < sum(not one for one in copilots.values()) < 80


class TestCounted:
    def test_it_is_weighed_but_never_decides_without_a_person(self, cast, project) -> None:
        annotator = seated(cast, project, mode="count")
        make.tasks(make.batch(project), 30)
        done = until(annotator, False)
        task = done.annotation.task
        task.refresh_from_db()
        assert done.outcome == "counted" and task.wanted == 2
        assert not Verdict.objects.filter(task=task).exists()
        answered_by(cast.alice, task)
        verdict = Verdict.objects.get(task=task)
        assert done.annotation_id in verdict.rests_on and len(verdict.rests_on) == 2
        assert queue.audit().breaches == []

    def test_where_it_is_drawn_it_has_no_vote(self, cast, project) -> None:
        annotator = seated(cast, project, mode="count")
        make.tasks(make.batch(project), 60)
        done = until(annotator, True, answer=WRONG)
        answered_by(cast.alice, done.annotation.task)
        assert label_of(Verdict.objects.get(task=done.annotation.task).answer) == "person"
        read()
        done.refresh_from_db()
        assert (done.outcome, done.right) == ("known", False)


class TestDeciding:
    def test_an_unknown_model_decides_nothing_however_sure(self, cast, project) -> None:
        annotator = seated(cast, project, mode="decide")
        make.tasks(make.batch(project), 10)
        assert {says(annotator, confidence=1.0).accepted for _ in range(10)} == {False}
        assert not Verdict.objects.filter(method=AUTO).exists()

    def test_an_honest_one_is_let_in_and_decides_where_it_is_sure(self, cast) -> None:
        project = project_of(cast, wanted=2)
        batch = make.batch(project)
        annotator = met_gold(cast, seated(cast, project, mode="decide"), batch)
        make.tasks(batch, 30)
        done = until(annotator, False)
        verdict = Verdict.objects.get(task=done.annotation.task)
        assert done.outcome == "alone" and verdict.method == AUTO and verdict.rests_on == [done.annotation_id]
        assert verdict.confidence == pytest.approx(done.at_least) and done.at_least >= 0.9
        assert not Assignment.objects.filter(task=verdict.task, state__in=["open", "held"]).exists()
        unsure = until(annotator, False, confidence=UNSURE)
        assert unsure.outcome == "counted" and not Verdict.objects.filter(task=unsure.annotation.task).exists()

    def test_it_earns_nothing_and_grades_nobody(self, cast) -> None:
        project = project_of(cast, wanted=2)
        batch = make.batch(project)
        annotator = proven(seated(cast, project, mode="decide"))
        tasks = make.tasks(batch, 30)
        at_work = {one.pk: given(cast.alice, one) for one in tasks}  # Alice was at work on them meanwhile
        done = until(annotator, False)
        mine = at_work[done.annotation.task_id]
        submission.submit(mine, cast.alice, mine.token, WRONG)
        assert Verdict.objects.current().get(task=mine.task).method == AUTO
        assert not Grade.objects.filter(tasker=cast.alice).exists(), "a model measures nobody"
        assert not Grade.objects.filter(tasker=annotator.tasker).exclude(source="gold").exists()
        assert [one.amount for one in Transfer.objects.all()] == [50_000], "Alice is paid for her work, Max never"
        assert queue.audit().breaches == []

    def test_it_overrules_nobody_who_answered_before(self, cast) -> None:
        project = project_of(cast, wanted=2)
        batch = make.batch(project)
        annotator = proven(seated(cast, project, mode="decide"))
        for task in make.tasks(batch, 12):
            answered_by(cast.alice, task, WRONG)
        done = until(annotator, False)
        assert done.accepted and done.outcome == "counted"
        assert not Verdict.objects.filter(method=AUTO).exists()

    def test_what_is_drawn_goes_to_people(self, cast, project) -> None:
        batch = make.batch(project)
        annotator = proven(seated(cast, project, mode="decide"))
        make.tasks(batch, 60)
        done = until(annotator, True)
        assert done.accepted and done.outcome == "waiting"
        assert not Verdict.objects.filter(task=done.annotation.task).exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            ModelAnswer.objects.filter(pk=done.pk).update(outcome="alone")

    def test_the_draw_is_the_same_for_all_models_of_a_project_and_near_its_share(self, cast, project) -> None:
        first = seated(cast, project, audit_share=0.1)
        tasks = make.tasks(make.batch(project), 300)
        alone = {one.pk for one in tasks if drawn(first, one)}
        assert 5 <= len(alone) <= 65
        second = seated(cast, project, "Moritz", audit_share=0.3)
        both = {one.pk for one in tasks if drawn(first, one)}
        assert alone < both == {one.pk for one in tasks if drawn(second, one)}

    def test_one_whose_audits_never_come_back_stops(self, cast, project) -> None:
        batch = make.batch(project)
        annotator = proven(seated(cast, project, mode="decide"))
        cap = answers.cap_of(annotator)
        make.tasks(batch, 100)
        told = [says(annotator).outcome for _ in range(100)]
        assert told.count("alone") == cap == 50
        assert set(told[-10:]) <= {"counted", "waiting"}
        waiting = ModelAnswer.objects.filter(outcome="waiting").first()
        assert waiting is not None
        answered_by(cast.alice, waiting.annotation.task)
        read()
        make.tasks(batch, 20)
        assert until(annotator, False).outcome == "alone", "an audit came back, so it goes on"


@pytest.mark.django_db(transaction=True)
def test_the_reader_learns_from_the_outbox_once(cast) -> None:
    project = project_of(cast)
    task = make.task(make.batch(project))
    done = says(seated(cast, project))
    answered_by(cast.alice, task)
    while outcomes.catch_up():
        pass
    done.refresh_from_db()
    assert done.right is True and ModelAnnotator.objects.get().known == 1
    assert outcomes.catch_up() == 0


def numbered_from(number: int, *models) -> None:
    """The keys that come next: what is drawn by a hash of keys falls the same way in every run."""
    for model in models:
        owner.execute(f"ALTER SEQUENCE {model._meta.db_table}_id_seq RESTART WITH {number}")


def test_the_true_error_stays_within_the_target_over_a_simulated_life(cast) -> None:
    """Max is right as often as it says, from 50 to 99.9 %; it may err in one of ten it decides alone."""
    dice = random.Random(4)
    numbered_from(1_000_000, Project, Task)
    project = project_of(cast)
    batch = make.batch(project)
    annotator = seated(cast, project, mode="decide", audit_share=0.3)

    def draw():
        chance = dice.choice([0.55, 0.7, 0.8, 0.9, 0.97, 0.995, 0.999])
        return (RIGHT if dice.random() < chance else WRONG), chance

    make.tasks(batch, 300)
    for _ in range(300):
        answer, confidence = draw()
        done = says_quickly(annotator, answer, confidence)
        if done.outcome == "waiting":
            answered_by(cast.alice, done.annotation.task)
        read()
    alone = ModelAnswer.objects.filter(outcome="alone").select_related("annotation")
    wrong = sum(label_of(one.annotation.answer) != "person" for one in alone)
    assert alone.count() > 15 and wrong / alone.count() <= 0.1
    assert min(one.confidence for one in alone) > 0.7
    assert ModelAnnotator.objects.get().mode == "decide"
    assert queue.audit().breaches == []


def says_quickly(annotator, answer, confidence):
    mine = make.held(annotator.tasker, annotator.project)
    done = submission.submit(mine, annotator.tasker, mine.token, answer, confidence=confidence)
    return ModelAnswer.objects.get(annotation=done)


def test_a_claim_asks_no_more_where_no_model_has_a_seat(cast, project, django_assert_num_queries) -> None:
    make.tasks(make.batch(project), 3)
    done = make.judged(cast.alice, project, RIGHT).assignment
    with django_assert_num_queries(2):
        queue.claim(cast.alice, project, done=done)


def test_a_model_is_not_paid_on_gold_either(cast, project) -> None:
    rules.change(project, cast.mina, gold_share=0.5)
    annotator = met_gold(cast, seated(cast, project), make.batch(project), right=3)
    assert not Transfer.objects.exists()
    assert Grade.objects.filter(tasker=annotator.tasker, source="gold", blind=True).count() == 3
