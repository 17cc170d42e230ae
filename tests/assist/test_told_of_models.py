"""Whoever subscribed hears which model answers in a project, for how much of it and on which grounds."""

import json

import pytest

from assist.registry import registry
from projects.models import WebhookDelivery
from tests.support import make
from tests.support.assist import work
from tests.support.projects.hooks import subscribed, told

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/models"


def test_a_model_that_begins_and_stops_is_told(cast, settings) -> None:
    settings.OUTBOUND = ["*.example.com"]
    project, other = make.project(cast.riverside), make.project(cast.hilltop)
    subscribed(project, URL, cast.mina, "model.deployed", "model.withdrawn")
    version = registry.model_version(work.SPACY)
    work.deployed(other, version, share=100, by=cast.nora)
    mine = work.deployed(project, version, share=40, by=cast.mina)
    registry.withdraw(mine, by=cast.mina)
    told()
    said = [json.loads(one.body) for one in WebhookDelivery.objects.order_by("pk")]
    assert [one["type"] for one in said] == ["model.deployed", "model.withdrawn"]
    assert {(one["data"]["model"], one["data"]["share"], one["data"]["basis"]) for one in said} == {
        (work.SPACY, 40, "first")
    }
    assert {one["data"]["project"] for one in said} == {str(project.public_id)}
