"""Anybody may ask for the description of the API, which takes seconds to make: it is made once."""

from unittest.mock import patch

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from config.api import Description

pytestmark = pytest.mark.django_db
JSON = "application/vnd.oai.openapi+json"


def test_each_language_and_form_is_made_once_whatever_else_is_asked() -> None:
    with (
        patch.dict(Description.made, clear=True),
        patch.object(SchemaGenerator, "get_schema", return_value={"openapi": "3.0.3"}) as made,
    ):
        for kind in ({}, {"Accept": JSON}, {"Accept-Language": "es"}):
            first, again = (Client().get("/api/schema/", headers=kind) for _ in range(2))
            assert first.content == again.content and first.status_code == 200
            assert first.headers["Content-Type"] == again.headers["Content-Type"]
            assert again.headers["Content-Language"] == kind.get("Accept-Language", "en")
        assert made.call_count == 3 == len(Description.made)
        for asked in ("lang=es", "lang=xx", "version=9", "anything=1"):
            said = Client().get(f"/api/schema/?{asked}")
            assert said.status_code == 200 and "(9)" not in said.headers["Content-Disposition"]
        assert made.call_count == 3, "nor does it help to ask for something else"
