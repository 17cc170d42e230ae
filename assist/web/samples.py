"""What would be offered under other least scores, before they are saved: a part of the copilot's page."""

from collections.abc import Sequence
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from assist.errors import CopilotError
from assist.learning import label_vectors, measured_scores
from assist.suggestions import class_samples, samples
from assist.web.forms import OWN
from projects.models import Project
from projects.web.shared.access import manages
from projects.web.shared.units import of_percent
from taskers.web.requests import MemberRequest

TEXTS, CLASSES = "text_spans", "classification"


@require_GET
@manages
def shown(request: MemberRequest, project: Project) -> HttpResponse:
    """Some tasks under the scores that stand in the form; what is no share yet counts as 0."""
    own = {
        name.removeprefix(OWN): _share(str(said)) for name, said in request.GET.items() if name.startswith(OWN) and said
    }
    least, texts = _share(request.GET.get("minimum_score", "")), project.task_type == TEXTS
    found: Sequence[samples.Sample | samples.TextSample | class_samples.ClassSample] = ()
    away = ""
    if project.task_type == CLASSES:
        try:
            found = class_samples.of(project, least, own, lambda one: label_vectors.learnt(project.public_id, str(one)))
        except CopilotError as problem:
            away = _(problem.text)
    else:
        measured = {one["version"]: one["measured"] for one in measured_scores.standing(project)}
        found = (samples.of_texts if texts else samples.of)(project, least, own, measured.get)
    told: dict[str, object] = {"offered": sum(one.offered for one in found), "all": sum(len(one.seen) for one in found)}
    told |= {"texts": texts, "classes": project.task_type == CLASSES, "away": away}
    return render(request, "assist/_samples.html", told | {"samples": found, "project": project})


def _share(said: str) -> float:
    try:
        found = of_percent(Decimal(said))
    except ArithmeticError:
        return 0.0
    return found if 0 <= found <= 1 else 0.0  # nor where it is none of the numbers
