"""How a version comes to answer in a project: as its first model, because it passed, or by two people's word; and to
decide alone there by such a word. The only writer of Override."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from assist.errors import CopilotError
from assist.models import (
    AnnotatorVersion,
    Deployment,
    Evaluation,
    ModelVersion,
    OrganizationDefault,
    Override,
    Rollout,
    rivals,
)
from assist.registry import defaults, registry, resolution
from assist.runtime.client import RuntimeClient
from assist.suggestions import suited
from projects.annotators import lifecycle, second_person
from projects.models import ModelAnnotator, Project
from taskers.errors import StateConflict, Word
from taskers.models import Organization, Person

WAITING, CONFIRMED, DECLINED = (Override.State[name] for name in ("WAITING", "CONFIRMED", "DECLINED"))

# The least that a model has to do: read a sentence, or compare two. Masks are asked of a picture, which a project's
# first model has none of yet: that its process is up must do.
Question = Callable[[RuntimeClient, str], Awaitable[Any]]
SMOKE: dict[str, Question] = {
    "spans": lambda client, key: client.spans_of(key, ["Maria Bell moved to Lisbon in 2019."]),
    "classify": lambda client, key: client.vectors(key, ["A first text.", "Another one."]),
    "segment": lambda client, key: client.status(),
}


def others_answered(project: Project, version: ModelVersion) -> bool:
    """Whether another model than this, that suggests the same, has answered in this project: then there is something to
    compare with."""
    return not resolution.answered(project, version).isdisjoint(rivals.of(version.capability))


def unanswered(project: Project, capabilities: Iterable[str]) -> list[str]:
    """Those of these of which a model may be the first here: nothing that suggests the same has answered yet."""
    known = resolution.answered(project)
    return [one for one in capabilities if known.isdisjoint(rivals.of(one))]


def first(project: Project, version: ModelVersion, *, share: int, by: Person) -> Deployment:
    """Deploy a project's first model, once it has answered a question. It suggests; deciding is another matter.

    Raises StateConflict where another model that suggests the same has answered before, or this one doesn't.
    """
    if others_answered(project, version):
        raise StateConflict(registry.NO_BASIS[Deployment.Basis.FIRST])
    suits(project, version)
    _check_answers(version)
    return registry.deploy(project, version, share=share, by=by, grounds=registry.FIRST)


def begin_with(organization: Organization, version: ModelVersion, *, by: Person) -> OrganizationDefault:
    """Let an organization's projects begin with a version, once it has answered a question. It suggests, and takes no
    other model's place. Raises StateConflict."""
    defaults.check(organization, version)
    _check_answers(version)
    return defaults.begin(organization, version, by=by)


def _check_answers(version: ModelVersion) -> None:
    try:
        asyncio.run(_answers(version))
    except CopilotError as problem:
        raise StateConflict(
            "%(model)s didn't answer a first question: %(why)s", model=str(version), why=Word(problem.text)
        ) from None


def suits(project: Project, version: ModelVersion) -> None:
    """Raises StateConflict where these tasks have no use for a version, or it may not answer here."""
    suited.check(project, version)
    if not registry.usable(project).filter(pk=version.pk).exists():
        registry.check_tried(version)
        raise StateConflict("%(model)s isn't there for this project.", model=str(version))


@transaction.atomic
def promote(evaluation: Evaluation, *, share: int, by: Person) -> Deployment:
    """Deploy what passed, in a share that the champion gives up. Raises StateConflict where that isn't so any more, or
    it is on its way there step by step."""
    if evaluation.outcome != Evaluation.Outcome.PASSED:
        raise StateConflict("This evaluation was not passed.")
    Project.objects.select_for_update(of=("self",)).get(pk=evaluation.project_id)
    check_harmless(evaluation)
    under_way = Rollout.objects.filter(project=evaluation.project_id, version=evaluation.candidate_id)
    if under_way.filter(state__in=(Rollout.State.LIVE, Rollout.State.HELD)).exists():
        raise StateConflict(registry.ON_ITS_WAY, model=str(evaluation.candidate))
    grounds = registry.passed(evaluation)
    return registry.deploy(evaluation.project, evaluation.candidate, share=share, by=by, grounds=grounds)


def check_harmless(evaluation: Evaluation) -> None:
    """Raises StateConflict where harm was shown in people's work after this evaluation."""
    if Rollout.objects.filter(evaluation=evaluation, state=Rollout.State.BACK, reason=Rollout.Reason.HARM).exists():
        model = str(evaluation.candidate)
        raise StateConflict("%(model)s did harm after this evaluation: evaluate it again.", model=model)


