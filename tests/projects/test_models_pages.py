"""Models at work, as Mina sees and sets them, and as programs do."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from projects.annotators import lifecycle, report, second_person
from projects.errors import Refused
from projects.models import ModelAnnotator, ModelAnswer
from taskers.credentials import tokens
from taskers.people import service_accounts
from tests.support import make
from tests.support.projects.models_at_work import RIGHT, SURE, answered_by, proven, read, seated, until
from tests.support.projects.models_at_work import project as project  # a fixture

pytestmark = pytest.mark.django_db


def test_the_page_and_the_programs_are_told_the_same(cast, project, client) -> None:
    annotator = seated(cast, project, mode="decide")
    line = report.line(annotator)
    assert (line.state, line.lacking, line.needs, line.error) == ("learning", 30, None, None)
    annotator = proven(annotator)
    batch = make.batch(project)
    make.tasks(batch, 60)  # of which a fifth is drawn: one comes after the first that isn't
    until(annotator, False)
    answered_by(cast.alice, until(annotator, True).annotation.task)
    read()
    annotator.refresh_from_db()
    line = report.line(annotator)
    assert line.state == "decide" and line.needs is not None and line.needs < SURE
    assert line.alone >= 1 and line.audits == 1 and line.compared == 1 and line.wrong == 0
    assert line.error is not None and line.error.low < line.error.mean < line.error.high
    client.force_login(cast.mina)
    page = client.get(reverse("models", args=[project.public_id])).content.decode()
    assert "Decides" in page and f"{line.alone} of its last {line.answers}" in page


def test_mina_does_on_the_page_what_programs_do(cast, project, client) -> None:
    client.post("/accounts/login/", {"login": "mina@example.org", "password": make.PASSWORD})
    here = reverse("models", args=[project.public_id])
    terms = {"target_error": "5", "assurance": "95", "audit_share": "10"}
    assert client.post(here, terms | {"name": "Max", "audit_share": "1"}).status_code == 422
    assert "tdm_" in client.post(here, terms | {"name": "Max"}).content.decode()
    annotator = ModelAnnotator.objects.get()
    assert (annotator.mode, annotator.audit_share) == ("watch", 0.1)
    there = reverse("model-move", args=[project.public_id, annotator.public_id])
    moved = {f"m{annotator.pk}-{name}": value for name, value in (terms | {"mode": "decide", "reason": "Good"}).items()}
    assert client.post(there, moved | {f"m{annotator.pk}-reason": ""}).status_code == 422, "nobody can evaluate it"
    assert "waits for a second person" in client.post(there, moved, follow=True).content.decode()
    client.post(there, moved)
    assert ModelAnnotator.objects.get().mode == "watch", "nobody is two people"
    loader = service_accounts.create(cast.riverside, name="Loader", role="manager", by=cast.olga).person
    with pytest.raises(Refused, match="a program is none"):
        lifecycle.move(annotator, by=loader, mode="decide", reason="Mina told me to")
    olga = Client()
    olga.force_login(cast.olga)
    page = olga.get(here).content.decode()
    assert "Mina" in page and "asks that it decides alone: Good" in page
    page = olga.post(there, moved | {f"m{annotator.pk}-reason": ""}, follow=True).content.decode()
    assert "by the word of Mina" in page
    assert ModelAnnotator.objects.get().mode == "decide"
    assert client.post(there, moved | {f"m{annotator.pk}-mode": "king"}).status_code == 422
    fresh = client.post(reverse("model-token", args=[project.public_id, annotator.public_id])).content.decode()
    assert "tdm_" in fresh and "tdm_" not in client.get(here).content.decode()
    # Who has the new secret may be another model: the word of both has lapsed.
    annotator.refresh_from_db()
    assert annotator.mode == "count" and second_person.said(annotator) is None
    assert annotator.moves.latest("pk").reason == "A new token was made for it."
    assert lifecycle.move(annotator, by=cast.olga, mode="decide", reason="The same still").mode == "count"
    assert lifecycle.move(annotator, by=cast.mina, mode="decide").mode == "decide"


def test_who_asked_before_it_switched_itself_off_asks_anew(cast, project) -> None:
    annotator = seated(cast, project)
    assert lifecycle.move(annotator, by=cast.mina, mode="decide", reason="Good").mode == annotator.mode
    lifecycle.stop(annotator, "Too many errors")
    with pytest.raises(Refused, match="why it may work again"):
        lifecycle.move(annotator, by=cast.olga, mode="decide")
    moved = lifecycle.move(annotator, by=cast.olga, mode="decide", reason="It is another now")
    assert moved.mode == "off", "what Mina said was said before"
    assert lifecycle.move(annotator, by=cast.mina, mode="decide", reason="It is").mode == "decide"


def test_a_model_works_by_the_api_from_its_seat_to_a_verdict(cast, project, client) -> None:
    _token, managers = tokens.issue(cast.mina, cast.riverside, name="Pipeline")
    make.tasks(make.batch(project), 3)

    def ask(method, path, secret, body=None):
        head = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
        answer = client.generic(method, path, json.dumps(body or {}), "application/json", **head)
        return answer.status_code, answer.json() if answer.content else None

    here = reverse("api-models", args=[project.public_id])
    code, made = ask("POST", here, managers, {"name": "Max", "target_error": 0.1})
    assert code == 201 and made["state"] == "watch"
    assert ask("POST", here, managers, {"name": "Max"})[1]["code"] == "name-taken"
    assert ask("GET", here, made["token"])[0] == 403, "a model manages nothing"
    proven(ModelAnnotator.objects.get())
    one = reverse("api-model", args=[project.public_id, made["id"]])
    wanted = {"mode": "decide", "audit_share": 0.02}
    assert ask("PATCH", one, managers, wanted)[1]["code"] == "no-reason"
    code, moved = ask("PATCH", one, managers, wanted | {"reason": "Known for years"})
    assert code == 200 and moved["mode"] == "watch" and moved["asked"]["confirmed_by"] is None
    loader = service_accounts.create(cast.riverside, name="Loader", role="manager", by=cast.olga)
    _token, machines = tokens.issue(loader.person, cast.riverside, name="Pipeline")
    assert ask("PATCH", one, machines, wanted)[1]["code"] == "not-a-person", "whoever made it would be both"
    _token, owners = tokens.issue(cast.olga, cast.riverside, name="Pipeline")
    code, moved = ask("PATCH", one, owners, wanted)
    assert moved["asked"]["confirmed_by"] == cast.olga.name
    assert code == 200 and moved["state"] == "decide" and "token" not in moved
    work = ask("POST", reverse("api-claim", args=[project.public_id]), made["token"])[1]["assignment"]
    there = reverse("api-submit", args=[work["id"]])
    body = {"token": work["token"], "answer": RIGHT}
    assert ask("POST", there, made["token"], body)[1]["code"] == "bad-confidence"
    for _twice in range(2):
        assert ask("POST", there, made["token"], body | {"confidence": SURE})[0] == 200
    assert ModelAnswer.objects.filter(annotator__public_id=made["id"], annotation_id__gt=0).count() == 1
    assert ask("GET", one, managers)[1]["answers"] == 301
    assert ask("PATCH", one, managers, {"mode": "off", "reason": "Old"})[1]["state"] == "off"


def test_a_neighbours_seat_is_not_found(cast, project, client) -> None:
    annotator = seated(cast, project)
    theirs = make.project(cast.hilltop)
    client.force_login(cast.nora)
    for name in ("model-move", "model-token"):
        assert client.post(reverse(name, args=[theirs.public_id, annotator.public_id])).status_code == 404
        assert client.post(reverse(name, args=[project.public_id, annotator.public_id])).status_code == 404
