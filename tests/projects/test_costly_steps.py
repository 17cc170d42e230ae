"""What costs money says so before it is done: payees without details, failed payments, tasks that are asked again."""

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import BulkAction
from projects.workflow import task_actions
from taskers.models import Payout
from taskers.money import payouts, returns
from taskers.people import payees
from tests.support import make
from tests.support.taskers.money import earn

pytestmark = pytest.mark.django_db
DETAILS = {"legal_name": "Bob Berg", "country": "NO", "account": "NO9386011117947"}


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def run(cast) -> Payout:
    for tasker in (cast.alice, cast.bob):
        earn(cast, tasker, 9_000_000)
    payees.tell(cast.riverside, cast.bob, DETAILS)
    return payouts.propose(cast.riverside, cast.finn)


def test_a_run_names_the_payees_without_details_before_it_is_approved(cast, run) -> None:
    shown = signed_in(cast.fay).get(reverse("money-payout", args=[run.public_id])).content.decode()
    assert "1 payee hasn’t said where their money goes" in shown and "Approve nevertheless" in shown
    payees.tell(cast.riverside, cast.alice, DETAILS)
    shown = signed_in(cast.fay).get(reverse("money-payout", args=[run.public_id])).content.decode()
    assert "said where their money goes" not in shown and "Approve nevertheless" not in shown


def test_a_failed_payment_stands_at_the_head_of_its_run(cast, run) -> None:
    payouts.approve(run, cast.fay)
    payouts.export(run, cast.finn)
    item = run.items.get(tasker=cast.bob)
    returns.ask(item, cast.finn, reason="No account")
    shown = signed_in(cast.fay).get(reverse("money-payout", args=[run.public_id])).content.decode()
    head = shown[: shown.index('class="split"')]
    assert "Not paid, or came back:" in head and reverse("money-item", args=[item.pk]) + "#back-title" in head


@pytest.mark.parametrize("list_of_runs", ["money-payouts", "admin:taskers_payout_changelist"])
def test_failed_payments_are_counted_in_the_list_of_runs_with_the_way_to_them(cast, run, list_of_runs: str) -> None:
    """Those that a second person confirmed and those that wait for one; not those that were paid after all."""
    way = f'href="{reverse("money-payout", args=[run.public_id])}#came-back">'
    payouts.approve(run, cast.fay)
    payouts.export(run, cast.finn)
    assert way not in signed_in(cast.fay).get(reverse(list_of_runs)).content.decode()
    failed, paid = (returns.ask(item, cast.finn, reason="No account") for item in run.items.all())
    assert way + "2" in signed_in(cast.fay).get(reverse(list_of_runs)).content.decode()
    returns.confirm(failed, cast.fay)
    returns.refuse(paid, cast.fay)
    shown = signed_in(cast.fay).get(reverse(list_of_runs)).content.decode()
    assert way + "1" in shown
    run_page = signed_in(cast.fay).get(reverse("money-payout", args=[run.public_id])).content.decode()
    assert 'id="came-back"' in run_page


def test_asking_again_says_what_it_costs_and_takes_a_reason(cast) -> None:
    project = make.project(cast.riverside)
    (task,) = make.tasks(make.batch(project))
    task_actions.withhold(task, by=cast.mina)
    mina = signed_in(cast.mina)
    sent = {"verb": "requeue", "which": "marked", "task": [str(task.public_id)], "query": ""}
    preview = mina.post(reverse("bulk-preview", args=[project.public_id]), sent).content.decode()
    assert "costs about $0.05" in preview and 'name="note"' in preview
    refused = mina.post(reverse("bulk-start", args=[project.public_id]), sent, follow=True).content.decode()
    assert "Say why these tasks are asked again." in refused and not BulkAction.objects.exists()
    mina.post(reverse("bulk-start", args=[project.public_id]), sent | {"note": "Blurred before"})
    assert BulkAction.objects.get().terms["note"] == "Blurred before"
    shown = mina.get(reverse("tasks", args=[project.public_id])).content.decode()
    assert '<select id="bulk-verb" name="verb" required><option value="">Choose</option>' in shown
