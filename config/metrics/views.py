"""`/metrics` on the web's own port, for who has the operator's token. Without a token there is no such address."""

import os
from functools import cache
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.metrics.told import MEDIA_TYPE, Told, allowed


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All figures of this machine. Asks the database on a line of its own, never by one of the pool's."""
    if not os.environ.get("TANDEM_METRICS_TOKEN"):
        raise Http404()
    if not allowed(request.headers.get("Authorization", "")):
        return HttpResponse(
            "Say the token of TANDEM_METRICS_TOKEN.\n", status=401, headers={"WWW-Authenticate": "Bearer"}
        )
    return HttpResponse(_told().text(), content_type=MEDIA_TYPE)


def terms() -> dict[str, Any]:
    """How psycopg reaches the database, on a line of its own."""
    found = connection.get_connection_params()
    return {name: value for name, value in found.items() if name not in ("cursor_factory", "context")}


@cache
def _told() -> Told:
    return Told(terms())
