"""Every page, as its people open it: narrow and wide, light and dark; none wider than its window, none bad for axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import FEW, LOOKS, misfits, seen
from tests.support.browser.quiet import settle
from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

PATHS = {
    "maya": ["/projects/", "/projects/overview/", "/projects/gallery/", "/projects/new/?preset=boxes", "PROJECT",
             "PROJECTdashboard/", "PERSON",
             "PROJECTtasks/", "PROJECTbulk/", "PROJECTalerts/", "/inbox/", "/inbox/choices/",
             "PROJECTload/", "PROJECTexport/",
             "PROJECTwebhooks/", "/webhooks/", "/projects/deliveries/", "/connectors/", "PROJECTmodels/",
             "PROJECTreports/", "PROJECTquestions/",
             "PROJECTagreement/", "PROJECTquality/", "PROJECTsettings/", "PROJECTrules/", "PROJECTin-progress/",
             "PROJECTexcluded/", "PROJECTgold/", "PROJECTstages/", "PROJECTaudits/",
             "PROJECTmistakes/", "PROJECTrules/automatic/", "PROJECTrules/bonuses/", "PROJECTcopilot/",
             "PROJECTcopilot/improve/", "PROJECTcopilot/training/", "PROJECTcopilot/drift/",
             "PROJECTcopilot/map/", "PROJECTcopilot/groups/",
             "PROJECTspending/", "PROJECTcourse/", "PROJECTcourse/preview/", "/people/skills/", "/people/conflicts/",
             "TASK", "TASKalike/", "/projects/models/", "/people/", "/review/", "/profile/", "TRY"],
    "leo": ["/", "/my-work/", "/my-work/quality/", "/my-work/statement/", "/my-work/payee/", "/profile/"],
    "priya": ["/review/", "/review/second/", "/review/decisions/", "/disputes/"],
    "ingrid": ["/people/audit/", "/people/tokens/", "/people/service-accounts/", "/profile/", "/disputes/",
               "/money/", "/money/payouts/",
               "/money/bonuses/", "/money/unreviewed/", "/money/years/", "/money/terms/", "PAYEE", "DISPUTE"],
}  # fmt: skip
LISTED = """
import json
from django.core.files.base import ContentFile
from projects.configuration import configure
from projects.data import importing
from projects.models import Project, Task
from projects.queue import lock, work_lists
from projects.workflow import batches
from projects.workforce import rules
from taskers.models import Person
of = Project.objects.get(name="Letters to the town hall").organization
made = configure.create(of, None, name="Letters by list", task_type="classification", wanted=1,
    labels=[{"name": "Praise", "hotkey": "p"}, {"name": "Complaint", "hotkey": "c"}])
rules.change(made, None, mode="choice")
batch = batches.move(batches.create(made, "First", by=None), "live", by=None)
texts = [f"Letter {n}: " + "unbroken" * 40 for n in range(4)]
lines = [json.dumps({"external_id": text[:8], "payload": {"text": text}}) for text in texts]
importing.run(importing.keep(batch, ContentFile("\\n".join(lines).encode()), name="letters.jsonl", by=None).pk)
leo = Person.objects.get(email="leo@riverside.example")
from django.db import transaction
with transaction.atomic():
    for task in Task.objects.filter(project=made).order_by("pk")[:2]:
        work_lists.put_on(lock(task.pk), [leo], by=None)
"""


def places(site: Site, task_type: str) -> dict[str, str]:
    """The addresses of a demo project and of one of its tasks."""
    project, task = site.query(
        "SELECT p.public_id, t.public_id FROM projects_project p JOIN projects_task t ON t.project_id = p.id"
        " WHERE p.task_type = %s ORDER BY p.id, t.id LIMIT 1",
        task_type,
    )[0]
    ((dispute,),) = site.query("SELECT public_id FROM taskers_dispute ORDER BY state <> 'open', id LIMIT 1")
    ((person,),) = site.query("SELECT public_id FROM taskers_person WHERE email LIKE %s", "leo@%")
    return {
        "PERSON": f"/people/{person}/work/",
        "PAYEE": f"/money/people/{person}/",
        "DISPUTE": f"/disputes/{dispute}/",
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
        settle(page)
        found += seen(page, path, FEW)
    assert found == []


def test_managers_pages_fit_a_phone_in_spanish(site: Site, sign_in: Callable[..., Page]) -> None:
    """Spanish words are longer than English ones."""
    page = sign_in("maya@riverside.example", locale="es", color_scheme="dark", has_touch=True, is_mobile=True)
    problems: list[str] = []
    for task_type in ("text_spans", "image_regions", "classification"):
        named = places(site, task_type)
        paths = PATHS["maya"] if task_type == "text_spans" else ["PROJECT", "PROJECTsettings/", "TRY"]
        for path in paths:
            for name, address in named.items():
                path = path.replace(name, address)
            answer = page.goto(path)
            assert answer is not None and answer.status == 200, f"{path} answered {answer and answer.status}"
            assert page.locator("html").get_attribute("lang") == "es"
            settle(page)
            problems += misfits(page, path)
    assert problems == []


def test_a_payout_leads_by_keys_alone_to_the_answer_that_earned_it(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in("ingrid@riverside.example")
    page.goto("/money/payouts/")
    found: list[str] = []
    for place in ("payouts", "items", "earnings"):
        link = page.locator("main tbody a").first
        for _turn in range(60):
            if link.evaluate("one => one === document.activeElement"):
                break
            page.keyboard.press("Tab")
        assert link.evaluate("one => one === document.activeElement"), f"no key leads on from before {place}"
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/money/{place}/*/")
        settle(page)
        found += seen(page, page.url, LOOKS if place == "earnings" else FEW)
    assert found == []


def test_leo_finds_his_work_list_and_opens_a_task_of_it(site: Site, sign_in: Callable[..., Page]) -> None:
    site.script(LISTED)
    leo = sign_in("leo@riverside.example")
    leo.goto("/")
    leo.get_by_role("link", name="Work list Letters by list", exact=True).click()
    mine, open_ones = (leo.get_by_role("region", name=name) for name in ("Reserved for you", "Everything that is open"))
    expect(mine.get_by_role("button", name="Open")).to_have_count(2)
    expect(open_ones.get_by_text("Letter 3")).to_be_visible()
    assert list(seen(leo, "a work list", FEW)) == []
    second = mine.get_by_role("row").filter(has_text="Letter 1")
    second.get_by_role("button", name="Open").focus()
    leo.keyboard.press("Enter")
    expect(leo.locator("#workbench")).to_contain_text("Letter 1", timeout=60_000)


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


def test_the_security_policy_is_strict(site: Site, visitor: Callable[..., Page]) -> None:
    page = visitor()
    answer = page.goto("/accounts/login/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy


def test_a_heading_keeps_its_distance_from_the_table_under_it(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in("maya@riverside.example")
    page.goto("/projects/")
    for heading in ("h2", "h3"):
        gap = page.evaluate(
            """(name) => {
              const place = document.createElement("div");
              place.innerHTML = `<${name}>Rows</${name}><div class="table-wrap"><table class="table"></table></div>`;
              document.querySelector("main").append(place);
              const [heading, table] = [...place.children].map((one) => one.getBoundingClientRect());
              return table.top - heading.bottom;
            }""",
            heading,
        )
        assert gap >= 8, heading
