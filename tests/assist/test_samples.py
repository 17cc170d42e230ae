"""What would be offered under another least score is shown on images before anybody saves it."""

import pytest
from django.test import Client
from django.urls import reverse

from assist.models import ModelVersion, Precomputed
from assist.suggestions import samples
from projects.models import Project
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import Picture
from tests.support.cast import Cast

PETS = [
    {"key": "cat", "name": "Cat", "colour": "#1971c2", "shapes": ["box"]},
    {"key": "dog", "name": "Dog", "colour": "#2f9e44", "shapes": ["box"]},
]
TERMS = {"label_map": {"hound": "dog"}, "labels": ["cat", "hound", "ship"]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def pets(cast: Cast, square: Picture) -> Project:
    """Three images that a detector has seen, and one that it has not."""
    project = make.project(cast.riverside, "Pets", "image_regions", labels=PETS)
    batch = make.batch(project)
    version = ModelVersion.objects.create(
        name="things", version="1", capability="detect", terms=TERMS, smoke="passed", organization=cast.riverside
    )
    work.deployed(project, version, share=100, by=cast.mina)
    boxes = [[1, 1, 9, 9, "cat", 0.9, ""], [5, 5, 9, 9, "hound", 0.4, ""], [0, 0, 3, 3, "ship", 0.99, ""]]
    for n in range(3):
        task = work.image_task(batch, square.file, f"{n}.png")
        Precomputed.objects.create(task_key=task.pk, version=version, output={"boxes": boxes, "dropped": {}})
    work.image_task(batch, square.file, "unseen.png")
    return project


def told(client: Client, project: Project, **query: str) -> str:
    return client.get(reverse("copilot-samples", args=[project.public_id]), query).content.decode()


def test_mina_tries_least_scores_on_images_and_nothing_is_saved(cast: Cast, pets: Project, client: Client) -> None:
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("project-copilot", args=[pets.public_id])).content.decode()
    assert 'id="least-slider"' in page and reverse("copilot-samples", args=[pets.public_id]) in page
    assert "6 of 6 boxes in these images would be offered" in told(client, pets, minimum_score="0")
    half = told(client, pets, minimum_score="50")
    assert "3 of 6 boxes" in half and half.count("samples__box--left") == 3 and "unseen.png" not in half
    assert "6 of 6" in told(client, pets, minimum_score="50", least_dog="30")
    for nonsense in ("many", "", "NaN", "1e999", "-5", "101"):
        assert "6 of 6" in told(client, pets, minimum_score=nonsense)
    assert pets.settings_now().minimum_score == 0


def test_where_no_detector_answers_there_is_nothing_to_try(cast: Cast, client: Client) -> None:
    project = make.project(cast.riverside, "Parts", "image_regions", labels=PETS)
    assert samples.of(project, 0.0, {}, lambda version: None) == []
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    assert "least-slider" not in client.get(reverse("project-copilot", args=[project.public_id])).content.decode()
