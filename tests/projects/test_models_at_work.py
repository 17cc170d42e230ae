"""Max, a model, earns its seat at Riverside, decides alone where it may, is audited, and is off when it fails."""

import random

import pytest
from django.db import IntegrityError, connection, transaction

from projects import queue
from projects.annotators import answers, lifecycle, outcomes
from projects.errors import Refused
from projects.models import Assignment, ModelAnswer, Project, Seat, SeatMove, Task, Verdict
from projects.quality.consensus import AUTO
from projects.quality.gold import grading
from projects.workflow import submission
from projects.workforce import rules
from taskers.models import Event, Grade, Person, Transfer
from tests import make
from tests.projects.judging import given

pytestmark = pytest.mark.django_db

RIGHT, WRONG = make.MARIA, make.OSLO
SURE, UNSURE = 0.99, 0.6


def project_of(cast, name="Names in reports", **terms):
    return make.project(cast.riverside, name, **{"wanted": 1, "copilot": False} | terms)


@pytest.fixture
def project(cast):
    return project_of(cast)


def seated(cast, project, name="Max", mode="watch", **terms) -> Seat:
    seat, _secret = lifecycle.register(
        project, name=name, by=cast.mina, **{"target_error": 0.1, "audit_share": 0.2} | terms
    )
    return lifecycle.move(seat, by=cast.mina, mode=mode) if mode != "watch" else seat


def read() -> None:
    """What the reader of the outbox does, of the newest events: it sees only what was committed."""
    outcomes.settle(list(Event.objects.order_by("-pk")[:40])[::-1])


def met_gold(cast, seat, batch, right=60, wrong=0) -> Seat:
    """Gold that the model met among its work."""
    for index in range(right + wrong):
        task = make.task(batch)
        queue.set_aside(task, by=cast.mina)
        grading.stock(task, RIGHT, by=cast.mina, dice=random.Random(index))
        mine = given(seat.tasker, task, "gold")
        answer = RIGHT if index < right else WRONG
        submission.submit(mine, seat.tasker, mine.token, answer, confidence=SURE)
    read()
    seat.refresh_from_db()
    return seat


def proven(seat: Seat, right=300) -> Seat:
    """A long record, of tasks that were archived since: what it said was right, and how often it was."""
    terms = {"task_id": 0, "confidence": SURE, "at_least": 0.5, "accepted": False, "drawn": False, "mode": "watch"}
    record = [ModelAnswer(seat=seat, annotation_id=-i - 1, fate="known", right=True, **terms) for i in range(right)]
    ModelAnswer.objects.bulk_create(record)
    Seat.objects.filter(pk=seat.pk).update(**outcomes.taught(seat))
    seat.refresh_from_db()
    return seat


def says(seat: Seat, answer=RIGHT, confidence=SURE) -> ModelAnswer:
    """The model claims its next task through the queue and hands in."""
    mine = make.held(seat.tasker, seat.project)
    done = submission.submit(mine, seat.tasker, mine.token, answer, confidence=confidence)
    assert queue.audit().breaches == []
    return ModelAnswer.objects.get(annotation=done)


def answered_by(person, task, answer=RIGHT):
    """A person answers what is open of a task."""
    mine = given(person, task)
    return submission.submit(mine, person, mine.token, answer)


def label_of(answer: dict) -> str:
    return answer["spans"][0]["label"]


def drawn(seat: Seat, task: Task) -> bool:
    said = answers.said(Assignment(task=task), seat.tasker, 0.5)
    assert said is not None
    return said.drawn


def until(seat: Seat, is_drawn: bool, **terms) -> ModelAnswer:
    """What it says to its next task that is drawn, or isn't; those before are done as well."""
    for _ in range(200):
        done = says(seat, **terms)
        if done.drawn == is_drawn:
            return done
    raise AssertionError("no such task")


class TestSeat:
    def test_mina_gives_max_a_seat_and_reads_its_token_once(self, cast, project) -> None:
        seat, secret = lifecycle.register(project, name="Max", by=cast.mina)
        assert secret.startswith("tdm_") and seat.mode == "watch"
        assert seat.tasker.kind == Person.Kind.MODEL and not seat.tasker.has_usable_password()
        assert SeatMove.objects.get().reason == "Registered"
        again = lifecycle.new_token(seat, by=cast.mina)
        assert again != secret
        assert seat.tasker.tokens.filter(revoked_at=None).count() == 1

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
        assert not Seat.objects.exists()

    def test_two_of_one_name_are_refused(self, cast, project) -> None:
        seated(cast, project)
        with pytest.raises(Refused, match="at work here already"):
            seated(cast, project)

    def test_the_database_holds_the_least_share_of_audits(self, cast, project) -> None:
        seat = seated(cast, project)
        with pytest.raises(IntegrityError), transaction.atomic():
            Seat.objects.filter(pk=seat.pk).update(audit_share=0.0)

    def test_only_models_say_how_sure_they_are(self, cast, project) -> None:
        make.tasks(make.batch(project), 2)
        mine = make.held(cast.alice, project)
        with pytest.raises(Refused, match="Only models"):
            submission.submit(mine, cast.alice, mine.token, RIGHT, confidence=0.9)
        seat = seated(cast, project)
        his = make.held(seat.tasker, project)
        for nonsense in (None, 1.1, -0.1, float("nan"), True, "0.9"):
            with pytest.raises(Refused, match="how sure"):
                submission.submit(his, seat.tasker, his.token, RIGHT, confidence=nonsense)


