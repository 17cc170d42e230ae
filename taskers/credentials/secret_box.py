"""The secret box: what has to be read again but must lie in no table in clear, such as the seeds of second steps.

AES-256-GCM, so that what was changed can't be opened. A sealed text names its key, and is bound to what it is for. Keys
come from TANDEM_SECRET_BOX, or are made once in the data folder, for its owner alone; the first one seals, all open.
A part that keeps sealed texts adds a Place, so that they are known when keys are changed.
"""

import base64
import binascii
import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taskers.errors import Problem, StateConflict
from taskers.files import private_file

MARK = "box1"
KEY_BYTES, NONCE_BYTES = 32, 12


class BoxLocked(Problem):
    """This can't be checked here: the key it was sealed with is missing. Whoever runs Tandem can bring it."""

    code = "box-locked"
    status = 503


class KeysElsewhere(StateConflict):
    """The keys come from TANDEM_SECRET_BOX: put a new one first there, restart everything, then run `reseal`."""

    code = "keys-elsewhere"


@dataclass(frozen=True)
class Key:
    """A key, and the name by which sealed texts call it."""

    name: str
    text: str

    @property
    def cipher(self) -> AESGCM:
        return AESGCM(_bytes(self.text))


@dataclass(frozen=True)
class Place:
    """Where sealed texts are kept. `used` counts them by the key's name, "" for clear ones; `reseal` brings those of
    older keys, and clear ones, under the first key, and says how many."""

    name: str
    used: Callable[[], Counter[str]]
    reseal: Callable[[], int]


PLACES: list[Place] = []


def seal(text: str, purpose: str) -> str:
    """The text, sealed by the first key; it opens for the same purpose alone."""
    key = keys()[0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    closed = nonce + key.cipher.encrypt(nonce, text.encode(), _bound(key.name, purpose))
    return f"{MARK}:{key.name}:{base64.urlsafe_b64encode(closed).decode()}"


def unseal(sealed: str, purpose: str) -> str:
    """What was sealed. Raises BoxLocked where its key isn't here, or where it was changed since."""
    name = key_of(sealed)
    key = next((one for one in keys() if one.name == name), None)
    if key is None:
        raise BoxLocked()
    try:
        closed = base64.urlsafe_b64decode(sealed.split(":", 2)[2])
        return key.cipher.decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], _bound(name, purpose)).decode()
    except (InvalidTag, ValueError, IndexError):
        raise BoxLocked("A sealed secret was changed and can't be opened.") from None


def key_of(text: str) -> str:
    """By which key a text is sealed; "" where it lies in clear."""
    mark, _colon, rest = text.partition(":")
    return rest.partition(":")[0] if mark == MARK else ""


def keys() -> list[Key]:
    """All keys there are, the one that seals first. A file that was changed meanwhile is read again."""
    given = tuple(settings.SECRET_BOX_KEYS)
    if given:
        return _named(given)
    path = Path(settings.SECRET_BOX_FILE)
    if not path.exists():
        _write(path, [new_key()], replace=False)
    state = path.stat()
    return _of_file(path, (state.st_mtime_ns, state.st_size, state.st_ino))


def new_key() -> str:
    """A key that nobody has seen."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def used() -> Counter[str]:
    """How many sealed texts each key has, by its name; "" for those in clear."""
    return sum((place.used() for place in PLACES), Counter())


def reseal() -> int:
    """Bring all that lies in clear or under an older key under the first one; returns how many texts."""
    return sum(place.reseal() for place in PLACES)


def rotate() -> int:
    """Put a new key first, and all that is sealed under it; returns how many texts. Raises KeysElsewhere.

    Older keys stay until `retire`: processes that run notice the new one by themselves.
    """
    if settings.SECRET_BOX_KEYS:
        raise KeysElsewhere()
    _write(Path(settings.SECRET_BOX_FILE), [new_key(), *(one.text for one in keys())], replace=True)
    return reseal()


def retire() -> int:
    """Throw away the keys under which nothing lies any more, the first one kept; returns how many."""
    if settings.SECRET_BOX_KEYS:
        raise KeysElsewhere()
    all_keys, needed = keys(), used()
    kept = [one for place, one in enumerate(all_keys) if place == 0 or needed[one.name]]
    if len(kept) < len(all_keys):
        _write(Path(settings.SECRET_BOX_FILE), [one.text for one in kept], replace=True)
    return len(all_keys) - len(kept)


def _bound(name: str, purpose: str) -> bytes:
    return f"{MARK}:{name}:{purpose}".encode()


@lru_cache(maxsize=4)
def _of_file(path: Path, _state: tuple[int, int, int]) -> list[Key]:
    return _named(tuple(line.strip() for line in path.read_text().splitlines() if line.strip()))


@lru_cache(maxsize=4)
def _named(texts: tuple[str, ...]) -> list[Key]:
    return [Key(hashlib.sha256(b"name of " + _bytes(text)).hexdigest()[:8], text) for text in texts]


def _bytes(text: str) -> bytes:
    try:
        found = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != KEY_BYTES:
        raise ImproperlyConfigured(
            "A key of the secret box is 32 random bytes in base64; `manage.py secret_box make-key` prints one."
        )
    return found


def _write(path: Path, texts: list[str], *, replace: bool) -> None:
    """Write the keys for their owner alone; where `replace` is off, whoever was first stays."""
    private_file.write(path, "\n".join(texts) + "\n", replace=replace)
