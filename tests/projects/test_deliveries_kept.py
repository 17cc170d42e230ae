"""How long the files of deliveries are kept: a project's say, else its organization's; what goes, and what stays."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects import jobs
from projects.data.deliveries import retention
from projects.errors import Refused
from projects.models import Delivery, DeliveryTerm
from taskers.models import AuditRecord, Event
from tests.support import make
from tests.support.projects.delivering import decided, delivered, manifest_of
from tests.support.projects.delivering import folder as folder  # a fixture
from tests.support.projects.delivering import project as project  # a fixture
from tests.support.projects.pipeline import Office, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def later(monkeypatch):
    """So many days from now, as the clock of what is kept has it."""

    def set_on(days: float) -> None:
        then = timezone.now() + timedelta(days=days)
        monkeypatch.setattr(retention, "timezone", SimpleNamespace(now=lambda: then))

    return set_on


def there(one: Delivery) -> bool:
    return default_storage.exists(one.file)


def test_a_file_goes_when_its_time_is_over_and_what_it_was_can_still_be_told(cast, project, later, folder):
    first = delivered(project, cast.mina)
    elsewhere = delivered(project, cast.mina, target="folder", place=str(folder))
    mina = Office(cast.mina, cast.riverside)
    assert mina.get("made-delivery", project.public_id, 1).json()["expires_at"] is None, "for ever, until somebody says"
    said = mina.send("PUT", "retention", project.public_id, body={"days": 30}).json()
    assert (said["days"], said["said_by"]) == (30, "project")
    told = mina.get("made-delivery", project.public_id, 1).json()
    assert told["expires_at"].startswith(f"{first.ended_at + timedelta(days=30):%Y-%m-%dT%H:%M}")
    later(29)
    assert jobs.reap(timestamp=0)["delivered files"] == 0 and there(first)
    later(31)
    refused(mina.get("made-delivery-file", project.public_id, 1), 410, "delivery-expired")
    assert there(first), "over is over, before it is swept too"
    assert (jobs.reap(timestamp=0)["delivered files"], jobs.reap(timestamp=0)["delivered files"]) == (1, 0)
    assert not there(first) and manifest_of(first)["tasks"] == 3
    told = mina.get("made-delivery", project.public_id, 1).json()
    assert told["removed_at"] and told["expires_at"] is None and told["sha256"] == first.sha256
    assert mina.get("made-delivery-manifest", project.public_id, 1).status_code == 200
    mina.send("PUT", "retention", project.public_id, body={"days": None})
    refused(mina.get("made-delivery-file", project.public_id, 1), 410, "delivery-expired")
    again = delivered(project, cast.mina)
    assert (again.before_id, again.added, again.gone) == (elsewhere.pk, 0, 0), "the next is compared as ever"
    assert len(list(folder.glob("*-0002-*"))) == 1, "what went elsewhere isn't ours to remove"


def test_an_organization_says_it_for_projects_that_say_nothing_and_a_slip_costs_no_file(cast, project, later):
    quiet = make.project(cast.riverside, "Quiet", wanted=1)
    decided(cast, quiet)
    theirs = make.project(cast.hilltop, "Theirs", wanted=1)
    mine, other = delivered(project, cast.mina), delivered(quiet, cast.mina)
    mina = Office(cast.mina, cast.riverside)
    assert mina.send("PUT", "retention-of-all", body={"days": 1}).json()["said_by"] == "organization"
    retention.keep(project, 60, by=cast.mina)
    assert (retention.term_of(quiet).days, retention.term_of(project).days) == (1, 60)
    assert retention.term_of(theirs) == retention.FOR_EVER
    later(1.5)
    assert retention.sweep() == 1 and there(mine) and not there(other)
    later(90)
    retention.keep(project, 1, by=cast.mina)  # the clock of the database is still today's
    later(0.9)
    assert retention.sweep() == 0 and there(mine), "at the earliest a day after it was changed"
    refused(mina.send("PUT", "retention", project.public_id, body={"days": 0}), 400, "invalid", "days")
    with pytest.raises(Refused, match="from 1 to 36500"):
        retention.keep(project, 0, by=cast.mina)


def test_an_organization_says_it_on_a_page_that_names_who_says_otherwise(cast, project):
    mina = Client()
    mina.force_login(cast.mina)
    page = reverse("deliveries-keep")
    assert page in mina.get(reverse("export", args=[project.public_id])).content.decode()
    assert "None: all do as" in mina.get(page).content.decode()
    assert mina.post(page, {"days": "0"}).status_code == 422
    assert retention.of_organization(cast.riverside) == retention.FOR_EVER
    assert mina.post(page, {"days": "30"}).headers["Location"] == page
    retention.keep(project, None, by=cast.mina)
    shown = mina.get(page).content.decode()
    assert 'value="30"' in shown and project.name in shown and "for ever" in shown
    assert (retention.of_organization(cast.riverside).days, retention.of_organization(cast.hilltop).days) == (30, None)
    mina.post(page, {"days": ""})
    assert retention.of_organization(cast.riverside).days is None


def test_the_same_term_said_each_night_puts_no_end_off(cast, project, later):
    one = delivered(project, cast.mina)
    first = retention.keep(project, 1, by=cast.mina)
    DeliveryTerm.objects.update(changed_at=timezone.now() - timedelta(days=5))
    assert retention.keep(project, 1, by=cast.mina).since != first.since
    later(1.5)
    assert retention.sweep() == 1 and not there(one)
    assert Event.objects.filter(kind="delivery_term_changed").count() == 1
    assert AuditRecord.objects.get(kind="deliveries_kept").detail == {"days": 1, "project": str(project.public_id)}


def test_a_term_changed_while_files_are_swept_keeps_those_that_are_left(cast, project, later, monkeypatch):
    first, second = delivered(project, cast.mina), delivered(project, cast.mina)
    retention.keep(project, 1, by=cast.mina)
    later(3)
    deleting = default_storage.delete

    def meanwhile(name: str) -> None:
        deleting(name)
        retention.keep(project, 60, by=cast.mina)

    monkeypatch.setattr(default_storage, "delete", meanwhile)
    assert retention.sweep() == 1
    assert (there(first), there(second)) == (False, True)
    told = Event.objects.get(kind="delivery_file_removed")
    assert (told.subject, told.actor_id) == (f"delivery:{first.public_id}", None)


def test_a_file_that_the_disk_keeps_is_gone_and_removed_the_next_night(cast, project, later, monkeypatch):
    first, second = delivered(project, cast.mina), delivered(project, cast.mina)
    retention.keep(project, 1, by=cast.mina)
    later(3)
    deleting = default_storage.delete

    def stuck(name: str) -> None:
        if name == first.file:
            raise PermissionError("a disk that is read only")
        deleting(name)

    with monkeypatch.context() as patched:
        patched.setattr(default_storage, "delete", stuck)
        assert jobs.reap(timestamp=0)["delivered files"] == 2
    assert (there(first), there(second)) == (True, False) and retention.is_expired(first)
    assert retention.sweep() == 0 and not there(first)


def test_the_page_says_until_when_and_lets_a_manager_change_it(cast, project, later):
    delivered(project, cast.mina)
    client = Client()
    client.force_login(cast.mina)
    assert client.post(reverse("export-keep", args=[project.public_id]), {"days": "0"}).status_code == 422
    assert client.post(reverse("export-keep", args=[project.public_id]), {"days": "30"}).status_code == 302
    shown = client.get(reverse("project-delivery", args=[project.public_id, 1])).content.decode()
    assert "kept until" in shown and "Download" in shown
    assert 'value="30"' in client.get(reverse("export", args=[project.public_id])).content.decode()
    later(31)
    shown = client.get(reverse("project-delivery", args=[project.public_id, 1])).content.decode()
    assert "removed when its time was over" in shown and "/file/" not in shown
    answer = client.get(reverse("project-delivery-file", args=[project.public_id, 1]))
    assert answer.status_code == 410 and "Order a new one" in answer.content.decode()
