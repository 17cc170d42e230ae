"""A websocket is opened by a page of this site alone, not by whatever else is served on the same host."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from config.same_origin import is_own
from tests.support.config.serving import serving

TRUSTED = "https://tandem.example.org"


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://localhost", "localhost", True),
        ("http://localhost", "localhost:80", True),
        ("https://label.example.org", "label.example.org", True),
        ("https://LABEL.example.org:443", "label.example.org", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        (TRUSTED, "10.0.0.7:8000", True),
        ("http://127.0.0.1:9999", "127.0.0.1:8000", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("https://label.example.org:8443", "label.example.org", False),
        ("http://label.example.org", "label.example.org:443", False),
        ("http://127.0.0.1:8000.evil.example", "127.0.0.1:8000", False),
        ("ftp://localhost", "localhost", False),
        ("http://[::1", "[::1]", False),
        ("null", "localhost", False),
        ("", "", False),
    ],
)
def test_origin_is_own_where_host_and_port_are_those_of_the_request(
    settings, origin: str, host: str, own: bool
) -> None:
    settings.CSRF_TRUSTED_ORIGINS, settings.SESSION_COOKIE_SECURE = [TRUSTED], False
    assert is_own(origin, host) is own


def test_unencrypted_pages_are_strangers_where_the_site_is_encrypted(settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS, settings.SESSION_COOKIE_SECURE = [], True
    assert is_own("https://label.example.org", "label.example.org")
    assert not is_own("http://label.example.org", "label.example.org")


@pytest.mark.django_db(transaction=True)
def test_page_of_another_port_gets_no_websocket(settings) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    statuses = {}
    with serving() as port:
        for other in (port, port + 1):
            with pytest.raises(InvalidStatus) as refused:
                connect(f"ws://127.0.0.1:{port}/ws/nowhere/", origin=Origin(f"http://127.0.0.1:{other}"))
            statuses[other - port] = refused.value.response.status_code
    assert statuses == {0: 404, 1: 403}
