"""The web process: HTTP through Django, websockets through Channels, both behind what anybody may send at most."""

import os

from config import handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = handler.application()  # sets Django up; what follows imports models

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from assist.session.routing import websocket_urlpatterns  # noqa: E402
from config.away_sockets import AwaySockets  # noqa: E402
from config.bodies import BodyLimits  # noqa: E402
from config.connections import RequestsPerAddress  # noqa: E402
from config.limits import Limits  # noqa: E402
from config.request_ids import RequestIds  # noqa: E402
from config.same_origin import SameOrigin  # noqa: E402
from taskers.files.folders import spool_folder  # noqa: E402
from taskers.files.spool import Spool  # noqa: E402

NO_SUCH_SOCKET = 4404


async def nowhere(scope, receive, send) -> None:
    """Refuses a websocket at an address where none is: 404 before the handshake, as for a page."""
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close", "code": NO_SUCH_SOCKET})


anywhere_else = re_path("", nowhere)  # type: ignore[arg-type]  # Channels routes to ASGI apps
sockets = AllowedHostsOriginValidator(
    SameOrigin(AwaySockets(AuthMiddlewareStack(URLRouter([*websocket_urlpatterns, anywhere_else]))))
)
limits = Limits()
spool = Spool(spool_folder(), bytes_each=limits.spool_each, bytes_total=limits.spool_total)
settings.FILE_UPLOAD_TEMP_DIR = str(spool.folder)  # of this process; no other place is swept once it is gone
application = RequestIds(
    RequestsPerAddress(
        BodyLimits(ProtocolTypeRouter({"http": http, "websocket": sockets}), limits, spool),
        limits,
    )
)
