"""An ML engineer's day: a model that isn't good enough is refused by the gate, the weak kind of letter is found, a
better one passes, takes a share, then all of the work, and is rolled back by one click."""

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import loop_project
from tests.support.browser.looks import FEW, seen
from tests.support.browser.site import Site
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")

TRAINED = 240_000  # milliseconds at most: what a worker does for the first time, and a process that loads torch
SHIPPED = "all-minilm-l6@2"
# As if people had handed in this much work since the last step, a fifth of whose offers weren't taken, whichever of the
# two versions made them; and what a worker does each minute.
WORKED = """
import numpy as np
from django.utils import timezone
from assist.learning import canary, guardrails
from assist.learning.guardrails import OF_WORK, Piece
from assist.models import Rollout
on = Rollout.objects.get(project__name="%s", state="live")
rng, watch = np.random.default_rng(1), guardrails.read(on.watch)
for _ in range(1_500):
    mine, harm = bool(rng.random() < on.share / 100), float(rng.random() < 0.2)
    piece = Piece(mine, on.share / 100, str(rng.integers(5)), dict.fromkeys(OF_WORK, harm))
    watch = watch.after(piece, canary.within(on))
Rollout.objects.filter(pk=on.pk).update(watch=watch.plain())
canary.move(on.pk, now=timezone.now())
"""


def test_emil_trains_until_the_gate_lets_a_model_in_and_takes_it_back(site: Site, sign_in: Callable[..., Page]) -> None:
    project = loop_project.sorted_by_people(site, secrets.token_urlsafe(12))
    emil, here = sign_in(loop_project.EMIL), f"/projects/{project}/copilot"
    emil.goto(f"{here}/training/")
    emil.get_by_role("button", name="Take a snapshot").click()
    expect(emil.locator("#snapshots").get_by_text("Ready")).to_be_visible(timeout=TRAINED)
    found = list(seen(emil, "training", FEW))

    begin(emil, strength="0.01", balanced=False)
    assert outcome(emil) == "Refused"
    expect(row(emil, "label Water")).to_contain_text("Worse")
    found += seen(emil, "refused", FEW)
    expect(emil.get_by_role("button", name="Begin the rollout")).to_have_count(0)

    emil.goto(f"{here}/improve/")
    weakest = emil.get_by_role("region", name="Where the model loses").get_by_role("row").nth(1)
    expect(weakest).to_contain_text("label Team 7")
    weakest.get_by_role("link").click()
    expect(emil.locator("main")).to_contain_text("seen at")

    emil.goto(f"{here}/training/")
    begin(emil, strength="10", balanced=True)
    assert outcome(emil) == "Passed"
    expect(row(emil, "label Team 7")).to_contain_text("100")
    emil.get_by_role("button", name="Begin the rollout").click()
    expect(emil.locator("main")).to_contain_text("5 % of new work")
    site.script(WORKED % loop_project.NAME)
    emil.reload()
    expect(emil.locator("main")).to_contain_text("25 % of new work")
    site.script(WORKED % loop_project.NAME)
    emil.reload()
    expect(emil.get_by_text("Promoted").first).to_be_visible()
    ((version, share),) = answering(site).items()
    assert share == 100 and version != SHIPPED
    found += seen(emil, "promoted", FEW)
    emil.get_by_role("button", name="Roll back").click()
    expect(emil.get_by_text("Rolled back").first).to_be_visible()
    assert answering(site) == {SHIPPED: 100}
    assert found == []


def begin(page: Page, *, strength: str, balanced: bool) -> None:
    """Train by the form, and watch the run until its model is there."""
    form = page.get_by_role("region", name="Train a model")
    form.get_by_label("Recipe").select_option(label="Text classes")
    form.get_by_label("Strength").fill(strength)
    form.get_by_label("Balanced").set_checked(balanced)
    form.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile("/training/[0-9a-f-]{36}/"))
    run, evaluate = page.url.split("/")[-2].replace("-", ""), page.get_by_role("button", name="Evaluate")
    until(lambda: loop_project.hurried(run) or evaluate.is_visible(), TRAINED / 1_000)
    expect(evaluate).to_be_visible(timeout=TRAINED)
    expect(page.locator("#run")).to_contain_text("135 of 135")


def outcome(page: Page) -> str:
    """Evaluate what was trained; what the gate says of it."""
    page.get_by_role("button", name="Evaluate").click()
    page.wait_for_url(re.compile("/evaluations/"))
    expect(page.locator("#evaluation[hx-get]")).to_have_count(0, timeout=TRAINED)
    return page.locator("#evaluation .badge").first.inner_text()


def row(page: Page, name: str) -> Locator:
    return page.locator("#evaluation").get_by_role("row").filter(has_text=name).first


def answering(site: Site) -> dict[str, int]:
    rows = site.query(
        "SELECT v.name || '@' || v.version, d.share FROM assist_deployment d JOIN assist_modelversion v"
        " ON v.id = d.version_id JOIN projects_project p ON p.id = d.project_id"
        " WHERE p.name = %s AND d.ended_at IS NULL",
        loop_project.NAME,
    )
    return dict(rows)
