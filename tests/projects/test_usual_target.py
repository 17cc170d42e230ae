"""How sure a new project wants to be where nobody says: two of three decide by majority."""

import pytest

from projects.configuration import configure, methods
from projects.models import Task, Verdict
from tests.support import make

pytestmark = pytest.mark.django_db


def test_two_of_three_decide_in_a_new_project(cast) -> None:
    project = make.project(cast.riverside, wanted=2, most=3)
    (task,) = make.tasks(make.batch(project))
    for tasker, answer in ((cast.alice, make.MARIA), (cast.bob, make.spans())):
        make.judged(tasker, project, answer)
    assert Task.objects.get(pk=task.pk).wanted == 3, "one who disagrees has a third asked"
    make.judged(cast.carol, project, make.MARIA)
    verdict = Verdict.objects.current().get(task=task)
    assert len(verdict.rests_on) == 2 and not Task.objects.get(pk=task.pk).withheld


def test_existing_projects_keep_their_target(cast) -> None:
    project = make.project(cast.riverside, wanted=2, most=3, target=0.75)
    configure.change(project, cast.mina, rate=60_000)
    assert project.settings_now().target == 0.75


def test_more_people_make_no_lower_demand() -> None:
    assert methods.usual_target("majority_v1", 3, None) == 0.9
    assert methods.usual_target("majority_v1", 2, 3) == methods.usual_target("majority_v1", 5, 7)
    assert methods.usual_target("standing_v1", 2, 3) == 0.9
