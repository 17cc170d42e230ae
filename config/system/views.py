"""The page *System*, for whoever runs this Tandem: those for whom the admin opens everywhere."""

import os
from functools import cache

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from assist.runtime import client
from config.metrics.figures import FIGURES, Figures
from config.metrics.told import folders
from config.metrics.views import terms
from config.system import runbook
from config.system.checks import MORE, Found, State, lines
from projects.web.shared.access import signed_in
from taskers.errors import NotFound
from taskers.web.requests import MemberRequest


@require_GET
@signed_in
def system(request: MemberRequest) -> HttpResponse:
    """Is everything well? It tells of the whole installation, so owners of an organization don't see it."""
    if not request.user.is_superuser:
        raise NotFound()
    told = [(one, runbook.advice(one.heading) if one.state == State.ILL else "") for one in lines(_found())]
    context = {
        "ill": [(one, advice) for one, advice in told if one.state == State.ILL],
        "rest": [one for one, _advice in told if one.state != State.ILL],
        "at": timezone.now(),
    }
    return render(request, "config/system.html", context)


def _found() -> Found:
    figures = _figures()
    late = figures.database.answer().late
    disks = figures.disks.answer().found or {}
    runtime = client.status_now(settings.RUNTIME_ADDRESS)
    return Found(
        figures.rows,
        late,
        {name: (usage.free, usage.total) for name, usage in disks.items()},
        runtime,
        starting=runtime is None and client.reachable(settings.RUNTIME_ADDRESS),
        embedded=not os.environ.get("DATABASE_URL"),
    )


@cache
def _figures() -> Figures:
    return Figures(terms(), folders(), asked=(*FIGURES, *MORE), fresh=0.0)
