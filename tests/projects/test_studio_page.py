"""What the studio's page offers is what the verbs behind it take."""

import re
from pathlib import Path

import pytest

from projects.queue.leases import SKIP_REASONS
from projects.task_types import TASK_TYPES
from projects.web.annotator import es_modules
from tests.support import make

DIALOGS = Path(__file__).parents[2] / "templates" / "projects" / "shared" / "_studio_dialogs.html"


def test_skip_dialog_offers_the_reasons_that_skipping_takes() -> None:
    offered = re.findall(r'name="reason" value="([^"]+)"', DIALOGS.read_text(encoding="utf-8"))
    assert sorted(offered) == sorted(SKIP_REASONS)


@pytest.mark.django_db
def test_a_page_for_any_project_fetches_no_room_before_a_task_of_its_type_comes(client, cast) -> None:
    client.force_login(cast.alice)
    page = client.get("/studio/any/").content.decode()
    at_once = set(re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', page))
    assert "js/studio/main.js" in at_once
    assert not {f"js/studio/{key}.js" for key in TASK_TYPES} & at_once
    later = re.findall(r'<link data-rel="(\w+)" data-of="([^"]+)" href="/static/([^"]+)">', page)
    for key, room in TASK_TYPES.items():
        mine = {name for _rel, types, name in later if key in types.split()}
        whole = set(es_modules.needed_by("js/studio/main.js", f"js/studio/{key}.js"))
        assert {name for name in at_once | mine if name.endswith(".js")} >= whole
        sheets = {name for name in mine if name.endswith(".css")}
        assert ("css/studio_text.css" in sheets) == (room.media != "image")
    assert {name for _rel, _types, name in later}.isdisjoint(at_once)


@pytest.mark.django_db
def test_a_page_of_many_images_at_once_fetches_what_it_needs_with_the_page(client, cast) -> None:
    project = make.project(cast.riverside, "Belt", "classification", labels=make.LABELS, grid=12)
    client.force_login(cast.alice)
    page = client.get(f"/studio/{project.public_id}/").content.decode()
    at_once = set(re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', page))
    names = ("main", "classification", "shell/grid", "shell/grid_api")
    assert at_once >= {f"js/studio/{name}.js" for name in names}
