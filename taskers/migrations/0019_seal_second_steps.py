"""Seals the seeds of second steps and recovery codes that an older release kept in clear."""

import base64
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import migrations

MARK, PURPOSE = "box1", "second-step"


def keys():
    """As the secret box had them when this was written: from the environment, or else a file made once."""
    given = list(settings.SECRET_BOX_KEYS)
    path = Path(settings.SECRET_BOX_FILE)
    if not given and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret-box-", delete=False) as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() + "\n")
        try:
            path.hardlink_to(file.name)
        except FileExistsError:
            pass
        finally:
            os.unlink(file.name)
    texts = given or path.read_text().split()
    raw = [base64.urlsafe_b64decode(text) for text in texts]
    return {hashlib.sha256(b"name of " + one).hexdigest()[:8]: one for one in raw}


def seal(text):
    if text.startswith(f"{MARK}:"):
        return text
    name, key = next(iter(keys().items()))
    nonce = secrets.token_bytes(12)
    closed = nonce + AESGCM(key).encrypt(nonce, text.encode(), f"{MARK}:{name}:{PURPOSE}".encode())
    return f"{MARK}:{name}:{base64.urlsafe_b64encode(closed).decode()}"


def unseal(text):
    if not text.startswith(f"{MARK}:"):
        return text
    _mark, name, closed = text.split(":", 2)
    raw = base64.urlsafe_b64decode(closed)
    return AESGCM(keys()[name]).decrypt(raw[:12], raw[12:], f"{MARK}:{name}:{PURPOSE}".encode()).decode()


def every_secret(apps, change):
    for row in apps.get_model("mfa", "Authenticator").objects.filter(type__in=["totp", "recovery_codes"]).iterator():
        data = dict(row.data)
        for name in ("secret", "seed"):
            if name in data:
                data[name] = change(data[name])
        if data.get("migrated_codes"):
            data["migrated_codes"] = [change(code) for code in data["migrated_codes"]]
        if data != row.data:
            row.data = data
            row.save(update_fields=["data"])


def seal_all(apps, schema_editor):
    every_secret(apps, seal)


def unseal_all(apps, schema_editor):
    every_secret(apps, unseal)


class Migration(migrations.Migration):

    dependencies = [
        ("taskers", "0018_throttle"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal_all, unseal_all)]
