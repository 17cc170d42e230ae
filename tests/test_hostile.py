"""Whatever is sent to whichever address by whomever: refused by name, never a fault of ours.

A few hundred requests are drawn here, the same each time; `make torture` draws three thousand, of a seed that
`TANDEM_HOSTILE_SEED` may name.
"""

import json
import os
import random
from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.support import full_organization
from tests.support.addresses import addresses

pytestmark = pytest.mark.django_db
OTHERS = int(os.environ.get("TANDEM_HOSTILE_SEED", "7"))
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEYS = (
    *(
        "token",
        "answer",
        "version",
        "changes",
        "answers",
        "reason",
        "note",
        "active_ms",
        "rejected",
        "any",
        "requested",
    ),
    *("name", "labels", "fields_asked", "settings", "tasks", "rows", "text", "email", "role", "q", "after", "limit"),
    *("seen", "wanted", "rate", "task", "judgement", "state", "reference", "share", "file", "why", "until", "to"),
)
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**63, -(2**63), 1e308, "", " ", "\x00", "\ud800", "x" * 70_000, "../../x", "%00", "=cmd()"),
    *("<script>", "9" * 400, "NaN", "1e999", "2026-13-45T99:00", "00000000-0000-0000-0000-000000000000", [], {}, [[]]),
    *(
        {"spans": [{"id": "a", "start": -1, "end": 2**40, "label": "person"}]},
        {"regions": [{"shape": {"type": "mask"}}]},
    ),
    *({"fields": [{"field": "\ud800", "value": {}}]}, [None] * 300, {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}),
)
RAW = (b"", b"{", b"[" * 5_000, b'{"a": NaN}', b'{"a": 1e999}', b"\xff\xfe{}", b'"\\ud800"', b"null", b"0" * 5_000)
ASKED = ("%00", "-1", "%ed%a0%80", "9" * 99, "")
TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/csv", "")


def odd(dice: random.Random, depth: int = 2) -> Any:
    if depth and dice.random() < 0.3:
        return {dice.choice(KEYS): odd(dice, depth - 1) for _ in range(dice.randrange(5))}
    return dice.choice(ODD)


def body(dice: random.Random, kind: str) -> bytes:
    if dice.random() < 0.2:
        return dice.choice(RAW)
    said = {dice.choice(KEYS): odd(dice) for _ in range(dice.randrange(8))}
    if kind.startswith("application/json"):
        return json.dumps(said).encode()
    plain = {key: str(value).encode("utf-8", "replace") for key, value in said.items()}
    if kind.startswith("multipart"):
        head = 'Content-Disposition: form-data; name="%s"; filename="../%s\x00"'
        return b"".join(
            b"--x\r\n%s\r\n\r\n%s\r\n" % ((head % (key, key)).encode(), value) for key, value in plain.items()
        )
    return b"&".join(b"%s=%s" % (key.encode(), value.replace(b"&", b"%26")) for key, value in plain.items())


@pytest.mark.parametrize("number, seed", [(300, 1), pytest.param(3000, OTHERS, marks=pytest.mark.torture)])
def test_whatever_is_sent_is_no_fault_of_ours(db, settings, tmp_path, record_property, number, seed) -> None:
    settings.RUNTIME_ADDRESS, settings.MODELS_DIR = "unix:/nowhere/runtime.sock", str(tmp_path)
    dice, found, world = random.Random(seed), Counter[int](), full_organization.assemble()
    clients: list[tuple[Client, dict[str, str]]] = [(Client(raise_request_exception=False), {})]
    for who in ("mina", "olga", "alice", "rita", "finn", "hugo"):
        clients.append((Client(raise_request_exception=False), {}))
        clients[-1][0].force_login(world.people[who], "django.contrib.auth.backends.ModelBackend")
    clients.append((Client(raise_request_exception=False), {"Authorization": f"Bearer {world.secrets['mina']}"}))
    ours = [one for one in addresses() if one.ours and one.name and one.name != "readyz"]
    known = [(one.name, one.arguments) for one in ours if not one.name.startswith("admin:")]
    for _ in range(number):
        name, arguments = dice.choice(known)
        client, head = dice.choice(clients)
        method, kind = dice.choice(METHODS), dice.choice(TYPES)
        path = reverse(name, kwargs={one: world.things[one] for one in arguments})
        if dice.random() < 0.3:
            path += "?" + "&".join(
                f"{dice.choice(KEYS)}={dice.choice(['%00', '-1', '%ed%a0%80', '9' * 99, ''])}" for _ in "ab"
            )
        head = head | dice.choice([{}, {"HX-Request": "true"}, {"Accept": "application/json"}, {"Range": "bytes=9-1"}])
        sent = body(dice, kind)
        with transaction.atomic():  # what it does is undone, so that one request doesn't take the next one's target
            answer = client.generic(method, path, sent, kind, headers=head)
            status = answer.status_code
            if answer.streaming and not answer.is_async:
                list(answer.streaming_content)
            transaction.set_rollback(True)
        found[status] += 1
        why = getattr(answer, "exc_info", None)
        assert status < 500 or status == 503, (seed, method, path, kind, head, sent[:300], why and repr(why[1]))
    record_property("requests", number)
    record_property("5xx but 503", sum(number for status, number in found.items() if status >= 500 and status != 503))
    assert len(found) > 4, found
