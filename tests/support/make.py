"""Plain makers of rows for tests, through the verbs that make them in life."""

import hashlib
import json
import struct
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection

from projects import queue
from projects.configuration import configure
from projects.models import Annotation, Assignment, Batch, Project, Task
from projects.workflow import batches, submission
from taskers.access import STAFF
from taskers.models import Membership, Organization, Person
from taskers.models.people import Role
from taskers.outbox.events import emit, emit_all, happening
from taskers.people import invitations

PASSWORD = "correct horse battery"
TEXT = "Maria Lopez of the Harbor Board visited Oslo on 3 May 2024."
LABELS = [
    {"key": "person", "name": "Person", "colour": "#1971c2", "hotkey": "p"},
    {"key": "place", "name": "Place", "colour": "#2f9e44", "hotkey": "y"},
]


@cache
def _hash() -> str:
    """Of PASSWORD. Hashing is slow on purpose, so it is done once."""
    return make_password(PASSWORD)


def organization(name: str) -> Organization:
    return Organization.objects.create(name=name)


def person(name: str, organization: Organization | None = None, *roles: str) -> Person:
    """Somebody with PASSWORD."""
    made = Person.objects.create(email=f"{name.lower()}@example.org", name=name, password=_hash())
    for role in roles:
        assert organization is not None
        invitations.grant(organization, made, role, by=made)
    made.refresh_from_db()
    return made


def people(groups: Sequence[tuple[Organization | None, dict[str, list[Role]]]]) -> dict[str, Person]:
    """Many at once, as `person` makes each, in three statements: most tests begin with a dozen. Names are keys."""
    rows = [(name, organization, roles) for organization, group in groups for name, roles in group.items()]
    made = Person.objects.bulk_create(
        Person(
            email=f"{name}@example.org",
            name=name.title(),
            password=_hash(),
            language="",
            is_staff=not set(STAFF).isdisjoint(roles),
        )
        for name, _organization, roles in rows
    )
    granted = [
        (Membership(person=one, organization=organization, role=role), one)
        for one, (_name, organization, roles) in zip(made, rows, strict=True)
        for role in roles
    ]
    Membership.objects.bulk_create(membership for membership, _person in granted)
    emit_all(
        [
            happening(
                "role_granted",
                organization_id=membership.organization_id,
                actor_id=one.pk,
                subject=f"person:{one.public_id}",
                role=membership.role,
            )
            for membership, one in granted
        ]
    )
    return {name: one for one, (name, _organization, _roles) in zip(made, rows, strict=True)}


def project(
    owner: Organization, name: str = "Names in reports", task_type: str = "text_spans", **settings: Any
) -> Project:
    """A live project; by default of text spans, two judgements at 5 cents each, decided by the simplest rule, and none
    drawn for an audit: which are depends on their keys."""
    terms = {"wanted": 2, "rate": 50_000, "aggregation": "majority_v1", "audit_share": 0.0} | settings
    labels = terms.pop("labels", LABELS)
    return configure.create(owner, None, name=name, task_type=task_type, labels=labels, **terms)


def batch(of: Project, name: str = "First", state: str = "live") -> Batch:
    made = batches.create(of, name, by=None)
    return made if state == "draft" else batches.move(made, state, by=None)


def tasks(in_batch: Batch, number: int = 1, *, wanted: int | None = None, text: str = TEXT) -> list[Task]:
    """Text tasks with their open judgements."""
    return texts(in_batch, [text] * number, wanted=wanted)


def texts(in_batch: Batch, of: Sequence[str], *, wanted: int | None = None) -> list[Task]:
    """The same, a task for each text, all at once: one by one they take ten times as long."""
    settings = in_batch.project.settings.order_by("-version")
    wanted, number = wanted or settings.values_list("wanted", flat=True)[0], len(of)
    before = Task.objects.filter(batch=in_batch).count()
    payloads = [{"text": text} for text in of]
    made = Task.objects.bulk_create(
        Task(
            project=in_batch.project,
            batch=in_batch,
            external_id=f"{in_batch.name}-{index}",
            payload=payload,
            payload_hash=hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest(),
            wanted=wanted,
        )
        for index, payload in enumerate(payloads, before)
    )
    queue.open_slots([one.pk for one in made])
    in_order(made)
    emit(
        "loaded",
        organization_id=in_batch.project.organization_id,
        project_key=in_batch.project.public_id,
        subject=f"batch:{in_batch.public_id}",
        batch=in_batch.pk,
        tasks=number,
        wanted=number * wanted,
    )
    return made


IN_ORDER = """
UPDATE projects_assignment a
SET walk_key = ((extract(epoch FROM statement_timestamp()) * 1000000)::bigint << 11) + made.place
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM projects_task WHERE id = ANY(%s)) made
WHERE a.task_id = made.id AND a.state = 'open'
"""


def in_order(tasks: Iterable[Task]) -> None:
    """Have these tasks handed out as they were made, for stories that tell which comes next; in life it is drawn."""
    with connection.cursor() as cursor:
        cursor.execute(IN_ORDER, [[one.pk for one in tasks]])


def task(in_batch: Batch, **terms: Any) -> Task:
    return tasks(in_batch, 1, **terms)[0]


def span(start: int, end: int, label: str = "person", *, id: str = "s1") -> dict:
    """A span that a person marked."""
    return {"id": id, "start": start, "end": end, "label": label, "attributes": {}, "provenance": {"source": "human"}}


def spans(*bounds: Sequence) -> dict:
    """An answer of spans, each (start, end) or (start, end, label)."""
    return {"spans": [span(*one, id=f"s{index}") for index, one in enumerate(bounds)]}  # type: ignore[misc]


MARIA = spans((0, 11))
MARIA_AND_OSLO = spans((0, 11), (40, 44, "place"))
OSLO = spans((40, 44, "place"))


def held(tasker: Person, of: Project) -> Assignment:
    """The tasker's next piece of work, or a failed test."""
    found = queue.claim(tasker, of)
    assert isinstance(found, Assignment), found
    return found


def judged(tasker: Person, of: Project, answer: dict) -> Annotation:
    """The tasker's next piece of work, done."""
    mine = held(tasker, of)
    assert mine.token
    return submission.submit(mine, tasker, mine.token, answer)


def bitmap(width: int = 1, height: int = 1) -> bytes:
    """A black picture whose bytes can be sent as text too."""
    pixels = b"\0" * (width * 3 + -width * 3 % 4) * height
    head = struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
    return head + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 0, 0, 0, 0) + pixels