@transaction.atomic
def ask_override(project: Project, version: ModelVersion, *, share: int, reason: str, by: Person) -> Override:
    """Wish for a model to be deployed though it hasn't passed: it waits for a second person. Raises StateConflict."""
    if not reason.strip():
        raise StateConflict("Say why it should answer though it hasn't passed.")
    suits(project, version)
    return _asked(project, version, Override.Purpose.SUGGEST, share=share, reason=reason, by=by)


@transaction.atomic
def ask_to_decide(project: Project, version: ModelVersion, *, reason: str, by: Person) -> Override:
    """Wish that a model annotator decides alone though no evaluation says that it may: it waits for a second person.
    Raises StateConflict."""
    if not reason.strip():
        raise StateConflict("Say why it should decide alone.")
    _annotator_of(project, version)
    return _asked(project, version, Override.Purpose.DECIDE, share=registry.WHOLE, reason=reason, by=by)


def _asked(
    project: Project, version: ModelVersion, purpose: Override.Purpose, *, share: int, reason: str, by: Person
) -> Override:
    second_person.check_person(by)
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if Override.objects.filter(project=project, version=version, purpose=purpose, state=WAITING).exists():
        raise StateConflict("%(model)s waits for a second person already.", model=str(version))
    told = {"purpose": purpose, "share": share, "reason": reason.strip(), "asked_by": by}
    made = Override.objects.create(project=project, version=version, **told)
    _tell("model_override_asked", made, by)
    return made


def _annotator_of(project: Project, version: ModelVersion) -> ModelAnnotator:
    rows = AnnotatorVersion.objects.filter(annotator__project=project, version=version)
    found = rows.select_related("annotator__project__organization", "annotator__tasker").first()
    if found is None:
        raise StateConflict("%(model)s is no annotator here.", model=str(version))
    return found.annotator


@transaction.atomic
def confirm_override(override: Override, *, by: Person) -> Deployment | ModelAnnotator:
    """A second person shares the reason: the model is deployed, or decides alone from now on. Raises StateConflict,
    also for the one who asked, and Refused for a program."""
    if override.asked_by_id == by.pk:
        raise StateConflict("A second person has to confirm this.")
    second_person.check_person(by)
    if override.purpose == Override.Purpose.DECIDE:
        _check_still_meant(override)
    _answer(override, CONFIRMED, by)
    _tell("model_override_confirmed", override, by)
    if override.purpose == Override.Purpose.DECIDE:
        annotator = _annotator_of(override.project, override.version)
        return lifecycle.move(annotator, by=override.asked_by, mode=ModelAnnotator.Mode.DECIDE, reason=override.reason)
    grounds = registry.override(override.reason, by)
    return registry.deploy(
        override.project, override.version, share=override.share, by=override.asked_by, grounds=grounds
    )


def _check_still_meant(override: Override) -> None:
    """Raises StateConflict where it switched itself off since: whoever asked didn't know of that."""
    moves = _annotator_of(override.project, override.version).moves
    if moves.filter(mode=ModelAnnotator.Mode.OFF, by=None, at__gt=override.asked_at).exists():
        raise StateConflict("It switched itself off since this was asked: ask anew.")


@transaction.atomic
def decline_override(override: Override, *, by: Person) -> None:
    """It doesn't come to pass; who asked may take it back as well. Raises StateConflict if it was answered."""
    _answer(override, DECLINED, by)
    _tell("model_override_declined", override, by)


def _answer(override: Override, state: str, by: Person) -> None:
    waiting = Override.objects.filter(pk=override.pk, state=WAITING)
    if not waiting.update(state=state, answered_by=by, answered_at=Now()):
        raise StateConflict("This was answered already.")


async def _answers(version: ModelVersion) -> None:
    client = RuntimeClient(settings.RUNTIME_ADDRESS)
    try:
        # A model that was brought has answered a question already, in a process of its own.
        question = SMOKE.get("" if version.terms else version.capability, lambda client, key: client.status())
        await question(client, str(version))
    finally:
        await client.close()


def _tell(kind: str, override: Override, by: Person) -> None:
    terms = {"purpose": override.purpose, "share": override.share, "reason": override.reason}
    registry.tell(kind, override.project, override.version, by, **terms)
