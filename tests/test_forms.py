"""Every form of every page, sent as it stands there: saved, or refused with the reason in sight.

The forms are found by walking through the pages of a project of each task type as each of its people, so a new one is
tried the day it appears. Each is sent inside a transaction that is taken back, so that none disturbs the next.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as site
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from projects.models import AssignmentRules, Label, Project, ProjectSettings
from tests.support import full_project, sending
from tests.support.full_project import KINDS

pytestmark = pytest.mark.django_db

# Sent as they stand these ask for something that only a person knows: refused, and the page says what is missing.
ASKS = {
    "people-invite": "whose address",
    "people-invite-list": "whose addresses",
    "token-issue": "what the key is for",
    "account_change_password": "the passwords",
    "account_reauthenticate": "the password",
    "project-new": "its name",
    "skills": "its name",
    "skill": "whom to give it",
    "people-conflicts pair": "which two people",
    "people-conflicts exclusion": "whom to keep out",
    "project-exclusions": "whom to keep out",
    "load": "a file",
    "illustration-add": "a file, and what it shows",
    "illustration-remove": "which picture",
    "model-add": "a zip, or its page",
    "service-accounts": "its name",
    "service-account": "what a token is for",
    "person-keep-out": "why",
    "connectors": "its name, and where it lies",
    "copilot-train": "a snapshot",
    "copilot-search-begin": "a snapshot",
    "copilot-erase": "which tasks, and why",
    "models": "the model's name",
    "project-webhooks": "its name and address",
    "webhooks": "its name and address",
    "assignment-rework": "why",
    "task-comment": "the words",
    "comment-answer": "the words",
    "my-question-more": "the words",
    "my-work-contest": "what is wrong",
    "person-message": "the words",
    "person-retrain": "who passed a course",
    "task-view-keep": "the view's name",
    "bulk-preview": "which tasks",
    "my-payee": "where the money goes",
    "money-person": "a bonus, and why",
}
# These can be done to some of the tasks and batches here, and say so where they can't.
AT_TIMES = {
    "project-audits": "once something is decided that nobody looked at",
    "money-run chosen": "once somebody is owed a whole cent",
    "batch-prepare": "a model must be deployed that could go ahead",
    "batch-prepare-everything": "a mask model must run that could go ahead",
    "copilot-deploy": "a model must run that could answer a first question",
    "default-begin": "a model must run that could answer a first question",
    "project-merge-labels": "once two labels are chosen",
    "task-withhold": "not once it is withheld, or decided",
    "task-overlap": "not once it is decided",
    "task-requeue": "once it is withheld or decided",
    "task-keep": "once it is decided, and unless it is known",
}
# What says how things are, and so changes nothing when it is sent as it stands.
SAYS_WHAT_IS = {
    *("project-settings", "project-rules", "project-course", "project-copilot", "project-spending", "project-alerts"),
    *("profile", "batch-arrange", "money-terms", "export-keep", "deliveries-keep"),
    "project-stages",
    "project-review-deadline",
}
# Forms that this walk doesn't come to, with where they are tried.
ELSEWHERE = {
    "gold-answer-anew": "once people say something else: tests/projects/test_gold_managed.py",
    "mistake-teach": "once a mistake was noted: tests/projects/test_gold_managed.py",
    "automatic-rule-stop": "once there is a rule: tests/test_permissions.py",
    "rule-appeal-answer": "once something is contested: tests/projects/test_automatic_rules.py",
    "rule-contest": "once a rule was met: tests/projects/test_automatic_rules.py",
    "account_login": "tests/taskers/test_entrance.py",
    "account_reset_password": "only where mail is sent; tests/taskers/test_entrance.py",
    "import-go-on": "a file that stopped half-way: tests/projects/test_pages_load.py",
    "import-choose": "a file that waits for a choice: tests/projects/test_pages_plan.py",
    "import-drop": "a file that waits for a choice: tests/projects/test_pages_plan.py",
    "load-from": "once a place is kept: tests/projects/test_pages_plan.py",
    "connector-end": "once a place is kept: tests/projects/test_pages_plan.py",
    "upload-drop": "while a file comes in parts: tests/projects/api/test_uploads.py",
    "money-run": "tests/taskers/test_finance_pages.py",
    "money-payout-step": "tests/taskers/test_finance_pages.py",
    "money-reconcile": "tests/taskers/test_finance_pages.py",
    "money-return": "tests/taskers/test_finance_pages.py",
    "money-person": "tests/taskers/test_finance_pages.py",
    "money-details": "tests/taskers/test_finance_pages.py",
    "money-bonus-rule-act": "once a rule waits: tests/projects/test_bonus_rules.py",
    "money-unreviewed-act": "once a project asks for it: tests/projects/test_approvals.py",
    "bonus-rule-end": "once there is a rule: tests/projects/test_bonus_rules.py",
    "money-bonus-act": "tests/taskers/test_finance_pages.py",
    "money-terms": "tests/taskers/test_finance_pages.py",
    "money-years": "tests/taskers/test_finance_pages.py",
    "batch-archive": "a batch that is over: tests/projects/test_archive_pages.py",
    "batch-prepare-stop": "while a model goes ahead: tests/assist/test_copilot_page.py",
    "batch-prepare-everything": "once a mask model runs: tests/assist/test_copilot_page.py",
    "copilot-evaluate": "once a model is deployed: tests/assist/test_evaluation.py",
    "copilot-override": "once a model answers: tests/browser/test_gate.py",
    "copilot-decide": "once a model is an annotator: tests/assist/test_deciding.py",
    "copilot-declare": "once one is proposed: tests/assist/test_evaluation.py",
    "copilot-slice-withdraw": "once one was declared: tests/assist/test_declared.py",
    "copilot-promote": "once one has passed: tests/assist/test_evaluation.py",
    "copilot-rollout-begin": "once one has passed: tests/assist/test_canary_pages.py",
    "rollout-hold": "once one is on its way: tests/assist/test_canary_pages.py",
    "rollout-go-on": "once one is held: tests/assist/test_canary_pages.py",
    "rollout-back": "once one is on its way: tests/assist/test_canary_pages.py",
    "override-confirm": "once one was asked for: tests/assist/test_evaluation.py",
    "override-decline": "once one was asked for: tests/assist/test_evaluation.py",
    "model-again": "once one was brought: tests/assist/test_bring_page.py",
    "default-end": "once one was chosen: tests/assist/test_levels.py",
    "consent-withdraw": "once it was given: tests/assist/test_scope.py",
    "model-remove": "once one was brought: tests/assist/test_bring_page.py",
    "service-account-end": "once there is one: tests/taskers/test_service_accounts.py",
    "copilot-search-stop": "once there is a search: tests/assist/test_search_pages.py",
    "copilot-search-train": "once there is a search: tests/assist/test_search_pages.py",
    "copilot-improve-looks": "once verdicts were checked: tests/assist/test_search_pages.py",
    "copilot-group-take": "once there are groups: tests/assist/test_atlas.py",
    "copilot-group-tag": "once there are groups: tests/assist/test_atlas.py",
    "copilot-plan-off": "once a plan is on: tests/assist/test_plan_pages.py",
    "copilot-next-off": "once a model chooses: tests/assist/test_selection.py",
    "copilot-evidence-off": "while a candidate waits: tests/assist/test_waiting_candidates.py",
    "drift-accept": "once something has changed: tests/assist/test_drift.py",
    "copilot-run-stop": "once there is a run: tests/assist/test_training_pages.py",
    "copilot-withdraw": "once a model is deployed: tests/assist/test_copilot_page.py",
    "my-list-open": "where people work by list: tests/projects/test_work_lists.py",
    "course-again": "after a try at a course: tests/projects/test_qualification_pages.py",
    "invitation-withdraw": "tests/taskers/test_people_pages.py",
    "organization-switch": "for members of two organizations: tests/taskers/test_profile.py",
    "conflict-end": "tests/projects/test_conflicts_of_interest.py",
    "person-reactivate": "for who was shown out: tests/taskers/test_people_pages.py",
    "project-publish": "while it is a draft: tests/projects/test_drafts.py",
    "project-settle": "while tasks wait for nobody: tests/projects/test_stalls.py",
    "project-delivery-go-on": "where one failed: tests/projects/test_deliveries_pages.py",
    "delivery-again": "once there is one: tests/projects/test_webhook_pages.py",
    "webhook": "once there is one: tests/projects/test_webhook_pages.py",
    "webhook-again": "once there is one: tests/projects/test_webhook_pages.py",
    "webhook-ping": "once there is one: tests/projects/test_webhook_pages.py",
    "webhook-remove": "once there is one: tests/projects/test_webhook_pages.py",
    "webhook-rotate": "once there is one: tests/projects/test_webhook_pages.py",
    "webhook-switch": "once there is one: tests/projects/test_webhook_pages.py",
    "report-settle": "for a task that was reported: tests/projects/test_broken.py",
    "second-look-dismiss": "tests/projects/test_quality_pages.py",
    "task-gold": "for an item that was taken out of a course: tests/projects/test_qualification_pages.py",
    "token-revoke": "tests/taskers/test_profile.py",
    "bulk-start": "behind a preview: tests/projects/test_task_browser.py",
    "bulk-stop": "while one runs: tests/projects/test_task_browser.py",
    "bulk-undo": "once something was done to many: tests/projects/test_task_browser.py",
    "task-view-drop": "once one is kept: tests/projects/test_task_browser.py",
    "dispute-answer": "once something is contested: tests/projects/test_disputes.py",
    "review-take-back": "once somebody decided: tests/projects/test_decisions.py",
    "template-remove": "once one is kept: tests/projects/test_gallery.py",
    "inbox-open": "once there is something: tests/projects/test_inbox.py",
    "inbox-read-all": "once there is something: tests/projects/test_inbox.py",
}
ADMIN = "admin:"  # the admin's own desk: tests/taskers/test_admin.py
WAYS_OUT = {"account_logout"}
EVERYBODY = {"mina": "/projects/", "olga": "/people/", "rita": "/review/", "finn": "/profile/", "alice": "/"}


def name_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def ours(path: str) -> bool:
    name = name_of(path)
    return bool(name) and not path.startswith(("/studio/", "/api", "/admin/", "/media/")) and name not in WAYS_OUT


def pages(client: Client, start: str, within: str) -> Iterator[sending.Page]:
    """Every page that links lead to from here, each address once, whatever is asked of it besides."""
    waiting, seen = [start], {start}
    while waiting:
        address = waiting.pop(0)
        answer = client.get(address)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        page = sending.read(answer.content.decode(), address)
        yield page
        for path in dict.fromkeys(urlsplit(link).path for link in page.links):
            if path not in seen and path.startswith(within) and ours(path):
                seen.add(path)
                waiting.append(path)


def key_of(form: sending.Form, button: tuple[str, str]) -> str:
    """The address's name, and what tells apart the forms that go there."""
    told = [button[1]] if button[0] else [value for name, value in form.fields if name in {"form", "state"}]
    return " ".join([name_of(urlsplit(form.action).path), *told])


