"""A browser tab at the studio, without the browser."""

import json

from django.test import Client


class Tab:
    """A browser tab of somebody at work in a project."""

    def __init__(self, person, project) -> None:
        self.client = Client()
        self.client.force_login(person)
        self.project = project
        self.held: dict = {}

    def send(self, method: str, path: str, body: object) -> tuple[int, dict]:
        text = body if isinstance(body, str) else json.dumps(body)
        answer = self.client.generic(method, path, text, "application/json")
        kind = "application/problem+json" if answer.status_code >= 400 else "application/json"
        assert answer["Content-Type"] == kind
        return answer.status_code, answer.json()

    def claim(self) -> dict:
        status, found = self.send("POST", f"/studio/{self.project.public_id}/claim", {})
        assert status == 200
        self.held = found.get("assignment", {})
        return found

    def act(self, what: str, method: str = "POST", **body: object) -> tuple[int, dict]:
        return self.send(method, f"/studio/assignments/{self.held['id']}/{what}", {"token": self.held["token"]} | body)
