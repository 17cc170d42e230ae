"""The API's addresses, and its page, which asks no outside host."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpResponse
from django.urls import include, path
from django.utils.translation import get_language, override
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

Kind = tuple[str | None, str]  # language, media type


class Description(SpectacularAPIView):
    """The API described as OpenAPI. To make that takes seconds, and anybody may ask: a process makes each kind once,
    whatever else stands in the question."""

    made: dict[Kind, HttpResponse] = {}

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse | Response:
        """The description in the language and form that are asked for."""
        asked = (request.GET.get("lang"), get_language(), settings.LANGUAGE_CODE)
        language = next(one for one in asked if one in dict(settings.LANGUAGES))
        kind = language, request.accepted_renderer.media_type
        if kind not in self.made:
            with override(language):
                self.made[kind] = _written(self._get_schema_response(request), request)
        kept = self.made[kind]
        return HttpResponse(kept.content, headers=dict(kept.items()))

    def _get_version_parameter(self, request: Request) -> None:
        """There are no versions to ask for."""


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
