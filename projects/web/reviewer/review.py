"""Review: the waiting list, one review at a time, the decision. Each view makes one call into a verb."""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from statistics import fmean
from string import ascii_uppercase
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects import access, queue
from projects.configuration.terms import terms_of
from projects.errors import Refused, WrongToken
from projects.models import (
    Annotation,
    Assignment,
    Batch,
    Comment,
    Correctable,
    Draft,
    Mistake,
    Posterior,
    Project,
    ProjectSettings,
    Task,
    Verdict,
    limits,
)
from projects.quality import second_looks
from projects.quality.votes import TAMPERED, VOTELESS, as_it_counts
from projects.queue import drafts
from projects.queue.clock import Clock
from projects.reports import disputes
from projects.task_types import TASK_TYPES
from projects.task_types.protocol import TaskType
from projects.web.annotator.work_json import choices_json, project_json, retired_labels_json, task_json
from projects.web.reviewer.combining import matches_json
from projects.web.reviewer.mistakes_json import with_mistakes
from projects.web.shared import work_body
from projects.web.shared.json_view import json_view, read_text, read_uuid
from projects.workflow import corrections, submission
from projects.workflow.comments import reading
from taskers import access as roles
from taskers.errors import NotAllowed, NotFound, Problem
from taskers.models import Person
from taskers.web.requests import MemberRequest, key_asked

PAGE = 50
KEPT = "review"  # what was chosen last, in the session


class Selection(NamedTuple):
    """What a reviewer goes through: the tasks of one project or of all, and of second looks maybe audits alone.

    Every address on the way carries it, so that whoever began with one project stays in it.
    """

    reviewable: QuerySet[Project]
    chosen: Project | None
    audits: bool
    batch: Batch | None = None
    only: str = ""  # "back": what was sent back and came again

    @property
    def projects(self) -> Sequence[Project] | QuerySet[Project]:
        """Those whose tasks come."""
        return [self.chosen] if self.chosen else self.reviewable

    @property
    def query(self) -> str:
        """What an address ends in; empty where all are gone through."""
        terms = {"project": str(self.chosen.public_id)} if self.chosen else {}
        terms |= {"batch": str(self.batch.public_id)} if self.batch else {}
        terms |= {"only": self.only} if self.only else {}
        terms |= {"why": "audit"} if self.audits else {}
        return f"?{urlencode(terms)}" if terms else ""

    def through(self, name: str, *keys: object) -> str:
        """The address of a page on the way."""
        return reverse(name, args=keys) + self.query


@require_GET
@login_required
def waiting(request: MemberRequest) -> HttpResponse:
    """The tasks that wait for a reviewer, where a decision tells most first, 50 at a time. What was chosen last stays
    chosen until something else is."""
    if not request.GET and (kept := request.session.get(KEPT)):
        return redirect(f"{reverse('review-list')}?{kept}")
    selection = selection_of(request, reviewable(request))._replace(audits=False)
    if "keep" in request.GET:
        request.session[KEPT] = selection.query.removeprefix("?")
    after = Task.objects.filter(public_id=key_asked(request, "after"), project__in=selection.reviewable).first()
    rows = queue.waiting_for_review(
        selection.projects, after=after, number=PAGE + 1, batch=selection.batch, only=selection.only
    )
    page = list(rows.select_related("project", "batch"))
    projects = list(selection.reviewable.order_by("name"))
    within = projects[0] if len(projects) == 1 else selection.chosen  # whose batches may be chosen
    context = {
        "rows": _rows(page[:PAGE], request.user),
        "projects": projects,
        "within": within,
        "selection": selection,
        "chosen": selection.chosen,
        "batches": within.batches.exclude(state="draft").order_by("-pk")[:200] if within else [],
        "after": after,
        "looks": second_looks.open_in(selection.projects).exists(),
        "next": page[PAGE - 1].public_id if len(page) > PAGE else None,
        "disputes": disputes.waiting(request.organization, request.user),
    }
    if request.htmx and request.htmx.target == "waiting":
        return render(request, "projects/reviewer/_review_rows.html", context | {"swapped": True})
    return render(request, "projects/reviewer/review_list.html", context)


@require_GET
@login_required
def start(request: MemberRequest) -> HttpResponse:
    """To the next task that this reviewer may decide; back to the list when there is none."""
    selection = selection_of(request, reviewable(request))
    task = queue.next_review(selection.projects, request.user, batch=selection.batch, only=selection.only)
    return redirect(selection.through("review", task.public_id) if task else selection.through("review-list"))


