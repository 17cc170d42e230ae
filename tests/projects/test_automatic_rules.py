"""A rule is tried on what was, pauses Bob who hurries, says why, ends by itself, and is answered by somebody else."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.utils import timezone
from hypothesis import given as drawn
from hypothesis import strategies as st

from projects import queue
from projects.models import AutomaticRule, Exclusion, PooledGold, RuleConsequence, SecondLook
from projects.workflow import submission
from projects.workflow.automatic_rules import running
from projects.workflow.automatic_rules.actions import ACTIONS
from projects.workflow.automatic_rules.conditions import CONDITIONS
from projects.workflow.automatic_rules.conditions.protocol import Piece
from projects.workflow.automatic_rules.running import Terms
from projects.workforce import rules
from taskers.errors import NotAllowed, Problem, StateConflict
from taskers.models import Membership, Qualification, Skill
from taskers.people import invitations
from taskers.skills import skills
from tests.support import make
from tests.support.projects import courses
from tests.support.projects.judging import given

FAST = Terms("speed", 2.0, 3, "pause", 24)
NOW = timezone.now()


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=2)


@pytest.fixture
def batch(project):
    return make.batch(project)


def did(person, task, seconds: float, answer=make.MARIA):
    """They answer this very task, after so long."""
    mine = given(person, task)
    type(mine).objects.filter(pk=mine.pk).update(held_at=timezone.now() - timedelta(seconds=seconds + 60))
    mine.refresh_from_db()
    return submission.submit(mine, person, mine.token, answer, active_ms=int(seconds * 1000))


def worked(cast, batch, number: int = 3) -> None:
    """Bob needs a second, Alice half a minute."""
    for task in make.tasks(batch, number):
        did(cast.alice, task, 30)
        did(cast.bob, task, 1)


@pytest.mark.django_db
def test_it_is_tried_on_what_was_and_changes_nothing(client, cast, project, batch) -> None:
    worked(cast, batch)
    found = running.preview(project, FAST)
    assert (found.people, [one.person for one in found.met]) == (2, [cast.bob])
    assert found.met[0].rightly is None, "no reviewer decided anything: it can't be told"
    assert not AutomaticRule.objects.exists() and not Exclusion.objects.exists()
    client.force_login(cast.mina)
    body = {"condition": "speed", "threshold": 2, "window": 3, "action": "pause", "hours": 24}
    page = client.post(f"/projects/{project.public_id}/rules/automatic/", body).content.decode()
    assert "would have met 1 of 2 people" in page and "Bob" in page


@pytest.mark.django_db
def test_it_pauses_whoever_hurries_from_now_on_and_says_why(client, cast, project, batch) -> None:
    worked(cast, batch)
    running.make(project, FAST, by=cast.mina)
    assert running.run_all() == 0, "what was done before doesn't count"
    worked(cast, batch)
    assert running.run_all() == 1 and running.run_all() == 0
    out = Exclusion.objects.get()
    assert (out.tasker, out.kind, out.made_by) == (cast.bob, "paused", None) and out.until > timezone.now()
    assert "took 1.0 seconds" in out.reason
    make.task(batch)
    assert isinstance(queue.claim(cast.bob, project), queue.Nothing)
    client.force_login(cast.bob)
    home = client.get("/").content.decode()
    assert "You are paused in Names in reports" in home and "Contest" in home
    AutomaticRule.objects.update(ended_at=timezone.now())
    worked_again = running.run_all()
    assert worked_again == 0


@pytest.mark.django_db
def test_who_left_and_a_rule_that_fails_keep_nobody_else_waiting(cast, project, batch, monkeypatch) -> None:
    other = make.project(cast.riverside, "Other", wanted=2)
    for one in (project, other):
        running.make(one, FAST, by=cast.mina)
    for one in make.tasks(batch, 3):
        did(cast.alice, one, 1)
        did(cast.bob, one, 1)
    worked(cast, make.batch(other))
    invitations.deactivate(cast.riverside, cast.alice, by=cast.olga)
    assert running.run_all() == 2
    assert set(Exclusion.objects.values_list("tasker", "project")) == {
        (cast.bob.pk, project.pk),
        (cast.bob.pk, other.pk),
    }
    running.contest(RuleConsequence.objects.get(rule__project=other), cast.bob, "The texts were short.")
    RuleConsequence.objects.update(answer_by=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(running, "run", Mock(side_effect=[OSError("no disk"), 1]))
    with pytest.raises(OSError, match="no disk"):
        running.run_all()
    assert running.run.call_count == 2 and not RuleConsequence.objects.filter(appeal="open").exists()


@pytest.mark.django_db
def test_an_appeal_is_answered_by_somebody_else_or_lifted(client, cast, project, batch) -> None:
    running.make(project, FAST, by=cast.mina)
    worked(cast, batch)
    running.run_all()
    made = RuleConsequence.objects.get()
    client.force_login(cast.alice)
    assert client.post(f"/my-work/rules/{made.public_id}/contest/", {"said": "Me too."}).status_code == 404
    client.force_login(cast.bob)
    client.post(f"/my-work/rules/{made.public_id}/contest/", {"said": "The texts were short."})
    made.refresh_from_db()
    assert (made.appeal, made.said) == ("open", "The texts were short.")
    with pytest.raises(NotAllowed):
        running.answer(made, "No.", by=cast.mina, upheld="refused")
    with pytest.raises(StateConflict):
        running.contest(made, cast.bob, "And again.")
    client.force_login(cast.olga)
    assert "The texts were short." in client.get(f"/projects/{project.public_id}/rules/automatic/").content.decode()
    path = f"/projects/{project.public_id}/rules/appeals/{made.public_id}/"
    client.post(path, {"answer": "They were.", "upheld": "upheld"})
    made.refresh_from_db()
    assert made.appeal == "upheld" and made.until <= timezone.now()
    assert Exclusion.objects.get().lifted_at is not None


@pytest.mark.django_db
def test_without_an_answer_in_time_it_is_lifted(cast, project, batch) -> None:
    running.make(project, FAST, by=cast.mina)
    worked(cast, batch)
    running.run_all()
    running.contest(RuleConsequence.objects.get(), cast.bob, "Why?")
    RuleConsequence.objects.update(answer_by=timezone.now() - timedelta(minutes=1))
    running.run_all()
    assert RuleConsequence.objects.get().appeal == "upheld" and Exclusion.objects.get().lifted_at is not None


@pytest.mark.django_db
def test_one_that_was_answered_meanwhile_keeps_no_other_waiting(cast, project, batch, monkeypatch) -> None:
    for action in ("message", "pause"):
        running.make(project, replace(FAST, action=action), by=cast.mina)
    worked(cast, batch)
    assert running.run_all() == 2
    for one in RuleConsequence.objects.order_by("pk"):
        running.contest(one, cast.bob, "Why?")
    RuleConsequence.objects.update(answer_by=timezone.now() - timedelta(minutes=1))
    settle = running._settle

    def meanwhile(late, outcome, words, *, by) -> None:
        if late.rule.action == "message":
            settle(late, "refused", "They were.", by=cast.olga)
        settle(late, outcome, words, by=by)

    monkeypatch.setattr(running, "_settle", meanwhile)
    running.run_all()
    assert list(RuleConsequence.objects.order_by("pk").values_list("appeal", flat=True)) == ["refused", "upheld"]


@pytest.mark.django_db
def test_what_everybody_did_is_read_once_for_all_rules_of_a_project(cast, project, batch, monkeypatch) -> None:
    for action in ("message", "pause"):
        running.make(project, replace(FAST, action=action), by=cast.mina)
    running.make(make.project(cast.riverside, "Other"), FAST, by=cast.mina)
    worked(cast, batch)
    read: list[int] = []
    pieces = running.history.pieces

    def reading(of):
        read.append(of.pk)
        return pieces(of)

    monkeypatch.setattr(running.history, "pieces", reading)
    assert running.run_all() == 2 and len(read) == len(set(read)) == 2


@pytest.mark.django_db
def test_they_are_told_what_is_in_force_contested_or_answered_lately_however_old(client, cast, project, batch) -> None:
    running.make(project, FAST, by=cast.mina)
    worked(cast, batch)
    running.run_all()
    now, rows = timezone.now(), RuleConsequence.objects.all()
    client.force_login(cast.bob)
    rows.update(at=now - timedelta(days=20), until=now + timedelta(days=10))
    home = client.get("/").content.decode()
    assert "You are paused" in home and "Contest" not in home, "it is too late for that"
    rows.update(until=now - timedelta(days=10))
    assert running.told_to(cast.bob) == []
    contested = {"said": "Why?", "contested_at": now - timedelta(days=14), "answer_by": now + timedelta(days=1)}
    rows.update(appeal="open", **contested)
    assert len(running.told_to(cast.bob)) == 1
    rows.update(appeal="refused", answered_at=now - timedelta(days=2))
    assert len(running.told_to(cast.bob)) == 1
    rows.update(answered_at=now - timedelta(days=8))
    assert running.told_to(cast.bob) == []


@pytest.mark.django_db
def test_whoever_is_kept_out_by_hand_stays_so_and_other_actions_act(cast, project, batch) -> None:
    rules.exclude(cast.bob, reason="Spam", by=cast.mina, project=project, kind="blocked")
    for action in ("pause", "message", "audit", "overlap"):
        running.make(project, Terms("speed", 2.0, 3, action, 24), by=cast.mina)
    worked(cast, batch)
    assert running.run_all() == 0, "they are out already"
    rules.lift(Exclusion.objects.get(), by=cast.mina)
    AutomaticRule.objects.filter(action="pause").update(ended_at=timezone.now())
    (waiting,) = make.tasks(batch, 1)
    did(cast.bob, waiting, 1)
    assert running.run_all() == 3
    assert SecondLook.objects.filter(reason="sample").count() == 3
    waiting.refresh_from_db()
    assert waiting.wanted == 3 and queue.audit().breaches == []
    assert {one.rule.action for one in running.told_to(cast.bob)} == {"message"}


def trained(cast, project, **given) -> tuple[Skill, list[PooledGold]]:
    """A course of two items, which Bob passed."""
    names = skills.define(cast.riverside, "Names")
    items = courses.course(make.batch(project, "Course"), names, cast)
    skills.grant(cast.bob, names, 0.9, by=cast.mina, **given)
    return names, items


def met_by_course_rule(cast, project, batch) -> RuleConsequence:
    """Bob hurries, and the rule on that meets him."""
    running.make(project, replace(FAST, action="skill"), by=cast.mina)
    worked(cast, batch)
    assert running.run_all() == 1
    return RuleConsequence.objects.get()


@pytest.mark.django_db
def test_it_has_whoever_hurries_pass_the_course_anew_and_gives_back_what_it_took(client, cast, project, batch) -> None:
    soon = timezone.now() + timedelta(days=30)
    names, _items = trained(cast, project, expires_at=soon, note="Passed in spring")
    made = met_by_course_rule(cast, project, batch)
    assert not Qualification.objects.filter(skill=names).exists()
    client.force_login(cast.bob)
    home = client.get("/").content.decode()
    assert "asked to pass the course of Names in reports anew" in home and "Contest" in home
    client.force_login(cast.mina)
    assert "for 24 hours" not in client.get(f"/projects/{project.public_id}/rules/automatic/").content.decode()
    running.contest(made, cast.bob, "My keyboard stuck.")
    rules.change(project, cast.mina, training_skill=skills.define(cast.riverside, "Places"))
    running.answer(made, "It did.", by=cast.olga, upheld="upheld")
    back = Qualification.objects.get()
    found = (back.person, back.skill, back.value, back.expires_at, back.note)
    assert found == (cast.bob, names, 0.9, soon, "Passed in spring")


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["no course", "ran out", "retired", "suspect"])
def test_where_there_is_nothing_to_pass_or_to_take_nothing_is_taken_nor_told(cast, project, batch, case: str) -> None:
    if case != "no course":
        ended = timezone.now() - timedelta(days=1)
        _names, items = trained(cast, project, expires_at=ended if case == "ran out" else None)
        if case in {"retired", "suspect"}:
            PooledGold.objects.filter(pk__in=[one.pk for one in items]).update(**{f"{case}_at": timezone.now()})
        if case == "ran out":  # so that they work at all
            skills.grant(cast.bob, skills.define(cast.riverside, "Names"), 0.9, by=cast.mina)
            running.make(project, replace(FAST, action="skill"), by=cast.mina)
            worked(cast, batch)
            Qualification.objects.update(expires_at=ended)
            running.run_all()
    if case != "ran out":
        met_by_course_rule(cast, project, batch)
    assert RuleConsequence.objects.get().did == {"already": True}
    assert Qualification.objects.count() == (case != "no course")
    assert running.told_to(cast.bob) == []


@pytest.mark.django_db
def test_an_appeal_of_somebody_who_left_keeps_no_other_waiting(cast, project, batch, monkeypatch) -> None:
    names, _items = trained(cast, project)
    for action in ("audit", "skill", "pause"):
        running.make(project, replace(FAST, action=action), by=cast.mina)
    worked(cast, batch)
    assert running.run_all() == 3
    for one in RuleConsequence.objects.order_by("pk"):
        running.contest(one, cast.bob, "Why?")
    RuleConsequence.objects.update(answer_by=timezone.now() - timedelta(minutes=1))
    Membership.objects.filter(person=cast.bob).update(ended_at=timezone.now())

    def refuses(consequence) -> None:
        raise Problem("It can't be.")

    monkeypatch.setitem(ACTIONS, "audit", replace(ACTIONS["audit"], end=refuses))
    running.run_all()
    found = dict(RuleConsequence.objects.values_list("rule__action", "appeal"))
    assert found == {"audit": "open", "pause": "upheld", "skill": "upheld"}
    assert not Qualification.objects.filter(skill=names).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "terms",
    [
        Terms("moon", 1, 3, "pause", 24),
        Terms("speed", 1, 3, "fine", 24),
        Terms("gold", 60, 3, "pause", 24),
        Terms("speed", float("nan"), 3, "pause", 24),
        Terms("speed", 1, 1, "pause", 24),
        Terms("speed", 1, 3, "pause", 0),
    ],
)
def test_what_is_no_rule_is_refused(cast, project, terms: Terms) -> None:
    with pytest.raises(Problem):
        running.make(project, terms, by=cast.mina)


def test_worse_since_a_change_is_told_and_noise_is_not() -> None:
    good, poor = ([Piece(NOW, agreement=value) for value in values] for values in ([0.9, 1.0] * 10, [0.4, 0.5] * 10))
    drift = CONDITIONS["drift"]
    assert drift.met([*good, *poor], 0.3, 40) == pytest.approx(0.5)
    assert drift.met([*poor, *good], 0.01, 40) is None and drift.met([*good, *good], 0.01, 40) is None
    assert drift.measure(good[:15], 3) is None, "too few to tell"


def test_who_is_slow_is_met_where_somebody_quick_is_not() -> None:
    slow, quick = ([Piece(NOW, seconds=one) for one in values] for values in ([900, 1000, 5], [30, 1000, 5]))
    assert CONDITIONS["time"].met(slow, 600, 3) == 900 and CONDITIONS["time"].met(quick, 600, 3) is None


PIECES = st.lists(
    st.builds(
        Piece,
        at=st.just(NOW),
        seconds=st.none() | st.floats(0, 100),
        gold=st.none() | st.floats(0, 1),
        agreement=st.none() | st.floats(0, 1),
        skipped=st.booleans(),
    ),
    max_size=12,
)


@drawn(PIECES, st.integers(1, 5))
def test_every_condition_waits_for_enough_and_stays_within_its_limits(pieces: list[Piece], window: int) -> None:
    for condition in CONDITIONS.values():
        found = condition.measure(pieces, window)
        assert found is None or len(pieces) >= window
        out_of_reach = condition.limit.most + 1 if condition.above else condition.limit.least - 1
        assert condition.met(pieces, out_of_reach, window) is None
