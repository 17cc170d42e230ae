"""Every project's models on one page: for who looks after models, whether or not they manage the projects."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from assist.adapters import RUNTIMES, SHIPPED
from assist.adapters.kinds import KINDS
from assist.models import AnnotatorVersion, ModelVersion
from assist.registry import defaults, lineage, registry
from assist.suggestions.bindings import capability_of
from assist.web import figures, status
from assist.web.forms import BeginWithForm, BringForm
from projects import access
from projects.models import Project
from taskers import access as roles
from taskers.errors import NotAllowed, NotFound
from taskers.models import Organization
from taskers.models.people import Role
from taskers.organizations import consent
from taskers.web.requests import MemberRequest

SEES = (*access.MANAGE, Role.ML_ENGINEER)
MOST = 100  # projects


@require_GET
@login_required
def models(request: MemberRequest) -> HttpResponse:
    """Which models answer where, how often what they offer is taken, and which work as taskers."""
    organization = request.organization
    if not organization:
        raise NotFound("You don't belong to an organization here; ask whoever invited you.")
    rows = list(access.unarchived_for(request.user, organization, *SEES).order_by("-priority", "-pk")[:MOST])
    if not rows and not roles.may(request.user, organization, *SEES):
        raise NotAllowed("This page is for ML engineers and managers; ask one to give you the role.")
    managed = set(access.projects_for(request.user, organization, *access.MANAGE).values_list("pk", flat=True))
    return _page(request, organization, rows, managed)


def shown(request: MemberRequest, organization: Organization, *, code: int, **forms: Form) -> HttpResponse:
    """The same page, with what is wrong with one of its forms."""
    rows = list(access.unarchived_for(request.user, organization, *SEES).order_by("-priority", "-pk")[:MOST])
    managed = set(access.projects_for(request.user, organization, *access.MANAGE).values_list("pk", flat=True))
    return _page(request, organization, rows, managed, code, **forms)


def _page(
    request: MemberRequest,
    organization: Organization,
    rows: Iterable[Project],
    managed: Collection[int],
    code: int = 200,
    **forms: Form,
) -> HttpResponse:
    brought = ModelVersion.objects.filter(removed_at=None).exclude(smoke="")
    ours = brought.filter(Q(organization=None) | Q(organization=organization))
    begun, history = defaults.of(organization), consent.history(organization)
    registry.listed(Path(settings.MODELS_DIR))  # so that what comes along can be chosen
    context = {
        "lines": [_line(one, one.pk in managed) for one in rows],
        "brought": (listed := list(ours.order_by("name", "version"))),
        "asking": any(one.smoke == ModelVersion.Smoke.WAITING for one in listed),
        "store": status.of_store(),
        "shipped": [_shipped(key) for key in SHIPPED],
        "form": BringForm(),
        "adapters": sorted(KINDS),
        "capabilities": sorted(set[str]().union(*(one.capabilities for one in KINDS.values()))),
        "may_bring": roles.may(request.user, organization, *SEES),
        "defaults": begun,
        "default_form": BeginWithForm(organization=organization),
        "consents": consent.holds(history),
        "consent_history": history,
        "taken_back": lineage.taken_back(),
        "erased": lineage.erased(),
    } | forms
    return render(request, "assist/models.html", context, status=code)


def _shipped(key: str) -> dict[str, Any]:
    """What comes along, where it comes from, and whether it is here."""
    offer = RUNTIMES[key]
    finds = ModelVersion.Capability(offer.capability).label
    here = registry.is_here(key, Path(settings.MODELS_DIR))
    return {"key": key, "finds": finds, "licence": offer.licence, "origin": offer.origin, "here": here}


def _line(project: Project, managed: bool) -> dict[str, Any]:
    terms = project.settings_now()
    capability = capability_of(project.task_type, terms)
    answers, rest = figures.answering(project, capability)
    return {
        "project": project,
        "managed": managed,
        "on": bool(capability) and terms.copilot,
        "trouble": status.of_project(project, terms),
        "deployed": answers,
        "rest": rest,
        "acceptance": figures.acceptance(project) if capability else [],
        "annotators": list(
            AnnotatorVersion.objects.filter(annotator__project=project).select_related("version", "annotator")
        ),
    }
