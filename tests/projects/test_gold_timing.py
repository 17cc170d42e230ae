"""An attacker who measures every request tells neither gold nor left-out work from the rest.

The quick test compares the statements that requests send: the same for each kind of work, whatever time they take. The
long one measures real times, sizes and both together; further channels are more facts in `_measure`.
"""

import random
from collections import defaultdict

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from projects import queue
from projects.models import Assignment, Correctable, GoldSettlement, Verdict
from projects.queue.clock import Clock
from projects.workflow import corrections, submission
from taskers.models import Transfer
from tests.support.projects.attackers import LIKELY, Interval, Seen, interval, intervals
from tests.support.projects.gold_timing import Exchange, Tab, Work, held, site, work_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

WORLDS, SUBMISSIONS = 20, 2_000
LOOKS = 600  # submissions of a world before which the attacker looks ahead
MAX_AUC = 0.55
FIRST_REQUESTS = 10  # of a world: caches are cold
ByKinds = defaultdict[tuple[str, ...], set[str]]  # kinds of statements -> the work for which they were sent
JUDGE, GOLD, EXTRA = Assignment.Kind.JUDGE, Assignment.Kind.GOLD, Assignment.Kind.EXTRA


@pytest.mark.parametrize("left_out", [False, True], ids=["gold", "gold and left-out work"])
def test_requests_send_the_same_statements_for_gold_left_out_and_other_work(cast, left_out: bool) -> None:
    at = site(cast, 150, random.Random(1), left_out=left_out, gold_share=0.15)
    tab = Tab(at)
    mine = tab.claim()
    looks, kept, deals = set(), set(), defaultdict(set)
    submits: defaultdict[tuple[str, int], ByKinds] = defaultdict(lambda: defaultdict(set))
    skips: defaultdict[str, ByKinds] = defaultdict(lambda: defaultdict(set))
    tab.submit(mine)
    mine = tab.claim()
    tab.listens = True
    for number in range(100):
        name = "deciding" if mine.task_id in at.deciding else str(mine.kind)
        ahead = tab.look_ahead(mine)
        looks.add(tuple(ahead.kinds))
        kept.add(tuple(kind for exchange in tab.keep(mine) for kind in exchange.kinds))
        if number % 10 == 9:
            exchange = tab.skip(mine)
            following = held(exchange)
            skips[following.kind][tuple(exchange.kinds)].add(name)
        else:
            exchange = tab.submit(mine, ahead if number % 2 else None)
            following = held(exchange)
            submits[following.kind, number % 2][tuple(exchange.kinds)].add(name)
        deals[number % 2, number % 10 == 9].add(len(exchange.kinds))
        mine = following
    assert len(looks) == 1, f"looking ahead: {[[one[:60] for one in look] for look in looks]}"
    assert len(kept) == 1, "heartbeats and drafts"
    assert {len(one) for one in submits.values()} == {1}, "handing in, whatever comes next"
    assert {len(one) for one in skips.values()} == {1}, f"skipping: {[*skips.values()]}"
    assert all(len(numbers) == 1 for numbers in deals.values()), f"claiming: {deals}"
    handed_in = {name for by_kinds in submits.values() for names in by_kinds.values() for name in names}
    assert handed_in >= {JUDGE, "deciding", GOLD} | ({EXTRA} if left_out else set())


def test_late_work_sends_the_same_statements_too(cast) -> None:
    at = site(cast, 60, random.Random(2), gold_share=0.4)
    tab, mine = Tab(at), Tab(at).claim()
    sent = defaultdict(set)
    for _number in range(24):
        Assignment.objects.filter(pk=mine.pk).update(deadline=Clock())
        assert queue.expire_due(projects=[at.project]) == 1
        tab.listens = True
        exchange = tab.submit(mine)
        following = held(exchange)
        sent[following.kind].add((mine.kind, tuple(exchange.kinds)))
        mine = following
    for pairs in sent.values():
        assert {kind for kind, _kinds in pairs} == {JUDGE, GOLD}
        assert len({kinds for _kind, kinds in pairs}) == 1


def test_what_follows_from_a_request_comes_with_the_next_turn_of_a_worker(cast, client) -> None:
    at = site(cast, 20, random.Random(3))
    tab = Tab(at)
    mine, handed_in = tab.claim(), []
    for _number in range(12):
        handed_in.append(mine)
        mine = held(tab.submit(mine))
    gold = [one.pk for one in handed_in if one.kind == GOLD]
    deciding = {one.task_id for one in handed_in if one.task_id in at.deciding}
    assert gold and deciding
    assert not GoldSettlement.objects.exists() and not Verdict.objects.exists() and not Transfer.objects.exists()
    corrections.follow_submissions()
    assert set(Verdict.objects.values_list("task", flat=True)) == deciding
    assert set(GoldSettlement.objects.values_list("assignment", flat=True)) == set(gold)
    assert not Correctable.objects.exists()
    before = Transfer.objects.count()
    corrections.follow_submissions()
    assert before >= len(deciding) and Transfer.objects.count() == before, "once"


