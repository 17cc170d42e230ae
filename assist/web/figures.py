"""What became of a project's suggestions, and what they saved: read from a bounded, recent part of its work."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Avg, Count, Exists, OuterRef, Q, QuerySet

from assist.learning.blind_verdicts import group_of
from assist.learning.splits import TRAIN, split_of
from assist.models import SelectedTask, Suggestion
from assist.registry import resolution
from assist.registry.resolution import WHOLE, Answer
from assist.suggestions import blind_scores, help_report, planted_errors
from assist.suggestions.bindings import MORE, capability_of, subject_of
from assist.suggestions.help_report import Help, Item, PlantedErrorRate
from assist.suggestions.offers import EVERYTHING
from projects.models import Annotation, Assignment, Project, ProjectSettings, Task
from projects.task_types import TASK_TYPES
from taskers.models import Person

NEWEST_SUGGESTIONS = 20_000
NEWEST_WORK = 5_000
OUTCOMES = tuple(Suggestion.Outcome.values)


@dataclass(frozen=True)
class Acceptance:
    """One model's suggestions in a project: how many of each outcome, and how they were."""

    model: str
    outcomes: dict[str, int]
    edit: float | None  # mean share changed of those that were edited
    latency: float | None  # mean milliseconds

    @property
    def taken_percent(self) -> int | None:
        return None if self.taken is None else round(100 * self.taken)

    @property
    def edit_percent(self) -> int | None:
        return None if self.edit is None else round(100 * self.edit)

    @property
    def settled(self) -> int:
        """How many have an outcome of their own: a mask that a later click refined has its outcome with that one."""
        return sum(self.outcomes.values()) - self.outcomes["offered"] - self.outcomes["refined"]

    @property
    def taken(self) -> float | None:
        """The share of those whose work was handed in that were accepted, as they were or edited."""
        return (self.outcomes["accepted"] + self.outcomes["edited"]) / self.settled if self.settled else None


def answering(project: Project, capability: str) -> tuple[list[Answer], int]:
    """What answers in a project of what it has a use for, and the percentage of its usual work that is left to what the
    runtime serves by itself."""
    more = MORE.get(capability, ())
    answers = [one for one in resolution.everything(project) if one.version.capability in (capability, *more)]
    return answers, WHOLE - sum(one.share for one in answers if one.version.capability not in more)


def acceptance(project: Project) -> list[Acceptance]:
    """For each model, over the newest suggestions; planted errors and all that stands apart aside."""
    newest = _newest(project).values("pk")
    rows: Any = Suggestion.objects.filter(pk__in=newest).values("model__name", "model__version")
    counts = {outcome: Count("pk", filter=Q(outcome=outcome)) for outcome in OUTCOMES}
    rows = rows.annotate(edit_mean=Avg("edit", filter=Q(outcome="edited")), latency_mean=Avg("latency_ms"), **counts)
    return [
        Acceptance(
            f"{row['model__name']}@{row['model__version']}",
            {outcome: row[outcome] for outcome in OUTCOMES},
            row["edit_mean"],
            row["latency_mean"],
        )
        for row in rows.order_by("model__name", "model__version")
    ]


@dataclass(frozen=True)
class HelpReport:
    """The whole of a project, by model and by tasker; and who takes planted errors."""

    whole: Help
    models: dict[str, Help]
    taskers: dict[str, Help]
    planted_errors: list[PlantedErrorRate]
    per_part: tuple[float | None, float | None]  # mean seconds per region, span or answer: with help, without


def help_of(project: Project) -> HelpReport:
    """What the copilot saved against the control arm, over the newest work that was handed in."""
    work = _work(project)
    items = _items(project, work)
    planted_errors = _planted_errors(project)
    names = _names([*(row.tasker for row in work), *(person for person, _ in planted_errors)])
    taskers = {names[key]: one for key, one in help_report.by(items, "tasker").items()}
    planted_error_rates = help_report.planted_error_rates((_key(person), taken) for person, taken in planted_errors)
    return HelpReport(
        help_report.measure(items),
        help_report.by(items, "model"),
        dict(sorted(taskers.items())),
        [replace(one, tasker=names[one.tasker]) for one in planted_error_rates],
        (_mean(one.pace for one in items if one.helped), _mean(one.pace for one in items if not one.helped)),
    )


def _newest(project: Project) -> QuerySet[Suggestion]:
    rows = Suggestion.objects.filter(project_key=project.public_id, planted=False)
    return rows.exclude(prompt=EVERYTHING).order_by("-pk")[:NEWEST_SUGGESTIONS]


def _work(project: Project) -> list[Annotation]:
    """People's answers given while the copilot was offered to all but the control arm; those drawn for a trap aside,
    and those to tasks whose turn came by what a model made of them: they are harder, and few are in that arm."""
    terms = {row.version: row for row in project.settings.filter(copilot=True)}
    kinds = [Assignment.Kind.JUDGE, Assignment.Kind.GOLD, Assignment.Kind.EXTRA]
    rows = Annotation.objects.current().filter(task__project=project, assignment__kind__in=kinds, active_ms__gt=0)
    rows = rows.filter(assignment__settings_version__in=list(terms), tasker__kind=Person.Kind.HUMAN)
    rows = rows.exclude(Exists(SelectedTask.objects.steered().filter(task=OuterRef("task_id"))))
    newest = list(rows.select_related("assignment", "tasker").order_by("-pk")[:NEWEST_WORK])
    unlike = _gold_that_teaches(project, newest)
    return [row for row in newest if row.task_id not in unlike and not _shows_planted_error(row.assignment, terms)]


