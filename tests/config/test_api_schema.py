"""The API keeps what its description says, whatever it is sent; and the description leaves no address out."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client, override_settings
from django.urls import reverse
from drf_spectacular.drainage import reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from assist.api import urlpatterns as copilot_urlpatterns
from assist.registry import registry
from projects.annotators import lifecycle
from projects.api import urlpatterns
from projects.data import deliveries
from projects.data.importing import uploads
from projects.data.media.illustrate import illustrate
from projects.models import Annotation, Import, Task
from projects.webhooks import subscriptions
from projects.workflow import bulk_actions, project_copies, task_views
from projects.workflow.comments import saying
from projects.workforce import conflicts_of_interest, rules
from taskers.credentials import tokens
from taskers.people import invitations, service_accounts
from taskers.skills import skills
from tests.support import cast as people
from tests.support import make
from tests.support.api_operations import OPERATIONS
from tests.support.projects.hooks import subscribed
from tests.support.rounds import rounds

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.xdist_group("description")]

# A stream, which a WSGI client would gather in a thread without this test's transaction: tests/projects/test_streams.py
EXPORT = ("GET", "/api/v1/projects/{project_id}/export/{format}/")
FILES = {  # streams as well: tests/projects/test_deliveries_pages.py
    ("GET", f"/api/v1/projects/{{project_id}}/deliveries/{{number}}/{one}/")
    for one in ("file", "manifest", "differences")
}


@pytest.fixture(scope="module")
def description():
    """What the API says of itself."""
    text = OpenApiJsonRenderer().render(SchemaGenerator().get_schema(public=True))
    schema = schemathesis.openapi.from_dict(json.loads(text))
    schema.app = get_wsgi_application()
    return schema


@pytest.fixture(autouse=True)
def one_transaction(db):
    """Requests through WSGI would close this test's connection when they end, and its transaction with it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


class World(NamedTuple):
    """Everybody, and the keys of one of each of Riverside's things by their names in addresses."""

    cast: people.Cast
    keys: dict[str, str]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Made once for hundreds of tests, in each of which what it does is undone."""
    with override_settings(OUTBOUND=["hooks.example.com"]):
        with django_db_blocker.unblock():
            cast = people.assemble()
            made = World(cast, one_of_each(cast))
        yield made
        with django_db_blocker.unblock():
            call_command("flush", interactive=False, verbosity=0)


def one_of_each(cast: people.Cast) -> dict[str, str]:
    """Olga owns Riverside, and does tasks herself."""
    invitations.grant(cast.riverside, cast.olga, "tasker", by=cast.olga)
    project = make.project(cast.riverside, wanted=1)
    batch = make.batch(project)
    tasks = make.tasks(batch, 5)
    make.judged(cast.alice, project, make.MARIA)
    made = Import.objects.create(batch=batch, name="a.jsonl", format="jsonl", file="a.jsonl")
    coming = uploads.begin(batch, name="b.jsonl", size=7, by=cast.olga)
    found = {"project_id": project, "batch_id": batch, "task_id": tasks[0], "import_id": made, "upload_id": coming}
    skill = skills.define(cast.riverside, "Spanish")
    skills.grant(cast.alice, skill, by=cast.olga)
    rules.ask_for(make.project(cast.riverside, "Spanish only"), skill, by=cast.olga)
    annotator, _secret = lifecycle.register(
        make.project(cast.riverside, "Read by a model"), name="Reader", by=cast.olga
    )
    found |= {
        "annotator_id": annotator,
        "person_id": cast.alice,
        "token_id": tokens.issue(cast.alice, cast.riverside, name="Alice's")[0],
        "pair_id": conflicts_of_interest.keep_apart(
            cast.riverside, cast.alice, cast.bob, relation="other", by=cast.olga
        ),
        "exclusion_id": rules.exclude(cast.carol, project=project, reason="Rest", by=cast.olga),
    }
    found |= around(cast, project)
    told, _secret = subscribed(project, "https://hooks.example.com/in", cast.olga)
    found |= {"subscription_id": told, "delivery_id": subscriptions.ping(told, by=cast.olga)}
    mine = make.held(cast.olga, project)
    public = {name: str(one.public_id) for name, one in (found | {"assignment_id": mine}).items()}
    label = project.labels.in_use()[0].key
    public["what"] = "labels"
    public["name"] = illustrate(project, make.bitmap(2, 2), name="spot", alt="A spot", by=cast.olga).name
    public["recipe"] = "spacy-entities"
    public["number"] = str(deliveries.order(project, by=cast.olga, format="jsonl").number)
    return (
        public
        | {"skill_key": skill.key, "label_key": label, "role": "tasker", "payout_key": str(uuid4())}
        | {"preset_key": "sentiment"}
    )


def around(cast, project) -> dict[str, Any]:
    """What stands beside the tasks: a pattern, many at once, a program, words, an invitation, the copilot's."""
    account = service_accounts.create(cast.riverside, name="Loader", role="manager", by=cast.olga)
    version = registry.model_version("en-core-web-sm@3.8.0")
    registry.deploy(project, version, share=100, by=cast.olga, grounds=registry.FIRST)
    mine = Annotation.objects.get(tasker=cast.alice)
    asked = saying.say(mine.assignment, cast.alice, uuid4(), to="manager", words="A tail?")
    last = Task.objects.filter(project=project).latest("pk")
    return {
        "template_id": project_copies.keep_template(project, "Pattern", by=cast.olga),
        "action_id": bulk_actions.start(project, "hold", [last.pk], by=cast.olga),
        "view_id": task_views.keep(project, "Kept", "state=open", by=cast.olga),
        "account_id": account,
        "version_id": version,
        "annotation_id": mine,
        "comment_id": asked,
        "invitation_id": invitations.invite(cast.riverside, cast.olga, email="new@example.org", role="tasker")[0],
        "evaluation_id": account,
        "slice_id": account,
        "override_id": account,
        "rollout_id": account,
        "run_id": account,
        "search_id": account,
        "connector_id": account,
        "rule_id": account,
        "bonus_rule_id": account,
        "consequence_id": account,
    }


