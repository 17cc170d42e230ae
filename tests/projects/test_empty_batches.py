"""A load that brings nothing new leaves no empty batch, and the checklist counts the batches that the table lists."""

import pytest
from django.core.files.base import ContentFile

from projects.data import importing
from projects.data.importing import start
from projects.models import Import, Project, Task
from projects.reports import progress
from projects.web.manager import checklist
from taskers.models import Event
from tests.support import make
from tests.support.projects.importing import lines

pytestmark = pytest.mark.django_db
ROWS = lines({"id": "1", "text": "One"}, {"id": "2", "text": "Two"})


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside)


def loaded(project: Project, by, batch_name: str, data: str = ROWS, **into) -> Import:
    file = ContentFile(data.encode(), name=into.pop("name", "rows.jsonl"))
    file_import = start.load_files(project, [file], start.Into(into.pop("batch", None), batch_name, **into), by=by)
    return importing.run(file_import.pk)


def names(project: Project) -> list[str]:
    return list(project.batches.order_by("pk").values_list("name", flat=True))


def test_a_known_file_leaves_no_batch_and_is_listed_where_its_rows_are(cast, project) -> None:
    loaded(project, cast.mina, "First")
    loaded(project, cast.mina, "Others", lines({"id": "3", "text": "Three"}), name="others.jsonl")
    again = loaded(project, cast.mina, "Again")
    assert (again.state, again.known, again.batch.name) == ("done", 2, "First")
    assert names(project) == ["First", "Others"]


def test_a_load_that_is_called_off_leaves_no_batch(cast, project) -> None:
    loaded(project, cast.mina, "First")
    planned = loaded(project, cast.mina, "Again", stop=Import.Stop.ALWAYS)
    assert planned.state == "planned" and names(project) == ["First", "Again"]
    importing.drop(planned, by=cast.mina)
    assert names(project) == ["First"]


def test_a_file_with_one_new_row_keeps_its_batch(cast, project) -> None:
    loaded(project, cast.mina, "First")
    loaded(project, cast.mina, "More", ROWS + "\n" + lines({"id": "3", "text": "Three"}))
    assert names(project) == ["First", "More"] and Task.objects.filter(batch__name="More").count() == 1


def test_the_first_batch_and_one_that_somebody_made_stay_though_nothing_comes_in(cast, project) -> None:
    refused = loaded(project, cast.mina, "First", lines({"id": "1", "text": ""}))
    assert (refused.refused, names(project)) == (1, ["First"])
    loaded(project, cast.mina, "Second")
    own = make.batch(project, "Own", state="draft")
    loaded(project, cast.mina, "", batch=own)
    assert names(project) == ["First", "Second", "Own"]


def test_the_checklist_counts_the_empty_batches_that_the_table_lists(cast, project) -> None:
    loaded(project, cast.mina, "First")
    make.batch(project, "Own", state="draft")
    progress.add(Event.objects.all())
    (data,) = [item for item in checklist.of(project, project.settings_now()).items if item.key == "data"]
    assert data.text == "2 tasks in 1 batch; 1 batch is empty"
