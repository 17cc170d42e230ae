"""A model's card: what it learnt from, how it does, what it isn't for, whose it is. As a page and as a file."""

import json
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from assist.learning import model_card
from assist.web import training
from assist.web.training import looks_after
from projects.models import Project
from taskers.web.requests import MemberRequest

LIMITS = {
    "suggests": _("Nothing was measured of it here: take what it offers as an offer."),
    "own-data": _("It learnt from this organization’s own verdicts: elsewhere it may do worse."),
    "own-labels": _("It knows the labels that the project had then; labels that came later it doesn’t."),
    "own-organization": _("It answers in projects of this organization alone; the database refuses all others."),
    "taken-back": _(
        "It rests on verdicts of an organization that took its consent back: nobody else may begin to use it."
    ),
    "erased": _("It was trained on data that was erased since: to answer anew it takes two people’s word."),
    "untried": _("It hasn’t answered a first question."),
    "general": _("It learnt from none of these verdicts; how it does here only an evaluation tells."),
}


@require_GET
@looks_after
def page(request: MemberRequest, project: Project, version_id: UUID) -> HttpResponse:
    """The card."""
    version = model_card.found(project, version_id)
    card = model_card.of(project, version)
    context = training.around(request, project) | {
        "card": card,
        "version": version,
        "limits": [LIMITS[one] for one in card["limits"]],
    }
    return render(request, "assist/card.html", context)


@require_GET
@looks_after
def export(request: MemberRequest, project: Project, version_id: UUID) -> HttpResponse:
    """The same as JSON, to go with the model."""
    version = model_card.found(project, version_id)
    body = json.dumps(model_card.of(project, version), ensure_ascii=False, indent=2, sort_keys=True)
    name = "".join(one if one.isalnum() or one in "-_." else "-" for one in f"{version.name}-{version.version}")
    return HttpResponse(
        body, content_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}.json"'}
    )
