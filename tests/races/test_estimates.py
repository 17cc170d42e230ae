"""Two workers take up one run of an estimate at the same moment: it is done once, and neither falls over."""

import pytest

from projects.models import AccuracyModel, Estimation
from projects.quality import estimating
from tests.support import make
from tests.support.connections import all_at_once
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_on_one_run_estimate_once(cast) -> None:
    project = make.project(cast.riverside, wanted=2, aggregation="spans_v1")
    for task in make.tasks(make.batch(project), 4):
        for tasker in (cast.alice, cast.bob):
            said(tasker, task, make.MARIA)
    before = AccuracyModel.objects.count()
    run = estimating.start(project, by=cast.mina)
    done = all_at_once([lambda: estimating.run(run.pk)] * 4)
    assert {one.state for one in done} == {Estimation.State.DONE}
    assert AccuracyModel.objects.count() == before + 1
    assert Estimation.objects.get().weighed == 4
