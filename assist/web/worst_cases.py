"""The worst tasks of an evaluation, one a page: the verdict, the candidate's answer and that of the model in place."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from assist.learning import worst_cases
from assist.learning.asked import NO_ANSWER
from assist.learning.worst_cases import Case, Confusion
from assist.models import Evaluation
from assist.web import training
from assist.web.evaluation_rows import evaluation_of, excerpt_of
from assist.web.training import looks_after
from projects.models import Project
from projects.web.shared.answer_drawing import drawing
from taskers.web.requests import MemberRequest, number_asked

ORDERS = {
    "lost": gettext_lazy("Where the candidate loses most"),
    "candidate": gettext_lazy("Where the candidate is worst"),
    "champion": gettext_lazy("Where the model in place is worst"),
}
# What is so where nothing is listed by an order.
NONE = {
    "lost": gettext_lazy("The candidate loses no task against the model in place."),
    "candidate": gettext_lazy("The candidate misses nothing."),
    "champion": gettext_lazy("The model in place misses nothing."),
}
PARTS = {"fields", "spans", "regions"}


class Said(NamedTuple):
    """One of the three answers: `words` say what can't be drawn."""

    key: str
    title: str
    who: str
    score: float | None
    words: str


@require_GET
@looks_after
def page(request: MemberRequest, project: Project, evaluation_id: UUID) -> HttpResponse:
    """The `at`-th worst by an order, or of a confusion (`order` as candidate-3); the first where there are fewer."""
    found = evaluation_of(project, evaluation_id)
    asked, at = request.GET.get("order", ""), number_asked(request, "at")
    confusion = _confusion(found, asked)
    order = asked if confusion or asked in ORDERS else _first(found)
    rows = confusion.drawn if confusion else worst_cases.listed(found, order)
    at = at if at <= len(rows) else 1
    case = worst_cases.case(rows[at - 1]) if rows else None
    context = training.around(request, project) | {
        "evaluation": found,
        "order": order,
        "orders": ORDERS.items(),
        "confusion": confusion,
        "confused": [(one, excerpt_of(one)) for one in confusion.tasks] if confusion else (),
        "case": case,
        "none": _("There is no such task in this evaluation.") if confusion else NONE[order],
        "at": at,
        "of": len(rows),
        "before": at - 1,
        "after": at + 1 if at < len(rows) else 0,
        "anything": bool(rows) or found.scores.filter(answers__isnull=False).exists(),
        "said": _said(found, case) if case else (),
        "view": drawing(case.task, _drawn(case)) if case and case.task else None,
    }
    return render(request, "assist/side_by_side.html", context)


def _first(found: Evaluation) -> str:
    """The first order by which anything is listed."""
    return next((one for one in ORDERS if worst_cases.listed(found, one)), "lost")


def _confusion(found: Evaluation, asked: str) -> Confusion | None:
    side, between, number = asked.partition("-")
    if not between or not number.isdecimal() or len(number) > 3:
        return None
    return worst_cases.of_confusion(found, side, int(number))


def _said(found: Evaluation, case: Case) -> list[Said]:
    decided = "" if case.verdict else _("What was decided isn’t here any more: it was archived or removed.")
    return [
        Said("verdict", _("Verdict"), _("What people decided"), None, decided or _nothing(case.verdict.answer)),  # type: ignore[union-attr]
        Said("candidate", _("Candidate"), str(found.candidate), case.score.candidate, _words(case.candidate)),
        Said("champion", _("In place"), str(found.champion), case.score.champion, _words(case.champion)),
    ]


def _words(answer: Mapping[str, Any]) -> str:
    """Why a model's answer isn't drawn; "" where it is."""
    if fault := answer.get("fault"):
        return _("It gave no answer to this task.") if fault == NO_ANSWER else _("Its answer is too large to be kept.")
    return _nothing(answer)


def _nothing(answer: Mapping[str, Any]) -> str:
    empty = not any(answer.get(part) for part in PARTS)
    return _("Nothing is marked or chosen in it.") if empty else ""


def _drawn(case: Case) -> dict[str, Any]:
    decided = case.verdict.answer if case.verdict else {}
    answers = {"verdict": decided, "candidate": case.candidate, "champion": case.champion}
    return {key: dict(one) if PARTS & one.keys() else {} for key, one in answers.items()}
