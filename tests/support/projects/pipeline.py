"""A program with somebody's token, for the tests of the API."""

import json

from django.test import Client
from django.urls import reverse

from taskers.credentials import tokens

PROBLEM = "application/problem+json"


class Api:
    """The API as that program asks it."""

    def __init__(self, person, organization, *scopes: str) -> None:
        self.token, self.secret = tokens.issue(person, organization, name="Pipeline", scopes=scopes or ["all"])
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def get(self, name: str, *keys: object, **query: object):
        return self.client.get(reverse(f"api-{name}", args=keys), query)

    def post(self, name: str, *keys: object, body: object = None, **terms: str):
        data = body if isinstance(body, (bytes, str)) else json.dumps(body or {})
        headers = {"Idempotency-Key": terms["key"]} if "key" in terms else None
        path = reverse(f"api-{name}", args=keys) + terms.get("query", "")
        return self.client.post(path, data, terms.get("type", "application/json"), headers=headers)

    def put(self, name: str, *keys: object, body: object):
        return self.client.put(reverse(f"api-{name}", args=keys), json.dumps(body), "application/json")


def refused(answer, status: int, code: str, place: str | None = None) -> dict:
    """The problem that was answered with, checked."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == PROBLEM
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert {"type", "title", "detail"} <= set(problem)
    if place is not None:
        assert problem["place"] == place
    return problem


class Office(Api):
    """A manager's program."""

    def send(self, method: str, name: str, *keys: object, body: object = None):
        path = reverse(f"api-{name}", args=keys)
        return self.client.generic(method, path, json.dumps(body or {}), "application/json")
