"""What would be offered under another least score is shown on sample tasks before anybody saves it."""

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from assist.adapters.fake import FakeClasses
from assist.models import LabelVectors, ModelVersion, Precomputed
from assist.runtime.client import RuntimeClient
from assist.suggestions import class_vectors, samples
from assist.suggestions.vector_encoding import packed
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


MOODS = [{"name": "joy and thanks", "key": "glad"}, {"name": "rage", "key": "angry"}]


@pytest.fixture
def letters(cast: Cast, client: Client) -> Project:
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    return make.project(cast.riverside, "Moods", "classification", labels=MOODS)


def test_mina_tries_least_scores_on_classes_that_a_model_gave_ahead(
    cast: Cast, letters: Project, client: Client
) -> None:
    terms = {"label_map": {"joy": "glad"}, "labels": ["joy", "rage"], "adapter": "onnx-text"}
    named = {"name": "moods", "version": "1", "capability": "classify", "organization": cast.riverside}
    version = ModelVersion.objects.create(**named, terms=terms, smoke="passed")
    work.deployed(letters, version, share=100, by=cast.mina)
    for task, joy in zip(make.tasks(make.batch(letters), 3), (0.9, 0.4, 0.2), strict=True):
        said = {"shares": {"joy": joy, "rage": 1 - joy}}
        Precomputed.objects.create(task_key=task.pk, version=version, output=said)
    page = client.get(reverse("project-copilot", args=[letters.public_id])).content.decode()
    assert 'id="least-slider"' in page and "sample tasks" in page
    assert "3 of 3 classes of these tasks would be offered" in told(client, letters, minimum_score="0")
    some = told(client, letters, minimum_score="75")
    assert "2 of 3 classes" in some and "rage 0.60</s>" in some and "joy and thanks 0.90</span>" in some
    assert "1 of 3 classes" in told(client, letters, minimum_score="75", least_angry="85")


def test_labels_that_lie_near_are_told_with_a_score_once_verdicts_say_what_it_is_worth(
    cast: Cast, letters: Project, client: Client, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    version = ModelVersion.objects.create(name="lies", version="1", capability="classify", smoke="passed")
    work.deployed(letters, version, share=100, by=cast.mina)
    assert "Precompute a batch" in told(client, letters, minimum_score="0")
    (task,) = make.tasks(make.batch(letters), 1, text="My rage about the lamp")
    row = FakeClasses().vectors([task.payload["text"]])[0]
    Precomputed.objects.create(task_key=task.pk, version=version, output=packed(row))
    settings.RUNTIME_ADDRESS = "unix:/nowhere/at-all"
    class_vectors._known.clear()
    assert "The copilot is not running just now" in told(client, letters, minimum_score="0")

    async def vectors(self: RuntimeClient, model: str, texts: list[str], asker: str | None) -> np.ndarray:
        return FakeClasses().vectors(texts)

    monkeypatch.setattr(RuntimeClient, "vectors", vectors)
    assert "rage</span>" in told(client, letters, minimum_score="0")
    assert "rage</s>" in told(client, letters, minimum_score="10"), "nobody knows what it is worth"
    field = letters.settings_now().fields[0]["key"]
    taught = {"field": field, "labels": ["glad"], "verdicts": 60, "blind": 60, "temperature": 0.1, "upto": 1}
    LabelVectors.objects.create(
        project=letters, version=version, sums=np.zeros((1, len(row)), "<f4").tobytes(), **taught
    )
    assert "1 of 1 class of" in told(client, letters, minimum_score="10")
