"""Every address of ours, and one of each of the things that they name."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.urls import URLResolver, get_resolver

from projects.annotators import lifecycle
from projects.models import Asset, Import, Project, Task
from projects.workflow.comments import saying
from projects.workforce import conflicts_of_interest, rules
from taskers.credentials import tokens
from taskers.models import Dispute
from taskers.money import payouts
from taskers.people import invitations
from taskers.skills import skills
from tests.support import make

OURS = ("taskers.", "projects.", "config.", "assist.")
# Open to everybody on purpose: health, the API's description, and links whose secret is the key.
OPEN = {"healthz", "readyz", "schema", "api-page", "invitation", "password-link", "javascript-catalog"}


def addresses(resolver: URLResolver | None = None, space: str = "", above: tuple = ()) -> Iterator[tuple[str, tuple]]:
    """(full name, names of its arguments) of each view that is ours, the admin's and other packages' left out."""
    for pattern in (resolver or get_resolver()).url_patterns:
        arguments = above + tuple(pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            if pattern.app_name not in {"admin"}:
                yield from addresses(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space, arguments)
        elif pattern.name and pattern.callback.__module__.startswith((*OURS, "functools")):
            yield f"{space}{pattern.name}", arguments


NAMES = sorted({name for name, _arguments in addresses()} - OPEN)


@pytest.fixture
def things(cast, settings) -> dict[str, object]:
    """One of each of Riverside's things, by the names that addresses give them."""
    project: Project = make.project(cast.riverside, "Riverside's secret project", wanted=1)
    batch = make.batch(project)
    task: Task = make.tasks(batch, 2)[0]
    make.judged(cast.alice, project, make.MARIA)
    payout = payouts.propose(cast.riverside, cast.finn)
    mine = make.held(cast.alice, project)
    token, _secret = tokens.issue(cast.mina, cast.riverside, name="Pipeline")
    invitation, _secret = invitations.invite(cast.riverside, cast.mina, email="new@example.org", role="tasker")
    asset = Asset.objects.create(organization=cast.riverside, sha256="0" * 64, media_type="image/png", size=1)
    intake = Import.objects.create(batch=batch, name="a.jsonl", format="jsonl", file="a.jsonl")
    dispute = Dispute.objects.create(organization=cast.riverside, tasker=cast.alice, subject="annotation:1", text="No")
    skill = skills.define(cast.riverside, "Secret skill")
    skills.grant(cast.alice, skill, by=cast.mina)
    pair = conflicts_of_interest.keep_apart(cast.riverside, cast.bob, cast.carol, relation="other", by=cast.mina)
    kept = rules.exclude(cast.bob, project=project, reason="Secret reason", by=cast.mina)
    annotator, _secret = lifecycle.register(project, name="Secret model", by=cast.mina)
    comment = saying.say(mine, cast.alice, uuid4(), to="manager", words="Secret question")
    return {
        "comment_id": comment.public_id,
        "annotator_id": annotator.public_id,
        "skill_key": skill.key,
        "pair_id": pair.public_id,
        "exclusion_id": kept.public_id,
        "project_id": project.public_id,
        "batch_id": batch.public_id,
        "task_id": task.public_id,
        "assignment_id": mine.public_id,
        "person_id": cast.alice.public_id,
        "invitation_id": invitation.public_id,
        "token_id": token.public_id,
        "payout_id": payout.public_id,
        "intake_id": intake.public_id,
        "asset_id": asset.sha256,
        "dispute_id": dispute.public_id,
        "annotation_id": task.annotations.get().public_id,
        "version": 1,
        "format": "jsonl",
        "state": "paused",
        "move": "pause",
        "action": "requeue",
        "external_id": task.external_id,
    }
