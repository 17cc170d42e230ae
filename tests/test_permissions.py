"""Everybody asks everything (DESIGN rule 8): the table of tests/support/permissions.py, line by line.

Each line is a test. Its body is sent as everybody, each time in a transaction that is taken back: those who may succeed
and change something, so that the body is known to be a good one; for all others the database counts no row that was
written, and nobody from outside reads a word of Riverside's.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from http.cookies import SimpleCookie
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import resolve

from taskers.credentials.tokens import digest
from taskers.models import ApiToken, Event, Scope
from tests.support import full_organization, sending
from tests.support.addresses import addresses
from tests.support.full_organization import SECRETS
from tests.support.organization.world import World, address
from tests.support.permission_rows import OUTSIDE, PEOPLE, PROGRAMS, STAFF, File, Row
from tests.support.permissions import API, TABLE

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
BY_NAME = {one.name: one for one in addresses() if one.name}
# What is written about whoever asks, whatever they may: the session, when a token was used, who was refused what, and
# what was counted in process once the time for that has come.
ABOUT_THE_ASKER = {"django_session", "taskers_apitoken", "taskers_auditrecord", "taskers_throttlebucket"}
DONE, SIGN_IN = "done", "sign-in"
# As pg_stat_xact_user_tables says it, which looks through all indexes first, twelve thousand times in this file.
WRITTEN = """
SELECT relname, number FROM pg_class,
LATERAL (SELECT pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
                + pg_stat_get_xact_tuples_deleted(oid) AS number OFFSET 0) AS of_table
WHERE relkind IN ('r', 'p') AND number > 0
  AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
