"""What the API says and takes, as types. tests/client/test_models.py holds them to the server's own description.
Ids are texts: keep them, compare them, and don't look into them. What a newer server says besides is passed over.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from tandem_client.schema import Field, Label

Json = Mapping[str, Any]
ProjectState = Literal["draft", "live", "paused", "archived"]
BatchState = Literal["draft", "live", "paused", "closed", "cancelled"]
Move = Literal["live", "paused", "closed", "cancelled"]
ImportState = Literal["waiting", "planning", "planned", "running", "done", "failed", "dropped"]
Answers = Literal["leave", "prediction", "judgement", "gold", "verdict"]
FeedState = Literal["decided", "reopened", "archived", "cancelled"]
FeedKind = Literal["decided", "superseded", "reopened", "archived", "cancelled"]
WebhookState = Literal["on", "off", "gone"]
WebhookDeliveryState = Literal["waiting", "done", "dead"]


@dataclass(frozen=True)
class Thresholds:
    """Shares in [0, 1] from which answers agree."""

    agreement: float | None = None
    iou: float | None = None
    span_match: Literal["exact", "overlap"] | None = None


@dataclass(frozen=True)
class ReviewRule:
    """Which tasks a reviewer looks at although their answers decide them; any of these is enough."""

    share: float | None = None
    below: float | None = None
    standing: float | None = None
    labels: list[str] | None = None
    when: Literal["before", "after"] | None = None


@dataclass(frozen=True)
class Settings:
    """What a project asks for. What is None when a project is made keeps its default."""

    instructions: str | None = None
    instructions_by_language: dict[str, str] | None = None
    wanted: int | None = None
    rate: Decimal | None = None
    unit_rate: Decimal | None = None
    hourly_rate: Decimal | None = None
    paid_seconds: int | None = None
    review_rate: Decimal | None = None
    raise_percent: int | None = None
    raise_from: float | None = None
    lease_seconds: int | None = None
    file_order: bool | None = None
    depth_first: bool | None = None
    copilot: bool | None = None
    label_mapping: dict[str, str] | None = None
    minimum_score: float | None = None
    aggregation: str | None = None
    most: int | None = None
    target: float | None = None
    audit_share: float | None = None
    review: ReviewRule | None = None
    budget: float | None = None
    thresholds: Thresholds | None = None
    pay_floor: float | None = None
    shows_verdicts: bool | None = None
    correction_minutes: int | None = None
    fields_asked: list[Field] | None = None
    grid: int | None = None
    empty_usual: bool | None = None


@dataclass(frozen=True)
class ProjectLine:
    """A project in a list."""

    id: str
    name: str
    task_type: str
    state: ProjectState


@dataclass(frozen=True)
class Project:
    """A project with its settings in force and its labels."""

    id: str
    name: str
    task_type: str
    state: ProjectState
    currency: str
    settings_version: int
    settings: Settings
    labels: list[Label]
    created_at: datetime


@dataclass(frozen=True)
class Progress:
    """How far a batch has come, a second or so ago."""

    tasks: int
    wanted: int
    submitted: int
    decided: int
    in_review: int


@dataclass(frozen=True)
class Batch:
    """Tasks that were loaded together."""

    id: str
    project: str
    name: str
    state: BatchState
    priority: int
    deadline: datetime | None
    progress: Progress
    created_at: datetime


@dataclass(frozen=True)
class NewTask:
    """A row to load: the same external id with the same payload again is known, with another one a conflict."""

    payload: Json
    external_id: str | None = None
    callback_url: str | None = None


@dataclass(frozen=True)
class Fault:
    """Why one row can't become a task, and where it stands."""

    place: str
    code: str
    text: str


@dataclass(frozen=True)
class Loaded:
    """What became of rows. Good ones went in, whatever happened to others."""

    read: int
    loaded: int
    known: int
    rejected: int
    errors: list[Fault]
    ids: int
    unnamed: int
    columns: list[str]


@dataclass(frozen=True)
class NewPrediction:
    """What a model says of a task, which is named by either of its ids."""

    answer: Json
    task: str | None = None
    external_id: str | None = None
    score: float | None = None
    source: str | None = None


@dataclass(frozen=True)
class Predicted:
    """What became of predictions. Good ones are kept, whatever happened to others."""

    read: int
    kept: int
    rejected: int
    errors: list[Fault]
    lost: int
    losses: list[Fault]


@dataclass(frozen=True)
class PredictionSource:
    """Whose predictions a project has, and of how many tasks."""

    name: str
    predictions: int
    newest_at: datetime | None


@dataclass(frozen=True)
class Import:
    """A file on its way into a batch."""

    id: str
    batch: str
    name: str
    format: str
    state: ImportState
    position: int
    loaded: int
    known: int
    rejected: int
    errors: list[Fault]
    ids: int
    unnamed: int
    columns: list[str]
    answered: int
    lost: int
    losses: list[Fault]
    expected: int | None
    plan: dict[str, Any] | None
    choices: dict[str, Any] | None
    reason: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Verdict:
    """A decided answer."""

    id: str
    task: str
    external_id: str
    answer: dict[str, Any]
    confidence: float
    method: str
    settings_version: int
    decided_by: str | None
    note: str
    at: datetime
    superseded_at: datetime | None


@dataclass(frozen=True)
class FeedLine:
    """A verdict that stands (`state` is "decided"), or the word that a task's stands no longer, or none will come."""

    task: str
    external_id: str
    state: FeedState
    kind: FeedKind
    at: datetime
    id: str | None
    answer: dict[str, Any] | None
    confidence: float | None
    method: str | None
    settings_version: int | None
    decided_by: str | None
    note: str | None
    superseded_at: datetime | None
    supersedes: str | None
    labels: dict[str, str] | None = None  # the names of the answer's labels, by their keys


@dataclass(frozen=True)
class Task:
    """A task and the verdict that stands."""

    id: str
    project: str
    batch: str
    external_id: str
    payload: dict[str, Any]
    wanted: int
    withheld: str
    priority: int
    created_at: datetime
    gain: float | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Person:
    """Somebody."""

    id: str
    name: str


@dataclass(frozen=True)
class Judgement:
    """One answer to a task, with who gave it."""

    id: str
    tasker: Person
    answer: dict[str, Any]
    at: datetime
    voided_at: datetime | None
    void_reason: str


@dataclass(frozen=True)
class Webhook:
    """Who is told of what."""

    id: str
    project: str | None
    name: str
    url: str
    kinds: list[str]
    callbacks: bool
    state: WebhookState
    failing_since: datetime | None
    retry_at: datetime | None
    old_secret_until: datetime | None
    made_at: datetime


@dataclass(frozen=True)
class NewWebhook(Webhook):
    """A webhook with the secret that signs its messages, told this once."""

    secret: str = dataclasses.field(repr=False)


@dataclass(frozen=True)
class WebhookDelivery:
    """A webhook's message, and how it fared."""

    id: str
    kind: str
    state: WebhookDeliveryState
    url: str
    tries: int
    made_at: datetime
    due_at: datetime
    tried_at: datetime | None
    status: int | None
    fault: str
    beginning: str
    took: float | None
    body: str


@dataclass(frozen=True)
class Token:
    """Somebody's API token, without its secret."""

    id: str
    name: str
    person: str
    person_name: str
    email: str
    prefix: str
    made_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    scopes: list[str]
    replaces: str | None
