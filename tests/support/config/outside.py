"""The environment of a shell outside the test session."""

import os

OURS = ("TANDEM_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_", "PYTEST_")


def outside() -> dict[str, str]:
    """This process's environment without what the test session or Tandem set."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
