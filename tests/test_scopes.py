"""Every address of the API, asked with a token that opens one thing alone: what the address names lets in, all else is
refused and does nothing. Who may at all is tests/test_permissions.py, whose bodies are sent here."""

from dataclasses import replace

import pytest
from django.db import transaction

from taskers.credentials.tokens import digest
from taskers.models import ApiToken, Scope
from tests.support.full_organization import World
from tests.support.permissions import API, Row
from tests.test_permissions import BY_NAME, ask, body_of, db, let_go, path_of, world, written  # noqa: F401

ONE = [one.value for one in Scope if one is not Scope.EVERYTHING]
ROWS = [row for row in API if row.who]


def needed(row: Row) -> set[str]:
    """What the address says its token must open, one of them."""
    view = BY_NAME[row.name].view
    scopes = getattr(view, "view_class", None) or view
    return {one.value for one in scopes.scopes[row.method]} & set(ONE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_token_opens_what_its_scope_names_and_nothing_else(world: World, row: Row) -> None:  # noqa: F811
    who, wanted = min(row.who), needed(row)
    sent, before = (path_of(world, row), *body_of(world, row)), written()
    found = set()
    for scope in ONE:
        with transaction.atomic():
            ApiToken.objects.filter(secret_hash=digest(world.secrets[who])).update(scopes=[scope])
            answer = ask(world, who, replace(row), *sent)
            after = written()
            did, before = {name for name, number in after.items() if before.get(name) != number}, after
            if answer.status_code < 400:
                found.add(scope)
            else:
                assert (answer.status_code, did) == (403, set()), (scope, answer.content)
                assert b"scope-missing" in answer.content
            let_go(answer)
            transaction.set_rollback(True)
    assert found == wanted


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
