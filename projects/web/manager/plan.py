"""What is in files before they are loaded: samples with their marks, labels, columns; and the choice."""

import base64
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from projects.configuration import label_colours
from projects.data import importing
from projects.data.importing import choices
from projects.data.importing.choices import CREATE, LEAVE, Choices
from projects.data.importing.plan import in_words, needs, starting_choices
from projects.models import Import, Label, Project
from projects.task_types import TASK_TYPES, asked_fields
from projects.web.shared.access import managed_import, signed_in
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest

OUT = "-"  # no column becomes this: it is left out
BECOMES = {
    "external_id": gettext_lazy("The task's name (external_id)"),
    "text": gettext_lazy("The text"),
    "title": gettext_lazy("Its title"),
    "prompt": gettext_lazy("The question (prompt)"),
    "first": gettext_lazy("The first of the two"),
    "second": gettext_lazy("The second of the two"),
    "asset": gettext_lazy("The sha256 of a picture that is here already"),
}
OF_ANSWERS = {
    "by": gettext_lazy("Whose answer it is"),
    "score": gettext_lazy("How sure the answer is, from 0 to 1"),
    "answered_at": gettext_lazy("When the answer was given"),
    "seconds": gettext_lazy("How long the answer took, in seconds"),
}
PROMISE = "private, max-age=3600"


def shown(found: Import) -> dict[str, Any]:
    """What the page of an import that waits for a choice says beside the rest; nothing for another."""
    if found.state != Import.State.PLANNED or not found.plan:
        return {}
    project, planned = found.batch.project, found.plan
    usual = starting_choices(planned)
    return {
        "plan": in_words(planned),
        "needs": needs(planned),
        "answers": Import.Answers.choices,
        "answers_usual": usual.answers,
        "labels": list(project.labels.in_use()),
        "create": CREATE,
        "leave": LEAVE,
        "becomes": _becomes(project, planned["mapped"]),
        "columns": [(name, planned["mapped"].get(name, "") or _unsaid(name, planned)) for name in planned["columns"]],
        "plan_view": _view(found, project, planned),
    }


def _becomes(project: Project, mapped: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a column may become, with the words for it; what one was said to be by a program is among it."""
    room = TASK_TYPES[project.task_type]
    words = {name: str(said) for name, said in BECOMES.items() if name in ("external_id", *room.payload_fields)}
    if "fields_asked" in room.settings_asked:
        for one in project.settings_now().fields or asked_fields.usual():
            words[f"answer.{one['key']}"] = _("The answer to “%(field)s”") % {"field": one["name"]}
        words |= {name: str(said) for name, said in OF_ANSWERS.items()}
    elif room.answer_list == "spans":
        words |= {"spans": _("The answer: its spans, as JSON")} | {name: str(said) for name, said in OF_ANSWERS.items()}
    return [*words.items(), *((one, one) for one in dict.fromkeys(mapped.values()) if one and one not in words)]


def _unsaid(name: str, planned: Mapping[str, Any]) -> str:
    """A column that was left out says so; of another nothing was said."""
    return OUT if name in planned["mapped"] else ""


def _view(found: Import, project: Project, planned: Mapping[str, Any]) -> dict[str, Any]:
    """What pages/plan.js draws the samples by: labels stand under the file's own names."""
    samples = []
    for number, one in enumerate(planned["samples"]):
        picture = reverse("import-sample", args=[found.public_id, number]) if "picture" in one else None
        samples.append(
            {"text": one.get("text"), "size": one.get("size"), "picture": picture, "answer": one.get("answer", {})}
        )
    labels = {one.key: one for one in project.labels.in_use()}
    return {"samples": samples, "labels": _drawn(planned["labels"], labels)}


def _drawn(named: list[Mapping[str, Any]], labels: Mapping[str, Label]) -> dict[str, dict[str, str]]:
    fresh = iter(label_colours.fresh((one.colour for one in labels.values()), len(named)))
    drawn = {}
    for one in named:
        colour = labels[one["meaning"]].colour if one["meaning"] in labels else next(fresh)
        drawn[one["name"]] = {"name": one["name"], "colour": colour}
    return drawn


@require_POST
@signed_in
def choose(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """Load what was found as it was chosen, or look again with other columns."""
    found = managed_import(request, import_id)
    columns = {name: "" if becomes == OUT else becomes for name, becomes in _numbered(request, "column").items()}
    try:
        if request.POST.get("act") == "look":
            choices.look_again(found, columns)
        else:
            chosen = Choices(
                answers=request.POST.get("answers", Import.Answers.LEAVE),
                source=request.POST.get("source", ""),
                labels=_numbered(request, "label"),
                columns=columns or (found.plan or {}).get("mapped", {}),
            )
            choices.choose(found, chosen, by=request.user)
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("import", found.public_id)


def _numbered(request: MemberRequest, what: str) -> dict[str, str]:
    """What was said of each, by its name: names are sent beside what they mean, since they may hold anything."""
    names, meanings = request.POST.getlist(f"{what}-name"), request.POST.getlist(what)
    return {name: meaning for name, meaning in zip(names, meanings, strict=False) if meaning}


@require_POST
@signed_in
def drop(request: MemberRequest, import_id: UUID) -> HttpResponse:
    """Load nothing of it, or no more."""
    found = managed_import(request, import_id)
    try:
        importing.drop(found, by=request.user)
        said = _("What is left of %(name)s isn't loaded.") if found.loaded else _("Nothing of %(name)s was loaded.")
        messages.success(request, said % {"name": found.name})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("load", found.batch.project.public_id)


@require_GET
@signed_in
def sample(request: MemberRequest, import_id: UUID, number: int) -> HttpResponse:
    """The small picture of a sample."""
    found = managed_import(request, import_id)
    samples = (found.plan or {}).get("samples", [])
    if number >= len(samples) or "picture" not in samples[number]:
        raise NotFound()
    headers = {"Cache-Control": PROMISE, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(base64.b64decode(samples[number]["picture"]), content_type="image/jpeg", headers=headers)
