"""What models say of texts and images that nobody has opened yet: asked of the runtime, and kept by whoever asks.

Whatever the database knows is read before a function begins to wait for the runtime: Django allows no query while it
waits.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings

from assist.errors import CopilotError
from assist.models import ModelVersion
from assist.runtime.client import RuntimeClient
from assist.suggestions import choices, judged
from assist.suggestions.bindings import picture_of, read_picture
from assist.suggestions.offers import Picture
from assist.suggestions.prototypes import Choices
from assist.suggestions.vector_encoding import packed
from assist.suggestions.written import Question
from projects.models import Gold, ImportedPrediction, Project, Task, Verdict

NOTHING_SAID = {"no-image", "no-answer"}


def of_texts(version: ModelVersion, tasks: Sequence[Task], patience: float | None) -> list:
    """What there is to keep of each text; None where the model has no answer. Raises CopilotError, or TimeoutError
    after `patience` seconds."""
    texts = [str(task.payload["text"]) for task in tasks]
    phrases = judged.phrases_of(_fields(tasks[0])) if judged.gives_shares(version) else []
    return asyncio.run(_of_texts(version, texts, phrases, patience))


async def _of_texts(version: ModelVersion, texts: list[str], phrases: Any, patience: float | None) -> list:
    client = RuntimeClient(settings.RUNTIME_ADDRESS)
    try:
        async with asyncio.timeout(patience):
            if version.capability == "spans":
                return await client.spans_of(str(version), texts)
            if judged.gives_shares(version):
                shares = await client.shares(str(version), texts, phrases)
                return [one and {"shares": one} for one in shares]
            return [packed(row) for row in await client.vectors(str(version), texts)]
    finally:
        await client.close()


def of_images(version: ModelVersion, tasks: Sequence[Task], patience: float | None = None) -> list[tuple[Task, Any]]:
    """What there is to keep of each picture that the model could read. One after another: what is done in advance waits
    for clicks anyway. Raises as `of_texts` does."""
    labels = judged.phrases_of(_fields(tasks[0])) if version.capability == "classify-image" else []
    return asyncio.run(_of_images(version, _shown(tasks), labels, patience))


def _shown(tasks: Sequence[Task]) -> list[tuple[Task, Picture]]:
    return [(task, picture) for task in tasks if (picture := picture_of(task)) is not None]


async def _of_images(
    version: ModelVersion, shown: Sequence[tuple[Task, Picture]], labels: Any, patience: float | None
) -> list[tuple[Task, Any]]:
    client, answers = RuntimeClient(settings.RUNTIME_ADDRESS), []
    try:
        async with asyncio.timeout(patience):
            for task, picture in shown:
                with contextlib.suppress(_Unreadable):
                    answers.append((task, await _image(client, version, picture, labels)))
    finally:
        await client.close()
    return answers


def everything(version: ModelVersion, tasks: Sequence[Task]) -> list[tuple[Task, Any]]:
    """All that stands apart in each picture that the model could read. Raises CopilotError."""
    return asyncio.run(_everything(version, _shown(tasks)))


async def _everything(version: ModelVersion, shown: Sequence[tuple[Task, Picture]]) -> list[tuple[Task, Any]]:
    client, answers = RuntimeClient(settings.RUNTIME_ADDRESS), []
    try:
        for task, picture in shown:
            read = partial(asyncio.to_thread, read_picture, picture)
            try:
                answers.append((task, await client.everything(str(version), picture.sha256, read)))
            except CopilotError as problem:
                if problem.code not in NOTHING_SAID:
                    raise
    finally:
        await client.close()
    return answers


def words(version: ModelVersion, question: Question) -> str:
    """What a model writes; "" where it has nothing to say. Raises CopilotError."""
    return asyncio.run(_words(version, question))


async def _words(version: ModelVersion, question: Question) -> str:
    client = RuntimeClient(settings.RUNTIME_ADDRESS)
    try:
        return await client.written(str(version), question.text, question.asked, question.longest)
    except CopilotError as problem:
        if problem.code not in NOTHING_SAID:
            raise
        return ""
    finally:
        await client.close()


class _Unreadable(Exception):
    """The model has nothing to say of this picture."""


async def _image(client: RuntimeClient, version: ModelVersion, picture: Picture, labels: Sequence[str]) -> Any:
    """Raises _Unreadable, or CopilotError where the next would fare no better."""
    key, read = str(version), partial(asyncio.to_thread, read_picture, picture)
    try:
        if version.capability in {"detect", "read"}:
            return await client.boxes(key, picture.sha256, read)
        if version.capability == "classify-image":
            return {"shares": await client.image_shares(key, picture.sha256, read, labels)}
        if version.capability == "embed-image":
            return packed(await client.image_vector(key, picture.sha256, read))
        await client.embed(key, picture.sha256, read)
    except CopilotError as problem:
        if problem.code not in NOTHING_SAID:
            raise
        raise _Unreadable from None
    return None


def _fields(task: Task) -> list[Choices]:
    return choices.of(task.project, task.project.settings_now())


def to_write_for(project: Project, tasks: Sequence[Task]) -> list[Task]:
    """Those with a text that somebody will get, and for which nothing was imported. A known answer's task is dealt for
    ever: were its words not there as soon as others', it would be known by that."""
    if project.state in (Project.State.DRAFT, Project.State.ARCHIVED):
        return []
    imported = ImportedPrediction.objects.filter(task__in=tasks).values_list("task", flat=True)
    decided = Verdict.objects.current().filter(task__in=tasks).values_list("task", flat=True)
    known = Gold.objects.filter(task__in=tasks, retired_at=None).values_list("task", flat=True)
    without = {*imported, *set(decided).difference(known)}
    return [
        task
        for task in tasks
        if task.pk not in without and not task.withheld and str(task.payload.get("text", "")).strip()
    ]
