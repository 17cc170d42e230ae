"""Deciding who may work on a project, how much a day, and what is mixed in. Each change is told in the outbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from projects import queue
from projects.configuration import configure
from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import AssignmentRules, Exclusion, Project, Requirement, limits
from projects.queue.leases import SKIP_MODES, SKIP_REASONS
from taskers import access
from taskers.errors import StateConflict
from taskers.models import Organization, Person, Skill
from taskers.models.limits import SKILL_VALUE
from taskers.models.people import Role
from taskers.outbox.events import emit

VOID_WORK = "projects.jobs.void_banned_work"  # the job of a ban: void what nothing rests on yet
MAY_BE_EMPTY = {"daily_tasks", "daily_earnings", "training_days"}


@transaction.atomic
def change(
    project: Project, by: Person | None, *, training_skill: Skill | None = None, **rules: object
) -> AssignmentRules:
    """Set some of a project's rules; the others stay. Raises Refused with the place of the fault."""
    for name, value in rules.items():
        _check(name, value)
    hold(project)
    row, _ = AssignmentRules.objects.select_for_update().get_or_create(project=project)
    if training_skill is not None:
        _own(project, training_skill)
        rules["training_skill"] = training_skill
    if rules.get("training_tasks", row.training_tasks) and not rules.get("training_skill", row.training_skill):
        raise Refused("Training needs the skill that it gives.", code="no-training-skill", place="training_skill")
    before = {name: getattr(row, name) for name in rules}
    for name, value in rules.items():
        setattr(row, name, value)
    row.save(update_fields=list(rules))
    changed = {name: [_plain(before[name]), _plain(value)] for name, value in rules.items() if before[name] != value}
    tell("rules_changed", project, by, changed=changed)
    return row


def hold(project: Project) -> None:
    """Have whoever else changes this project's rules or settings wait for the end of this transaction."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


@transaction.atomic
def ask_for(
    project: Project,
    skill: Skill,
    *,
    by: Person | None,
    comparator: str = Requirement.Comparator.EXISTS,
    value: float | None = None,
    values: Sequence[float] = (),
) -> Requirement:
    """Let only those work who have a skill: at least this much, one of these values, at all, or not at all."""
    _own(project, skill)
    if comparator not in Requirement.Comparator.values:
        raise Refused(
            "Choose one of %(choices)s.",
            code="bad-comparator",
            place="comparator",
            choices=", ".join(Requirement.Comparator.values),
        )
    if comparator == Requirement.Comparator.AT_LEAST and value is None:
        raise Refused("At least how much?", code="no-value", place="value")
    if comparator == Requirement.Comparator.IN and not values:
        raise Refused("One of which values?", code="no-value", place="values")
    if len(values) > limits.REQUIRED_VALUES:
        raise Refused("At most %(most)s values.", code="bad-rule", place="values", most=limits.REQUIRED_VALUES)
    for one in values if value is None else [value, *values]:
        limits.check("value", one, SKILL_VALUE, "bad-rule")
    made, _ = Requirement.objects.update_or_create(
        project=project, skill=skill, comparator=comparator, defaults={"value": value, "values": list(values)}
    )
    tell("requirement_set", project, by, skill=skill.key, comparator=comparator, value=value, values=list(values))
    return made


@transaction.atomic
def ask_no_more(requirement: Requirement, *, by: Person | None) -> None:
    """Drop a requirement. Raises StateConflict when it is gone already."""
    if not Requirement.objects.filter(pk=requirement.pk).delete()[0]:
        raise StateConflict("This isn't asked for any more.")
    tell("requirement_dropped", requirement.project, by, skill=requirement.skill.key)


@transaction.atomic
def exclude(
    tasker: Person,
    *,
    reason: str,
    by: Person | None,
    project: Project | None = None,
    organization: Organization | None = None,
    kind: str = Exclusion.Kind.PAUSED,
    until: datetime | None = None,
) -> Exclusion:
    """Keep somebody from a project, or from all of an organization's, with a reason that they will read.

    What they hold stays in their hands; see `banning.ban` for taking it. A second time changes kind, reason and end.
    """
    owner = project.organization if project else organization
    if owner is None:
        raise Refused("Keep them from what?", code="no-place", place="project")
    if kind not in Exclusion.Kind.values:
        raise Refused(
            "Choose one of %(choices)s.", code="bad-kind", place="kind", choices=", ".join(Exclusion.Kind.values)
        )
    if not reason.strip():
        raise Refused("Say why; the tasker will read it.", code="no-reason", place="reason")
    if not access.may(tasker, owner, *Role.values, project_key=project.public_id if project else None):
        raise Refused("%(tasker)s isn't in %(owner)s.", code="not-a-member", place="tasker", tasker=tasker, owner=owner)
    if until is not None and until <= timezone.now():
        raise Refused("This time is over already.", code="bad-time", place="until")
    # A claim that chose before this was known can't take any more; whoever takes held work back sees all of it.
    queue.choose_anew([tasker])
    made, _ = Exclusion.objects.update_or_create(
        tasker=tasker,
        organization=owner,
        project=project,
        lifted_at=None,
        defaults={"kind": kind, "reason": reason.strip()[: limits.REASON], "made_by": by, "until": until},
    )
    _tell_person("excluded", made, by, why=kind, reason=made.reason)
    return made


@transaction.atomic
def lift(exclusion: Exclusion, *, by: Person | None) -> None:
    """Let somebody work again. Raises StateConflict when it was lifted already."""
    if not Exclusion.objects.filter(pk=exclusion.pk, lifted_at=None).update(lifted_at=Now()):
        raise StateConflict("This was lifted already.")
    _tell_person("exclusion_lifted", exclusion, by)


def in_force(project: Project) -> AssignmentRules:
    """The project's rules; where none were ever set, those that ask nothing and mix nothing in."""
    return AssignmentRules.objects.filter(project=project).first() or AssignmentRules(project=project)


