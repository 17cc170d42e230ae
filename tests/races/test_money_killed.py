"""Finance's processes are killed outright in the middle of what they do: what was said to be done is done, nothing is
half-done, and no debt is paid twice."""

import contextlib
import os
import random
import signal
import time
from collections import Counter

import pytest
from django.db import connections

from taskers.errors import Problem
from taskers.models import Payout, PayoutItem, Transfer
from taskers.money import ledger, payouts
from tests.support.taskers.money import balance_of, cost, earn

pytestmark = pytest.mark.django_db(transaction=True)
LIVES, CLERKS = 10, 2


class Clerk:
    """A process that earns, proposes, approves, exports, settles and cancels without end, and says what it did."""

    def __init__(self, cast, seed: int) -> None:
        ours, theirs = os.pipe()
        connections.close_all()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(ours)
            self._work(cast, random.Random(seed), theirs)
        os.close(theirs)
        self._said = ours

    def killed(self) -> list[tuple[str, str]]:
        """End it with SIGKILL, whatever it is doing; gives (step, run or key) of all that it said was done."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        with os.fdopen(self._said) as told:
            lines = told.read().split("\n")[:-1]
        return [(step, of) for step, _, of in (line.partition(" ") for line in lines)]

    def _work(self, cast, dice: random.Random, told: int) -> None:
        """Never returns: the process is killed, or ends by itself should that be forgotten."""
        end, number = time.monotonic() + 60, 0
        with contextlib.suppress(BaseException):
            while time.monotonic() < end:
                number += 1
                with contextlib.suppress(Problem):
                    done = self._step(cast, dice, f"{os.getpid()}:{number}")
                    os.write(told, f"{done}\n".encode())
        os._exit(0)

    def _step(self, cast, dice: random.Random, key: str) -> str:
        who = dice.choice([cast.finn, cast.fay])
        step = dice.choice(["earn", "earn", "propose", "approve", "approve", "export", "settle", "cancel"])
        if step == "earn":
            earn(cast, dice.choice([cast.alice, cast.bob]), dice.randint(1, 3_000_000), key=key)
            return f"earn {key}"
        if step == "propose":
            return f"propose {payouts.propose(cast.riverside, who).pk}"
        run = dice.choice(list(Payout.objects.exclude(state__in=["settled", "cancelled"])) or [Payout()])
        if run.pk is None:
            return "nothing "
        if step == "settle":
            payouts.settle(run, who, reference=key)
        else:
            getattr(payouts, step)(run, who)
        return f"{step if step != 'cancel' or run.state == 'cancelled' else 'ask'} {run.pk}"


def test_money_survives_the_death_of_whoever_moves_it(cast) -> None:
    dice, done = random.Random(20), Counter[str]()
    for life in range(LIVES):
        clerks = [Clerk(cast, CLERKS * life + number) for number in range(CLERKS)]
        time.sleep(dice.uniform(0.2, 0.7))  # the moment of death is the point here
        for clerk in clerks:
            for step, of in clerk.killed():
                done[step] += 1
                stands(step, of)
        books_are_right(cast)
    assert {"earn", "propose", "approve", "export", "settle"} <= set(done), f"the clerks did too little: {done}"


def stands(step: str, of: str) -> None:
    """What was said to be done is there."""
    if step == "earn":
        assert Transfer.objects.filter(key=of).exists()
    elif step != "nothing":
        run = Payout.objects.get(pk=int(of))
        assert step != "settle" or run.state == "settled"
        assert step != "cancel" or run.state == "cancelled"
        assert step != "approve" or run.approved_by_id
        assert step != "export" or run.exported_at


def books_are_right(cast) -> None:
    assert ledger.audit() == []
    for tasker in (cast.alice, cast.bob):
        items = PayoutItem.objects.filter(tasker=tasker)
        settled = sum(items.filter(payout__state="settled").values_list("cents", flat=True))
        under_way = sum(items.filter(payout__state__in=["proposed", "approved"]).values_list("cents", flat=True))
        assert balance_of(tasker, "paid") == settled * 10_000
        assert balance_of(tasker, "in_payout") == under_way * 10_000
    held = [balance_of(one, kind) for one in (cast.alice, cast.bob) for kind in ("owed", "in_payout", "paid")]
    assert sum(held) == cost()
    paid = Counter(PayoutItem.objects.filter(payout__state="settled").values_list("key", flat=True))
    assert set(paid.values()) <= {1}
