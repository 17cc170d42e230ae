"""Readers for environment variables that stop the start when a value makes no sense."""

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from taskers.database.pool_waits import POOL_WAIT_SECONDS, RECONNECT_SECONDS
from taskers.files import private_file
from taskers.outbound import host_keys


def flag(name: str, default: bool = False) -> bool:
    """A yes/no variable; anything but the usual words raises ImproperlyConfigured."""
    word = os.environ.get(name, "").strip().lower()
    if word == "":
        return default
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {word!r}.")


def number(name: str, default: int) -> int:
    """A whole number; anything else raises ImproperlyConfigured."""
    word = os.environ.get(name, "").strip()
    if word == "":
        return default
    try:
        return int(word)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {word!r}.") from None


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas, blanks dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def check_model_keys() -> None:
    """Raises ImproperlyConfigured where the list of keys of models' hosts can't be read: a process of a model reads it
    when it asks, which is too late to say so."""
    try:
        host_keys.read(words(host_keys.VARIABLE))
    except host_keys.BadKeys as problem:
        raise ImproperlyConfigured(str(problem)) from None


def kept_secret(name: str, path: Path) -> str:
    """The secret from the environment, or else one made once and kept in `path`, readable by its owner alone."""
    given = os.environ.get(name, "")
    if given:
        return given
    if not path.exists():
        private_file.write(path, secrets.token_urlsafe(48), replace=False)
    return path.read_text().strip()


def database(url: str, pool_size: int) -> dict:
    """Django's settings for a `postgresql://user:password@host:port/name?option=value` address.

    A socket folder is given as `?host=/folder`. Other schemes raise ImproperlyConfigured: row locks matter here,
    and SQLite ignores them silently.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"DATABASE_URL must start with postgresql://, not {parts.scheme}://.")
    query = dict(parse_qsl(parts.query))
    options: dict = {key: value for key, value in query.items() if key not in {"host", "port"}}
    # Prepared statements (taskers/database/prepared.py) are planned once per connection; none is worth compiling.
    options.setdefault("options", "-c plan_cache_mode=force_generic_plan -c jit=off")
    if pool_size:
        # Without a pool each request in flight under ASGI opens a backend of its own.
        waits = {"timeout": POOL_WAIT_SECONDS, "reconnect_timeout": RECONNECT_SECONDS}
        options["pool"] = {"min_size": 1, "max_size": pool_size} | waits
    return {
        "ENGINE": "taskers.database.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or query.get("port") or ""),
        "OPTIONS": options,
    }
