"""Tasks of other types than spans, and a course of them."""

import io
import random
from typing import Any

from PIL import Image

from projects import queue
from projects.data.media import assets
from projects.data.media.pictures import read_picture
from projects.models import (
    Project,
    Task,
)
from projects.quality import estimating
from projects.quality.qualification import qualification_tests
from projects.workforce import rules
from taskers.skills import skills
from tests.support import make
from tests.support.cast import Cast
from tests.support.full_project import chosen
from tests.support.organization.world import World

DICE = random.Random(5)


def course(world: World, cast: Cast, project: Project) -> None:
    """Bob has tried it."""
    batch = make.batch(project)
    qualification_tests.add(make.task(batch), make.MARIA, by=cast.mina, dice=DICE)
    make.task(batch)
    skill = skills.define(cast.riverside, "Names")
    rules.change(project, cast.mina, training_tasks=1, training_skill=skill)
    skills.grant(cast.carol, skill, by=cast.mina)
    world.things["course_project"] = project.public_id
    make.judged(cast.bob, project, make.OSLO)
    world.others["course"] |= {"person_id": cast.bob.public_id}


def _picture() -> Any:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return read_picture(file.getvalue())


def pictures(world: World, cast: Cast, project: Project) -> None:
    picture = _picture()
    asset = assets.store(cast.riverside, [picture])[picture.sha256]
    payload = {"asset": asset.sha256, "width": asset.width, "height": asset.height, "name": "a.png"}
    world.others["pictures"] |= {"task_id": _task(project, payload, asset=asset).public_id}


def pairs(world: World, cast: Cast, project: Project) -> None:
    """Two pictures to choose from, and a ranking."""
    picture = _picture()
    asset = assets.store(cast.riverside, [picture])[picture.sha256]
    shown = {"asset": asset.sha256, "width": asset.width, "height": asset.height}
    payload = {"first": shown | {"item": "old"}, "second": shown | {"item": "new"}}
    task = _task(project, payload, asset=asset, other_asset=asset)
    make.judged(cast.bob, project, {"fields": [chosen("preferred", "first")]})
    estimating.run(estimating.start(project, by=cast.mina).pk)
    world.others["pairs"] |= {"task_id": task.public_id}


def _task(project: Project, payload: dict, **more: Any) -> Task:
    batch = make.batch(project)
    terms = {"external_id": "one", "payload": payload, "payload_hash": "one", "wanted": 1}
    task = Task.objects.create(project=project, batch=batch, **terms, **more)
    queue.open_slots([task.pk])
    return task


def grid(world: World, cast: Cast, project: Project) -> None:
    """Four tiles in Alice's hands."""
    make.tasks(make.batch(project), 12)
    group = queue.claim_group(cast.alice, project, 4)
    assert isinstance(group, list) and group[0].token
    world.others["grid"] |= {"tile": group[0].public_id, "token": group[0].token}