def faults_of(person: Any, form: sending.Form, button: tuple[str, str], key: str) -> list[str]:
    """What is wrong with how a form was taken."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    before = state()
    answer = sending.send(client, form, button)
    unchanged = before == state()
    refused = answer.status_code >= 400 or answer.status_code == 200 and b"data-fault" in answer.content
    if answer.status_code == 302:
        answer = client.get(answer["Location"])
        if answer.status_code == 302:
            answer = client.get(answer["Location"])
    page = sending.read(answer.content.decode(), form.page)
    asks = key in ASKS or key.split()[0] in ASKS
    said = [*page.alerts, *(text for text, _box in page.faults)]
    found = []
    if answer.status_code >= 500:
        found.append(f"{key} of {form.page} answered {answer.status_code}")
    if (refused or said) and not asks and key not in AT_TIMES:
        found.append(f"{key} of {form.page} is refused as it stands: {answer.status_code} {said}")
    if (asks or refused) and not said:
        found.append(f"{key} of {form.page} answered {answer.status_code} and says nothing")
    errors = set(re.findall(r'class="field__error[^>]*>\s*(?:<span[^>]*>)?([^<]+)<', answer.content.decode()))
    told = " ".join(text for text, _box in page.faults)
    found += [f"{key} of {form.page} says {one!r} at a field alone" for one in errors if one.strip() not in told]
    lost = [box for _text, box in page.faults if box[1:] not in {*page.ids, ""}]
    found += [f"{key} of {form.page} leads to {box}, which isn't there" for box in lost]
    if key.split()[0] in SAYS_WHAT_IS and not unchanged:
        found.append(f"{key} of {form.page} changes something as it stands")
    return found


def state() -> list[Any]:
    """What the forms that say how things are could change."""
    rows = [model.objects.order_by("pk").values() for model in (ProjectSettings, Label, AssignmentRules, Project)]
    return [list(one) for one in rows]


def tried(cast: Any, starts: dict[str, str], within: str, sent: set[str]) -> list[str]:
    """Send every form that these people find on the pages that lie within; gives what is wrong."""
    found: list[str] = []
    for who, start in starts.items():
        person = getattr(cast, who)
        client = Client()
        client.force_login(person)
        for page in pages(client, start, within):
            for form, button in ((one, button) for one in page.forms for button in one.buttons or [("", "")]):
                key = key_of(form, button)
                if form.method != "post" or key in sent or key.startswith(ADMIN):
                    continue
                sent.add(key)
                with transaction.atomic():
                    found += faults_of(person, form, button, key)
                    transaction.set_rollback(True)
    return found


def in_templates() -> set[str]:
    """The names of the addresses to which our templates post."""
    found: set[str] = set()
    for path in (Path(site.BASE_DIR) / "templates").rglob("*.html"):
        source = re.sub(r'{% url "([^"]+)"[^%]*%}', r"url:\1", path.read_text())
        for tag in re.findall(r'<form\b[^>]*method="post"(?:[^>"]|"[^"]*")*>', source):
            found |= set(re.findall(r'action="url:([\w:-]+)', tag))
    return {name for name in found if not name.startswith(ADMIN)} - WAYS_OUT


@pytest.mark.parametrize("task_type", KINDS)
def test_every_form_of_a_project_sent_as_it_stands_is_saved_or_says_why_not(
    cast, task_type: str, record_property
) -> None:
    project, sent = full_project.project(cast, task_type), set[str]()
    assert tried(cast, {"mina": f"/projects/{project.public_id}/"}, "/projects/", sent) == []
    record_property("forms", len(sent))
    assert {"project-settings", "project-rules", "project-course", "project-new", "load"} <= sent


def test_every_form_around_the_work_sent_as_it_stands_is_saved_or_says_why_not(cast, record_property) -> None:
    """Of everybody; and none of our templates is left out."""
    full_project.project(cast, "preference")
    full_project.project(cast, "text_spans", audit_share=1.0)
    sent: set[str] = set()
    assert tried(cast, EVERYBODY, "/", sent) == []
    record_property("forms", len(sent))
    missing = in_templates() - {key.split()[0] for key in sent} - set(ELSEWHERE)
    assert missing == set(), "let the walk come to these forms, or say in ELSEWHERE where they are tried"