class TestWatched:
    def test_its_answer_counts_for_nothing_and_people_are_asked(self, cast, project) -> None:
        task = make.task(make.batch(project))
        done = says(seated(cast, project))
        assert done.fate == "waiting" and not Verdict.objects.exists()
        assert Assignment.objects.counting().get(task=task).state == "open"
        answered_by(cast.alice, task)
        assert Verdict.objects.get().rests_on != [done.annotation_id]
        read()
        done.refresh_from_db()
        assert (done.fate, done.right) == ("known", True)
        assert Seat.objects.get().known == 1

    def test_it_never_gets_the_same_task_again(self, cast, project) -> None:
        make.task(make.batch(project))
        seat = seated(cast, project)
        says(seat)
        assert isinstance(queue.claim(seat.tasker, project), queue.Nothing)

    def test_people_who_saw_a_model_tell_nothing_of_one(self, cast) -> None:
        project = project_of(cast, copilot=True)
        seat = seated(cast, project)
        make.tasks(make.batch(project), 40)
        fates = {}
        for _ in range(40):
            says(seat)
        for _ in range(40):
            mine = make.held(cast.alice, project)
            submission.submit(mine, cast.alice, mine.token, RIGHT)
            fates[mine.task_id] = mine.copilot
        outcomes.settle(Event.objects.order_by("pk"))
        for done in ModelAnswer.objects.all():
            assert fates[done.task_id] is (not done.drawn), "whoever answers what is drawn gets no copilot"
            assert done.fate == ("known" if done.drawn else "lost")
        assert 0 < sum(not one for one in fates.values()) < 40


class TestCounted:
    def test_it_is_weighed_but_never_decides_without_a_person(self, cast, project) -> None:
        seat = seated(cast, project, mode="count")
        make.tasks(make.batch(project), 30)
        done = until(seat, False)
        task = done.annotation.task
        task.refresh_from_db()
        assert done.fate == "counted" and task.wanted == 2
        assert not Verdict.objects.filter(task=task).exists()
        answered_by(cast.alice, task)
        verdict = Verdict.objects.get(task=task)
        assert done.annotation_id in verdict.rests_on and len(verdict.rests_on) == 2
        assert queue.audit().breaches == []

    def test_where_it_is_drawn_it_has_no_vote(self, cast, project) -> None:
        seat = seated(cast, project, mode="count")
        make.tasks(make.batch(project), 60)
        done = until(seat, True, answer=WRONG)
        answered_by(cast.alice, done.annotation.task)
        assert label_of(Verdict.objects.get(task=done.annotation.task).answer) == "person"
        read()
        done.refresh_from_db()
        assert (done.fate, done.right) == ("known", False)


