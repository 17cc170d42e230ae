"""Two taskers who hand in answers made to be slow: for some seconds what is refused, then the slowest that is taken."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.attacks.attackers import SECONDS, Target, Told
from tests.support.slow_answers import comb, drawn, nested, noise, star

PATIENCE = 300.0  # seconds that an attacker waits for an answer
Make = Callable[[int], dict[str, Any]]  # by the number of the attacker


def nested_spans(target: Target) -> Told:
    """5,000 spans in each other, twice; then as many as are taken."""
    return _handed_in(target, "spans", [lambda who: nested(5_000, off=who), lambda who: nested(440, off=who)])


def ragged_polygons(target: Target) -> Told:
    """100 polygons of 2,000 corners, twice; then as many combs as are taken, each attacker's across the other's."""
    stars: Make = lambda who: drawn(*(star(2_000, 100 * who + n) for n in range(100)))  # noqa: E731
    combs: Make = lambda who: drawn(*[comb(990, lying=bool(who))] * 24)  # noqa: E731
    return _handed_in(target, "images", [stars, combs])


def noise_masks(target: Target) -> Told:
    """Eight masks of noise, twice; then as many as are taken."""
    eight: Make = lambda who: drawn(*(noise(1_500, 10 * who + n) for n in range(8)))  # noqa: E731
    seven: Make = lambda who: drawn(*(noise(1_500, 10 * who + n) for n in range(7)))  # noqa: E731
    return _handed_in(target, "noise", [eight, seven])


def _handed_in(target: Target, kind: str, answers: Sequence[Make]) -> Told:
    """What each of two is told who hand these in at the same moment, one after the other, on the same task."""
    work = target.work[kind]
    with ThreadPoolExecutor(len(work.tokens)) as crowd:
        told = crowd.map(lambda who: _one(target.port, work.project, work.tokens[who], answers, who), range(2))
    return sum(told, Counter())


def _one(port: int, project: str, secret: str, answers: Sequence[Make], who: int) -> Told:
    _status, found = _asked(port, f"/api/v1/projects/{project}/claim/", {}, secret)
    mine = found["assignment"]
    path = f"/api/v1/assignments/{mine['id']}/submit/"
    told: Told = Counter()
    until = time.monotonic() + SECONDS
    for make in answers:
        body = {"token": mine["token"], "answer": make(who)}
        while True:
            status, said = _asked(port, path, body, secret)
            told[f"{status} {said.get('code', '')}".strip()] += 1
            if make is answers[-1] or time.monotonic() > until:
                break
    return told


def _asked(port: int, path: str, body: dict[str, Any], secret: str) -> tuple[int, dict[str, Any]]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        head = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
        line.request("POST", path, json.dumps(body), head)
        answer = line.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException):
        return 0, {"code": "line-cut"}
    finally:
        line.close()
