"""What work pays is said whole wherever an offer is read, and amounts that people read are rounded to cents."""

import re

import pytest

from projects.configuration import configure
from projects.models import BatchProgress, Project
from projects.reports import dashboard
from taskers.money import ledger
from tests.support import make
from tests.support.projects.managing import page, signed_in

pytestmark = pytest.mark.django_db
WHOLE = "$0.05 + $0.01 per word + $12.00 per hour"


@pytest.fixture
def project(cast) -> Project:
    project = make.project(cast.riverside, unit_rate=10_000, hourly_rate=12_000_000)
    make.tasks(make.batch(project), 3)
    return project


def test_an_offer_says_all_that_work_pays(cast, project) -> None:
    mina, alice = signed_in(cast.mina), signed_in(cast.alice)
    assert WHOLE in mina.get(page("project", project.public_id)).content.decode(), "the overview"
    assert WHOLE in alice.get(page("home")).content.decode(), "the tasker's home"
    tried = mina.post(page("studio-try", project.public_id), "{}", content_type="application/json")
    assert tried.json()["assignment"]["pay"] == WHOLE, "Try"


def test_what_is_planned_counts_what_regions_and_time_earned(cast, project) -> None:
    BatchProgress.objects.filter(batch__project=project).update(tasks=3, wanted=6)
    shown = signed_in(cast.mina).get(page("project-dashboard", project.public_id)).content.decode()
    assert "of at least $0.30 if all that is wanted is accepted" in shown, "nobody has answered yet"
    make.judged(cast.alice, project, make.MARIA)
    settings = project.settings_now()
    found = dashboard.planned(settings, dashboard.stands_of(project), 0, lately=90_000)
    assert found == 6 * 90_000
    shown = signed_in(cast.mina).get(page("project-dashboard", project.public_id)).content.decode()
    assert "of at least" not in shown
    (planned,) = re.findall(r"of \$([0-9.]+) if all that is wanted is accepted", shown)
    assert float(planned) >= 0.42, "six judgements of two words each, and their time"


def test_amounts_are_in_cents_for_people_and_rates_exact() -> None:
    assert ledger.about(655_252, "USD") == "$0.66"
    assert ledger.about(4_123, "USD") == "$0.0041", "what is less than a cent is not nothing"
    assert ledger.money(655_252, "USD") == "$0.655252", "finance needs the exact amount"


def test_a_changed_rate_is_the_one_that_is_said(cast, project) -> None:
    configure.change(project, cast.mina, hourly_rate=0, unit_rate=0, rate=35_000)
    assert "$0.035 per accepted" in signed_in(cast.mina).get(page("project", project.public_id)).content.decode()