@require_GET
@never_cache
@ensure_csrf_cookie
@login_required
def page(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """The review of one task, taken by opening it."""
    task = access.task(request.user, task_id, *access.REVIEW)
    selection = selection_beside(request, task)
    try:
        review = corrections.open_review(task, request.user)
    except Problem as problem:
        back = {"url": selection.through("review-list"), "label": _("To the waiting tasks")}
        return render(request, "problem.html", {"problem": problem, "back": back}, status=problem.status)
    look = second_looks.of_task(task)
    audit = look is not None and look.is_blind
    decided = None if look else Verdict.objects.current().filter(task=task).select_related("decided_by").first()
    context = {"task": task, "project": task.project, "review": review, "look": look, "audit": audit} | {
        "selection": selection,
        "decided": decided,
        "data": review_json(review, request.user, selection, blind=audit),
        "choices": choices_json(request.user),
        "parts": [] if audit else _parts(task),
        "reasons": [(key, _(str(words))) for key, words in Mistake.Reason.choices],
    }
    return render(request, "projects/reviewer/review.html", context)


@require_POST
@json_view
def decide(request: MemberRequest, body: dict, task_id: UUID) -> dict:
    """The decision becomes the verdict; says where the next is: of the second looks after one of them, else waiting.

    Whoever goes through one project stays in it: where nothing of it is left, there is no next.
    """
    token = work_body.token_of(body)
    review = own_review(request.user, task_id, token)
    selection = selection_beside(request, review.task)
    base = base_of(review.task, body.get("base"))
    note = read_text(body, "note", limits.NOTE)
    look = second_looks.of_task(review.task)
    submission.decide(review, request.user, token, body.get("answer"), base=base, note=note)
    task = second_looks.next_after(look, selection.projects, request.user) if look else None
    task = task or queue.next_review(
        selection.projects, request.user, after=review.task_id, batch=selection.batch, only=selection.only
    )
    return {"next": selection.through("review", task.public_id) if task else None}


@require_POST
@json_view
def heartbeat(request: MemberRequest, body: dict, task_id: UUID) -> dict:
    token = work_body.token_of(body)
    return {"deadline": queue.renew(own_review(request.user, task_id, token), request.user, token).isoformat()}


@require_POST
@json_view
def release(request: MemberRequest, body: dict, task_id: UUID) -> dict:
    token = work_body.token_of(body)
    review = own_review(request.user, task_id, token)
    queue.release(review, request.user, token)
    return {"next": selection_beside(request, review.task).through("review-list")}


@require_http_methods(["PUT"])
@json_view
def draft(request: MemberRequest, body: dict, task_id: UUID) -> dict:
    sent, size = work_body.draft_of(body), len(request.body)
    review = own_review(request.user, task_id, sent.token)
    return {
        "version": drafts.save(review, request.user, sent.token, version=sent.version, answer=sent.answer, size=size)
    }


def review_json(review: Assignment, reviewer: Person, selection: Selection, *, blind: bool = False) -> dict:
    """All that the review page shows: the task, its answers with names hidden, the review in hand, a verdict if any.

    `selection` is what its reviewer goes through. `blind`, as audits are, it tells neither the verdict nor how far the
    answers agree, and chooses none.
    """
    task, project = review.task, review.task.project
    settings = project.settings.get(version=review.settings_version or 0)
    shown = project_json(project, settings, reviewer)
    saved = Draft.objects.filter(assignment=review).first()
    verdict = None if blind else Verdict.objects.current().filter(task=task).first()
    answers = [one | ({"agreement": None} if blind else {}) for one in answers_json(task, settings)]
    answers = with_mistakes(task, answers)
    return {
        "task": task_json(task),
        "project": shown | {"labels": [*shown["labels"], *retired_labels_json(project)]},
        "answers": answers,
        "matches": matches_json(project.task_type, answers, settings),
        "review": {
            "id": str(review.public_id),
            "token": str(review.token),
            "deadline": review.deadline.isoformat() if review.deadline else None,
            "lease_seconds": settings.lease_seconds,
            "blind": blind,
        },
        "draft": {"version": saved.version, "answer": saved.answer} if saved else None,
        "comments": comments_json(task, reviewer),
        "verdict": ({"answer": verdict.answer, "method": verdict.method, "note": verdict.note} if verdict else None),
        "urls": {
            "decide": selection.through("review-decide", task.public_id),
            "heartbeat": reverse("review-heartbeat", args=[task.public_id]),
            "back": selection.through("review-back", task.public_id),
            "mistake": reverse("review-mistake", args=[task.public_id]),
            "release": selection.through("review-release", task.public_id),
            "draft": reverse("review-draft", args=[task.public_id]),
            "list": selection.through("review-list"),
        },
    }


def answers_json(task: Task, settings: ProjectSettings) -> list[dict]:
    """The answers that count, in an order that says nothing of who gave them and is the same at every look.

    One that other hands changed is named as that and shows nothing: what is stored may be anything.
    """
    task_type, terms = TASK_TYPES[task.project.task_type], terms_of(task.project)
    answers = list(Annotation.objects.counting().filter(task=task).order_by("pk"))
    counted = [as_it_counts(terms, task, one.answer) for one in answers]
    agreements = _mean_agreements(task_type, counted, settings)
    rows = list(zip(answers, counted, agreements, strict=True))
    random.Random(str(task.public_id)).shuffle(rows)
    return [
        {
            "id": str(one.public_id),
            "name": _("Answer %(letter)s") % {"letter": ascii_uppercase[index % 26] + "′" * (index // 26)},
            "answer": {task_type.answer_list: []} if why == TAMPERED else one.answer,
            "agreement": agreement,
            "changed": why == TAMPERED,
        }
        for index, (one, (_counted, why), agreement) in enumerate(rows)
    ]


def _parts(task: Task) -> list[dict]:
    """What was merged of the answers part by part, the most doubtful first, with the names of the labels."""
    found = Posterior.objects.filter(task=task).values_list("parts", flat=True).first()
    names = dict(task.project.labels.values_list("key", "name")) if found else {}
    return [one | {"name": names.get(one["label"], one["label"])} for one in found or []]


def comments_json(task: Task, reviewer: Person) -> list[dict]:
    """What taskers tell the reviewer, each with the answer that it came with."""
    threads = reading.of_task(task, Comment.To.REVIEWER)
    keys = (
        dict(Annotation.objects.current().filter(task=task).values_list("assignment", "public_id")) if threads else {}
    )
    return [
        reading.told(thread, reviewer)
        | {
            "answer": str(keys.get(thread.first.assignment_id or 0, "")),
            "url": reverse("review-answer", args=[thread.first.public_id]),
        }
        for thread in threads
    ]


def _mean_agreements(
    task_type: TaskType, counted: Sequence[tuple[dict, str]], settings: ProjectSettings
) -> list[float | None]:
    """For each answer the mean of its agreement with each other one; None where there is none, or it has no vote."""
    voting = [index for index, (_answer, why) in enumerate(counted) if why not in VOTELESS]
    values: dict[int, list[float]] = {index: [] for index in range(len(counted))}
    for i, j in combinations(voting, 2):
        alike = task_type.agreement(counted[i][0], counted[j][0], settings.thresholds)
        values[i].append(alike)
        values[j].append(alike)
    return [fmean(some) if some else None for some in values.values()]


def _rows(page: Sequence[Task], reviewer: Person) -> list[dict]:
    """The waiting tasks: how many answers each has, who is at it, until when an answer may still be corrected, and
    whether it is the reviewer's own work."""
    judged = Assignment.objects.filter(task__in=page, kind="judge", state__in=["held", "submitted"])
    own = set(judged.filter(tasker=reviewer).values_list("task", flat=True))
    answers = Counter(judged.submitted().values_list("task", flat=True))
    held = Assignment.objects.held().filter(task__in=page, kind="review", deadline__gte=Clock())
    busy = {one.task_id: one.tasker for one in held.select_related("tasker")}
    correctable = Correctable.objects.filter(assignment__task__in=page).order_by("until")
    until = dict(correctable.values_list("assignment__task", "until"))
    return [
        {
            "task": task,
            "answers": answers[task.pk],
            "own": task.pk in own,
            "mine": busy.get(task.pk) == reviewer,
            "busy": busy.get(task.pk),
            "correctable": until.get(task.pk),
        }
        for task in page
    ]


def selection_of(request: MemberRequest, projects: QuerySet[Project]) -> Selection:
    """What this reviewer goes through of these projects, as the address says."""
    chosen = projects.filter(public_id=key_asked(request, "project")).first()
    found = chosen.batches.filter(public_id=key_asked(request, "batch")).first() if chosen else None
    only = "back" if request.GET.get("only") == "back" else ""
    return Selection(projects, chosen, request.GET.get("why") == "audit", found, only)


def selection_beside(request: MemberRequest, task: Task) -> Selection:
    """The same of the projects that this reviewer may review where a task is."""
    return selection_of(request, access.projects_for(request.user, task.project.organization, *access.REVIEW))


def reviewable(request: MemberRequest):
    """The projects whose reviews this person may do; NotFound or NotAllowed without any."""
    if not request.organization:
        raise NotFound()
    projects = access.reviewable_for(request.user, request.organization)
    keys = roles.project_keys_of(request.user, request.organization, *access.REVIEW)
    if keys is not None and not keys:
        raise NotAllowed(_("Reviewing needs the role reviewer; ask a manager."))
    return projects


def own_review(reviewer: Person, task_id: UUID, token: UUID) -> Assignment:
    task = access.task(reviewer, task_id, *access.REVIEW)
    rows = Assignment.objects.select_related("task__project__organization")
    found = rows.filter(task=task, kind="review", tasker=reviewer, token=token).first()
    if found is None:
        raise WrongToken()
    return found


def base_of(task: Task, text: object) -> Annotation | None:
    """The answer that a decision began with, or None for one made anew."""
    if text is None:
        return None
    found = Annotation.objects.current().filter(task=task, public_id=read_uuid({"base": text}, "base")).first()
    if found is None:
        raise Refused("This answer isn't one of the task's.", code="unknown-answer", place="base")
    return found
