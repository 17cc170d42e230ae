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
from taskers.models import Payout, PayoutItem, PayoutReturn, Transfer
from taskers.money import bonuses, payouts, returns
from tests.support.taskers.books import the_books_are_right
from tests.support.taskers.money import PROJECT, earn

pytestmark = pytest.mark.django_db(transaction=True)
LIVES, CLERKS = 10, 2  # of lives at least
ALL = {"earn", "bonus", "propose", "approve", "export", "settle", "confirm"}
PATIENCE = 180.0  # seconds until each of them was done, however slow the machine is


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
        steps = ["earn", "earn", "propose", "approve", "approve", "export", "settle", "cancel", "bonus"]
        step = dice.choice([*steps, "ask for a return", "confirm"])
        if step == "earn":
            earn(cast, dice.choice([cast.alice, cast.bob]), dice.randint(1, 3_000_000), key=key)
            return f"earn {key}"
        if step == "bonus":
            terms = {"tasker": dice.choice([cast.alice, cast.bob]), "project_key": PROJECT, "reason": "Help"}
            return f"bonus {bonuses.give(cast.riverside, who, amount=dice.randint(1, 3_000_000), **terms).public_id}"
        if step == "ask for a return":
            items = list(PayoutItem.objects.filter(payout__exported_at__isnull=False, returns=None))
            return f"ask {returns.ask(dice.choice(items), who, reason='No account').pk}" if items else "nothing "
        if step == "confirm":
            asked = list(PayoutReturn.objects.filter(state="asked"))
            return f"confirm {returns.confirm(dice.choice(asked), who).pk}" if asked else "nothing "
        if step == "propose":
            return f"propose {payouts.propose(cast.riverside, who).pk}"
        run = dice.choice(list(Payout.objects.exclude(state__in=["settled", "cancelled"])) or [Payout()])
        if run.pk is None:
            return "nothing "
        if step == "settle":
            payouts.settle(run, who, reference=key)
        else:
            getattr(payouts, step)(run, who)
        return f"{step} {run.pk}" if step != "cancel" or run.state == "cancelled" else "nothing "


def test_money_survives_the_death_of_whoever_moves_it(cast) -> None:
    dice, done, life, end = random.Random(20), Counter[str](), 0, time.monotonic() + PATIENCE
    while life < LIVES or (not set(done) >= ALL and time.monotonic() < end):
        clerks = [Clerk(cast, CLERKS * life + number) for number in range(CLERKS)]
        time.sleep(dice.uniform(0.2, 0.7))  # the moment of death is the point here
        for clerk in clerks:
            for step, of in clerk.killed():
                done[step] += 1
                stands(step, of)
        the_books_are_right(cast)
        life += 1
    assert set(done) >= ALL, f"the clerks did too little: {done}"


def stands(step: str, of: str) -> None:
    """What was said to be done is there."""
    if step == "earn":
        assert Transfer.objects.filter(key=of).exists()
    elif step == "bonus":
        assert Transfer.objects.filter(key=f"bonus:{of}").exists()
    elif step in {"ask", "confirm"}:
        asked = PayoutReturn.objects.get(pk=int(of))
        assert step == "ask" or asked.state == "confirmed"
    elif step != "nothing":
        run = Payout.objects.get(pk=int(of))
        assert step != "settle" or run.state == "settled"
        assert step != "cancel" or run.state == "cancelled"
        assert step != "approve" or run.approved_by_id
        assert step != "export" or run.exported_at
