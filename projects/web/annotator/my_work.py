"""A tasker's own pages: what is open to them, and what became of what they did."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.models import Annotation, DayTally, Project, RuleConsequence
from projects.models.promises import ALIKE
from projects.quality.gold import difference_words, grading, settling
from projects.quality.qualification import feedback
from projects.reports import earnings, pay_estimate, person, qualification
from projects.web.annotator import work_json
from projects.web.shared.answer_drawing import drawing
from projects.web.shared.pay_said import pay_said
from projects.web.shared.person_figures import drawn
from projects.workflow import bonus_rules, returned_work
from projects.workflow.automatic_rules import running
from projects.workflow.comments import reading
from taskers import access as roles
from taskers.errors import Problem
from taskers.models.people import Role
from taskers.money import disputes, pay_terms
from taskers.web.requests import MemberRequest, key_asked

# Where those who do no tasks begin, by the first of these roles that they may act as.
STARTS = (
    (Role.MANAGER, "projects"),
    (Role.REVIEWER, "review-list"),
    (Role.FINANCE, "money"),
    (Role.ML_ENGINEER, "models-overview"),
)

# What pages/answers.js reads of a part of an answer.
DRAWN = {"start", "end", "label", "shape", "field", "kind", "value"}


def up_to_date(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What is due by now is settled before its tasker looks."""

    @wraps(view)
    def wrapped(request: MemberRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.is_authenticated:
            settling.settle_due(request.user)
        return view(request, *args, **kwargs)

    return wrapped


@require_GET
@login_required
@up_to_date
def home(request: MemberRequest) -> HttpResponse:
    """The projects open to a tasker; office people go to their own pages."""
    organization = request.organization
    if not organization:
        return render(request, "projects/annotator/nowhere.html")
    granted = [(one.role, one.project_key) for one in request.memberships if one.organization_id == organization.pk]
    keys = roles.project_keys_among(granted, *access.WORK)
    if keys is not None and not keys:
        return redirect(_start_of(request))
    open_to_me = access.among(organization, keys).filter(state=Project.State.LIVE).select_related("organization")
    offered = bonus_rules.with_offers(reading.with_unread(open_to_me, request.user), request.user)
    openings = earnings.openings(request.user, offered)
    hourly = pay_estimate.of(request.user, [(one.project, one.settings, one.rate) for one in openings])
    context = {
        "openings": [
            (
                one,
                pay_said(one.project, one.settings, one.rate),
                hourly.get(one.project.pk),
                bonus_rules.offers_of(one.project),
            )
            for one in openings
        ],
        "totals": earnings.totals(request.user, organization),
        "currency": organization.currency,
        "consequences": [(one, running.reason_of(one), running.in_time(one)) for one in running.told_to(request.user)],
        "returned": returned_work.waiting_for(request.user),
        "answered": sum(one.project.unread for one in openings),  # type: ignore[attr-defined]
    }
    return render(request, "projects/annotator/home.html", context)


@require_GET
@login_required
@up_to_date
def my_work(request: MemberRequest) -> HttpResponse:
    """The statement: 30 pieces of work at a time, newest first."""
    organization = _organization(request)
    mine = access.projects_for(request.user, organization, *Role.values).order_by("name")
    worked_in = mine.filter(pk__in=DayTally.objects.filter(tasker=request.user).values("project"))
    chosen = worked_in.filter(public_id=key_asked(request, "project")).first()
    entries, before = earnings.entries(
        request.user, organization, project=chosen, before=_number(request.GET.get("before"))
    )
    context = {
        "entries": entries,
        "before": before,
        "earlier": "before" in request.GET,
        "projects": worked_in,
        "chosen": chosen,
        "currency": organization.currency,
    }
    if request.htmx and request.htmx.target == "entries":
        return render(request, "projects/annotator/_entries.html", context)
    context |= {
        "every": settings.SHOWN_EVERY // 60,
        "totals": earnings.totals(request.user, organization),
        "courses": qualification.taken_by(request.user, mine),
        "payouts": earnings.payouts(request.user, organization),
        "standings": [one for one in earnings.openings(request.user, mine) if one.estimate.evidence],
    }
    return render(request, "projects/annotator/my_work.html", context)


@require_GET
@login_required
@up_to_date
def quality(request: MemberRequest) -> HttpResponse:
    """How good and how fast one's own work is, and what it earned: what managers see, but nothing that tells gold."""
    organization = _organization(request)
    mine = access.projects_for(request.user, organization, *Role.values).order_by("name")
    report = person.for_themselves(request.user, organization.pk, mine, before=earnings.as_of())
    context = {
        "report": report,
        "drawn": [(one, drawn(one)) for one in report.projects],
        "currency": organization.currency,
        "days": person.DAYS,
    }
    return render(request, "projects/annotator/quality.html", context)


@require_GET
@login_required
def course(request: MemberRequest, project_id: UUID) -> HttpResponse:
    """One's own tries of a project's course, with what they taught."""
    project = access.project(request.user, project_id, *Role.values)
    tries = list(qualification.tries_of(request.user, project).select_related("project"))
    context = {
        "project": project,
        "tries": [(one, feedback.done(one)) for one in tries],
        "view": work_json.lessons_json(project, {f"t{one.pk}": feedback.again(one) for one in tries}, request.user),
    }
    return render(request, "projects/annotator/course.html", context)


@require_GET
@login_required
@up_to_date
def piece(request: MemberRequest, annotation_id: UUID) -> HttpResponse:
    """One piece of one's own work."""
    return _piece(request, _own(request, annotation_id))


@require_POST
@login_required
def contest(request: MemberRequest, annotation_id: UUID) -> HttpResponse:
    """Contest how a piece of one's own work was judged."""
    annotation = _own(request, annotation_id)
    subject, text = f"task:{annotation.task.public_id}", request.POST.get("text", "")
    decision = earnings.entry(request.user, annotation).decision
    try:
        disputes.open(
            annotation.task.project.organization,
            request.user,
            subject=subject,
            text=text,
            decided_at=decision.at if decision else None,
        )
    except Problem as problem:
        return _piece(request, annotation, problem)
    messages.success(request, _("Sent. Somebody of the office looks at it and answers here."))
    return redirect("my-work-piece", annotation_id)


@require_POST
@login_required
def contest_rule(request: MemberRequest, consequence_id: UUID) -> HttpResponse:
    """Contest what followed from a rule for oneself."""
    rows = RuleConsequence.objects.select_related("rule__project")
    found = rows.filter(public_id=consequence_id, person=request.user).first()
    if found is None:
        raise Http404
    try:
        running.contest(found, request.user, request.POST.get("said", "").replace("\x00", ""))
        messages.success(request, _("Sent. Somebody else than the rule's maker answers here."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("home")


def _piece(request: MemberRequest, annotation: Annotation, problem: Problem | None = None) -> HttpResponse:
    task, entry = annotation.task, earnings.entry(request.user, annotation)
    shown = task.project.settings_now().shows_verdicts
    if shown and entry.decision:
        grading.show(request.user, task)
    returned = returned_work.newest_of(annotation.assignment)
    earlier = returned.annotation.answer if returned and returned.mended else None
    answers = _answers(entry) | (_plain({"before": earlier}) if earlier else {})
    context = {
        "entry": entry,
        "task": task,
        "returned": returned,
        "changes": difference_words.between(task, earlier, entry.annotation.answer) if earlier else [],
        "view": drawing(task, answers) if shown else None,
        "currency": task.project.organization.currency,
        "terms": pay_terms.of(task.project.organization),
        "problem": problem,
        "text": request.POST.get("text", ""),
    }
    return render(request, "projects/annotator/piece.html", context, status=problem.status if problem else 200)


def _answers(entry: earnings.Entry) -> dict[str, dict]:
    """What is drawn of the answers and no more: ids and provenance would say how each was made, and so what is gold."""
    return _plain({"mine": entry.annotation.answer} | ({"verdict": entry.decision.answer} if entry.decision else {}))


def _plain(answers: dict[str, dict]) -> dict[str, dict]:
    return {
        key: {
            name: [{part: said for part, said in one.items() if part in DRAWN} for one in parts]
            for name, parts in answer.items()
            if isinstance(parts, list)
        }
        for key, answer in answers.items()
    }


def _own(request: MemberRequest, annotation_id: UUID) -> Annotation:
    """One's own work, gold like any other, in the organization that one is working in; everything else is not found."""
    rows = Annotation.objects.select_related("assignment", "task__project__organization")
    found = rows.filter(
        public_id=annotation_id,
        tasker=request.user,
        assignment__kind__in=ALIKE,
        task__project__organization=_organization(request).pk,
    ).first()
    if found is None:
        raise Http404
    return found


def _organization(request: MemberRequest):
    if not request.organization:
        raise Http404
    return request.organization


def _start_of(request: MemberRequest) -> str:
    for role, place in STARTS:
        keys = roles.project_keys_of(request.user, request.organization, role)
        if keys is None or keys:
            return place
    return "profile"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
