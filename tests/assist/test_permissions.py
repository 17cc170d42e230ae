"""Everybody opens every websocket, by the table of tests/support/permissions.py."""

from pathlib import Path

import pytest

from assist.models import Suggestion
from assist.session.consumers import SIGNED_OUT
from assist.session.routing import websocket_urlpatterns
from tests.support import full_organization
from tests.support.assist.page import in_thread, page_of
from tests.support.assist.running import Runtime
from tests.support.organization.world import World
from tests.support.permission_rows import PEOPLE
from tests.support.permissions import SOCKETS

pytestmark = pytest.mark.django_db(transaction=True)
NOT_YOURS = 4403


@pytest.fixture
def world(transactional_db, fake_runtime: Runtime, at, settings, tmp_path: Path) -> World:
    """All of Riverside; made while no runtime is there, as elsewhere."""
    settings.MODELS_DIR = str(tmp_path)
    made = full_organization.assemble()
    at(fake_runtime.address)
    return made


def test_every_websocket_has_its_line() -> None:
    assert {str(one.pattern) for one in websocket_urlpatterns} == set(SOCKETS)


async def test_who_may_is_listened_to_and_everybody_else_is_hung_up_on(world: World) -> None:
    """With the right token, which doesn't help anybody whose it isn't."""
    faults, before = [], await in_thread(Suggestion.objects.count)()
    for route, (thing, may) in SOCKETS.items():
        subject = route.removeprefix("ws/assist/").replace("<uuid:subject>/", str(world.things[thing]))
        for who in sorted(PEOPLE):
            page = await page_of(world.people.get(who), subject)
            assert await page.connect()
            if who == "nobody":
                found: object = await page.closed()
            else:
                await page.say(type="open", id="o1", token=str(world.things["token"]))
                said = await page.hear()
                refused = said["type"] == "error" and said["code"] == "not-yours"
                found = (said["code"], await page.closed()) if refused else said["type"]
            await page.line.disconnect()
            wanted = "ready" if who in may else SIGNED_OUT if who == "nobody" else ("not-yours", NOT_YOURS)
            faults += [f"{who} at {route}: {found} and not {wanted}"] if found != wanted else []
    assert faults == []
    assert await in_thread(Suggestion.objects.count)() == before
