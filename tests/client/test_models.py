"""The client's types say what the server's own description says; one that drifts from it fails here by name."""

import json
import re
import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

from tandem_client import delivery, identity, models, schema, uploads
from tandem_client.codec import parts_of
from tests.support.walls import ROOT

OF_THE_SERVER = {
    schema.Attribute: "AttributeShape",
    models.Batch: "BatchShape",
    delivery.Delivery: "MadeDelivery",
    delivery.DeliveryTerms: "DeliveryTerms",
    delivery.KeptFor: "TermShape",
    delivery.SplitTerms: "SplitTerms",
    models.NewPrediction: "NewPrediction",
    models.Predicted: "PredictionsShape",
    models.PredictionSource: "SourceShape",
    models.WebhookDelivery: "DeliveryShape",
    models.Fault: "FaultShape",
    models.FeedLine: "FeedLine",
    schema.Field: "FieldShape",
    identity.Me: "MeShape",
    identity.HeldRole: "RoleShape",
    uploads.Upload: "UploadShape",
    models.Import: "ImportShape",
    models.Judgement: "JudgementShape",
    schema.Label: "LabelShape",
    models.Loaded: "LoadedShape",
    models.NewTask: "NewTask",
    models.NewWebhook: "WithSecret",
    models.Person: "PersonShape",
    models.Progress: "ProgressShape",
    models.Project: "ProjectShape",
    models.ProjectLine: "ProjectLine",
    models.ReviewRule: "ReviewRuleShape",
    models.Settings: "SettingsShape",
    models.Task: "TaskShape",
    models.Thresholds: "ThresholdsShape",
    models.Token: "TokenShape",
    models.Verdict: "VerdictShape",
    models.Webhook: "SubscriptionShape",
    schema.When: "WhenShape",
}
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", datetime: "date-time", Decimal: "decimal"}


@cache
def description() -> dict[str, Any]:
    return json.loads(OpenApiJsonRenderer().render(SchemaGenerator().get_schema(public=True)))


def component(name: str) -> dict[str, Any]:
    return description()["components"]["schemas"][name]


def described(schema: Mapping[str, Any]) -> Any:
    """What the description says of a value: a word, a list of one, a set of what it may be, or a component's name."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return described(component(name)) if "enum" in component(name) else name
    if "enum" in schema:
        return {one for one in schema["enum"] if one}
    if "allOf" in schema:
        (only,) = schema["allOf"]
        return described(only)
    if "oneOf" in schema:
        several = [described(one) for one in schema["oneOf"]]
        return several[0] if all(one in ("string", set()) for one in several[1:]) else several
    if "type" not in schema:  # any JSON
        return "object"
    if schema["type"] == "array":
        return [described(schema["items"])]
    return schema["format"] if schema.get("format") in ("date-time", "decimal") else schema["type"]


def typed(kind: Any) -> Any:
    """The same of a type here."""
    origin = get_origin(kind)
    if origin is Literal:
        return set(get_args(kind))
    if origin is list:
        return [typed(get_args(kind)[0])]
    if origin in (dict, Mapping):
        return "object"
    return OF_THE_SERVER[kind] if is_dataclass(kind) else PLAIN[kind]


def without_none(kind: Any) -> tuple[Any, bool]:
    if get_origin(kind) not in (Union, types.UnionType):
        return kind, False
    (inner,) = (one for one in get_args(kind) if one is not type(None))
    return inner, True


def fits(mine: Any, theirs: Any) -> bool:
    """A plain text may stand for a set that grows with the server; a set here is the server's."""
    if isinstance(theirs, list) and isinstance(mine, list):
        return fits(mine[0], theirs[0])
    return mine == theirs or (mine == "string" and isinstance(theirs, set))


def drifted(shape: type, schema: Mapping[str, Any]) -> list[str]:
    """What a type says otherwise than the description."""
    here = {key: kind for _name, key, kind, _optional in parts_of(shape)}
    there, required = schema["properties"], schema.get("required", ())
    found = [f"{shape.__name__} lacks {name}" for name in sorted(there.keys() - here.keys())]
    found += [f"{shape.__name__}.{name} isn't the server's" for name in sorted(here.keys() - there.keys())]
    for name in sorted(here.keys() & there.keys()):
        kind, may_be_none = without_none(here[name])
        theirs = described(there[name])
        if not fits(typed(kind), theirs):
            found.append(f"{shape.__name__}.{name} is {typed(kind)}, the server says {theirs}")
        if may_be_none != bool(there[name].get("nullable") or (name not in required and "default" not in there[name])):
            found.append(f"{shape.__name__}.{name} may {'not ' if may_be_none else ''}be left out or null there")
    return found


@pytest.mark.parametrize("shape", OF_THE_SERVER, ids=lambda one: one.__name__)
def test_each_type_says_what_the_server_says(shape) -> None:
    assert drifted(shape, component(OF_THE_SERVER[shape])) == []


def test_no_type_is_left_out() -> None:
    places = (models, schema, delivery, identity, uploads)
    here = {one for at in places for one in vars(at).values() if is_dataclass(one) and one.__module__ == at.__name__}
    assert here == set(OF_THE_SERVER)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"owner": {"type": "string"}}, "Batch lacks owner"),
        ({"priority": {"type": "string"}}, "Batch.priority is integer, the server says string"),
        ({"priority": {"type": "integer", "nullable": True}}, "Batch.priority may be left out or null there"),
        ({"state": {"type": "string", "enum": ["draft", "lost"]}}, "Batch.state is"),
    ],
)
def test_a_server_that_says_otherwise_is_noticed(change, said) -> None:
    schema = component("BatchShape")
    (found,) = drifted(models.Batch, schema | {"properties": schema["properties"] | change})
    assert found.startswith(said)


def test_a_field_that_is_gone_is_noticed() -> None:
    schema = component("BatchShape")
    left = {name: one for name, one in schema["properties"].items() if name != "priority"}
    assert drifted(models.Batch, schema | {"properties": left}) == ["Batch.priority isn't the server's"]


# --- addresses ----------------------------------------------------------------------------------------------------

ASKED = re.compile(r"\bat\(((?:[^()]|\n)*?)\)")
KEY = "5f0c3f0e-3a4e-4b53-9f0e-2f1f4d2b9c11"


def addresses() -> set[str]:
    """Every address that the client's source makes, with keys where a variable stands."""
    found = set()
    for path in (ROOT / "client" / "tandem_client").rglob("*.py"):
        for steps in ASKED.findall(path.read_text()):
            said = [one.strip() for one in steps.split(",") if one.strip()]
            if said and said[0].startswith('"'):
                found.add("".join(f"{_step(one)}/" for one in said))
    return found


def _step(said: str) -> str:
    return said.strip('"') if said.startswith('"') else "jsonl" if said == "format" else KEY


def test_each_address_that_the_client_asks_is_there() -> None:
    asked = addresses()
    assert {"projects/", f"batches/{KEY}/tasks/", f"projects/{KEY}/export/jsonl/"} <= asked, "nothing was read"
    assert not [one for one in asked if not is_there(one)]


def is_there(path: str) -> bool:
    try:
        return resolve(f"/api/v1/{path}").url_name is not None  # what answers every other address has no name
    except Resolver404:
        return False


def test_an_address_that_nobody_answers_is_noticed() -> None:
    assert not is_there("projects/all/") and not is_there("parcels/")
