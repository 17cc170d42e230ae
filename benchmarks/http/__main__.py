"""`python -m benchmarks http`: what a pipeline's cycle over the API takes, and where the processor's time goes.

Each tasker asks with a token of their own: claim, submit, and the one answer decides, grades and pays. One web process
and one worker, as `make run` starts them, on a server of their own; and beside them, round for round, those of a commit
of before, asked by the same client; likewise one whose figures are scraped and whose traces are sent. Whoever isn't
asked stands still meanwhile.
"""

import argparse
import contextlib
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.http import at_rest, bare, before, installation, watched
from benchmarks.http.installation import ROOT, Installation, Round
from benchmarks.queue.measure import Row, at_least, at_most, median, ms, p95, show, show_asked, told

ROUNDS = 3
CROWDS = (8, 32)
# Processor per cycle, all processes, on the machine where this was asked. There the commit of before took so many at
# most; without it here, that machine is known by how long it takes for so many additions.
ASKED_MS, BEFORE_MS = 14.0, 24.0
ADDITIONS, ASKED_SECONDS = 20_000_000, 1.1
ASKED_RATIO, ASKED_SPREAD, ASKED_WATCHED = 1.6, 3.0, 0.97
QUIET_SECONDS = 15.0
NOW, WATCHED = "now", "now, watched"
TURNS, TURN_SECONDS, WARMING = 22, 10.0, 2  # the first ones don't count; shorter turns differ by a fifth

Rounds = Mapping[int, Sequence[Round]]  # by how many taskers asked


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks http", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help=f"of each of {ROUNDS} rounds")
    parser.add_argument("--tasks", type=int, default=80_000)
    chosen = parser.parse_args()
    slowness = yardstick() / ASKED_SECONDS
    with contextlib.ExitStack() as open_until_the_end:
        collector, told_besides = open_until_the_end.enter_context(watched.watching())
        places = {NOW: ROOT, WATCHED: ROOT}
        if (place := open_until_the_end.enter_context(before.tree())) is not None:
            places[before.COMMIT] = place
        sites = [
            open_until_the_end.enter_context(
                installation.running(name, place, chosen.tasks, max(CROWDS), told_besides if name == WATCHED else None)
            )
            for name, place in places.items()
        ]
        measured = _in_turns(sites, chosen.seconds)
        turns = _turns({one.name: one for one in sites})
        idle = sites[0].idle(QUIET_SECONDS)
        assert collector.taken, "no trace arrived: what was measured is no installation that is watched"
    what = f"{ADDITIONS:,} additions of Python; what follows is of a machine that takes {ASKED_SECONDS} s"
    rows = [told(what, f"{slowness * ASKED_SECONDS:.2f} s", slowness)]
    for name, rounds in measured.items():
        rows += _table(name, rounds, slowness)
    rows += [told(f"idle: {name}", f"{100 * share:.1f} % of a core", share) for name, share in idle.items()]
    rows += _watched(turns)
    rows += _ratios(measured) if before.COMMIT in measured else _recorded(measured[NOW], chosen.seconds, slowness)
    rows += at_rest.rows(slowness)
    show(rows)
    show_asked(rows)
    return 0


def yardstick() -> float:
    """Seconds of processor for a fixed piece of Python, as a script has it: machines are compared by it."""
    start = time.process_time()
    exec(f"x = 0\nfor i in range({ADDITIONS}):\n    x += i", {})
    return time.process_time() - start


def _in_turns(sites: Sequence[Installation], seconds: float) -> dict[str, Rounds]:
    measured: dict[str, dict[int, list[Round]]] = {one.name: defaultdict(list) for one in sites}
    for taskers in CROWDS:
        for _turn in range(ROUNDS):
            for site in sites:
                with contextlib.ExitStack() as stack:
                    for other in sites:
                        if other is not site:
                            stack.enter_context(other.still())
                    measured[site.name][taskers].append(site.round(taskers, seconds))
    return measured  # type: ignore[return-value]


