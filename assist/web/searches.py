"""Searches for better settings: begun, watched, stopped, and the winner trained. For managers and ML engineers."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assist.learning.recipes import RECIPES
from assist.learning.search import searches
from assist.models import Search, Trial
from assist.web import search_charts, training
from assist.web.forms import SearchForm
from assist.web.training import looks_after
from projects.models import Project
from projects.reports import notices
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest


@require_POST
@looks_after
def begin(request: MemberRequest, project: Project) -> HttpResponse:
    """Search for settings of a recipe."""
    form = SearchForm(request.POST, project=project)
    if form.is_valid():
        told = form.cleaned_data
        budget = {"most": told["trials"], "minutes": told["minutes"], "at_once": told["at_once"]}
        try:
            made = searches.begin(told["snapshot"], told["recipe"], by=request.user, seed=told["seed"], **budget)
            return redirect("copilot-search", project.public_id, made.public_id)
        except Problem as problem:
            form.add_error(None, problem.text)
    return training.drawn(request, project, search_form=form)


@require_GET
@looks_after
def page(request: MemberRequest, project: Project, search_id: UUID) -> HttpResponse:
    """How far it is, what each trial came to, and which settings matter."""
    found = _search(project, search_id)
    trials, winner, recipe = searches.trials_of(found), searches.winner(found), RECIPES.get(found.recipe)
    known = recipe.parameters if recipe else {}
    context = training.around(request, project) | {
        "search": found,
        "title": recipe.title if recipe else found.recipe,
        "trials": trials,
        "ended": sum(one.ended_at is not None for one in trials),
        "names": list(known),
        "rows": [(one, [one.parameters.get(name) for name in known]) for one in trials],
        "winner": winner,
        "gained": _gained(winner, trials[0]),
        "going_on": found.state == Search.State.RUNNING,
        "history": search_charts.history(trials),
        "coordinates": search_charts.coordinates(trials, known, winner),
        "importance": search_charts.importance(found.importance),
        "worker": notices.worker_alive(),
    }
    return render(request, "assist/search.html", context)


@require_POST
@looks_after
def stop(request: MemberRequest, project: Project, search_id: UUID) -> HttpResponse:
    """End it; what is done stays."""
    found = _search(project, search_id)
    try:
        searches.stop(found)
        messages.success(request, _("It stops in a moment."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-search", project.public_id, found.public_id)


@require_POST
@looks_after
def train(request: MemberRequest, project: Project, search_id: UUID) -> HttpResponse:
    """Train a model with the settings that did best."""
    found = _search(project, search_id)
    try:
        run = searches.train_winner(found, by=request.user)
        return redirect("copilot-run", project.public_id, run.public_id)
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-search", project.public_id, found.public_id)


def _gained(winner: Trial | None, usual: Trial) -> float | None:
    """What the best settings have over today's."""
    if winner is None or winner.value is None or usual.value is None:
        return None
    return winner.value - usual.value


def _search(project: Project, key: UUID) -> Search:
    found = searches.of(project).filter(public_id=key).first()
    if found is None:
        raise NotFound("There is no such search here.")
    return found
