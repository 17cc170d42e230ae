"""What an operator types: ending leases, and asking whether the rules hold."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from projects.models import Assignment, Task
from taskers.models import Payout, PayoutItem, Transfer
from tests.support import make, owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    project = make.project(cast.riverside, wanted=1)
    make.tasks(make.batch(project), 2)
    return project


def test_leases_that_ran_out_are_ended(cast, project, capsys) -> None:
    mine = make.held(cast.alice, project)
    make.held(cast.bob, project)
    Assignment.objects.filter(pk=mine.pk).update(deadline=timezone.now() - timedelta(seconds=1))
    call_command("expire_assignments")
    assert "1 lease had run out." in capsys.readouterr().out
    mine.refresh_from_db()
    assert mine.state == "expired"
    call_command("expire_assignments")
    assert "0 leases" in capsys.readouterr().out


def test_audit_is_content_with_what_the_verbs_did(cast, project, capsys) -> None:
    make.judged(cast.alice, project, make.MARIA)
    call_command("audit")
    assert capsys.readouterr().out.splitlines() == [
        f"Looked at {Task.objects.count()} tasks.",
        "Promises: all rules hold.",
        "Books: all rules hold.",
    ]


def test_audit_finds_a_broken_promise(project, capsys) -> None:
    task = Task.objects.first()
    Task.objects.filter(pk=task.pk).update(wanted=3)
    with pytest.raises(SystemExit) as ended:
        call_command("audit")
    assert ended.value.code == 1
    assert f"task {task.pk}: 1 promises where 3 are wanted" in capsys.readouterr().err


def test_audit_finds_broken_books(cast, project, capsys) -> None:
    make.judged(cast.alice, project, make.MARIA)
    with owner.unguarded("taskers_transfer"):
        Transfer.objects.update(currency="EUR")
    payout = Payout.objects.create(organization=cast.riverside, currency="USD", made_by=cast.finn)
    PayoutItem.objects.create(payout=payout, tasker=cast.alice, cents=5, key="x")
    with pytest.raises(SystemExit) as ended:
        call_command("audit")
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert "Promises: all rules hold." in said.out
    assert "currencies differ" in said.err
    assert "payout item without its money" in said.err
