"""The seeds of second steps and recovery codes, in the secret box."""

from collections import Counter
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from taskers.credentials import secret_box

PURPOSE = "second-step"


class SealedSecrets(DefaultMFAAdapter):
    """Keeps sealed what allauth has to read again. What an older release wrote in clear is read too, until `reseal`."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("Incorrect code. Each code works once: if you used this one, wait for the next.")
    }

    def encrypt(self, text: str) -> str:
        return secret_box.seal(text, PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return secret_box.unseal(encrypted_text, PURPOSE) if secret_box.key_of(encrypted_text) else encrypted_text


def used() -> Counter[str]:
    """How many seeds and codes lie under each key, "" for those in clear."""
    return Counter(secret_box.key_of(text) for row in _rows() for text in _texts(row.data))


def reseal() -> int:
    """Bring them all under the first key; returns how many weren't."""
    first, done = secret_box.keys()[0].name, 0
    for key in list(_rows().values_list("pk", flat=True)):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=key).first()
            old = [text for text in _texts(row.data) if secret_box.key_of(text) != first] if row else []
            if row and old:
                row.data = {name: _resealed(name, value, first) for name, value in row.data.items()}
                row.save(update_fields=["data"])
                done += len(old)
    return done


def _rows() -> Any:
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    return Authenticator.objects.filter(type__in=kinds).order_by("pk")


def _texts(data: dict) -> list[str]:
    """The secrets of one row: a seed, or codes brought over from elsewhere."""
    return [data[name] for name in ("secret", "seed") if name in data] + list(data.get("migrated_codes") or [])


def _resealed(name: str, value: Any, first: str) -> Any:
    if name == "migrated_codes" and value:
        return [_one(text, first) for text in value]
    return _one(value, first) if name in {"secret", "seed"} else value


def _one(text: str, first: str) -> str:
    adapter = SealedSecrets()
    return text if secret_box.key_of(text) == first else adapter.encrypt(adapter.decrypt(text))


PLACE = secret_box.Place("second steps", used, reseal)