@pytest.mark.rounds
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_address_keeps_its_description(world, description, method: str, path: str) -> None:
    _token, secret = tokens.issue(world.cast.olga, world.cast.riverside, name="Pipeline")
    checks = [status_code_conformance, content_type_conformance, response_schema_conformance]
    # What is always the same isn't drawn: each example sends something new.
    known = {
        "headers": {"Authorization": f"Bearer {secret}"},
        "path_parameters": {name: world.keys[name] for name in re.findall(r"{(\w+)}", path)},
    }
    asked = []

    def ask(case) -> None:
        asked.append(case)
        answer = case.call()
        assert answer.status_code < 500
        case.validate_response(answer, checks=checks)

    @settings(max_examples=rounds(15), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=description[path][method].as_strategy(**known))
    def hold(case) -> None:
        ask(case)

    hold()
    if len(asked) == 1:  # there is nothing to draw; asked again, it keeps it too
        ask(asked[0])


def test_description_leaves_no_address_out(description) -> None:
    described = {(operation.ok().method.upper(), operation.ok().path) for operation in description.get_all_operations()}
    assert described == {*OPERATIONS, EXPORT, *FILES}
    # Every address but the catch-all and the pictures, which aren't JSON, stands in it.
    assert len({path for _method, path in described}) == len(urlpatterns) + len(copilot_urlpatterns) - 4


def test_description_types_every_answer(description) -> None:
    for operation in description.get_all_operations():
        raw = operation.ok().definition.raw
        assert raw["operationId"]
        good = [answer for code, answer in raw["responses"].items() if code.startswith("2") and code != "204"]
        assert all(answer["content"] for answer in good), raw["operationId"]
        assert "application/problem+json" in raw["responses"]["404"]["content"]


def test_every_component_has_a_name_of_its_own(capsys) -> None:
    """Of two by one name, one is described as the other; choices without a name are called by a sum of themselves."""
    reset_generator_stats()
    SchemaGenerator().get_schema(public=True)
    said = capsys.readouterr().err
    assert "identical names" not in said and "enum naming" not in said, said


def test_page_of_the_description_asks_only_this_host() -> None:
    html = Client().get(reverse("api-page")).content.decode()
    assert "<style" not in html
    assert "http" not in html.replace("http-equiv", "")
