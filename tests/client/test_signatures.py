"""Webhooks' messages, checked without a library: the same as the specification's own library says."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from tandem_client import BadInput, BadSignature, sign, verify

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()
OTHER = "whsec_" + base64.b64encode(b"another one of 24 bytes.").decode()
NOW = 1_800_000_000
BODY = b'{"type": "task.decided", "data": {"external_id": "a"}}'


def headers(body: bytes = BODY, secret: str = SECRET, at: int = NOW, id: str = "msg_1") -> dict[str, str]:
    """As the library signs it."""
    signature = Webhook(secret).sign(id, datetime.fromtimestamp(at, UTC), body.decode())
    return {"Webhook-Id": id, "webhook-timestamp": str(at), "WEBHOOK-SIGNATURE": signature}


@given(
    key=st.binary(min_size=24, max_size=64),
    id=st.from_regex(r"msg_[A-Za-z0-9]{1,30}", fullmatch=True),
    at=st.integers(0, 4_000_000_000),
    text=st.text(max_size=200),
)
def test_it_signs_as_the_library_does(key, id, at, text) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    body = text.encode("utf-8", "replace")
    assert sign(id, at, body, secret) == Webhook(secret).sign(id, datetime.fromtimestamp(at, UTC), body.decode())


def test_what_the_library_signed_is_taken() -> None:
    assert verify(BODY, headers(), SECRET, now=NOW)["data"] == {"external_id": "a"}
    assert verify(BODY.decode(), headers(), [OTHER, SECRET], now=NOW + 299)["type"] == "task.decided"


def test_while_secrets_rotate_one_fitting_signature_is_enough() -> None:
    both = headers()
    both["WEBHOOK-SIGNATURE"] = f"v1a,AAAA {headers(secret=OTHER)['WEBHOOK-SIGNATURE']} {both['WEBHOOK-SIGNATURE']}"
    assert verify(BODY, both, SECRET, now=NOW)


@pytest.mark.parametrize(
    ("changed", "body", "at"),
    [
        ({}, BODY + b" ", NOW),
        ({"Webhook-Id": "msg_2"}, BODY, NOW),
        ({"webhook-timestamp": str(NOW + 1)}, BODY, NOW),
        ({"webhook-timestamp": "soon"}, BODY, NOW),
        ({"webhook-timestamp": "²"}, BODY, NOW),
        ({"WEBHOOK-SIGNATURE": ""}, BODY, NOW),
        ({"WEBHOOK-SIGNATURE": "v1,"}, BODY, NOW),
        ({"WEBHOOK-SIGNATURE": "v1,é"}, BODY, NOW),
        ({}, BODY, NOW + 301),
        ({}, BODY, NOW - 301),
    ],
)
def test_what_was_changed_or_is_old_is_refused(changed, body, at) -> None:
    with pytest.raises(BadSignature):
        verify(body, headers() | changed, SECRET, now=at)


def test_who_has_another_secret_is_refused() -> None:
    with pytest.raises(BadSignature, match="fits the secret"):
        verify(BODY, headers(secret=OTHER), SECRET, now=NOW)


def test_a_message_without_its_headers_is_refused() -> None:
    with pytest.raises(BadSignature, match="webhook-id"):
        verify(BODY, {}, SECRET, now=NOW)


def test_a_signed_text_that_is_no_message_is_refused() -> None:
    for body in (b"[]", b"[" * 100_000):
        with pytest.raises(BadSignature, match="no JSON"):
            verify(body, headers(body), SECRET, now=NOW)


def test_a_secret_that_is_none_is_said_so() -> None:
    with pytest.raises(BadInput, match="whsec_"):
        verify(BODY, headers(), "hush!", now=NOW)
