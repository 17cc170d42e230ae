"""Every address of ours, asked by those who have no business there (DESIGN rule 8).

The addresses are read from the URL configuration, so a new one is tested the day it appears; an argument that this file
doesn't know fails the test until somebody says which of Riverside's things it names.
"""

from collections.abc import Iterator
from itertools import product
from uuid import uuid4

import pytest
from django.urls import URLResolver, get_resolver, reverse

from projects.annotators import lifecycle
from projects.models import Asset, Intake, Project, Task
from projects.workflow.comments import saying
from projects.workforce import conflicts_of_interest, rules
from taskers.credentials import tokens
from taskers.models import Dispute, Event
from taskers.money import payouts
from taskers.people import invitations
from taskers.skills import skills
from tests import make

OURS = ("taskers.", "projects.", "config.", "assist.")
# Open to everybody on purpose: health, the API's description, and links whose secret is the key.
OPEN = {"healthz", "readyz", "schema", "api-page", "invitation", "password-link", "javascript-catalog"}


def addresses(resolver: URLResolver | None = None, space: str = "", above: tuple = ()) -> Iterator[tuple[str, tuple]]:
    """(full name, names of its arguments) of each view that is ours, the admin's and other packages' left out."""
    for pattern in (resolver or get_resolver()).url_patterns:
        arguments = above + tuple(pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            if pattern.app_name not in {"admin"}:
                yield from addresses(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space, arguments)
        elif pattern.name and pattern.callback.__module__.startswith((*OURS, "functools")):
            yield f"{space}{pattern.name}", arguments


NAMES = sorted({name for name, _arguments in addresses()} - OPEN)


@pytest.fixture
def things(cast, settings) -> dict[str, object]:
    """One of each of Riverside's things, by the names that addresses give them."""
    project: Project = make.project(cast.riverside, "Riverside's secret project", wanted=1)
    batch = make.batch(project)
    task: Task = make.tasks(batch, 2)[0]
    make.judged(cast.alice, project, make.MARIA)
    payout = payouts.propose(cast.riverside, cast.finn)
    mine = make.held(cast.alice, project)
    token, _secret = tokens.issue(cast.mina, cast.riverside, name="Pipeline")
    invitation, _secret = invitations.invite(cast.riverside, cast.mina, email="new@example.org", role="tasker")
    asset = Asset.objects.create(organization=cast.riverside, sha256="0" * 64, media_type="image/png", size=1)
    intake = Intake.objects.create(batch=batch, name="a.jsonl", format="jsonl", file="a.jsonl")
    dispute = Dispute.objects.create(organization=cast.riverside, tasker=cast.alice, subject="annotation:1", text="No")
    skill = skills.define(cast.riverside, "Secret skill")
    skills.grant(cast.alice, skill, by=cast.mina)
    pair = conflicts_of_interest.keep_apart(cast.riverside, cast.bob, cast.carol, relation="other", by=cast.mina)
    kept = rules.exclude(cast.bob, project=project, reason="Secret reason", by=cast.mina)
    seat, _secret = lifecycle.register(project, name="Secret model", by=cast.mina)
    remark = saying.say(mine, cast.alice, uuid4(), to="manager", words="Secret question")
    return {
        "remark_id": remark.public_id,
        "seat_id": seat.public_id,
        "skill_key": skill.key,
        "pair_id": pair.public_id,
        "exclusion_id": kept.public_id,
        "project_id": project.public_id,
        "batch_id": batch.public_id,
        "task_id": task.public_id,
        "assignment_id": mine.public_id,
        "person_id": cast.alice.public_id,
        "invitation_id": invitation.public_id,
        "token_id": token.public_id,
        "payout_id": payout.public_id,
        "intake_id": intake.public_id,
        "asset_id": asset.sha256,
        "dispute_id": dispute.public_id,
        "annotation_id": task.annotations.get().public_id,
        "version": 1,
        "format": "jsonl",
        "state": "paused",
        "move": "pause",
        "action": "requeue",
        "external_id": task.external_id,
    }


def path_of(name: str, things: dict[str, object]) -> str:
    arguments = next(arguments for found, arguments in addresses() if found == name)
    return reverse(name, kwargs={key: things[key] for key in arguments})


SECRETS = (
    "secret project",
    "Secret skill",
    "Secret reason",
    "Secret model",
    "Secret question",
    "Pipeline",
    "Riverside",
    "alice@example",
)
METHODS = ("GET", "POST", "PUT", "DELETE")
REFUSALS = {401, 403, 404, 405, 415, 422}


def ask(client, method: str, path: str):
    """One request with an empty JSON body."""
    return client.generic(method, path, "{}", "application/json", HTTP_ACCEPT="text/html")


def said(answer) -> str:
    """The body of an answer, as far as a client that isn't a browser can read it."""
    if not getattr(answer, "streaming", False):
        return answer.content.decode(errors="replace")
    assert not answer.is_async, "a stream began for somebody who may not have it"
    return b"".join(answer).decode(errors="replace")


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["sam", "nora", "ned", "nils"])
def test_outsiders_see_and_change_nothing(who: str, cast, things, client) -> None:
    """Sam has an account and belongs nowhere; Nora, Ned and Nils belong to the neighbour."""
    client.force_login(getattr(cast, who))
    happened = Event.objects.filter(organization_id=cast.riverside.pk).count()
    faults = []
    for name, method in product(NAMES, METHODS):
        path = path_of(name, things)
        answer = ask(client, method, path)
        about_riverside = any(str(value) in path for value in things.values() if len(str(value)) >= 32)
        if about_riverside and answer.status_code not in REFUSALS:
            faults.append(f"{method} {name} answered {answer.status_code}")
        faults += [f"{method} {name} shows {secret!r}" for secret in SECRETS if secret in said(answer)]
    assert faults == []
    assert Event.objects.filter(organization_id=cast.riverside.pk).count() == happened


@pytest.mark.django_db
def test_who_is_not_signed_in_is_sent_to_the_door(things, client) -> None:
    faults = []
    for name, method in product(NAMES, METHODS):
        answer = ask(client, method, path_of(name, things))
        at_the_door = answer.status_code == 302 and "/accounts/login/" in answer["Location"]
        if not at_the_door and answer.status_code not in REFUSALS:
            faults.append(f"{method} {name} answered {answer.status_code}")
    assert faults == []


def test_there_are_addresses_to_ask() -> None:
    assert {"studio-claim", "task-media", "people", "projects"} <= set(NAMES)
