"""Taking away a label in use: what depends on it is said, it is merged or retired, and its gold is withdrawn."""

import random

import pytest
from django.test import Client

from projects.configuration import label_changes, label_use, save_settings
from projects.errors import Refused
from projects.models import PooledGold, Project
from projects.quality.gold import authoring
from projects.web.annotator.work_json import retired_labels_json
from projects.workflow import label_removal
from tests.support import make
from tests.support.projects.managing import changed, page, signed_in

pytestmark = pytest.mark.django_db
PLACE = {"spans": [make.span(42, 46, "place")]}
PERSON = {"spans": [make.span(0, 11, "person")]}


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


@pytest.fixture
def project(cast) -> Project:
    """Two answers and two pieces of gold; one of each says Place."""
    project = make.project(cast.riverside, "Names in reports")
    batch = make.batch(project)
    make.tasks(batch, 2)
    for answer in (PLACE, PERSON):
        make.judged(cast.alice, project, answer)
    for answer in (PLACE, PERSON):
        authoring.keep(make.task(batch), answer, by=cast.mina, dice=random.Random(1))
    return project


def without_place(project: Project, **choice: str) -> dict[str, str]:
    return changed(project) | {"labels-TOTAL_FORMS": "1"} | choice


def dealt_gold(project: Project) -> list[str]:
    rows = PooledGold.objects.filter(project=project, retired_at=None)
    return [row.gold.answer["spans"][0]["label"] for row in rows.select_related("gold")]


def test_what_depends_on_a_label_is_said_before_it_goes(mina, project) -> None:
    (use,) = label_use.of_labels(project, ["place", "nothing"])
    assert (use.key, use.answers, use.gold, use.predictions, use.at_least) == ("place", 1, 1, 0, False)
    answer = mina.post(page("project-settings", project.public_id), without_place(project))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "What becomes of “Place”?" in shown and "1 answer · 1 gold item · 0 predictions" in shown
    assert 'value="merge:person"' in shown and 'value="merge:place"' not in shown
    assert project.labels.in_use().count() == 2, "nothing is saved yet"


def test_a_label_is_retired_and_its_gold_withdrawn(cast, mina, project) -> None:
    form = without_place(project, **{"removed-place": "retire"})
    assert mina.post(page("project-settings", project.public_id), form).status_code == 302
    assert [label.key for label in project.labels.in_use()] == ["person"]
    assert dealt_gold(project) == ["person"]
    withdrawn = PooledGold.objects.exclude(retired_at=None).get(project=project)
    assert withdrawn.suspect_at and withdrawn.retired_why == "its label was taken away"
    assert [label["name"] for label in retired_labels_json(project)] == ["Place"], "a reviewer reads its name"
    assert "its label was taken away" in mina.get(page("project-gold", project.public_id)).content.decode()


def test_a_label_is_merged_where_its_author_says_so(cast, mina, project) -> None:
    form = without_place(project, **{"removed-place": "merge:person", "labels-0-name": "Name"})
    assert mina.post(page("project-settings", project.public_id), form).status_code == 302
    assert project.labels.get(key="place").merged_into.name == "Name"
    assert sorted(dealt_gold(project)) == ["person", "place"], "it counts as the other"
    seen = save_settings.mark(project)
    with pytest.raises(Refused) as refused:
        label_removal.revise(project, cast.mina, seen=seen, labels=[], merged={"person": "place"})
    assert refused.value.code == "bad-merge"


def test_a_label_that_nothing_uses_goes_without_a_question(cast, mina) -> None:
    project = make.project(cast.riverside, "Names in reports")
    make.batch(project)
    assert mina.post(page("project-settings", project.public_id), without_place(project)).status_code == 302
    assert [label.key for label in project.labels.in_use()] == ["person"]


def test_gold_is_withdrawn_whichever_way_a_label_goes(cast, project) -> None:
    with label_removal.withdrawing_gold(project, cast.mina):
        label_changes.retire(project, "place", by=cast.mina)
    assert dealt_gold(project) == ["person"]
