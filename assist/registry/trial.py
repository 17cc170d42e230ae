"""The first question to a model that somebody brought: asked and timed before it can be chosen."""

from pathlib import Path

from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app

from assist.models import ModelVersion
from assist.registry import registry
from assist.runtime import smoke
from projects.errors import WorkerCrashed

JOB = "assist.jobs.try_model"


def ask(version: ModelVersion, folder: Path) -> ModelVersion:
    """Ask it now, in a process of its own, and write down how it did."""
    finding = smoke.examine(str(version), folder)
    return registry.tried(version, well=finding.well, said=" ".join(finding.lines), figures=finding.figures)


def begin(version: ModelVersion) -> None:
    """Have a worker ask it, after this transaction."""
    with transaction.atomic():
        registry.waits(version)
        app.configure_task(JOB, queue="copilot", lock=f"try:{version.pk}").defer(version_key=version.pk)


def run(key: int) -> bool:
    """What the worker does; whether the model is well."""
    version = ModelVersion.objects.get(pk=key)
    if version.removed_at is not None:
        return False
    return ask(version, Path(settings.MODELS_DIR)).smoke == ModelVersion.Smoke.PASSED


def end_crashed(key: int, problem: WorkerCrashed) -> None:
    """A model that killed the workers which asked it doesn't answer."""
    version = ModelVersion.objects.get(pk=key)
    if version.removed_at is None:
        registry.tried(version, well=False, said=problem.text, figures={})
