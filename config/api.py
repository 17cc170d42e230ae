"""The API's addresses, and its page, which asks no outside host."""

from django.apps import apps
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

urlpatterns = [
    *([path("v1/", include("assist.api"))] if apps.is_installed("assist") else []),
    path("v1/", include("projects.api")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-page"),
]