def _gold_that_teaches(project: Project, work: Sequence[Annotation]) -> set[int]:
    """Gold of groups that models may learn from goes without help seldom or never, and of gold there is too little for
    its kinds to be alike: of the others both arms answer the same."""
    keys = {row.task_id for row in work if row.assignment.kind == Assignment.Kind.GOLD}
    tasks = Task.objects.filter(pk__in=keys)
    return {one.pk for one in tasks if split_of(str(project.public_id), group_of(one)) == TRAIN}


def _shows_planted_error(assignment: Assignment, terms: Mapping[int, ProjectSettings]) -> bool:
    """By the draw, in both arms and whoever asked: to leave out those alone who saw their trap would be unfair."""
    share = terms[assignment.settings_version or 0].planted_share
    if assignment.kind == Assignment.Kind.EXTRA:
        return True
    return assignment.kind == Assignment.Kind.GOLD and planted_errors.drawn(assignment.public_id, share)


def _items(project: Project, work: Sequence[Annotation]) -> list[Item]:
    scores, models, suggested = blind_scores.of(work), _models(project, work), _with_suggestion(work)
    return [
        Item(
            _key(row.tasker),
            bool(row.assignment.copilot),
            row.active_ms / 1000,
            scores.get(row.pk),
            model if row.assignment.copilot else "",
            _parts(project, row),
            str(row.task_id),
            row.assignment_id in suggested,
        )
        for row, model in zip(work, models, strict=True)
    ]


def _with_suggestion(work: Sequence[Annotation]) -> set[int]:
    """The assignments in which something was suggested, by a model, an import or the names decided before."""
    rows = Suggestion.objects.filter(assignment_key__in=[row.assignment_id for row in work])
    return set(rows.values_list("assignment_key", flat=True).distinct())


def _parts(project: Project, row: Annotation) -> int:
    parts = row.answer.get(TASK_TYPES[project.task_type].answer_list)
    return max(1, len(parts)) if isinstance(parts, list) else 1


def _models(project: Project, work: Sequence[Annotation]) -> list[str]:
    """The version that each piece of work was drawn for, asked or not: who finds a task easy doesn't ask, and a model
    that is compared only where it was asked is compared on the harder half.

    Where the runtime's default answered it goes by what it was called for those who did ask, about that time.
    """
    capability = capability_of(project.task_type, project.settings_now())
    subjects = [(subject_of(row.assignment), row.assignment.held_at or row.at) for row in work]
    drawn = resolution.chosen_then(project, capability, subjects)
    asked = _asked([row.assignment_id for row in work])
    usual = [asked.get(row.assignment_id, "") if not one else "" for row, one in zip(work, drawn, strict=True)]
    now, found = next(filter(None, usual), ""), []
    for one, told in zip(drawn, usual, strict=True):
        now = told or now
        found.append(one or now)
    return found


def _asked(assignments: list[int]) -> dict[int, str]:
    rows = Suggestion.objects.of_models().filter(assignment_key__in=assignments).order_by("pk")
    values = rows.values_list("assignment_key", "model__name", "model__version")
    return {key: f"{name}@{version}" for key, name, version in values}


def _planted_errors(project: Project) -> list[tuple[Person, bool]]:
    """Who was shown one, and whether they took it. A mask that was told once more, seen from near, is one of them,
    whichever of both was taken."""
    rows = Suggestion.objects.filter(project_key=project.public_id, planted=True).exclude(outcome="offered")
    found = list(rows.order_by("-pk").values_list("assignment_key", "outcome", "prompt")[:NEWEST_WORK])
    who = Assignment.objects.filter(pk__in=[key for key, _, _ in found]).select_related("tasker")
    people = {row.pk: row.tasker for row in who if row.tasker}
    again: dict[tuple[int, str, str], int] = {}  # what was told once more -> its place
    told: list[tuple[Person, bool]] = []
    for key, outcome, prompt in found:
        asked, taken = (key, str(prompt.get("points")), str(prompt.get("box"))), outcome == "accepted"
        if key not in people:
            continue
        if asked in again:
            person, before = told[again[asked]]
            told[again[asked]] = person, before or taken
            continue
        told.append((people[key], taken))
        if prompt.get("previous"):
            again[asked] = len(told) - 1
    return told


def _key(person: Person) -> str:
    return str(person.pk)


def _names(people: Iterable[Person]) -> dict[str, str]:
    """Key -> name; namesakes are told apart by the address they sign in with."""
    known = {_key(person): person for person in people}
    shared = Counter(map(str, known.values()))
    return {key: f"{one} ({one.email})" if shared[str(one)] > 1 else str(one) for key, one in known.items()}


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
