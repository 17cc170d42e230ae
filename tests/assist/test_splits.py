"""Who goes without the copilot is drawn first where it judges models: what draws it and what judges agree on which
tasks these are."""

import pytest
from django.db import connection

from assist.learning.blind_verdicts import group_of
from assist.learning.splits import TRAIN, split_of
from projects.models import Task
from projects.queue.model_draws import JUDGES
from tests.support import make
from tests.support.assist import digits, work
from tests.support.cast import Cast


@pytest.mark.django_db
def test_the_queue_knows_which_tasks_judge_models(cast: Cast) -> None:
    project = make.project(cast.riverside, "Either", "classification")
    batch = make.batch(project)
    for text in ("", "Größe: ½ m — “naïve” 🚢\r\n\ttwice", *(f"Report {at}" for at in range(40))):
        make.tasks(batch, text=text)
    for at, (file, _) in zip(range(8), digits.pictures(0, 1), strict=False):
        work.image_task(batch, file, f"{at}.png")
    drawn = JUDGES.format(task="t.id", key="p.public_id")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t.id, {drawn} FROM projects_task t JOIN projects_project p ON p.id = t.project_id")
        found = dict(cursor.fetchall())
    tasks = Task.objects.filter(project=project)
    assert found == {one.pk: split_of(str(project.public_id), group_of(one)) != TRAIN for one in tasks}
    assert set(found.values()) == {True, False}