"""


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: one transaction for the whole file, taken back at its end."""
    with django_db_blocker.unblock(), transaction.atomic(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def world(db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All of Riverside, the same for every line."""
    files = {"MODELS_DIR": str(tmp_path_factory.mktemp("models"))}
    logging.disable(logging.WARNING)  # thousands are refused here, each with its line
    try:
        with override_settings(RUNTIME_ADDRESS="unix:/nowhere/runtime.sock", OUTBOUND=["*.example.com"], **files):
            yield full_organization.assemble()
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_who_may_succeeds_and_nobody_else_does_or_sees_anything(world: World, row: Row) -> None:
    faults, changed = [], row.method == "GET" or row.reads or not row.who
    before, sent = written(), (path_of(world, row), *body_of(world, row))
    for who in sorted(row.asked_by or (PROGRAMS if by_program(row) else PEOPLE)):
        with transaction.atomic():
            answer = ask(world, who, row, *sent)
            found, wanted, said = outcome(answer), expected(row, who), text(answer)
            after = written()
            did, before = {name for name, number in after.items() if before.get(name) != number}, after
            if found != wanted and found not in as_good(row, who):
                faults.append(f"{who} is answered {answer.status_code} ({found}) and not {wanted}: {said[:200]}")
            if wanted == DONE:
                changed |= bool(did)
            elif did:
                faults.append(f"{who} may not, and wrote {sorted(did)}")
            if who in OUTSIDE and not row.by_link:
                faults += [f"{who} reads {secret!r}" for secret in hidden_from(who) if secret in said]
                if did and who != "eve":
                    faults += [f"{who} did {kind} at Riverside" for kind in since(world)]
            let_go(answer)
            transaction.set_rollback(True)
    assert faults == []
    assert changed, "this body changes nothing for anybody"


def by_program(row: Row) -> bool:
    """Whether programs ask it, by a token."""
    return row.name.startswith(("api-", "schema", "/api/"))


def in_the_admin(row: Row) -> bool:
    return row.name.startswith(("admin:", "/admin/"))


def expected(row: Row, who: str) -> int | str:
    """What this person is answered, as the line says."""
    if who in row.but:
        return row.but[who]
    if who in row.who:
        return DONE
    if who == "nobody" or (by_program(row) and who == "sam") or (in_the_admin(row) and who not in STAFF):
        return SIGN_IN
    if in_the_admin(row):
        return 403
    return 404 if who in OUTSIDE or row.own else 403


def as_good(row: Row, who: str) -> set[int | str]:
    """What says as much. The admin has three ways to say no; Pia is a member where her projects are concerned, and else
    somebody from outside."""
    if in_the_admin(row):
        return {403, 404, "/admin/"} if expected(row, who) in {403, 404, "/admin/"} else set()
    return {404} if who == "pia" and expected(row, who) == 403 else set()


def outcome(answer: Any) -> int | str:
    """Done, sent to sign in, sent elsewhere in the admin, or the status of the refusal."""
    there = answer.headers.get("Location", "")
    if answer.status_code == 401 or answer.status_code == 302 and "/login/?next=" in there:
        return SIGN_IN
    if answer.status_code == 302 and there == "/admin/":
        return there
    return DONE if 200 <= answer.status_code < 400 else answer.status_code


def hidden_from(who: str) -> tuple[str, ...]:
    """Eve belongs to Riverside, and may know its name and its people."""
    return tuple(one for one in SECRETS if who != "eve" or one.lower().startswith("secret"))


def text(answer: Any) -> str:
    """The body of an answer, as far as it isn't a stream."""
    return "" if answer.streaming else answer.content.decode(errors="replace")


def let_go(answer: Any) -> None:
    """Give back what a stream holds. `close()` would, and would close the connection of the whole file."""
    for close in answer._resource_closers:
        close()


def written() -> dict[str, int]:
    """How many rows of each table this transaction has written so far, taken back or not, by the database's count."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return {table: number for table, number in cursor.fetchall() if table not in ABOUT_THE_ASKER}


def since(world: World) -> list[str]:
    """What happened at Riverside since all of it was made."""
    rows = Event.objects.filter(organization_id=world.riverside.pk, pk__gt=world.things["newest"])
    return list(rows.values_list("kind", flat=True))


@cache
def handler() -> WSGIHandler:
    """The whole application. Asked directly: the test client's remembering of every template takes as long again."""
    return WSGIHandler()


def ask(world: World, who: str, row: Row, path: str, body: bytes, kind: str) -> Any:
    """The line's request, as this person. Who is refused is told why in JSON, which is sooner written than a page."""
    factory = RequestFactory(headers={"Accept": "application/json, text/html, */*"})
    if by_program(row) and who != "nobody":
        factory.defaults["HTTP_AUTHORIZATION"] = f"Bearer {world.secrets[who]}"
    elif who != "nobody":
        factory.cookies = SimpleCookie({"sessionid": world.sessions[who]})
    return answered(factory.generic(row.method, path, body, kind))


def answered(request: HttpRequest) -> Any:
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    return handler().get_response(request)


def path_of(world: World, row: Row) -> str:
    if row.name.startswith("/"):
        return row.name
    things = world.around(row.on)
    return address(row.name, {one: things[one] for one in BY_NAME[row.name].arguments})


def body_of(world: World, row: Row) -> tuple[bytes, str]:
    """What is sent, and its media type."""
    body = row.body
    if body is None:
        return b"", "application/octet-stream"
    if body.kind == "json":
        return json.dumps(filled(body.said, world, row.on), default=str).encode(), "application/json"
    if body.kind == "octets":
        return body.said.encode(), "application/octet-stream"
    said = filled(body.said, world, row.on)
    if body.kind == "page":
        said = on_its_page(world, row) | said
    return encode_multipart(BOUNDARY, said), MULTIPART_CONTENT


def on_its_page(world: World, row: Row) -> Mapping[str, Any]:
    """What the form on the address's own page says unchanged, as Olga sees it."""
    path = path_of(world, row)
    factory = RequestFactory()
    factory.cookies = SimpleCookie({"sessionid": world.sessions["olga"]})
    page = sending.read(answered(factory.get(path)).content.decode(), path)
    (form,) = [one for one in page.forms if one.method == "post" and one.action == path and len(one.fields) > 2]
    return form.said()


def filled(said: Any, world: World, on: str) -> Any:
    """What is sent, with the things that it names."""
    if isinstance(said, dict):
        return {named(name, world, on): filled(value, world, on) for name, value in said.items()}
    if isinstance(said, list):
        return [filled(one, world, on) for one in said]
    if isinstance(said, File):
        return SimpleUploadedFile(said.name, said.text.encode())
    if said == "@new":
        return str(uuid4())
    if isinstance(said, str) and said.startswith("@"):
        found = world.thing(said[1:], on)
        assert found is not None, f"there is no {said}"
        return str(found)
    return said


def named(name: str, world: World, on: str) -> str:
    """A field's name: a thing's own, or one that begins with a thing's."""
    if not name.startswith("@"):
        return name
    thing, dash, rest = name[1:].partition("-")
    return f"{world.thing(thing, on)}{dash}{rest}"


def lines_of(world: World) -> dict[str, list[Row]]:
    """The lines of each route."""
    found: dict[str, list[Row]] = {}
    for row in TABLE:
        found.setdefault(resolve(path_of(world, row)).route, []).append(row)
    return found


def test_every_address_has_its_line(world: World) -> None:
    known = lines_of(world)
    missing = sorted({one.name or one.route for one in addresses() if one.route not in known})
    assert missing == [], "say in tests/support/permissions.py who may ask them, with a body that is taken"


def test_no_address_of_ours_takes_a_method_that_has_no_line(world: World) -> None:
    """Whoever may do what has a line is told that there is nothing else to do."""
    known, taken = lines_of(world), []
    for one in addresses():
        if not one.ours or not one.name:
            continue
        rows = known[one.route]
        row = next((row for row in rows if row.who), rows[0])
        who, path = min(row.who or {"alice"}), path_of(world, row)
        for method in METHODS - {row.method for row in rows}:
            with transaction.atomic():
                answer = ask(world, who, replace(row, method=method), path, b"{}", "application/json")
                if answer.status_code != 405:
                    taken.append(f"{method} {one.name} answers {answer.status_code}")
                transaction.set_rollback(True)
    assert taken == [], "\n".join(taken)


# --- what tokens open: one thing alone, in the hands of somebody who may ------------------------------------------

ONE = [one.value for one in Scope if one is not Scope.EVERYTHING]
ROWS = [row for row in API if row.who]


def needed(row: Row) -> set[str]:
    """What the address says its token must open, one of them."""
    view = BY_NAME[row.name].view
    scopes = getattr(view, "view_class", None) or view
    return {one.value for one in scopes.scopes[row.method]} & set(ONE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_token_opens_what_its_scope_names_and_nothing_else(world: World, row: Row) -> None:
    """Each that is needed opens it alone. All others don't, even together: then none of them does."""
    who, wanted = min(row.who), needed(row)
    sent, before = (path_of(world, row), *body_of(world, row)), written()
    others = [one for one in ONE if one not in wanted]  # none, where any token will do
    for scopes in [[one] for one in sorted(wanted)] + [others][: len(others)]:
        with transaction.atomic():
            ApiToken.objects.filter(secret_hash=digest(world.secrets[who])).update(scopes=scopes)
            answer = ask(world, who, row, *sent)
            after = written()
            did, before = {name for name, number in after.items() if before.get(name) != number}, after
            if wanted.issuperset(scopes):
                assert answer.status_code < 400 or answer.status_code == row.but.get(who), (scopes, answer.content)
            else:
                assert (answer.status_code, did) == (403, set()), (scopes, answer.content)
                assert b"scope-missing" in answer.content
            let_go(answer)
            transaction.set_rollback(True)


def test_every_method_of_every_address_says_what_it_takes() -> None:
    missing = []
    for one in BY_NAME.values():
        view = getattr(one.view, "view_class", None)
        if one.name.startswith("api-") and hasattr(view, "scopes"):
            methods = {name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)}
            if methods != set(view.scopes) or not all(view.scopes.values()):
                missing.append(f"{one.name}: {sorted(methods)} and {sorted(view.scopes)}")
    assert missing == []
    assert needed(ROWS[0]), "nothing was read"
