"""A tasker at the studio's wire, made to be killed.

`python -m benchmarks.queue.client PORT PROJECT COOKIE CSRF LOG SEED`. It needs no Django. Like the studio it asks again
when the answer to a submit is lost, with the same body: the server may have died after it wrote the work down.
"""

import http.client
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PATIENCE = 120.0  # seconds without an answer before it gives up
WISHES = 0.4  # the share of tasks for which the next one is looked up ahead, as the studio does
FORESEEN = "foreseen"  # beside the log: a line for each look, and one for each time that it came true
LOST = (OSError, http.client.HTTPException)


def answer_of(stamp: int) -> Json:
    """Two spans as everybody marks them on `ground.TEXT`, under names that no other answer has."""
    rest: Json = {"attributes": {}, "provenance": {"source": "human"}}
    return {
        "spans": [
            {"id": f"a{stamp}", "start": 0, "end": 11, "label": "person", **rest},
            {"id": f"b{stamp}", "start": 39, "end": 43, "label": "place", **rest},
        ]
    }


class Caller:
    """One signed-in tasker."""

    def __init__(self, port: str, cookie: str, csrf: str) -> None:
        self.port = int(port)
        self.headers = {"Cookie": cookie, "X-CSRFToken": csrf, "Content-Type": "application/json"}
        self.line: http.client.HTTPConnection | None = None

    def post(self, path: str, body: dict) -> tuple[int, dict]:
        """The answer, however often the server dies meanwhile."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                self.line = self.line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                self.line.request("POST", path, json.dumps(body), self.headers)
                answer = self.line.getresponse()
                content = answer.read()
                if answer.status < 500:
                    return answer.status, json.loads(content) if content[:1] == b"{" else {}
            except LOST:
                if self.line:
                    self.line.close()
                self.line = None
            time.sleep(0.2)
        sys.exit("no answer")


def main(port: str, project: str, cookie: str, csrf: str, log: str, seed: str) -> None:
    """Claim and submit until there is nothing left, noting each answer once it is acknowledged."""
    dice, caller = random.Random(seed), Caller(port, cookie, csrf)
    foreseen = Path(log).with_name(FORESEEN)
    with Path(log).open("a", buffering=1) as acknowledged, foreseen.open("a", buffering=1) as wished:
        while True:
            status, answer = caller.post(f"/studio/{project}/claim", {})
            mine = answer.get("assignment")
            if status == 200 and not mine and answer["nothing"]["code"] == "all-done":
                return
            if not mine:
                time.sleep(0.5)
                continue
            at = f"/studio/assignments/{mine['id']}"
            if dice.random() < 0.03:
                caller.post(f"{at}/release", {"token": mine["token"]})
                continue
            stamp = dice.randrange(10**12)
            body = {"token": mine["token"], "answer": answer_of(stamp), "active_ms": 900, "rejected": []}
            ahead = caller.post(f"{at}/lookahead", {})[1].get("lookahead") if dice.random() < WISHES else None
            if ahead:
                body["requested"] = {"task": ahead["task"]["id"], "signature": ahead["signature"]}
                wished.write("asked\n")
            status, answer = caller.post(f"{at}/submit", body)
            if status == 200:
                acknowledged.write(f"{mine['id']} a{stamp}\n")
            following = answer.get("assignment")
            if ahead and following and following["task"]["id"] == ahead["task"]["id"]:
                wished.write("got\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
