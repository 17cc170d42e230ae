"""Every address, by the part that answers it."""

from csp.decorators import csp_update
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import Http404
from django.urls import URLPattern, URLResolver, include, path
from django.views.defaults import page_not_found
from django.views.i18n import JavaScriptCatalog

from config import health
from config.metrics.views import metrics
from config.system.views import system

admin.site.site_header = "Tandem"
handler500 = "taskers.web.problems.server_error"


def _relaxed(resolver: tuple) -> tuple:
    """The admin's address patterns, each with the wider content security policy that its look needs."""
    patterns, app, namespace = resolver
    for pattern in patterns:
        _relax(pattern)
    return patterns, app, namespace


def _relax(pattern: URLPattern | URLResolver) -> None:
    if isinstance(pattern, URLResolver):
        for inner in pattern.url_patterns:
            _relax(inner)
    else:
        pattern.callback = csp_update(settings.ADMIN_CSP)(pattern.callback)


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
    path("admin/", _relaxed(admin.site.urls)),
]
