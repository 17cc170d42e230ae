"""What Alice chooses for the studio: her own keys, whether a choice hands in, and the language of her pages."""

import json
import re

import pytest
from django.test import Client

from taskers.models import Preferences
from taskers.people import preferences

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client, cast):
    client.force_login(cast.alice)
    return client


def kept(cast) -> dict:
    return preferences.of(cast.alice).keys


def test_who_chose_nothing_has_tandems_keys(alice, cast) -> None:
    assert kept(cast) == {} and not Preferences.objects.exists()
    assert '<script id="chosen" type="application/json">{}</script>' in alice.get("/profile/keys/").content.decode()


def test_her_keys_are_kept_with_her_and_with_nobody_else(alice, cast) -> None:
    chosen = {"studio.skip": ["shift+s"], "image.accept": ["f2", "ctrl+alt+a"], "image.tool:box": ["ü"]}
    assert alice.post("/profile/keys/", {"keys": json.dumps(chosen)})["Location"] == "/profile/keys/"
    assert kept(cast) == chosen and preferences.of(cast.bob).keys == {}
    assert alice.post("/profile/keys/", {"keys": "{}"}).status_code == 302
    assert kept(cast) == {}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"image.accept": ["1"]}, "digits are for the labels"),
        ({"image.accept": ["a"], "image.refuse": ["a"]}, "One key"),
        ({"studio.skip": ["a"], "text.accept": ["a"]}, "One key"),
        ({"text.accept": ["a"], "studio.skip": ["a"]}, "One key"),
        ({"image.accept": "a"}, "kept as they are"),
        ({"image.accept": []}, "kept as they are"),
        ({"image.accept": ["two keys"]}, "kept as they are"),
        ({"image.accept": ["shift+alt+a"]}, "kept as they are"),
        ({"image.accept": [["a"]]}, "kept as they are"),
        ({"<script>": ["a"]}, "kept as they are"),
        ({f"image.a{n}": ["a"] for n in range(300)}, "kept as they are"),
        (["a"], "kept as they are"),
        (None, "kept as they are"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_changes(alice, cast, keys, words: str) -> None:
    preferences.choose_keys(cast.alice, {"image.accept": ["e"]})
    answer = alice.post("/profile/keys/", {"keys": json.dumps(keys)})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert kept(cast) == {"image.accept": ["e"]}


def test_the_same_key_in_two_rooms_is_no_clash(cast) -> None:
    preferences.choose_keys(cast.alice, {"image.accept": ["e"], "text.accept": ["e"], "grid.fill": ["e"]})
    assert len(kept(cast)) == 3


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, '"keys"'])
def test_a_body_that_is_no_json_is_refused(alice, body: str) -> None:
    assert alice.post("/profile/keys/", {"keys": body}).status_code == 422


def test_submit_on_choice_is_kept_beside_her_keys(alice, cast) -> None:
    preferences.choose_keys(cast.alice, {"image.accept": ["e"]})
    for said, meant in [({"on": True}, True), ({"on": "yes"}, False), ({"on": True}, True), ({}, False)]:
        assert alice.post("/profile/submit-on-choice/", said, content_type="application/json").status_code == 200
        assert preferences.of(cast.alice).submit_on_choice is meant
    assert kept(cast) == {"image.accept": ["e"]}


def test_her_language_follows_her_to_another_machine(alice, cast) -> None:
    said = {"name": "Alice", "time_zone": "UTC", "language": "es"}
    assert alice.post("/profile/", said).status_code == 302
    elsewhere = Client()
    assert '<html lang="en"' in elsewhere.get("/accounts/login/").content.decode()
    elsewhere.force_login(cast.alice)
    assert '<html lang="es"' in elsewhere.get("/profile/").content.decode()
    assert "Guardando" in elsewhere.get("/jsi18n/").content.decode()
    assert alice.post("/profile/", said | {"language": ""}).status_code == 302
    assert re.search('<html lang="en"', elsewhere.get("/profile/").content.decode())
    assert '<html lang="es"' in elsewhere.get("/profile/", headers={"Accept-Language": "es"}).content.decode()
    assert alice.post("/profile/", said | {"language": "xx"}).status_code == 422
