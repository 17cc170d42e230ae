"""Adding a model annotator to a project, and moving it: watched, counted, deciding, off.

Switched off, a model is kept out like anybody else (an Exclusion says why), so that the queue knows of none, and
what it had said of undecided tasks is taken back and asked of people.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from projects.annotators import second_person
from projects.errors import Refused
from projects.models import Exclusion, ModelAnnotator, ModelAnnotatorChange, Project, limits
from projects.workforce import rules
from taskers.credentials import tokens
from taskers.errors import NotFound, StateConflict
from taskers.models import ApiToken, Person, Scope
from taskers.models.limits import TOKEN_NAME
from taskers.models.people import Role
from taskers.outbox.events import emit
from taskers.people import invitations

MAY_DECIDE = "annotator_may_decide"  # what the database asks of a model that it knows itself
BEGINNING = {"audits": 0, "e_values": []}  # of the vigil


def of_project(project: Project) -> Sequence[ModelAnnotator]:
    """The models at work in a project, oldest first."""
    rows = ModelAnnotator.objects.filter(project=project).select_related(
        "project__organization", "tasker", "registered_by"
    )
    return list(rows.order_by("pk"))


def one_of(project: Project, public_id: UUID) -> ModelAnnotator:
    """One of a project's model annotators; NotFound for every other."""
    rows = ModelAnnotator.objects.filter(project=project, public_id=public_id)
    found = rows.select_related("project__organization", "tasker").first()
    if found is None:
        raise NotFound()
    return found


@transaction.atomic
def register(project: Project, *, name: str, by: Person, **terms: float) -> tuple[ModelAnnotator, str]:
    """Let a model work on a project as its tasker, watched at first; its row, and its token's secret, shown once.

    `terms`: see limits.ANNOTATOR. Raises Refused with the place of the fault.
    """
    annotator = give(project, name=name, by=by, **terms)
    return annotator, _token_for(annotator)


@transaction.atomic
def give(project: Project, *, name: str, by: Person, **terms: float) -> ModelAnnotator:
    """A model annotator that needs no token, since it works within Tandem. Raises Refused like register."""
    name = " ".join(name.split())
    if not 0 < len(name) <= limits.NAME:
        raise Refused(
            "Give the model a name of at most %(most)s characters.", code="bad-name", place="name", most=limits.NAME
        )
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # two of one name would come one after another
    if ModelAnnotator.objects.filter(project=project, tasker__name=name).exists():
        raise Refused("A model of this name is at work here already.", code="name-taken", place="name")
    _check(terms)
    model = Person.objects.create_user(f"{uuid4()}@models.invalid", name=name, kind=Person.Kind.MODEL)
    invitations.grant(project.organization, model, Role.TASKER, by=by, project_key=project.public_id)
    annotator = ModelAnnotator.objects.create(project=project, tasker=model, registered_by=by, **terms)
    _write_down(annotator, "", "Registered", by)
    return annotator


@transaction.atomic
def new_token(annotator: ModelAnnotator, *, by: Person) -> str:
    """End the model's tokens and make another; its secret, shown once. Raises StateConflict for one that works within
    Tandem: whoever had a token of its could answer in its place.

    Whoever has the new secret may be another model, and one person alone made it: one that decided is counted from then
    on, until two people say anew that it may decide alone.
    """
    annotator = _locked(annotator)
    if not second_person.from_elsewhere(annotator):
        raise StateConflict("This model works within Tandem, and has no key.")
    for token in ApiToken.objects.filter(person=annotator.tasker, revoked_at=None).order_by("pk"):
        tokens.revoke(token, by)
    secret = _token_for(annotator)
    second_person.decline(annotator, by=by)  # whoever asked spoke of the one with the old token
    if annotator.mode == ModelAnnotator.Mode.DECIDE:
        _change(annotator, {"mode": ModelAnnotator.Mode.COUNT})
        annotator.refresh_from_db()
        _write_down(annotator, ModelAnnotator.Mode.DECIDE, "A new token was made for it.", by)
    return secret


def _token_for(annotator: ModelAnnotator) -> str:
    """The secret of a token that opens the work, for as long as the organization's tokens may."""
    home, name = annotator.project.organization, annotator.tasker.name[:TOKEN_NAME]
    return tokens.issue(annotator.tasker, home, name=name, scopes=[Scope.LABEL], expires_at=tokens.latest(home))[1]


