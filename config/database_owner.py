"""The database's owner: its address, and a connection that signs in by it for as long as tables are changed.

The application's role owns nothing (config/database_privileges.py). Only migrate, backup, restore and the demo's past
need the owner. The embedded server's owner is known; for a server of one's own the operator names it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper

from config import environment, postgres

VARIABLE = "TANDEM_OWNER_DATABASE_URL"
PLACE = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


def address(variables: Mapping[str, str], data: Path) -> str:
    """The owner's address; the application's where the operator gave that one alone. Raises ImproperlyConfigured."""
    application, owner = variables.get("DATABASE_URL"), variables.get(VARIABLE)
    if owner and not application:
        raise ImproperlyConfigured(f"{VARIABLE} is set and DATABASE_URL is not: set both, or neither.")
    return owner or application or postgres.owner_url(data)


def application(variables: Mapping[str, str], data: Path) -> str:
    """The role that the application signs in as, or is to sign in as where it still is the owner."""
    role, owner = (
        environment.database(url, pool_size=0)["USER"]
        for url in (variables.get("DATABASE_URL") or postgres.url(data), address(variables, data))
    )
    return role if role != owner else postgres.APPLICATION


@contextmanager
def signed_in(connection: BaseDatabaseWrapper, data: Path) -> Iterator[None]:
    """Have Django's connection sign in as the owner of its database for the length of a block.

    Raises ImproperlyConfigured where the owner's address leads to another database, and RuntimeError within a
    transaction, which would go on as somebody else.
    """
    if connection.in_atomic_block:
        raise RuntimeError("Nobody can become the database's owner within a transaction.")
    own = connection.settings_dict
    connection.close()
    connection.settings_dict = own | _terms(address(os.environ, data))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = own


def _terms(owner: str) -> dict[str, Any]:
    terms = environment.database(owner, pool_size=0)
    application = os.environ.get("DATABASE_URL")
    if application and environment.database(application, pool_size=0)["NAME"] != terms["NAME"]:
        raise ImproperlyConfigured(f"{VARIABLE} and DATABASE_URL name two databases: they must name the same one.")
    # A test works in another database of the same server.
    return {name: terms[name] for name in PLACE}
