"""What a tasker is shown of their course: after an item and at the end of a try, as the studio and the API say it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from projects.configuration import pictured
from projects.models import (
    Annotation,
    Assignment,
    AssignmentRules,
    PooledGold,
    Project,
    QualificationAttempt,
    QualificationStep,
)
from projects.quality.gold import difference_words
from projects.queue.qualification import course_items, failures, why_no_try
from projects.task_types.preference import words_of
from taskers import access
from taskers.models import Person
from taskers.models.people import Role

STEPS = ("kept__gold__task__asset", "annotation")
DECIDES = (Role.OWNER, Role.MANAGER, Role.REVIEWER)  # they may know every right answer


def of(assignment: Assignment, annotation: Annotation) -> dict[str, Any] | None:
    """What follows from an item of a course that was handed in; None for any other work.

    `id` is the annotation's, `items` are what is shown now, `done` of `of` how far the try has come, and `result` how
    it ended, if it has.
    """
    if assignment.kind != Assignment.Kind.TRAINING:
        return None
    step = (
        QualificationStep.objects.select_related("attempt", "kept", "annotation").filter(annotation=annotation).first()
    )
    if step is None:  # the try was reset while this was in hand
        return {"id": str(annotation.public_id), "items": [], "done": 0, "of": 0, "result": None}
    return _lesson(assignment.task.project, step)


def unread(tasker: Person, projects: Collection[Project]) -> tuple[Project, dict[str, Any]] | None:
    """The last lesson of these projects that this tasker hasn't gone on from, as `of` gives it; None without any."""
    rows = QualificationStep.objects.select_related("attempt__project__organization", "kept", "annotation")
    rows = rows.filter(attempt__tasker=tasker, attempt__forgiven_at=None, read_at=None)
    step = rows.filter(attempt__project__in=projects).order_by("-pk").first()
    if step is None:
        return None
    return step.attempt.project, _lesson(step.attempt.project, step)


def done(attempt: QualificationAttempt) -> int:
    """How many items of a try were answered."""
    return attempt.steps.count()


def again(attempt: QualificationAttempt) -> list[dict[str, Any]]:
    """All that may be seen of a try by its tasker: what was shown at once, and at its end the rest."""
    steps = attempt.steps.select_related(*STEPS).order_by("pk")
    return compared(attempt.project, steps if attempt.ended_at else steps.filter(kept__shown=True))


def examples(project: Project, reader: Person) -> list[dict[str, Any]]:
    """Items of a project's course with their right answers, in its order: all of them for whoever decides there, and
    for a tasker those of which a try has shown the answer already. What is dealt as gold is never among them.
    """
    kept = course_items(project).select_related("gold__task__asset")
    if not access.may(reader, project.organization, *DECIDES, project_key=project.public_id):
        tries = QualificationAttempt.objects.filter(project=project, tasker=reader)
        over = QualificationStep.objects.filter(attempt__in=tries.exclude(ended_at=None))
        at_once = QualificationStep.objects.filter(attempt__in=tries, kept__shown=True)
        kept = kept.filter(pk__in=(over | at_once).values("kept"))
    found = list(kept)
    why = pictured.each_html([one.explanation for one in found], project)
    return [_known(one, html) for one, html in zip(found, why, strict=True)]


def _lesson(project: Project, step: QualificationStep) -> dict[str, Any]:
    attempt = step.attempt
    shown = attempt.steps.select_related(*STEPS).order_by("pk")
    if attempt.ended_at is None:
        shown = shown.filter(pk=step.pk, kept__shown=True)
    else:
        shown = shown.filter(kept__shown=False) | shown.filter(pk=step.pk)
    return {
        "id": str(step.annotation.public_id),
        "items": compared(project, shown),
        "done": attempt.steps.count(),
        "of": attempt.items,
        "result": result(project, attempt) if attempt.ended_at else None,
    }


def where(assignment: Assignment) -> dict[str, int] | None:
    """How far the course has come, for the piece of it in hand; None for any other work."""
    if assignment.kind != Assignment.Kind.TRAINING:
        return None
    rows = QualificationAttempt.objects.filter(project=assignment.task.project_id, tasker=assignment.tasker_id)
    attempt = rows.filter(ended_at=None, forgiven_at=None).first()
    return {"done": attempt.steps.count() if attempt else 0, "of": attempt.items if attempt else 0}


def compared(project: Project, steps: Sequence[QualificationStep] | Any) -> list[dict[str, Any]]:
    """Own answers beside the right ones, each with its explanation, and in words what is wrong and what is only
    close to right."""
    names = difference_words.names_in(project)
    found = list(steps)
    why = pictured.each_html([step.kept.explanation for step in found], project)
    return [_compared(step, names, html) for step, html in zip(found, why, strict=True)]


def result(project: Project, attempt: QualificationAttempt) -> dict[str, Any]:
    """How a try ended, and what may follow."""
    rules = AssignmentRules.objects.get(project=project)
    left = max(0, rules.training_tries - failures(attempt.tasker, project).count())
    why = None if attempt.passed else why_no_try(attempt.tasker, project, rules)
    percent = {"score": round(100 * (attempt.score or 0)), "mark": round(100 * rules.training_pass)}
    if attempt.passed:
        text = _("You passed with %(score)d %%; %(mark)d %% were asked. You can do the real tasks now.") % percent
    else:
        text = _("You reached %(score)d %%; %(mark)d %% are asked.") % percent
        text += " " + (why.text if why else _("Try again: tries left: %(left)d.") % {"left": left})
    return {"passed": attempt.passed, "score": attempt.score, "pass_mark": rules.training_pass, "text": text}


def _known(kept: PooledGold, why: str) -> dict[str, Any]:
    """An item with its right answer, and why it is right."""
    task = kept.gold.task
    return {
        "task": str(task.public_id),
        "name": task.code,
        "text": words_of(task.payload),
        "picture": task.asset_id is not None,
        "second": task.other_asset_id is not None,
        "size": {"width": task.asset.width, "height": task.asset.height} if task.asset else None,
        "known": kept.gold.answer,
        "explanation": kept.explanation,
        "explanation_html": why,
    }


def _compared(step: QualificationStep, names: Mapping[str, str], why: str) -> dict[str, Any]:
    text = step.kept.gold.task.payload.get("text")
    wrong = [one for one in step.differences if one["code"] != "close"]
    close = [one for one in step.differences if one["code"] == "close"]
    return _known(step.kept, why) | {
        "answer": step.annotation.answer,
        "score": round(step.score, 4),
        "differences": difference_words.said(wrong, names, text),
        "close": difference_words.said(close, names, text),
    }
