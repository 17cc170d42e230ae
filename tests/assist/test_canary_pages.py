"""A manager or an ML engineer begins a rollout, sees how it goes, holds it and takes it back: by page and API."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assist.adapters import RUNTIMES
from assist.models import Evaluation, Rollout
from assist.registry import registry, resolution
from projects.models import Project, WebhookDelivery
from taskers.credentials import tokens
from tests.support import make
from tests.support.assist import work
from tests.support.assist.running import FAKE
from tests.support.cast import Cast
from tests.support.projects.hooks import subscribed, told

pytestmark = pytest.mark.django_db
TERMS = {"margin": "10", "quiet_hours": "72", "step_days": "14", "shadow_verdicts": "0"}


@pytest.fixture
def passed(cast: Cast) -> Evaluation:
    """SpaCy's model passed against the rule that answers."""
    project, champion = make.project(cast.riverside, wanted=1), registry._written(RUNTIMES[FAKE[1]])
    work.deployed(project, champion, share=100, by=cast.mina)
    return Evaluation.objects.create(
        project=project,
        candidate=registry.model_version(work.SPACY),
        champion=champion,
        margin=0.05,
        rules=1,
        begun_by=cast.mina,
        state="done",
        outcome="passed",
        ended_at=timezone.now(),
    )


def test_an_ml_engineer_rolls_out_what_passed_holds_it_and_takes_it_back(cast: Cast, passed: Evaluation) -> None:
    emil, project = Client(), passed.project
    emil.force_login(make.person("Emil", cast.riverside, "ml_engineer"))
    page = reverse("copilot-evaluation", args=[project.public_id, passed.public_id])
    begin = reverse("copilot-rollout-begin", args=[project.public_id, passed.public_id])
    assert begin in emil.get(page).content.decode()
    refused = emil.post(begin, TERMS | {"margin": "90", "quiet_hours": "31"})
    again = refused.content.decode()
    assert refused.status_code == 422 and "less than or equal to" in again and not Rollout.objects.exists()
    assert 'value="90"' in again and 'value="31"' in again, "what was typed is still there"
    shown = emil.post(begin, TERMS, follow=True).content.decode()
    on = Rollout.objects.get()
    assert "5 % of new work" in shown and "Offers that weren’t taken" in shown and "Cannot tell" in shown
    assert "0 of 0 tasks were served by the candidate." in shown and "can’t be told yet" in shown
    assert begin not in emil.get(page).content.decode()
    hold, go_on, back = (
        reverse(name, args=[project.public_id, on.public_id])
        for name in ("rollout-hold", "rollout-go-on", "rollout-back")
    )
    assert hold in shown and back in shown and go_on not in shown
    assert shown.index(">Hold</button>") < shown.index(">Roll back</button>"), (
        "Enter behind a reason takes nothing back"
    )
    shown = emil.post(hold, {"said": "Until <Monday>"}, follow=True).content.decode()
    assert "Until &lt;Monday&gt;" in shown and go_on in shown
    page = reverse("copilot-rollout", args=[project.public_id, on.public_id])
    conflict = emil.post(hold, headers={"referer": f"http://testserver{page}"})
    assert conflict.status_code == 409 and f'href="http://testserver{page}"' in conflict.content.decode()
    elsewhere = emil.post(hold, headers={"referer": "https://evil.example/"}).content.decode()
    assert "evil" not in elsewhere and "Back to where you were" not in elsewhere
    assert hold in emil.post(go_on, follow=True).content.decode()
    shown = emil.post(back, {"said": ""}, follow=True).content.decode()
    assert "Rolled back" in shown and back not in shown
    assert {str(row.version): row.share for row in resolution.deployed(project, "spans")} == {FAKE[1]: 100}
    assert (
        reverse("copilot-rollout", args=[project.public_id, on.public_id])
        in emil.get(reverse("copilot-training", args=[project.public_id])).content.decode()
    )


def test_a_program_does_the_same_and_whoever_subscribed_is_told(cast: Cast, passed: Evaluation, settings) -> None:
    settings.OUTBOUND = ["*.example.com"]
    project: Project = passed.project
    subscribed(project, "https://hooks.example.com/models", cast.mina, "model.rollout")
    _token, secret = tokens.issue(cast.mina, cast.riverside, name="Pipeline")
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    rollouts = reverse("api-rollouts", args=[project.public_id])
    sent = {"evaluation": str(passed.public_id), "shadow_verdicts": 50}
    assert program.post(rollouts, sent | {"margin": 7}, content_type="application/json").status_code == 400
    made = program.post(rollouts, sent, content_type="application/json")
    assert made.status_code == 201 and (made.json()["share"], made.json()["state"]) == (0, "live")
    assert program.post(rollouts, sent, content_type="application/json").status_code == 409
    one = reverse("api-rollout", args=[project.public_id, made.json()["id"]])
    held = program.post(one, {"action": "hold", "said": "Wait"}, content_type="application/json").json()
    assert held["state"] == "held" and [step["kind"] for step in held["steps"]] == ["begun", "held"]
    assert program.post(one, {"action": "roll-back"}, content_type="application/json").json()["state"] == "back"
    assert program.get(one).json()["blind"] == {"tasks": 0, "candidate": None, "champion": None}
    assert [row["id"] for row in program.get(rollouts).json()["results"]] == [made.json()["id"]]
    told()
    said = [json.loads(row.body)["data"] for row in WebhookDelivery.objects.order_by("pk")]
    assert [(row["outcome"], row["share"], row["reason"]) for row in said] == [
        ("begun", 0, ""),
        ("held", 0, "by-hand"),
        ("back", 0, "by-hand"),
    ]
