"""What `serve` insists on before it starts: nothing that is only fit for one's own machine leaves it."""

import os
from collections.abc import Mapping

from config.problem import CannotStart
from taskers.outbound import host_keys

LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]"}
SHORTEST_SECRET = 32
KNOWN_SECRETS = ("changeme", "change-me", "secret", "django-insecure", "your-secret", "example", "password")
YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}


def check(environment: Mapping[str, str]) -> None:
    """Raise CannotStart if this environment is unfit to be reached from other machines."""
    host, _ = address(environment)
    hosts = [name.strip() for name in environment.get("TANDEM_HOSTS", "").split(",") if name.strip()]
    if host in LOOPBACK and all(name in LOOPBACK for name in hosts):
        return
    if environment.get("TANDEM_DEBUG", "").lower() in YES:
        raise CannotStart("TANDEM_DEBUG is on, which shows settings to strangers: unset it.")
    _check_secret(environment.get("SECRET_KEY", ""))
    if not hosts:
        raise CannotStart("TANDEM_HOSTS is not set: list the host names people will use, with commas.")
    if "*" in hosts:
        raise CannotStart("TANDEM_HOSTS is *, which lets others choose our name: list the host names.")
    if environment.get("TANDEM_TLS", "").lower() not in YES | NO:
        raise CannotStart(
            "TANDEM_TLS is not set: set it to yes behind a proxy that ends TLS, "
            "or to no if passwords may travel in the clear on this network."
        )


def check_model_keys(environment: Mapping[str, str]) -> None:
    """Raise CannotStart where the keys of models' hosts can't be read: a model's process would, when it is asked."""
    words = [word.strip() for word in environment.get(host_keys.VARIABLE, "").split(",") if word.strip()]
    try:
        host_keys.read(words)
    except host_keys.BadKeys as problem:
        raise CannotStart(str(problem)) from None


def _check_secret(secret: str) -> None:
    advice = "make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`."
    if not secret:
        raise CannotStart(f"SECRET_KEY is not set: {advice}")
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < 10:
        raise CannotStart(f"SECRET_KEY is too short or too plain to be a secret: {advice}")
    if any(known in secret.lower() for known in KNOWN_SECRETS):
        raise CannotStart(f"SECRET_KEY is a default that everybody knows: {advice}")


def address(environment: Mapping[str, str] = os.environ) -> tuple[str, int]:
    """Host and port of `TANDEM_BIND` (default 127.0.0.1:8000). Raises CannotStart."""
    text = environment.get("TANDEM_BIND") or "127.0.0.1:8000"
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal():
        raise CannotStart(f"TANDEM_BIND must be HOST:PORT, not {text!r}.")
    return host.strip("[]") or "0.0.0.0", int(port)


def count(name: str, default: int, environment: Mapping[str, str] = os.environ) -> int:
    """A whole number of processes, 0 or more. Raises CannotStart."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal():
        raise CannotStart(f"{name} must be a whole number, not {text!r}.")
    return int(text)
