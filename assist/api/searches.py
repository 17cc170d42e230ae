"""Searches for better settings of a recipe, and their trials."""

from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.api.copilot import MODELS, READ, Copilots
from assist.api.training import TrainingRunShape
from assist.learning.recipes import RECIPES
from assist.learning.search import searches
from assist.models import Search, Snapshot, Trial
from assist.web.overview import SEES
from projects.api.endpoint import described
from projects.api.pagination import asked, page
from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.models import limits
from taskers.errors import NotFound


class NewSearch(KnownFields):
    """Whichever comes first ends it: the trials, or the minutes."""

    snapshot = serializers.UUIDField()
    recipe = serializers.ChoiceField(sorted(RECIPES))
    trials = serializers.IntegerField(default=searches.TRIALS, **limits.TRIALS.bounds)
    minutes = serializers.IntegerField(default=searches.MINUTES, **limits.SEARCH_MINUTES.bounds)
    at_once = serializers.IntegerField(default=1, **limits.AT_ONCE.bounds)
    seed = serializers.IntegerField(default=0, **limits.SEED.bounds)


class TrialShape(serializers.Serializer):
    """One try; number 0 has today's settings."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(Trial.State.values)
    reason = serializers.CharField(allow_blank=True)
    parameters = serializers.DictField()
    value = serializers.FloatField(allow_null=True, help_text="the recipe's figure on the validation split")
    metrics = serializers.DictField()


class SearchShape(serializers.Serializer):
    """A search; `winner` is the number of the trial that did best, where one did."""

    id = serializers.UUIDField(source="public_id")
    snapshot = serializers.UUIDField(source="snapshot.public_id")
    recipe = serializers.CharField()
    seed = serializers.IntegerField()
    trials_wanted = serializers.IntegerField()
    minutes = serializers.IntegerField()
    at_once = serializers.IntegerField()
    state = serializers.ChoiceField(Search.State.values)
    reason = serializers.CharField(allow_blank=True)
    importance = serializers.DictField(child=serializers.FloatField(), help_text="parameter: share of the figure")
    asked_by = serializers.CharField(source="asked_by.name")


class OneSearchShape(SearchShape):
    """With its trials."""

    winner = serializers.SerializerMethodField()
    trials = serializers.SerializerMethodField()

    def get_winner(self, search: Search) -> int | None:
        found = searches.winner(search)
        return found.number if found else None

    @extend_schema_field(TrialShape(many=True))
    def get_trials(self, search: Search) -> object:
        return TrialShape(searches.trials_of(search), many=True).data


class SearchPage(PageShape):
    results = SearchShape(many=True)


class Searches(Copilots):
    """What was searched for."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("List searches", {200: SearchPage}, operation_id="searches", parameters=[PageQuery])
    def get(self, request: Request, project_id: UUID) -> Response:
        after, limit = asked(request)
        rows = searches.of(self.project(project_id, *SEES)).filter(pk__gt=after).order_by("pk")[: limit + 1]
        return Response(page(list(rows), after, limit, lambda given: SearchShape(given, many=True).data))

    @described("Search for settings", {202: OneSearchShape}, request=NewSearch, operation_id="search_begin")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *SEES)
        body = NewSearch(data=request.data)
        body.is_valid(raise_exception=True)
        told = body.validated_data
        snapshot = Snapshot.objects.filter(project=project, public_id=told["snapshot"]).first()
        if snapshot is None:
            raise NotFound("There is no such snapshot here.")
        budget = {"most": told["trials"], "minutes": told["minutes"], "at_once": told["at_once"]}
        made = searches.begin(snapshot, told["recipe"], by=self.person, seed=told["seed"], **budget)
        return Response(OneSearchShape(made).data, status=202)


class Found(Copilots):
    """What stands below one search."""

    def search(self, project_id: UUID, search_id: UUID) -> Search:
        """The search that the address names."""
        found = searches.of(self.project(project_id, *SEES)).filter(public_id=search_id).first()
        if found is None:
            raise NotFound("There is no such search here.")
        return found


class OneSearch(Found):
    """One search."""

    scopes = {"GET": READ, "POST": MODELS}

    @described("Get a search", {200: OneSearchShape}, operation_id="search_get")
    def get(self, request: Request, project_id: UUID, search_id: UUID) -> Response:
        return Response(OneSearchShape(self.search(project_id, search_id)).data)

    @described("Stop a search", {202: OneSearchShape}, request=None, operation_id="search_stop")
    def post(self, request: Request, project_id: UUID, search_id: UUID) -> Response:
        found = self.search(project_id, search_id)
        searches.stop(found)
        found.refresh_from_db()
        return Response(OneSearchShape(found).data, status=202)


class Winner(Found):
    """What did best."""

    scopes = {"POST": MODELS}

    @described("Train the winner", {202: TrainingRunShape}, request=None, operation_id="search_train_winner")
    def post(self, request: Request, project_id: UUID, search_id: UUID) -> Response:
        run = searches.train_winner(self.search(project_id, search_id), by=self.person)
        return Response(TrainingRunShape(run).data, status=202)
