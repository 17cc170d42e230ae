"""Every address, by the part that answers it."""

from django.apps import apps
from django.contrib import admin
from django.http import Http404
from django.urls import include, path
from django.views.defaults import page_not_found
from django.views.i18n import JavaScriptCatalog

from config import health
from config.metrics.views import metrics
from config.system.views import system

handler500 = "taskers.web.problems.server_error"

urlpatterns = [
    path("api/", include("config.api")),  # first: programs ask more often than anybody
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("system/", system, name="system"),
    # Invitations and password links are bound to a person's address: only their office changes it.
    path("accounts/email/", page_not_found, {"exception": Http404()}),
    path("accounts/", include("allauth.urls")),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["config"]), name="javascript-catalog"),
    path("", include("taskers.urls")),
    path("", include("projects.urls")),
    *([path("projects/", include("assist.web.urls"))] if apps.is_installed("assist") else []),
    path("admin/", admin.site.urls),
]
