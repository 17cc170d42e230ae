"""What the web process does before anybody's request reaches Django: through real sockets."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.config.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)


def test_unknown_socket_path_is_not_found(settings):
    settings.ALLOWED_HOSTS = ["*"]
    with serving() as port, pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{port}/ws/nowhere/", origin="http://localhost")
    assert refused.value.response.status_code == 404
