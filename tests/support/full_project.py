"""A project of each task type with one of everything in it, for tests that look at every page."""

import hashlib
import json
import random
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from projects import queue
from projects.annotators import lifecycle
from projects.models import Asset, Project, Task
from projects.quality.gold import grading
from projects.quality.qualification import qualification_tests
from projects.queue.leases import SKIP_REASONS
from projects.reports import progress
from projects.workflow import task_actions, void_work
from projects.workflow.comments import saying
from projects.workforce import rules
from taskers.models import Event
from taskers.skills import skills
from tests.support import make
from tests.support.cast import Cast

DICE = random.Random(11)
ANIMALS = [{"key": "cat", "name": "Cat", "hotkey": "1"}, {"key": "dog", "name": "Dog"}]
BOX = {"shape": {"type": "box", "x": 1, "y": 1, "width": 3, "height": 2}, "label": "cat", "attributes": {}}


# Values that no form would round without changing them.
ODD = {
    "thresholds": {"agreement": 0.755},
    "instructions": "\n# Letters\n\nMark **names**.\n",
    "instructions_by_language": {"es": "\nMarque los nombres.\n"},
    "lease_seconds": 100,
    "pay_floor": 1 / 3,
    "most": 4,
    "target": 0.615,
    "budget": 2.125,
    "audit_share": 0.0125,
    "rate": 33_333,
}
MODES = dict.fromkeys(SKIP_REASONS, "others")


def chosen(field: str, value: Any, kind: str = "choice") -> dict:
    """One field of an answer, filled in by a person."""
    return {"field": field, "kind": kind, "value": value, "provenance": {"source": "human"}}


@dataclass(frozen=True)
class Kind:
    """What a project of a type is made of."""

    terms: dict[str, Any]
    payload: dict[str, Any]
    right: dict[str, Any]
    other: dict[str, Any]


KINDS = {
    "text_spans": Kind(
        {"labels": make.LABELS, "label_mapping": {"PERSON": "person"}}, {"text": make.TEXT}, make.MARIA, make.OSLO
    ),
    "image_regions": Kind(
        {"labels": [{**one, "shapes": ["box", "mask"]} for one in ANIMALS]},
        {"width": 7, "height": 5, "name": "cat.png"},
        {"regions": [{"id": "r1", **BOX, "provenance": {"source": "human"}}]},
        {"regions": []},
    ),
    "classification": Kind(
        {
            "labels": [*ANIMALS, {"name": "Horse", "parent": "Cat"}],
            "fields": [
                {"name": "Kind", "kind": "choice"},
                {"name": "Legs", "kind": "number", "min": 0, "max": 8, "required": False},
            ],
        },
        {"text": "A horse by the river."},
        {"fields": [chosen("kind", "cat")]},
        {"fields": [chosen("kind", "dog"), chosen("legs", 4, "number")]},
    ),
    "preference": Kind(
        {"labels": [], "fields": [{"name": "Why", "kind": "text", "required": False}]},
        {"first": {"text": "Rayleigh."}, "second": {"text": "The sea."}},
        {"fields": [chosen("preferred", "first")]},
        {"fields": [chosen("preferred", "tie")]},
    ),
}


def tasks(batch: Any, number: int) -> list[Task]:
    """Tasks of the batch's type, open to be judged."""
    kind = KINDS[batch.project.task_type]
    payload, asset = dict(kind.payload), None
    if "width" in payload:
        terms = {"organization": batch.project.organization, "sha256": "0" * 64}
        asset, _made = Asset.objects.get_or_create(**terms, defaults={"size": 1, "media_type": "image/png"})
        payload["asset"] = asset.sha256
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    before = Task.objects.filter(batch=batch).count()
    made = [
        Task.objects.create(
            project=batch.project,
            batch=batch,
            external_id=f"{batch.name}-{index}",
            payload=payload,
            payload_hash=digest,
            asset=asset,
            wanted=batch.project.settings_now().wanted,
        )
        for index in range(before, before + number)
    ]
    queue.open_slots([one.pk for one in made])
    return made


def project(cast: Cast, task_type: str, **terms: Any) -> Project:
    """Decided work, work that waits for a reviewer, is held, asked about, withheld; gold, a course, a model, rules."""
    kind = KINDS[task_type]
    made = make.project(cast.riverside, f"All of {task_type}", task_type, **ODD | kind.terms | terms)
    first = make.batch(made)
    make.batch(made, "Later", state="draft")
    tasks(first, 2)
    for tasker in (cast.alice, cast.bob):
        make.judged(tasker, made, kind.right)
    make.judged(cast.alice, made, kind.right)
    make.judged(cast.bob, made, kind.other)
    withheld, gold, item, _open = tasks(first, 4)
    task_actions.withhold(withheld, by=cast.mina, note="The scan is blank")
    queue.set_aside(gold, by=cast.mina)
    grading.stock(gold, kind.right, by=cast.mina, dice=DICE)
    qualification_tests.add(item, kind.right, by=cast.mina, dice=DICE, explanation="It *is* so.")
    hers = make.held(cast.alice, made)
    saying.say(hers, cast.alice, uuid4(), to="manager", words="Is the tail part of it?")
    skill = skills.define(cast.riverside, f"Read {task_type}")
    skills.grant(cast.alice, skill, by=cast.mina)
    skills.grant(cast.bob, skill, by=cast.mina)
    rules.change(made, cast.mina, standing_floor=0.615, gold_share=0.125, skip_modes=MODES, training_pass=0.805)
    rules.revise(made, cast.mina, requirements=[{"skill": skill, "comparator": "exists", "value": None, "values": []}])
    void_work.keep_out(cast.carol, "paused", reason="Until Monday", until=None, by=cast.mina, project=made)
    lifecycle.register(made, name=f"Max for {task_type}", by=cast.mina)
    progress.add(Event.objects.all())
    return made
