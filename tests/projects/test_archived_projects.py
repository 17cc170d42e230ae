"""What needs somebody is said, and archived projects are no longer among what is to be chosen or done."""

import pytest

from projects.configuration import configure
from projects.models import BatchProgress, Project
from projects.queue.availability import Left
from projects.reports import organization, queue_health
from projects.reports.stands import Stands
from projects.web.reviewer.review import reviewable
from taskers.organizations.project_names import project_names
from taskers.web.forms import InviteForm
from tests.support import make
from tests.support.projects.managing import page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def archived(cast) -> Project:
    project = make.project(cast.riverside, "Old names")
    return configure.move(project, "archived", by=cast.mina)


def test_reviews_that_wait_are_something_to_do(cast) -> None:
    project = make.project(cast.riverside)
    BatchProgress.objects.filter(batch=make.batch(project)).update(tasks=10, in_review=6)
    shown = signed_in(cast.mina).get(page("overview")).content.decode()
    assert "6 tasks wait for a reviewer." in shown and "Nothing to do." not in shown
    few = queue_health.hindrances(project, Stands(in_review=6), [], None)
    many = queue_health.hindrances(project, Stands(in_review=60), [], None)
    assert few[0].weight > many[0].weight, "too few reviewers matter more"
    assert organization.for_manager(cast.riverside, cast.mina).needing == 1


def test_archived_projects_are_in_no_list_of_what_is_to_be_done(cast, rf, archived) -> None:
    live = make.project(cast.riverside)
    mina = signed_in(cast.mina)
    form = InviteForm(cast.mina, cast.riverside)
    assert [name for _key, name in form.fields["project"].choices] == ["All projects", live.name]
    assert archived.public_id in project_names(cast.riverside), "what was done there keeps its name"
    assert f'value="{archived.public_id}"' not in mina.get(page("person", cast.alice.public_id)).content.decode()
    request = rf.get("/")
    request.user, request.organization = cast.rita, cast.riverside
    assert set(reviewable(request)) == {live}


def test_how_many_tasks_are_left_is_between_two_numbers() -> None:
    rough = [Left(number).roughly() for number in (7, 25, 50, 51)]
    assert [(left.least, left.most) for left in rough] == [(1, 10), (21, 50), (21, 50), (51, 100)]
