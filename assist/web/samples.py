"""What would be offered under other least scores, before they are saved: a part of the copilot's page."""

from collections.abc import Sequence
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from assist.learning import measured_scores
from assist.suggestions import samples
from assist.web.forms import OWN
from projects.models import Project
from projects.web.shared.access import manages
from projects.web.shared.units import of_percent
from taskers.web.requests import MemberRequest

TEXTS = "text_spans"


@require_GET
@manages
def shown(request: MemberRequest, project: Project) -> HttpResponse:
    """Some images or texts under the scores that stand in the form; what is no share yet counts as 0."""
    own = {
        name.removeprefix(OWN): _share(str(said)) for name, said in request.GET.items() if name.startswith(OWN) and said
    }
    least, texts = _share(request.GET.get("minimum_score", "")), project.task_type == TEXTS
    found: Sequence[samples.Sample | samples.TextSample]
    measured = {one["version"]: one["measured"] for one in measured_scores.standing(project)}
    if texts:
        found = samples.of_texts(project, least, own, measured.get)
    else:
        found = samples.of(project, least, own, measured.get)
    told = {"offered": sum(one.offered for one in found), "all": sum(len(one.seen) for one in found), "texts": texts}
    return render(request, "assist/_samples.html", told | {"samples": found, "project": project})


def _share(said: str) -> float:
    try:
        found = of_percent(Decimal(said))
    except ArithmeticError:
        return 0.0
    return found if 0 <= found <= 1 else 0.0  # nor where it is none of the numbers