@transaction.atomic
def move(annotator: ModelAnnotator, *, by: Person, mode: str = "", reason: str = "", **terms: float) -> ModelAnnotator:
    """Change what a model may do, or on which terms; what isn't named stays.

    One that switched itself off is let in again only with a reason, and one from elsewhere comes to decide once a
    second person says the same (second_person.py): until then its mode stays. What is known of it stays; the watch over
    it begins anew where it is switched on or its target changes. Raises Refused.
    """
    annotator = _locked(annotator)
    before, mode, reason = annotator.mode, mode or annotator.mode, reason.strip()[: limits.REASON]
    if mode not in ModelAnnotator.Mode.values:
        raise Refused(
            "Choose one of %(choices)s.", code="bad-mode", place="mode", choices=", ".join(ModelAnnotator.Mode.values)
        )
    if annotator.stopped_at and mode != ModelAnnotator.Mode.OFF and not reason:
        raise Refused("It switched itself off. Say why it may work again.", code="no-reason", place="reason")
    _check(terms)
    mode = _agreed(annotator, mode, reason, by)
    changed: dict[str, Any] = {**terms, "mode": mode}
    if mode != ModelAnnotator.Mode.OFF:
        changed["stopped_at"] = None
    if (before == ModelAnnotator.Mode.OFF != mode) or terms.get(
        "target_error", annotator.target_error
    ) != annotator.target_error:
        changed |= BEGINNING
    if before == ModelAnnotator.Mode.OFF != mode:
        changed["alone"] = 0
        _let_in(annotator, by)
    elif mode == ModelAnnotator.Mode.OFF != before:
        _keep_out(annotator, reason or "Switched off by a manager.", by)
    _change(annotator, changed)
    annotator.refresh_from_db()
    _write_down(annotator, before, reason, by)
    return annotator


def _agreed(annotator: ModelAnnotator, mode: str, reason: str, by: Person) -> str:
    """The mode that it comes to: what was asked for, or what it has while a second person is waited for."""
    if mode == annotator.mode:
        return mode
    if mode != ModelAnnotator.Mode.DECIDE:
        second_person.decline(annotator, by=by)
        return mode
    if not second_person.from_elsewhere(annotator) or second_person.hears(annotator, by=by, reason=reason):
        return mode
    return annotator.mode


def _change(annotator: ModelAnnotator, changed: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            ModelAnnotator.objects.filter(pk=annotator.pk).update(**changed)
    except IntegrityError as problem:
        if getattr(getattr(problem.__cause__, "diag", None), "constraint_name", None) != MAY_DECIDE:
            raise
        text = "Nothing says yet that it may decide alone: evaluate it under Copilot, or ask a second person there."
        raise Refused(text, code="no-basis", place="mode") from None


def stop(annotator: ModelAnnotator, reason: str) -> None:
    """The model switches itself off. The caller holds the model annotator's lock, in a transaction."""
    before = annotator.mode
    if not ModelAnnotator.objects.filter(pk=annotator.pk, mode=before).update(
        mode=ModelAnnotator.Mode.OFF, stopped_at=Now()
    ):
        return
    annotator.mode = ModelAnnotator.Mode.OFF
    second_person.decline(annotator, by=annotator.tasker)  # whoever asked didn't know of this yet
    _keep_out(annotator, reason, annotator.tasker)
    _write_down(annotator, before, reason, None)


def _locked(annotator: ModelAnnotator) -> ModelAnnotator:
    rows = ModelAnnotator.objects.select_for_update(of=("self",)).select_related("project__organization", "tasker")
    return rows.get(pk=annotator.pk)


def _keep_out(annotator: ModelAnnotator, reason: str, by: Person) -> None:
    kind = Exclusion.Kind.BANNED
    made = rules.exclude(annotator.tasker, reason=reason, by=by, project=annotator.project, kind=kind)
    app.configure_task(rules.VOID_WORK, queue="queue").defer(exclusion_key=made.pk)


def _let_in(annotator: ModelAnnotator, by: Person) -> None:
    rows = Exclusion.objects.filter(tasker=annotator.tasker, project=annotator.project, lifted_at=None)
    for one in rows.select_related("project", "tasker"):
        rules.lift(one, by=by)


def _check(terms: dict[str, float]) -> None:
    for name, value in terms.items():
        limits.check(name, value, limits.ANNOTATOR[name], "bad-terms")


def _write_down(annotator: ModelAnnotator, before: str, reason: str, by: Person | None) -> None:
    terms = {name: getattr(annotator, name) for name in limits.ANNOTATOR}
    ModelAnnotatorChange.objects.create(
        annotator=annotator, before=before, mode=annotator.mode, reason=reason[: limits.REASON], terms=terms, by=by
    )
    emit(
        "model_moved",
        organization_id=annotator.project.organization_id,
        actor_id=by.pk if by else None,
        project_key=annotator.project.public_id,
        subject=f"person:{annotator.tasker.public_id}",
        before=before,
        mode=annotator.mode,
        reason=reason[: limits.REASON],
        itself=by is None,
    )