class TestDeciding:
    def test_an_unknown_model_decides_nothing_however_sure(self, cast, project) -> None:
        seat = seated(cast, project, mode="decide")
        make.tasks(make.batch(project), 10)
        assert {says(seat, confidence=1.0).accepted for _ in range(10)} == {False}
        assert not Verdict.objects.filter(method=AUTO).exists()

    def test_an_honest_one_is_let_in_and_decides_where_it_is_sure(self, cast) -> None:
        project = project_of(cast, wanted=2)
        batch = make.batch(project)
        seat = met_gold(cast, seated(cast, project, mode="decide"), batch)
        make.tasks(batch, 30)
        done = until(seat, False)
        verdict = Verdict.objects.get(task=done.annotation.task)
        assert done.fate == "alone" and verdict.method == AUTO and verdict.rests_on == [done.annotation_id]
        assert verdict.confidence == pytest.approx(done.at_least) and done.at_least >= 0.9
        assert not Assignment.objects.filter(task=verdict.task, state__in=["open", "held"]).exists()
        unsure = until(seat, False, confidence=UNSURE)
        assert unsure.fate == "counted" and not Verdict.objects.filter(task=unsure.annotation.task).exists()

    def test_it_earns_nothing_and_grades_nobody(self, cast) -> None:
        project = project_of(cast, wanted=2)
        batch = make.batch(project)
        seat = proven(seated(cast, project, mode="decide"))
        tasks = make.tasks(batch, 30)
        at_work = {one.pk: given(cast.alice, one) for one in tasks}  # Alice was at work on them meanwhile
        done = until(seat, False)
        mine = at_work[done.annotation.task_id]
        submission.submit(mine, cast.alice, mine.token, WRONG)
        assert Verdict.objects.current().get(task=mine.task).method == AUTO
        assert not Grade.objects.filter(tasker=cast.alice).exists(), "a model measures nobody"
        assert not Grade.objects.filter(tasker=seat.tasker).exclude(source="gold").exists()
        assert [one.amount for one in Transfer.objects.all()] == [50_000], "Alice is paid for her work, Max never"
        assert queue.audit().breaches == []

    def test_it_overrules_nobody_who_answered_before(self, cast) -> None:
        project = project_of(cast, wanted=2)
        batch = make.batch(project)
        seat = proven(seated(cast, project, mode="decide"))
        for task in make.tasks(batch, 12):
            answered_by(cast.alice, task, WRONG)
        done = until(seat, False)
        assert done.accepted and done.fate == "counted"
        assert not Verdict.objects.filter(method=AUTO).exists()

    def test_what_is_drawn_goes_to_people(self, cast, project) -> None:
        batch = make.batch(project)
        seat = proven(seated(cast, project, mode="decide"))
        make.tasks(batch, 60)
        done = until(seat, True)
        assert done.accepted and done.fate == "waiting"
        assert not Verdict.objects.filter(task=done.annotation.task).exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            ModelAnswer.objects.filter(pk=done.pk).update(fate="alone")

    def test_the_draw_is_the_same_for_all_models_of_a_project_and_near_its_share(self, cast, project) -> None:
        first = seated(cast, project, audit_share=0.1)
        tasks = make.tasks(make.batch(project), 300)
        alone = {one.pk for one in tasks if drawn(first, one)}
        assert 12 <= len(alone) <= 50
        second = seated(cast, project, "Moritz", audit_share=0.3)
        both = {one.pk for one in tasks if drawn(first, one)}
        assert alone < both == {one.pk for one in tasks if drawn(second, one)}

    def test_one_whose_audits_never_come_back_stops(self, cast, project) -> None:
        batch = make.batch(project)
        seat = proven(seated(cast, project, mode="decide"))
        cap = answers.cap_of(seat)
        make.tasks(batch, 100)
        fates = [says(seat).fate for _ in range(100)]
        assert fates.count("alone") == cap == 50
        assert set(fates[-10:]) <= {"counted", "waiting"}
        waiting = ModelAnswer.objects.filter(fate="waiting").first()
        assert waiting is not None
        answered_by(cast.alice, waiting.annotation.task)
        read()
        make.tasks(batch, 20)
        assert until(seat, False).fate == "alone", "an audit came back, so it goes on"


@pytest.mark.django_db(transaction=True)
def test_the_reader_learns_from_the_outbox_once(cast) -> None:
    project = project_of(cast)
    task = make.task(make.batch(project))
    done = says(seated(cast, project))
    answered_by(cast.alice, task)
    while outcomes.catch_up():
        pass
    done.refresh_from_db()
    assert done.right is True and Seat.objects.get().known == 1
    assert outcomes.catch_up() == 0


def numbered_from(number: int, *models) -> None:
    """The keys that come next: what is drawn by a hash of keys falls the same way in every run."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ALTER SEQUENCE {model._meta.db_table}_id_seq RESTART WITH {number}")


def test_the_true_error_stays_within_the_target_over_a_simulated_life(cast) -> None:
    """Max is right as often as it says, from 50 to 99.9 %; it may err in one of ten it decides alone."""
    dice = random.Random(4)
    numbered_from(1_000_000, Project, Task)
    project = project_of(cast)
    batch = make.batch(project)
    seat = seated(cast, project, mode="decide", audit_share=0.3)

    def draw():
        chance = dice.choice([0.55, 0.7, 0.8, 0.9, 0.97, 0.995, 0.999])
        return (RIGHT if dice.random() < chance else WRONG), chance

    make.tasks(batch, 300)
    for _ in range(300):
        answer, confidence = draw()
        done = says_quickly(seat, answer, confidence)
        if done.fate == "waiting":
            answered_by(cast.alice, done.annotation.task)
        read()
    alone = ModelAnswer.objects.filter(fate="alone").select_related("annotation")
    wrong = sum(label_of(one.annotation.answer) != "person" for one in alone)
    assert alone.count() > 15 and wrong / alone.count() <= 0.1
    assert min(one.confidence for one in alone) > 0.7
    assert Seat.objects.get().mode == "decide"
    assert queue.audit().breaches == []


def says_quickly(seat, answer, confidence):
    mine = make.held(seat.tasker, seat.project)
    done = submission.submit(mine, seat.tasker, mine.token, answer, confidence=confidence)
    return ModelAnswer.objects.get(annotation=done)


def test_a_claim_asks_no_more_where_no_model_has_a_seat(cast, project, django_assert_num_queries) -> None:
    make.tasks(make.batch(project), 3)
    make.judged(cast.alice, project, RIGHT)
    with django_assert_num_queries(2):
        make.held(cast.alice, project)


def test_a_model_is_not_paid_on_gold_either(cast, project) -> None:
    rules.change(project, cast.mina, gold_share=0.5)
    seat = met_gold(cast, seated(cast, project), make.batch(project), right=3)
    assert not Transfer.objects.exists()
    assert Grade.objects.filter(tasker=seat.tasker, source="gold", blind=True).count() == 3
