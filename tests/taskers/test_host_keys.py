"""A key of another host goes to its own address alone, and for models of its own organization."""

from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from taskers.errors import Problem
from taskers.outbound import destination, host_keys
from taskers.outbound.host_keys import EVERYBODY, BadKeys

OURS, THEIRS = UUID(int=1 << 120), UUID(int=2 << 120)
MARK = OURS.hex[:8]  # as a model's name has it
KEYS = host_keys.read([f"{OURS}=https://llm.example.org/v1=a=b", f"{EVERYBODY}=http://10.0.0.5:8000=c"])


def key_for(url: str, owner: str = MARK) -> str:
    try:
        return host_keys.key_for(KEYS, destination.read(url), owner)
    except Problem as problem:
        return problem.code


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://llm.example.org/v1/chat/completions", "a=b"),
        ("https://LLM.example.org:443/v1", "a=b"),
        ("https://llm.example.org/v1?a=/../b", "a=b"),
        ("https://llm.example.org/v12/chat", "key-elsewhere"),
        ("https://llm.example.org/", "key-elsewhere"),
        ("https://llm.example.org/V1/chat", "key-elsewhere"),
        ("https://llm.example.org/v1/../admin", "key-elsewhere"),
        ("https://llm.example.org/v1/./chat", "key-elsewhere"),
        ("https://llm.example.org/v1/%2e%2e/admin", "key-elsewhere"),
        ("https://llm.example.org/v1/..;/admin", "key-elsewhere"),
        ("https://llm.example.org/v1/..%2fadmin", "key-elsewhere"),
        ("https://llm.example.org//v1/chat", "key-elsewhere"),
        ("http://llm.example.org/v1/chat", ""),  # in the clear, or at another port: another server
        ("https://llm.example.org:8443/v1/chat", ""),
        ("https://other.example.org/v1/chat", ""),
        ("https://llm.example.org.evil.org/v1/chat", ""),
    ],
)
def test_a_key_goes_to_its_scheme_host_port_and_path_alone(url: str, key: str) -> None:
    assert key_for(url) == key


def test_a_key_is_for_one_organization_or_for_what_was_brought_for_all() -> None:
    ours, all_of_us = "https://llm.example.org/v1/chat", "http://10.0.0.5:8000/predict"
    assert [key_for(ours, owner) for owner in (MARK, THEIRS.hex[:8], EVERYBODY, "")] == ["a=b", *["key-not-yours"] * 3]
    assert [key_for(all_of_us, owner) for owner in (EVERYBODY, MARK, "")] == ["c", *["key-not-yours"] * 2]


def test_the_longest_path_decides_between_two_keys() -> None:
    words = [f"{OURS}=https://llm.example.org=wide", f"{OURS}=https://llm.example.org/v1/=narrow"]
    for keys in (host_keys.read(words), host_keys.read(words[::-1])):
        found = [
            host_keys.key_for(keys, destination.read(f"https://llm.example.org{path}"), MARK) for path in ("/", "/v1/a")
        ]
        assert found == ["wide", "narrow"]


@pytest.mark.parametrize(
    "word",
    [
        "llm.example.org=sesame",
        "llm.example.org:443=sesame==",
        f"{OURS}=llm.example.org=sesame",
        f"{OURS}=https://llm.example.org=",
        f"{OURS}=https://llm.example.org",
        "=https://llm.example.org=sesame",
        "*=https://llm.example.org=sesame",
        "riverside=https://llm.example.org=sesame",
        f"{OURS}=https://user@llm.example.org=sesame",
        f"{OURS}=https://llm.example.org/a/../b=sesame",
    ],
)
def test_the_older_form_and_whatever_makes_no_sense_stop_the_start_without_showing_the_key(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadKeys, match="Entry 2 of TANDEM_MODEL_KEYS must be written as ID=https://host/path=key"):
        host_keys.read([f"{OURS}=https://llm.example.org=a", word])
    monkeypatch.setenv("TANDEM_MODEL_KEYS", word)
    with pytest.raises(ImproperlyConfigured, match="no longer read") as refused:
        environment.check_model_keys()
    assert "sesame" not in str(refused.value)
