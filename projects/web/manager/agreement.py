"""How far the people of a project agree: figures and drawings of the report that a worker made."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from projects.models import AgreementReport, Project
from projects.reports import agreement_reports, confusions, notices
from projects.task_types import TASK_TYPES
from projects.web.shared.access import manages
from projects.web.shared.charts import Line, Scale, line
from taskers.models import Person
from taskers.web.requests import MemberRequest

COEFFICIENTS = {
    "alpha_nominal": gettext_lazy("Krippendorff’s α, nominal"),
    "alpha_ordinal": gettext_lazy("Krippendorff’s α, ordinal"),
    "alpha_interval": gettext_lazy("Krippendorff’s α, interval"),
    "fleiss": gettext_lazy("Fleiss’ κ"),
}
MEASURES = {
    "agreement": gettext_lazy("Agreement of two answers"),
    "f1_strict": gettext_lazy("Span F1, strict"),
    "f1_relaxed": gettext_lazy("Span F1, relaxed"),
    "iou_mask": gettext_lazy("Mask IoU"),
    "iou_box": gettext_lazy("Box IoU"),
    "iou_polygon": gettext_lazy("Polygon IoU"),
    "iou_polyline": gettext_lazy("Likeness of lines"),
    "iou_point": gettext_lazy("Likeness of points"),
    "boundary_f": gettext_lazy("Mask outline F, 2 pixels"),
}
MOST_CONFUSED = 20  # labels in the table of confusions
SCALES = {"nominal": gettext_lazy("Nominal"), "interval": gettext_lazy("Interval")}
# Both kinds of figures are drawn on one scale; agreement by chance is 0 for coefficients, and they may fall below it.
COEFFICIENT, MEASURE = Scale(-0.2, 1.0), Scale(0.0, 1.0)


@require_GET
@manages
def agreement(request: MemberRequest, project: Project) -> HttpResponse:
    """The page."""
    context = _figures(project) | {"task_type": TASK_TYPES[project.task_type], "tab": "agreement"}
    return render(request, "projects/manager/agreement.html", context)


@require_GET
@manages
def figures(request: MemberRequest, project: Project) -> HttpResponse:
    """The part that changes once the worker is done."""
    return render(request, "projects/manager/_agreement.html", _figures(project))


@require_POST
@manages
def renew(request: MemberRequest, project: Project) -> HttpResponse:
    """Have the report made anew."""
    if not agreement_reports.ask(project):
        messages.info(request, _("It is being worked out already."))
    return redirect("agreement", project.public_id)


def _figures(project: Project) -> dict[str, Any]:
    found = agreement_reports.current(project)
    context = {"project": project, "report": found, "sample": agreement_reports.SAMPLE}
    if found is not None and found.asked_at is not None:
        context["no_worker"] = not notices.worker_alive()
    return context | (_told(project, found) if found and found.made_at else {})


def _told(project: Project, found: AgreementReport) -> dict[str, Any]:
    numbers = found.numbers
    people = {key for pair in numbers["pairs"] for key in pair["people"]}
    found_people = Person.objects.in_bulk(people)
    labels = [
        {
            "label": label,
            "alpha": _interval(numbers["labels"][label.key]["alpha"], COEFFICIENT),
            "agreement": numbers["labels"][label.key]["agreement"],
            "used": numbers["labels"][label.key]["used"],
        }
        for label in project.labels.order_by("position", "pk")
        if label.key in numbers["labels"]
    ]
    asked = {one["key"]: one["name"] for one in project.settings_now().fields}
    fields = [
        {"name": asked[key], "scale": SCALES[one["scale"]], "alpha": _interval(one["alpha"], COEFFICIENT)}
        for key, one in numbers.get("fields", {}).items()
        if key in asked
    ]
    return {
        "numbers": numbers,
        "fields": fields,
        "alpha": numbers["coefficients"]["alpha_nominal"],
        "coefficients": _rows(numbers["coefficients"], COEFFICIENTS, COEFFICIENT),
        "measures": _rows(numbers["measures"], MEASURES, MEASURE),
        "labels": labels,
        "pairs": [one | {"who": [found_people.get(key) for key in one["people"]]} for one in numbers["pairs"]],
        "periods": [one | {"day": date.fromordinal(one["period"])} for one in numbers["periods"]],
        "lines": _lines(numbers["periods"]),
        "confusion": _confusion(project, numbers.get("confusion", {}).get("cells", [])),
    }


def _confusion(project: Project, cells: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The table of what was decided by what was said: labels that are taken for another come first."""
    mistaken: dict[str, int] = {}
    for one in cells:
        for key in (one["decided"], one["said"]):
            mistaken[key] = mistaken.get(key, 0) + (one["number"] if one["decided"] != one["said"] else 0)
    keys = sorted(mistaken, key=lambda key: (key == "", -mistaken[key], key))[:MOST_CONFUSED]
    if not any(mistaken.values()):
        return None
    names = dict(project.labels.values_list("key", "name"))
    known = {(one["decided"], one["said"]): one for one in cells}
    rows = []
    for decided in keys:
        row = [known.get((decided, said)) for said in keys]
        most = max((one["number"] for one in row if one), default=1)
        rows.append((_name(names, decided), [_cell(one, most) for one in row]))
    return {"names": [_name(names, key) for key in keys], "rows": rows, "sample": confusions.SAMPLE}


def _name(names: dict[str, str], key: str) -> str:
    return names.get(key, key) if key else _("nothing")


def _cell(one: dict[str, Any] | None, most: int) -> dict[str, Any] | None:
    """A cell with where its tasks are, and how dark it is drawn, in five steps."""
    if one is None:
        return None
    address = f"{one['decided']}{confusions.BETWEEN}{one['said']}"
    return {"number": one["number"], "address": address, "right": one["decided"] == one["said"]} | {
        "step": max(1, round(5 * one["number"] / most))
    }


def _rows(told: dict[str, Any], names: dict[str, Any], scale: Scale) -> list[dict[str, Any]]:
    """In the order of `names`: the database keeps none."""
    return [{"name": name} | _interval(told[key], scale) for key, name in names.items() if key in told]


def _interval(one: dict[str, Any], scale: Scale) -> dict[str, Any]:
    """The figures with their places on the scale."""
    return one | {"mark": scale.interval(one["value"], one["low"], one["high"]), "zero": scale.at(0.0)}


def _lines(periods: list[dict[str, Any]]) -> list[Line]:
    if len(periods) < 2:
        return []
    days = [one["period"] for one in periods]
    return [
        line("alpha", _("α, nominal"), days, [one["alpha"] for one in periods], MEASURE),
        line("agreement", _("Agreement of two answers"), days, [one["agreement"] for one in periods], MEASURE),
    ]
