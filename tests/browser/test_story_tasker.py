"""A tasker's hour: the pay is whole where it is read, keys work on the second task as on the first, what was submitted
comes back for a minute, a second tab is answered truthfully, and the hour's work is listed and paid as promised."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import shapes
from tests.support.browser.scripted_copilot import ScriptedCopilot, masks, things
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN, annotations, saved, taken
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("studio")

NAME = "An hour of a tasker"
LABELS = [{"name": name, "hotkey": key, "shapes": ["mask", "box"]} for name, key in (("Car", "1"), ("Animal", "2"))]
PAY = "$0.05 + $0.01 per region + $12.00 per hour"
SETTINGS = """
from projects.configuration import configure
from projects.models import Project
configure.change(
    Project.objects.get(public_id={project!r}), None, rate=50_000, unit_rate=10_000, hourly_rate=12_000_000,
    correction_minutes=1, instructions="Outline **every** car.",
)
"""
ANSWERS = """
SELECT n.answer FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id
JOIN projects_project p ON p.id = t.project_id WHERE p.name = %s AND n.superseded_at IS NULL ORDER BY n.assignment_id
"""
WORKED = """
SELECT DISTINCT p.name FROM projects_assignment a JOIN projects_task t ON t.id = a.task_id
JOIN projects_project p ON p.id = t.project_id JOIN taskers_person w ON w.id = a.tasker_id WHERE w.email = %s
"""
# The minute in which answers can be corrected is over.
TIME_PASSES = """
from projects.models import Correctable
from projects.queue.clock import Clock
Correctable.objects.filter(assignment__task__project__public_id={project!r}).update(until=Clock())
"""
# What was credited for the hour's tasks, in millionths.
CREDITED = """
SELECT coalesce(sum(m.amount), 0) FROM taskers_transfer m JOIN taskers_account a ON a.id = m.source_id
JOIN projects_project p ON p.public_id = a.project_key WHERE p.name = %s AND starts_with(m.key, 'verdict:')
"""


def labels_of(answer: dict) -> list[str]:
    return [region["label"] for region in answer["regions"]]


def submit(stage: Stage) -> str:
    """Submit this task by its button; the name of the one that follows."""
    page = stage.page
    saved(page)
    name = page.locator("#task-name").inner_text()
    page.locator("#submit").click()
    expect(page.locator("#task-name")).not_to_have_text(name)
    taken(page)
    stage.ready()
    return page.locator("#task-name").inner_text()


def test_a_taskers_hour(site: Site, sign_in: Callable[..., Page]) -> None:
    address = shapes.make_project(site, NAME, labels=LABELS, pictures=4, copilot=True, empty_usual=True)
    project = address.split("/")[2]
    site.script(SETTINGS.format(project=project))
    page = sign_in(JUN)

    page.goto("/")
    expect(page.locator("main")).to_contain_text(PAY)

    copilot = ScriptedCopilot(page)
    stage = Stage(page, site, address)
    expect(page.locator("#instructions")).to_contain_text("Outline every car.")
    look_for_everything_twice(stage, copilot)
    act_on_the_selection(stage, copilot)
    answer_in_two_tabs(stage, site)
    check_earnings(stage, site, project)


def look_for_everything_twice(stage: Stage, copilot: ScriptedCopilot) -> None:
    """Shift+W on the first task and, once that was submitted and taken back, on the second."""
    page = stage.page
    for prompts, count in enumerate((3, 2), start=1):
        expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready")
        stage.press("Shift+W")
        question = copilot.until_asked(prompts)
        copilot.say(question["id"], things(count))
        expect(page.locator(".offer--text")).to_contain_text(f"{count} suggestions")
        for accepted in range(1, count + 1):
            stage.press("a")
            stage.marked(accepted)
        if count == 3:
            first = page.locator("#task-name").inner_text()
            second = submit(stage)
            stage.press("Shift+T")
            expect(page.locator("#task-name")).to_have_text(first)
            stage.ready()
            stage.marked(3)
            stage.press("j", "2")
            assert submit(stage) == second, "the task that was waiting"
    submit(stage)


def act_on_the_selection(stage: Stage, copilot: ScriptedCopilot) -> None:
    """The third task: the best mask is chosen already, an early A counts, a digit labels what was just drawn."""
    page = stage.page
    expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready")
    prompts = len(copilot.prompts)
    stage.press("1", "c")
    stage.click((60, 60))
    question = copilot.until_asked(prompts + 1)
    stage.press("a")  # before there is a mask
    copilot.say(question["id"], masks(0.4, 0.9, 0.6, best=1))
    stage.marked(1)
    stage.press("Escape", "n")
    stage.drag((200, 150), (260, 200))
    stage.marked(2)
    stage.press("2")
    submit(stage)


def answer_in_two_tabs(stage: Stage, site: Site) -> None:
    """The fourth and last task is open twice; the second tab learns that the first has submitted."""
    page, other = stage.page, stage.page.context.new_page()
    ScriptedCopilot(other)
    Stage(other, site, stage.address)
    page.bring_to_front()
    stage.press("Escape", "n")
    stage.drag((20, 20), (80, 80))
    stage.marked(1)
    saved(page)
    page.locator("#submit").click()
    expect(page.locator("#rest")).to_contain_text("everything there is for you")
    other.bring_to_front()
    note = other.locator(".note").filter(has_text="You submitted this task in another tab")
    expect(note).not_to_contain_text("somebody else")
    note.get_by_role("button", name="Next task").click()
    expect(other.locator("#rest")).to_contain_text("everything there is for you")
    other.close()
    assert annotations(site, NAME) == 5, "four tasks, and the answer that was corrected"


def check_earnings(stage: Stage, site: Site, project: str) -> None:
    """The answers are what was meant; once the minute of correction is over, each pays its base, regions and time."""
    answers = [answer for (answer,) in site.query(ANSWERS, NAME)]
    assert [len(labels_of(answer)) for answer in answers] == [3, 2, 2, 1]
    assert labels_of(answers[0]).count("animal") == 1
    assert labels_of(answers[2]) == ["car", "animal"]
    regions = sum(len(labels_of(answer)) for answer in answers)

    site.script(TIME_PASSES.format(project=project))
    owed = len(answers) * 50_000 + regions * 10_000  # and the time, which is measured

    def credited() -> int:
        ((amount,),) = site.query(CREDITED, NAME)
        return amount

    until(lambda: credited() > owed, why=credited)

    def listed() -> list[str]:
        stage.page.goto("/my-work/")
        return stage.page.locator("#project option").all_inner_texts()[1:]

    until(lambda: NAME in listed(), why=listed)
    assert set(listed()) <= {name for (name,) in site.query(WORKED, JUN)}, "no project in which he never worked"
