"""What tells of people is kept by no cache, on the way or in the browser of a shared machine."""

import pytest
from django.test import Client

from tests.support.cast import Cast


@pytest.mark.parametrize("path", ["/my-work/", "/people/", "/profile/", "/projects/", "/nowhere/"])
def test_page_of_a_person_is_kept_by_no_cache(cast: Cast, path: str):
    client = Client()
    client.force_login(cast.olga)
    said = client.get(path)["Cache-Control"]
    assert "private" in said and "no-store" in said


def test_answer_to_a_program_is_kept_by_no_cache(db):
    assert Client().get("/api/v1/projects/")["Cache-Control"] == "private, no-store"
