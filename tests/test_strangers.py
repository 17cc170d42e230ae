"""Every address of ours, asked by those who have no business there (DESIGN rule 8).

The addresses are read from the URL configuration, so a new one is tested the day it appears; an argument that this file
doesn't know fails the test until somebody says which of Riverside's things it names.
"""

from itertools import product

import pytest
from django.urls import reverse

from taskers.models import Event
from tests.support.addresses import NAMES, addresses
from tests.support.addresses import things as things  # a fixture


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
