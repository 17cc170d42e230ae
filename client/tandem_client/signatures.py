"""Whether a webhook's message is from Tandem: Standard Webhooks, without its library."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tandem_client.errors import BadInput, BadSignature

PREFIX, VERSION = "whsec_", "v1"
TOLERANCE = 300.0  # seconds that a message may be old, or ahead of this machine's clock


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Sequence[str],
    *,
    now: float | None = None,
    tolerance: float = TOLERANCE,
) -> dict[str, Any]:
    """A message's content, once it is sure who sent it and that it is not old.

    `body` is what came, byte for byte. Several secrets may be given while one takes another's place. The same message
    may come twice: keep the ids (`webhook-id`) that were seen. Raises BadSignature.
    """
    said = {name.lower(): value for name, value in headers.items()}
    raw = body.encode() if isinstance(body, str) else body
    try:
        id, at, signatures = said["webhook-id"], said["webhook-timestamp"], said["webhook-signature"]
    except KeyError as missing:
        raise BadSignature(f"The message has no header {missing.args[0]}.") from None
    if not (at.isascii() and at.isdecimal() and len(at) < 16):
        raise BadSignature("The message's time is no time.")
    if abs((time.time() if now is None else now) - int(at)) > tolerance:
        raise BadSignature("The message is too old, or the clock of this machine is wrong.")
    found = [one.partition(",")[2] for one in signatures.split() if one.startswith(f"{VERSION},")]
    for one in [secret] if isinstance(secret, str) else secret:
        expected = _signature(id, at, raw, one)
        if any(hmac.compare_digest(expected.encode(), given.encode()) for given in found):
            return _content(raw)
    raise BadSignature("No signature of the message fits the secret.")


def sign(id: str, timestamp: int, body: bytes, secret: str) -> str:
    """What `webhook-signature` says of a message: for tests of a receiver."""
    return f"{VERSION},{_signature(id, str(timestamp), body, secret)}"


def _signature(id: str, at: str, body: bytes, secret: str) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise BadInput("The secret isn't one: it begins with whsec_ and goes on in base64.") from None
    return base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, hashlib.sha256)).decode()


def _content(raw: bytes) -> dict[str, Any]:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise BadSignature("The message's content is no JSON object.")
    return content
