"""Priya answers audits: nothing tells her what was decided, and only deciding answers one."""

import pytest
from playwright.sync_api import expect

from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

PRIYA = "priya@riverside.example"
SCRIPT = """
from projects.workflow import batches, submission
from projects.configuration import configure
from projects import queue
from projects.models import Assignment, Project
from tests.support import make
owner = Project.objects.get(name="Objects in photographs").organization
people = [one.person for one in owner.memberships.filter(role="tasker").order_by("pk")][:2]
project = configure.create(owner, None, name="Audited names", task_type="text_spans", wanted=2, rate=0,
    audit_share=1.0, labels=make.LABELS)
first, second = make.tasks(make.batch(project), 2)
for task in (first, second):
    for who in people:
        mine = queue.claim(who, project)
        submission.submit(mine, who, mine.token, make.MARIA)
print(project.public_id, first.public_id, second.public_id)
"""


def test_audits_are_answered_one_after_the_other_without_being_told(site: Site, sign_in) -> None:
    project, first, second = site.beside.run(SCRIPT).split()
    page = sign_in(PRIYA)

    page.goto(f"/review/second/?project={project}&why=audit")
    expect(page.get_by_text("Drawn for an audit")).to_have_count(2)
    expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)
    page.get_by_role("link", name="Open First-0").click()
    expect(page.locator(".answer")).to_have_count(2)
    expect(page.get_by_text("as if nothing had been decided")).to_be_visible()
    expect(page.get_by_role("button", name="Decide", exact=False).first).to_be_disabled()
    expect(page.locator(".answer[data-chosen=true], .answer .badge")).to_have_count(0)
    page.keyboard.press("j")
    expect(page.locator(".answer__choose").first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/{second}/?project={project}&why=audit")  # from one audit to the next

    expect(page.get_by_text("as if nothing had been decided")).to_be_visible()
    expect(page.get_by_role("link", name="What was decided")).to_have_count(0)
    page.keyboard.press("j")
    expect(page.locator(".answer__choose").first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/?project={project}**")
    page.goto(f"/review/second/?project={project}&why=audit")
    expect(page.get_by_text("Nothing to look at again")).to_be_visible()
    told = site.query(
        "SELECT l.state FROM projects_secondlook l JOIN projects_task t ON t.id = l.task_id"
        " WHERE l.reason = 'audit' AND t.public_id = ANY(%s::uuid[]) ORDER BY l.task_id",
        [str(first), str(second)],
    )
    assert [state for (state,) in told] == ["answered", "answered"]
