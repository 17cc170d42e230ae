"""A program's request asks for nothing that only pages need; a page has all of it."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from taskers.credentials import tokens
from tests.support import make
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/projects/"
OF_PAGES = {"session", "_messages", "htmx", "memberships"}


def test_a_program_is_asked_for_no_session_and_is_given_none(cast, django_assert_num_queries) -> None:
    make.project(cast.riverside)
    program = Client(headers={"Authorization": f"Bearer {tokens.issue(cast.mina, cast.riverside, name='CI')[1]}"})
    program.cookies[settings.SESSION_COOKIE_NAME] = "somebody-else's"
    program.get(ADDRESS)
    with django_assert_num_queries(3):  # who asks, their projects, how many
        answer = program.get(ADDRESS)
    assert answer.status_code == 200 and answer.json()["results"]
    assert not OF_PAGES & vars(answer.wsgi_request).keys()
    assert answer.wsgi_request.user == cast.mina
    assert not answer.cookies and not Session.objects.exists()
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" not in answer.headers["Vary"]


def test_a_page_has_all_of_it_whatever_is_sent_along(cast) -> None:
    page = Client(headers={"Authorization": "Bearer tdm_nothing"})
    page.force_login(cast.mina)
    answer = page.get("/projects/")
    assert answer.status_code == 200
    assert vars(answer.wsgi_request).keys() >= OF_PAGES
    assert answer.wsgi_request.user == cast.mina
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_who_sends_no_token_to_the_api_is_treated_as_a_browser(cast) -> None:
    page = Client()
    page.force_login(cast.mina)
    answer = page.get(ADDRESS)
    assert answer.status_code == 401, "a session opens no address of the API"
    assert vars(answer.wsgi_request).keys() >= OF_PAGES


def test_a_form_from_elsewhere_is_refused_though_it_says_that_it_is_a_program(cast) -> None:
    forger = Client(enforce_csrf_checks=True, headers={"Authorization": "Bearer tdm_nothing"})
    forger.force_login(cast.mina)
    assert forger.post("/projects/new/", {"name": "Mine"}).status_code == 403


def test_a_program_is_answered_in_the_language_of_its_person(cast) -> None:
    cast.mina.language = "es"
    cast.mina.save()
    answer = Api(cast.mina, cast.riverside).get("project", uuid4())
    assert (answer.status_code, answer.headers["Content-Language"]) == (404, "es")


def test_a_token_that_is_revoked_opens_nothing_from_the_next_request_on(cast) -> None:
    token, secret = tokens.issue(cast.mina, cast.riverside, name="CI")
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    assert program.get(ADDRESS).status_code == 200
    tokens.revoke(token, cast.mina)
    assert program.get(ADDRESS).status_code == 401