def test_a_reviewer_need_not_wait_for_the_worker(cast, client) -> None:
    at = site(cast, 20, random.Random(3))
    tab = Tab(at)
    mine = tab.claim()
    while mine.task_id not in at.deciding:
        mine = held(tab.submit(mine))
    tab.submit(mine)
    client.force_login(cast.rita)
    assert client.get(f"/review/{mine.task.public_id}/").status_code == 200
    assert Verdict.objects.get().task_id == mine.task_id


def test_work_that_cannot_be_considered_keeps_no_other_back(cast, monkeypatch) -> None:
    at = site(cast, 20, random.Random(4))
    tab = Tab(at)
    mine = tab.claim()
    while len(Correctable.objects.filter(assignment__task__in=at.deciding)) < 2:
        mine = held(tab.submit(mine))
    broken = min(Correctable.objects.values_list("assignment__task", flat=True))
    consider = corrections.consensus.consider

    def fails(task) -> Verdict | None:
        if task.pk == broken:
            raise ValueError("A fault.")
        return consider(task)

    monkeypatch.setattr(corrections.consensus, "consider", fails)
    corrections.catch_up()
    assert Verdict.objects.exists()
    assert list(Correctable.objects.values_list("assignment__task", flat=True)) == [broken]
    monkeypatch.undo()
    corrections.catch_up()
    assert not Correctable.objects.exists()


@pytest.mark.torture
def test_attacker_who_measures_tells_gold_no_better_than_chance(cast) -> None:
    """Of single channels, whichever way, and of what is learnt from all of them."""
    worlds = [_measured_world(cast, number) for number in range(WORLDS)]
    channels, (_low, learnt) = intervals(worlds, LIKELY), _logistic(worlds)
    print(f"\n{len(worlds)} worlds of {SUBMISSIONS} submissions: {channels}, all together up to {learnt}")
    assert {name: at for name, at in channels.items() if at[1] > MAX_AUC or at[0] < 1 - MAX_AUC} == {}
    assert learnt <= MAX_AUC


def test_the_attacker_wins_where_gold_is_settled_while_its_tasker_waits(cast, monkeypatch) -> None:
    """What was so before, so that the tests above aren't blind."""
    monkeypatch.setattr(submission, "receive", submission.submit)
    tab = Tab(site(cast, 20, random.Random(5)))
    mine, kinds = tab.claim(), defaultdict(set)
    for _number in range(15):
        tab.listens, name = True, str(mine.kind)
        exchange = tab.submit(mine)
        kinds[name].add(len(exchange.kinds))
        mine = held(exchange)
    assert len({count for counts in kinds.values() for count in counts}) > 1


def _measured_world(cast, number: int) -> list[Seen]:
    """One attacker's work; in every other world it begins as the studio does it, looking ahead."""
    at = site(cast, SUBMISSIONS, random.Random(number))
    tab, rows = Tab(at), []
    exchange: Exchange | None = None
    mine: Assignment | Work = tab.claim()
    for place in range(SUBMISSIONS):
        dealt, ahead = exchange, tab.look_ahead(mine) if number % 2 == 0 and place < LOOKS else None
        exchange = tab.submit(mine, ahead)
        rows.append((mine.public_id, _measure(dealt, exchange)))
        mine = work_of(exchange)
        if ahead:
            rows.append((mine.public_id, {"looked ahead: seconds": ahead.seconds}))
    kinds = dict(Assignment.objects.filter(tasker=at.attacker).values_list("public_id", "kind"))
    return [Seen(kinds[name] == GOLD, frozenset(), facts) for name, facts in rows][FIRST_REQUESTS:]


def _measure(dealt: Exchange | None, handed_in: Exchange) -> dict[str, float]:
    facts = {"submit: seconds": handed_in.seconds, "submit: bytes": float(handed_in.size)}
    return facts | ({"claim: seconds": dealt.seconds, "claim: bytes": float(dealt.size)} if dealt else {})


def _logistic(worlds: list[list[Seen]]) -> Interval:
    """Of what an attacker learns in the first half of each world, in the second."""
    areas = []
    for world in worlds:
        rows = [one for one in world if len(one.facts) == 4]
        x = np.array([[*one.facts.values()] for one in rows])
        gold, half = np.array([one.gold for one in rows]), len(rows) // 2
        scale = StandardScaler().fit(x[:half])
        model = LogisticRegression().fit(scale.transform(x[:half]), gold[:half])
        score, truth = model.decision_function(scale.transform(x[half:])), gold[half:]
        areas.append(stats.mannwhitneyu(score[truth], score[~truth]).statistic / (truth.sum() * (~truth).sum()))
    return interval(areas, LIKELY)
