"""A bonus by rule is tried on what was, needs two people, gives each row of answers its money once, and tells why."""

import re
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock
from uuid import UUID

import pytest
from django.utils import timezone

from projects.configuration import spending_limit
from projects.models import Project
from projects.workflow import bonus_rules as running
from projects.workflow import void_work
from taskers.database.prepared import ask
from taskers.errors import StateConflict
from taskers.models import Bonus, BonusAward, BonusRule, Event, Grade
from taskers.money import bonus_rules, bonuses, ledger, statements
from taskers.money.bonus_rules import Terms
from taskers.money.bonuses import BadBonus
from taskers.money.independence import SamePerson
from taskers.notifications.kinds import bonuses as told
from tests.support import make
from tests.support.connections import all_at_once
from tests.support.projects.judging import said as saying
from tests.support.projects.pipeline import Office
from tests.support.taskers.money import balance_of
from tests.support.taskers.money import judged as grading

FIVE = Terms("agreement", 0.9, 5, 2_000_000, 4_000_000, 100_000_000, 30)
LATER = timedelta(minutes=10)
BODY = {"least": 90, "window": 5, "amount": 2, "each_most": 4, "most": 100, "days": 30}


@pytest.fixture
def project(cast):
    return make.project(cast.riverside)


def judged(cast, project, person, *values: float, **more) -> None:
    """Their answers in this project are graded, one after the other."""
    grading(cast, person, *values, project_key=project.public_id, **more)


def answer_of(person, place: int) -> str:
    """What was graded of theirs at this place."""
    return Grade.objects.filter(tasker=person).order_by("pk")[place].subject


def switched_on(cast, project, terms: Terms = FIVE) -> BonusRule:
    made = bonus_rules.propose(cast.riverside, project.public_id, terms, by=cast.mina)
    return bonus_rules.approve(made, cast.finn)


def gave() -> int:
    """What rules give, once what is there has settled."""
    return running.run_all(timezone.now() + LATER)


@pytest.mark.django_db
def test_it_is_tried_on_what_was_within_its_caps_and_changes_nothing(client, cast, project) -> None:
    judged(cast, project, cast.alice, *[1.0] * 16)
    judged(cast, project, cast.bob, *[0.9] * 5, 1.0, 1.0, 1.0, 1.0, 0.4)
    judged(cast, project, cast.carol, *[1.0] * 4)
    found = bonus_rules.preview(cast.riverside, project.public_id, FIVE)
    assert (found.people, found.rows, found.amount) == (2, 5, 6_000_000)
    assert [(one.person, one.times) for one in found.met] == [(cast.alice, 2), (cast.bob, 1)], "one gets two at most"
    first_only = replace(FIVE, each_most=2_000_000, most=2_000_000)
    assert bonus_rules.preview(cast.riverside, project.public_id, first_only).amount == 2_000_000
    client.force_login(cast.mina)
    here = f"/projects/{project.public_id}/rules/bonuses/"
    page = client.post(here, BODY).content.decode()
    assert "it would have paid 2 people $6.00, of 2 with a whole row" in page and "Alice" in page
    assert client.post(here, BODY | {"each_most": 1, "act": "make"}).status_code == 422
    assert not BonusRule.objects.exists() and not Bonus.objects.exists()


@pytest.mark.django_db
def test_two_people_switch_it_on_and_what_was_judged_before_counts_for_nothing(client, cast, project) -> None:
    judged(cast, project, cast.alice, *[1.0] * 5)
    client.force_login(cast.mina)
    here = f"/projects/{project.public_id}/rules/bonuses/"
    tried = {"tried": re.search(r'name="tried" value="([^"]+)"', client.post(here, BODY).content.decode())[1]}
    client.post(here, BODY | tried | {"amount": 3, "act": "make"})
    assert not BonusRule.objects.exists(), "what was changed since is tried first"
    client.post(here, BODY | tried | {"act": "make"})
    rule = BonusRule.objects.get()
    assert (rule.state, rule.least, rule.amount, gave()) == ("proposed", 0.9, 2_000_000, 0)
    with pytest.raises(SamePerson):
        bonus_rules.approve(rule, cast.mina)
    client.force_login(cast.finn)
    assert "$2.00 for every 5 judged answers, at least 90" in client.get("/money/bonuses/").content.decode()
    client.post(f"/money/bonus-rules/{rule.public_id}/", {"act": "approve"})
    rule.refresh_from_db()
    assert (rule.state, rule.approved_by, gave()) == ("on", cast.finn, 0)
    client.force_login(cast.alice)
    offer = client.get("/").content.decode()
    assert "Bonus: $2.00 for every 5 judged answers, at least 90" in offer and "up to $4.00 in all, until" in offer
    judged(cast, project, cast.alice, 0.1, again=answer_of(cast.alice, 0))
    assert gave() == 0, "an answer that was judged before stays one"
    judged(cast, project, cast.alice, *[1.0] * 5)
    judged(cast, project, cast.finn, *[1.0] * 5)
    assert gave() == 2_000_000, "nothing for whoever said yes"
    client.force_login(cast.mina)
    shown = client.get(here).content.decode()
    assert "5 judged answers in a row, right by 100\N{NO-BREAK SPACE}%." in shown and "$2.00 of $100.00" in shown
    client.post(f"{here}{rule.public_id}/end/")
    judged(cast, project, cast.alice, *[1.0] * 5)
    assert gave() == 0
    with pytest.raises(StateConflict):
        bonus_rules.end(rule, cast.mina)


