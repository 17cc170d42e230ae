"""Who asks, as types; held to the server's own description as those in models.py."""

from dataclasses import dataclass
from typing import Literal

from tandem_client.models import Token


@dataclass(frozen=True)
class HeldRole:
    """What somebody may do, in all projects or in one."""

    role: Literal["owner", "manager", "reviewer", "finance", "ml_engineer", "tasker"]
    project: str | None


@dataclass(frozen=True)
class Me:
    """Who asks: a person, a model or a service account, in which organization, in which roles, by which token."""

    id: str
    name: str
    kind: Literal["human", "model", "imported", "service"]
    organization: str
    organization_id: str
    currency: str
    roles: list[HeldRole]
    token: Token
