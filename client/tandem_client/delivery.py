"""What the API says of deliveries, as types; held to the server's own description as those in models.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tandem_client.models import Json

DeliveryState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class SplitTerms:
    """Into which parts tasks are split: percents of train, validation and test; those with the same `by` together."""

    shares: Json
    by: str | None = None


@dataclass(frozen=True)
class DeliveryTerms:
    """Which tasks a delivery takes, and how it says them. What is left out says: everything, whole, as it is."""

    batch: str | None = None
    labels: list[str] | None = None
    confidence: float | None = None
    since: datetime | None = None
    split: SplitTerms | None = None
    label_map: Json | None = None
    media: bool | None = None
    masks: str | None = None


@dataclass(frozen=True)
class Delivery:
    """A numbered result: what it holds, and how far it is while it is made."""

    id: str
    number: int
    project: str
    format: str
    terms: DeliveryTerms
    target: str
    place: str
    note: str
    made_by: str | None
    made_at: datetime
    state: DeliveryState
    fault: str
    reason: str
    ended_at: datetime | None
    written: int
    settings_version: int | None
    position: int
    before: int | None
    tasks: int
    added: int
    changed: int
    gone: int
    files: int
    bytes: int
    sha256: str
    manifest_sha256: str
    expires_at: datetime | None
    removed_at: datetime | None


@dataclass(frozen=True)
class KeptFor:
    """How long the files of deliveries are kept: so many days, or (None) for ever; as the project or the organization
    says."""

    days: int | None
    said_by: Literal["project", "organization"] | None
    since: datetime | None
