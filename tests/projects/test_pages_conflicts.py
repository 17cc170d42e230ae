"""Two who change the settings of one project at once: neither overwrites unseen what the other did."""

import re

import pytest
from django.test import Client

from projects.models import Project
from tests.support import make, sending
from tests.support.projects.managing import changed, page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, "Names in reports")


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def test_one_manager_never_overwrites_another_unseen(cast, mina, project) -> None:
    stale = changed(project, wanted="4")
    signed_in(cast.olga).post(page("project-settings", project.public_id), changed(project, rate="0.20"))
    answer = mina.post(page("project-settings", project.public_id), stale)
    shown = answer.content.decode()
    assert answer.status_code == 412
    assert "Olga changed these settings" in shown
    assert 'value="4"' in shown
    assert project.settings_now().rate == 200_000
    again = stale | {"seen": re.search(r'name="seen" value="([^"]+)"', shown).group(1)}  # type: ignore[union-attr]
    assert mina.post(page("project-settings", project.public_id), again).status_code == 302
    assert (project.settings_now().wanted, project.settings_now().rate) == (4, 35_000)


def test_a_conflict_names_every_setting_and_every_label_that_changed(cast, mina, project) -> None:
    """It named one of two, and old labels went over new ones unseen."""
    mina.post(page("project-settings", project.public_id), changed(project))
    stale = changed(project, wanted="4")
    theirs = changed(project, rate="0.20", agreement="90") | {
        "labels-TOTAL_FORMS": "2",
        "labels-0-name": "Human being",
        "labels-1-key": "",
        "labels-1-present_key": "",
        "labels-1-name": "Ship",
        "labels-1-hotkey": "",
    }
    assert signed_in(cast.olga).post(page("project-settings", project.public_id), theirs).status_code == 302
    answer = mina.post(page("project-settings", project.public_id), stale)
    shown = answer.content.decode()
    notice = next(one for one in sending.read(shown, "").alerts if "Olga" in one)
    for words in (
        "Pay per accepted judgement, in USD",
        "Agreement that decides, %",
        "New labels: Ship",
        "Changed labels: Human being",
        "Labels taken away: Place",
        "puts your labels in the place",
    ):
        assert words in notice
    assert "Judgements per task" not in notice
    assert {one.key for one in project.labels.in_use()} == {"human_being", "ship"}, "nothing went over them unseen"
    assert mina.post(page("project-settings", project.public_id), stale).status_code == 412, (
        "nor does it by asking twice"
    )


def test_a_form_that_says_not_what_it_saw_overwrites_nothing(cast, mina, project) -> None:
    form = changed(project, wanted="4")
    del form["seen"]
    assert mina.post(page("project-settings", project.public_id), form).status_code == 412
    assert project.settings_now().version == 1


def test_ones_own_other_tab_is_called_that(mina, project) -> None:
    stale = changed(project, wanted="4")
    mina.post(page("project-settings", project.public_id), changed(project, wanted="3"))
    assert (
        "You changed these settings in another tab"
        in mina.post(page("project-settings", project.public_id), stale).content.decode()
    )


def test_another_managers_labels_count_as_a_change(cast, mina, project) -> None:
    stale = changed(project)
    signed_in(cast.olga).post(
        page("project-settings", project.public_id), changed(project) | {"labels-0-name": "Human being"}
    )
    assert mina.post(page("project-settings", project.public_id), stale).status_code == 412