@pytest.mark.django_db
def test_each_row_is_paid_once_within_the_caps_and_whoever_gets_it_reads_why(client, cast, project) -> None:
    rule = switched_on(cast, project)
    judged(cast, project, cast.alice, *[1.0] * 4)
    assert gave() == 0
    judged(cast, project, cast.alice, 0.8)
    assert (gave(), gave(), running.run_all()) == (2_000_000, 0, 0)
    judged(cast, project, cast.alice, 0.0, again=answer_of(cast.alice, 2))
    assert gave() == 0 and balance_of(cast.alice, "owed") == 2_000_000, "what was given stays"
    judged(cast, project, cast.alice, *[1.0] * 15)
    assert gave() == 2_000_000, "no more than two for one person"
    one = Bonus.objects.order_by("pk").first()
    assert (one.state, one.made_by, one.approved_by) == ("given", cast.mina, cast.finn)
    (notice,) = told.hear(Event.objects.filter(kind="bonus_given", subject=f"bonus:{one.public_id}"))
    assert notice.person == cast.alice.pk
    said = "You were given a bonus of $2.00: “5 judged answers in a row, right by 96\N{NO-BREAK SPACE}%.”"
    assert told.words(notice.values) == said
    assert "right by 99.9\N{NO-BREAK SPACE}%" in bonus_rules.reason_of(rule, 0.9996), "it isn't all"
    client.force_login(cast.alice)
    assert "Bonus: $2.00" not in client.get("/").content.decode(), "nothing is offered to whoever has all of theirs"
    year = timezone.now() - timedelta(days=300)
    lines = statements.of(cast.alice, cast.riverside, year, timezone.now() + LATER).lines
    assert [(line.what, line.amount) for line in lines] == [("bonus", 2_000_000)] * 2
    bonuses.take_back(one, cast.finn)
    assert gave() == 0 and ledger.audit() == [], "what was taken back isn't given again"
    Bonus.objects.filter(pk=one.pk).update(amount=1)
    assert ("bonus differs from its rule", f"bonus:{one.public_id}") in ledger.audit()
    BonusRule.objects.filter(pk=rule.pk).update(each_most=2_000_000)
    assert ("a rule gave more than it may", f"bonus-rule:{rule.public_id}") in ledger.audit()


@pytest.mark.django_db
def test_gold_earns_nothing_by_rule_or_it_would_be_known(cast, project) -> None:
    with pytest.raises(BadBonus):
        switched_on(cast, project, replace(FIVE, measure="gold"))
    switched_on(cast, project)
    judged(cast, project, cast.bob, *[1.0] * 5, source="gold")
    assert gave() == 0


@pytest.mark.django_db
def test_voided_work_is_right_by_nothing_and_whoever_is_banned_or_proposes_gets_nothing(cast, project) -> None:
    switched_on(cast, project)
    task = make.task(make.batch(project))
    answer = saying(cast.alice, task, make.MARIA)
    judged(cast, project, cast.alice, 1.0, again=f"annotation:{answer.pk}")
    for person, number in ((cast.alice, 4), (cast.bob, 5), (cast.carol, 5), (cast.mina, 5)):
        judged(cast, project, person, *[1.0] * number)
    void_work.rework(task.assignments.get(tasker=cast.alice, kind="judge"), "Spam", by=cast.mina)
    void_work.ban(cast.bob, reason="Spam", by=cast.mina, project=project)
    found = running.preview(project, FIVE, by=cast.mina)
    assert [one.person for one in found.met] == [cast.carol]
    assert (gave(), balance_of(cast.carol, "owed")) == (2_000_000, 2_000_000)


@pytest.mark.django_db
def test_what_is_beyond_a_cap_or_was_looked_at_before_is_left_alone(cast, project, monkeypatch) -> None:
    switched_on(cast, project)
    judged(cast, project, cast.alice, *[1.0] * 20)
    award, rows = Mock(wraps=bonus_rules._award), Mock(wraps=bonus_rules._rows)
    monkeypatch.setattr(bonus_rules, "_award", award)
    assert (gave(), award.call_count) == (4_000_000, 2), "the other two are above what one person gets"
    monkeypatch.setattr(bonus_rules, "_rows", rows)
    assert (gave(), rows.call_count) == (0, 0), "nobody was judged since"
    judged(cast, project, cast.bob, *[1.0] * 5)
    assert (gave(), rows.call_count) == (2_000_000, 1)


