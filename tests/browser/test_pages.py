"""Every page, as its people open it: narrow and wide, light and dark; none wider than its window, none bad for axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import FEW, seen
from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

PATHS = {
    "maya": ["/projects/", "/projects/overview/", "/projects/gallery/", "/projects/new/?preset=boxes", "PROJECT",
             "PROJECTdashboard/", "PERSON",
             "PROJECTtasks/", "PROJECTbulk/", "PROJECTalerts/", "/inbox/", "/inbox/choices/",
             "PROJECTload/", "PROJECTexport/",
             "PROJECTwebhooks/", "/webhooks/", "/projects/deliveries/",
             "PROJECTagreement/", "PROJECTquality/", "PROJECTsettings/", "PROJECTrules/", "PROJECTin-progress/",
             "PROJECTexcluded/", "PROJECTgold/", "PROJECTaudits/",
             "PROJECTmistakes/", "PROJECTrules/automatic/", "PROJECTcopilot/",
             "PROJECTcopilot/improve/", "PROJECTcopilot/training/",
             "PROJECTspending/", "PROJECTcourse/", "PROJECTcourse/preview/", "/people/skills/", "/people/conflicts/",
             "TASK", "TASKalike/", "/projects/models/", "/people/", "/review/", "/profile/", "TRY"],
    "leo": ["/", "/my-work/", "/my-work/quality/", "/profile/"],
    "priya": ["/review/", "/review/second/", "/review/decisions/", "/disputes/"],
    "ingrid": ["/people/audit/", "/people/tokens/", "/profile/", "/disputes/", "/money/", "/money/payouts/",
               "/money/bonuses/", "/money/years/", "/money/terms/"],
}  # fmt: skip


def places(site: Site, task_type: str) -> dict[str, str]:
    """The addresses of a demo project and of one of its tasks."""
    project, task = site.query(
        "SELECT p.public_id, t.public_id FROM projects_project p JOIN projects_task t ON t.project_id = p.id"
        " WHERE p.task_type = %s ORDER BY p.id, t.id LIMIT 1",
        task_type,
    )[0]
    ((person,),) = site.query("SELECT public_id FROM taskers_person WHERE email LIKE %s", "leo@%")
    return {
        "PERSON": f"/people/{person}/work/",
        "PROJECT": f"/projects/{project}/",
        "TASK": f"/projects/tasks/{task}/",
        "TRY": f"/studio/{project}/?try=1",
    }


@pytest.mark.parametrize("who", PATHS)
def test_pages_fit_and_read_aloud(who: str, site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(f"{who}@riverside.example")
    found: list[str] = []
    named = places(site, "text_spans")
    for path in PATHS[who]:
        for name, address in named.items():
            path = path.replace(name, address)
        answer = page.goto(path)
        assert answer is not None and answer.status == 200, f"{path} answered {answer and answer.status}"
        page.wait_for_load_state("networkidle")
        found += seen(page, path, FEW)
    assert found == []


def test_a_group_stays_with_one_site(request: pytest.FixtureRequest) -> None:
    grouped = request.config.getoption("dist", "no") == "loadgroup"
    assert not grouped or request.node.nodeid.endswith("@browser"), "each test would run beside any other"


def test_the_door(site: Site, visitor: Callable[..., Page]) -> None:
    page = visitor()
    page.goto("/accounts/login/")
    assert list(seen(page, "the door")) == []


def test_the_api_page_asks_no_other_host(site: Site, visitor: Callable[..., Page]) -> None:
    page = visitor()
    page.goto("/api/")
    expect(page.get_by_text("/api/v1/").first).to_be_visible(timeout=30_000)


def test_the_security_policy_is_strict_outside_the_admin(site: Site, visitor: Callable[..., Page]) -> None:
    page = visitor()
    answer = page.goto("/accounts/login/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy
