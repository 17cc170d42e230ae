"""The API's addresses, and its page, which asks no outside host."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpResponse
from django.urls import include, path
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

Kind = tuple[str | None, str]  # language, media type


class Description(SpectacularAPIView):
    """The API described as OpenAPI. To make that takes seconds, and anybody may ask: a process makes each kind once."""

    made: dict[Kind, HttpResponse] = {}

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse | Response:
        """The description in the language and form that are asked for."""
        kind = get_language(), request.accepted_renderer.media_type
        if request.GET or kind[0] not in dict(settings.LANGUAGES):  # whatever else may be asked is not kept
            return super().get(request, *args, **kwargs)
        if kind not in self.made:
            self.made[kind] = _written(super().get(request, *args, **kwargs), request)
        kept = self.made[kind]
        return HttpResponse(kept.content, headers=dict(kept.items()))


def _written(answer: Response, request: Request) -> HttpResponse:
    renderer = request.accepted_renderer
    said = renderer.render(answer.data, renderer_context={})
    return HttpResponse(said, headers={**answer.headers, "Content-Type": f"{renderer.media_type}; charset=utf-8"})


urlpatterns = [
    *([path("v1/", include("assist.api"))] if apps.is_installed("assist") else []),
    path("v1/", include("projects.api")),
    path("schema/", Description.as_view(), name="schema"),
    path("", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-page"),
]
