"""No secret of a link or a token in a log, whichever logger said it, nor in a referrer."""

import io
import logging
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.module_loading import import_string

from config.redaction import redact
from taskers.people import invitations
from tests.support.cast import Cast

SECRET = "s3cr3t-Zm9v_bar"


@pytest.fixture(params=["plain", "json"])
def log(request) -> Iterator[io.StringIO]:
    """What the real formatters write of all loggers."""
    terms = dict(settings.LOGGING["formatters"][request.param])
    made = import_string(terms.pop("()"))(*([terms["format"]] if "format" in terms else []))
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(made)
    names = ["", "uvicorn.access", "uvicorn.error", "django.request"]
    for name in names:
        logging.getLogger(name).addHandler(handler)
    yield out
    for name in names:
        logging.getLogger(name).removeHandler(handler)


ADDRESSES = [
    f"/invitations/{SECRET}/",
    f"/invitations/{SECRET}",
    f"/people/password/Mg/{SECRET}/",
    f"/accounts/password/reset/key/2-{SECRET}/",
    f"/accounts/confirm-email/{SECRET}/",
    f"/accounts/login/?next=/invitations/{SECRET}/",
    f"/accounts/login/?next=%2Finvitations%2F{SECRET}%2F",
    f"/anywhere/?a=1&token={SECRET}&b=2",
    f"/anywhere/?next=%2Fx%3Ftoken%3D{SECRET}",
    f"/anywhere/?q=tdm_{SECRET}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_secret_in_an_address_is_not_logged(address: str, log: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").warning('%s - "%s %s HTTP/%s" %d', "10.0.0.1:4", "GET", address, "1.1", 410)
    logging.getLogger("django.request").warning("Gone: %s", address, extra={"status_code": 410})
    try:
        raise ValueError(f"Referer: https://tandem.agency.gov{address}")
    except ValueError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", address)
    said = log.getvalue()
    assert SECRET not in said and said.count("…") >= 4
    assert "10.0.0.1:4" in said and "Gone: /" in said


def test_what_is_no_secret_stays_readable() -> None:
    for plain in (
        "/people/1b0c2c7e-7f0c-4a4e-9d2e-0a5b6c7d8e9f/password-link/",
        "/people/invitations/1b0c2c7e-7f0c-4a4e-9d2e-0a5b6c7d8e9f/withdraw/",
        "/people/invite/?q=Maria&role=tasker",
        "/profile/tokens/1b0c2c7e-7f0c-4a4e-9d2e-0a5b6c7d8e9f/revoke/",
        "/projects/1b0c/tasks/?key=",
        "The invitations are gone",
    ):
        assert redact(plain) == plain
    assert redact(f'"GET /invitations/{SECRET}/ HTTP/1.1"') == '"GET /invitations/…/ HTTP/1.1"'
    assert redact(f"/people/password/Mg/{SECRET}/") == "/people/password/…/"
    assert redact(f"Authorization: Bearer {SECRET}") == "Authorization: Bearer …"


def secret_links(resolver: URLResolver | None = None, above: str = "/") -> Iterator[str]:
    """Every address whose argument is called a secret, a token or a key of text."""
    for pattern in (resolver or get_resolver()).url_patterns:
        here = above + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from secret_links(pattern, here)
        elif isinstance(pattern, URLPattern) and re.search(r"<(?:str:)?(?:secret|token|key)>", here):
            yield re.sub(r"\(?\??P?<[^>]*>(?:\[[^\]]*\]\+?\)?)?", SECRET, here)


def test_each_address_that_takes_a_secret_is_known_here() -> None:
    found = {one for one in secret_links() if "/admin/" not in one}
    assert any("invitations" in one for one in found) and any("people/password" in one for one in found)
    assert [one for one in found if SECRET in redact(one)] == []


@pytest.mark.django_db
def test_pages_at_a_secret_address_name_the_host_alone(client, cast: Cast) -> None:
    _invitation, secret = invitations.invite(cast.riverside, cast.mina, email="ned@example.org", role="tasker")
    link = reverse("invitation", args=[secret])
    for page in (link, f"/accounts/login/?next={link}", f"/people/password/Mg/{secret}/", f"/invitations/{secret}x/"):
        assert client.get(page)["Referrer-Policy"] == "strict-origin"
    assert client.get("/accounts/login/")["Referrer-Policy"] == "same-origin"
    strict = type(client)(enforce_csrf_checks=True)
    strict.get(link)
    strict.force_login(cast.ned)
    token = strict.get(link).context["csrf_token"]
    origin = {"Origin": "http://testserver", "Referer": "http://testserver/"}  # as browsers then say
    assert strict.post(link, {"csrfmiddlewaretoken": token}, headers=origin).status_code == 302