def _table(name: str, rounds: Rounds, slowness: float) -> list[Row]:
    """Of what is now, something is asked; of what was before, nothing."""
    rows: list[Row] = []
    for taskers, some in rounds.items():
        who = f"{name}, {taskers} taskers"
        times = [value for one in some for value in one.times]
        rows.append(told(f"cycles a second: {who}", f"{_rate(some):,.1f}", _rate(some)))
        spread, words = p95(times) / median(times), f"{ms(p95(times))} / {ms(median(times))}"
        what = f"p95 / p50 of a cycle: {who}"
        rows.append(at_most(what, words, spread, ASKED_SPREAD) if name == NOW else told(what, words, spread))
        for process in some[0].shares:
            share = median(one.shares[process] for one in some)
            rows.append(told(f"processor a cycle: {process}, {who}", f"{share:.1f} ms", share / slowness))
        whole = median(map(_whole, some))
        rows.append(told(f"processor a cycle: all, {who}", f"{whole:.1f} ms", whole / slowness))
    return rows


def _ratios(measured: Mapping[str, Rounds]) -> list[Row]:
    """Round for round: what else the machine did hit both."""
    rows = []
    for taskers in CROWDS:
        pairs = list(zip(measured[NOW][taskers], measured[before.COMMIT][taskers], strict=True))
        ratio = median(ours.rate / theirs.rate for ours, theirs in pairs)
        what = f"cycles a second: {NOW} / {before.COMMIT}, {taskers} taskers"
        rows.append(at_least(what, f"{ratio:.2f} times", ratio, ASKED_RATIO))
        share = median(_whole(ours) / _whole(theirs) for ours, theirs in pairs)
        what = f"processor a cycle, ms, where {before.COMMIT} takes {BEFORE_MS:.0f}, {taskers} taskers"
        rows.append(at_most(what, f"{share:.2f} of {before.COMMIT}'s", share * BEFORE_MS, ASKED_MS))
    return rows


def _turns(sites: Mapping[str, Installation]) -> Mapping[str, list[float]]:
    """Rates with figures and traces and without, in turns that take the lead by turns.

    What being watched costs is less than what a machine changes by from one minute to the next. Nobody is stopped
    meanwhile: one that is woken catches up first.
    """
    rates: dict[str, list[float]] = {NOW: [], WATCHED: []}
    for turn in range(TURNS):
        for name in (NOW, WATCHED) if turn % 2 else (WATCHED, NOW):
            rate = sites[name].rate(CROWDS[0], TURN_SECONDS)
            if turn >= WARMING:
                rates[name].append(rate)
    return rates


def _watched(turns: Mapping[str, list[float]]) -> list[Row]:
    """What being watched costs."""
    ratio = median(turns[WATCHED]) / median(turns[NOW])
    spread = ", ".join(f"{ours / theirs:.2f}" for ours, theirs in zip(turns[WATCHED], turns[NOW], strict=True))
    what = "cycles a second: metrics scraped and traces sent / neither"
    return [at_least(what, f"{ratio:.3f} times (turn by turn {spread})", ratio, ASKED_WATCHED)]


def _recorded(rounds: Rounds, seconds: float, slowness: float) -> list[Row]:
    """What is now beside what was recorded of before, both in answers of a bare view on the same machine."""
    rows = []
    for taskers in CROWDS:
        whole = median(map(_whole, rounds[taskers]))
        what = f"processor a cycle, ms, {taskers} taskers"
        rows.append(at_most(what, f"{whole:.1f} ms here", whole / slowness, ASKED_MS))
    with bare.running() as port:
        bare.rate(port, 1, 1.0)  # it answers
        for taskers in CROWDS:
            share = _rate(rounds[taskers]) / bare.rate(port, taskers, seconds)
            ratio = share / before.RECORDED[taskers]
            what = f"cycles for an answer of a bare view: {NOW} / {before.COMMIT} as recorded, {taskers} taskers"
            words = f"{share:.4f} / {before.RECORDED[taskers]:.4f}"
            rows.append(at_least(what, words, ratio, ASKED_RATIO))
    return rows


def _whole(one: Round) -> float:
    """Milliseconds of processor for a cycle, of all processes."""
    return sum(one.shares.values())


def _rate(rounds: Sequence[Round]) -> float:
    return median(one.rate for one in rounds)


if __name__ == "__main__":
    sys.exit(main())