@transaction.atomic
def revise(
    project: Project,
    by: Person | None,
    *,
    requirements: Sequence[Mapping[str, Any]] | None = None,
    priority: int | None = None,
    lease_seconds: int | None = None,
    **changed: object,
) -> AssignmentRules:
    """Everything that a project's rules page sets, together or not at all. What isn't named stays.

    `requirements`, if given, become all there are: each {"skill", "comparator", "value", "values"}. Raises Refused.
    """
    if priority is not None:
        limits.check("priority", priority, limits.PRIORITY, "bad-rule")
    hold(project)
    row = change(project, by, **changed) if changed else in_force(project)  # type: ignore[arg-type]
    if requirements is not None:
        _ask_exactly(project, requirements, by)
    if lease_seconds is not None:
        configure.change(project, by, lease_seconds=lease_seconds)
    if priority is not None and Project.objects.filter(pk=project.pk).exclude(priority=priority).update(
        priority=priority
    ):
        project.priority = priority
        tell("prioritized", project, by, priority=priority)
    return row


def _ask_exactly(project: Project, wanted: Sequence[Mapping[str, Any]], by: Person | None) -> None:
    if len(wanted) > limits.REQUIREMENTS:
        text = "At most %(most)s requirements."
        raise Refused(text, code="bad-rule", place="requirements", most=limits.REQUIREMENTS)
    keys = {(one["skill"].pk, one["comparator"]) for one in wanted}
    if len(keys) < len(wanted):
        raise Refused("This is asked for twice.", code="asked-twice", place="requirements")
    for row in Requirement.objects.filter(project=project).select_related("skill", "project"):
        if (row.skill_id, row.comparator) not in keys:
            ask_no_more(row, by=by)
    for one in wanted:
        ask_for(project, by=by, **one)


def _check(name: str, value: object) -> None:
    if name == "skip_modes":
        return _check_modes(value)
    if name == "mode":
        if value not in AssignmentRules.Mode.values:
            raise Refused(
                "Choose one of %(choices)s.",
                code="bad-rule",
                place="mode",
                choices=", ".join(AssignmentRules.Mode.values),
            )
        return None
    if name not in limits.RULES:
        raise Refused("There is no rule %(name)r.", code="unknown-rule", place=name, name=name)
    if value is None and name in MAY_BE_EMPTY:
        return
    limits.check(name, value, limits.RULES[name], "bad-rule")


def _check_modes(value: object) -> None:
    if not isinstance(value, dict) or not all(mode in SKIP_MODES for mode in value.values()):
        raise Refused(
            "Each reason leads to %(choices)s.", code="bad-rule", place="skip_modes", choices=", ".join(SKIP_MODES)
        )
    if unknown := set(value) - set(SKIP_REASONS):
        raise Refused("There is no reason %(unknown)r.", code="bad-rule", place="skip_modes", unknown=min(unknown))


def _own(project: Project, skill: Skill) -> None:
    if skill.organization_id != project.organization_id:
        raise Refused("This skill belongs to another organization.", code="foreign-skill", place="skill")


def _plain(value: object) -> object:
    return value.key if isinstance(value, Skill) else value


def _tell_person(kind: str, exclusion: Exclusion, by: Person | None, **data: object) -> None:
    emit(
        kind,
        organization_id=exclusion.organization_id,
        actor_id=by.pk if by else None,
        project_key=exclusion.project.public_id if exclusion.project else None,
        subject=f"person:{exclusion.tasker.public_id}",
        **data,
    )