@pytest.mark.django_db
def test_a_preview_begins_at_the_first_grade_of_its_days(cast, project) -> None:
    now = timezone.now()
    ages = [400, 50, 29, 27, 3, 0]
    made = [
        Grade.objects.create(
            key=f"old:{days}",
            subject=f"annotation:{days}",
            organization=cast.riverside,
            project_key=project.public_id,
            tasker=cast.alice,
            source="verdict",
            value=1.0,
            at=now - timedelta(days=days),
        )
        for days in ages
    ]
    for since, first in ((28, 3), (500, 0), (2, 5)):
        ((behind,),) = ask(bonus_rules.BEHIND, {"since": now - timedelta(days=since)})
        assert made[first - 1].pk <= behind < made[first].pk if first else behind < made[0].pk
    assert ask(bonus_rules.BEHIND, {"since": now + LATER})[0][0] in (made[-1].pk - 1, made[-1].pk)


@pytest.mark.django_db
def test_what_was_earned_is_given_though_the_project_is_paused_or_archived(cast, project) -> None:
    rule = switched_on(cast, project)
    judged(cast, project, cast.alice, *[1.0] * 5)
    Project.objects.update(state="paused")
    assert gave() == 2_000_000
    judged(cast, project, cast.alice, *[1.0] * 5)
    Project.objects.update(state="archived")
    assert (running.run_all(), gave()) == (0, 2_000_000), "once it has settled"
    rule.refresh_from_db()
    assert rule.state == "on"
    gave()
    rule.refresh_from_db()
    assert rule.state == "ended"


@pytest.mark.django_db
def test_it_ends_with_its_days_though_the_project_may_spend_no_more(cast, project) -> None:
    rule = switched_on(cast, project)
    spending_limit.allow(project, cast.mina, 1_000_000)
    judged(cast, project, cast.alice, *[1.0] * 5)
    assert (gave(), running.run_all(timezone.now() + timedelta(days=31))) == (0, 0)
    rule.refresh_from_db()
    assert rule.state == "ended"


@pytest.mark.django_db
def test_it_waits_while_the_project_may_spend_no_more_and_ends_when_it_gave_all_or_is_over(cast, project) -> None:
    rule = switched_on(cast, project, replace(FIVE, most=6_000_000))
    spending_limit.allow(project, cast.mina, 3_000_000)
    for person in (cast.alice, cast.bob):
        judged(cast, project, person, *[1.0] * 5)
    assert (gave(), gave()) == (2_000_000, 0)
    spending_limit.allow(project, cast.mina, 20_000_000)
    assert gave() == 2_000_000
    judged(cast, project, cast.carol, *[1.0] * 5)
    assert gave() == 2_000_000
    rule.refresh_from_db()
    assert (rule.state, rule.ended_by) == ("ended", None), "it has given all it may"
    other = switched_on(cast, project)
    assert running.run_all(timezone.now() + timedelta(days=31)) == 0
    other.refresh_from_db()
    assert other.state == "ended"
    assert set(Event.objects.filter(kind__startswith="bonus_rule").values_list("kind", flat=True)) == {
        "bonus_rule_proposed",
        "bonus_rule_approved",
        "bonus_rule_ended",
    }


@pytest.mark.django_db
def test_programs_try_and_propose_and_end_it(cast, project) -> None:
    judged(cast, project, cast.alice, *[1.0] * 5)
    api = Office(cast.mina, cast.riverside, "read", "manage")
    key = project.public_id
    body = {"measure": "agreement", "least": 0.9, "window": 5, "amount": "2", "each_most": "4", "most": "9", "days": 7}
    tried = api.post("bonus-rule-preview", key, body=body).json()
    assert (tried["amount"], [one["amount"] for one in tried["met"]]) == ("2.00", ["2.00"])
    made = api.post("bonus-rules", key, body=body).json()
    assert (made["state"], made["amount"], made["begins_at"]) == ("proposed", "2.00", None)
    assert (made["currency"], made["given"], made["approved_by"]) == ("USD", "0.00", None)
    assert made["made_by"] == str(cast.mina.public_id)
    assert [one["id"] for one in api.get("bonus-rules", key).json()["results"]] == [made["id"]]
    assert api.send("DELETE", "bonus-rule", key, UUID(int=3)).status_code == 404
    assert api.send("DELETE", "bonus-rule", key, made["id"]).status_code == 204
    assert BonusRule.objects.get().ended_by == cast.mina


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_give_one_bonus(cast, project) -> None:
    rule = switched_on(cast, project)
    judged(cast, project, cast.alice, *[1.0] * 10)
    now = timezone.now() + LATER

    def one() -> int:
        fresh = BonusRule.objects.select_related("organization").get(pk=rule.pk)
        return bonus_rules.run(fresh, room=lambda: None, now=now)

    assert sum(all_at_once([one, one, one])) == 4_000_000
    assert BonusAward.objects.count() == Bonus.objects.count() == 2
    assert (balance_of(cast.alice, "owed"), ledger.audit()) == (4_000_000, [])


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_give_no_more_than_the_project_may_spend(cast, project) -> None:
    for _two in range(2):
        switched_on(cast, project)
    spending_limit.allow(project, cast.mina, 3_000_000)
    judged(cast, project, cast.alice, *[1.0] * 5)
    assert sum(all_at_once([gave, gave, gave])) == 2_000_000
    assert balance_of(cast.alice, "owed") == 2_000_000
