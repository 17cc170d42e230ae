"""A model is offered where the tasks have a use for it: none of images for texts, and none of texts for images."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from assist.annotators import work as placing
from assist.learning import evaluation, rollout
from assist.models import AnnotatorVersion, Deployment, Evaluation, ModelVersion, Override
from assist.suggestions import suited
from assist.web.deciding_forms import EvaluateForm
from assist.web.forms import DeployForm, OverrideForm, PlaceForm
from projects.models import Project
from taskers.errors import StateConflict
from taskers.models import Person
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import Picture
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db

LABELS = [{"key": "cat", "name": "Cat"}, {"key": "dog", "name": "Dog"}]
OF_IMAGES, OF_TEXTS = {"classify-image", "embed-image"}, {"classify", "generate"}
TEXTS, IMAGES = "texts", "images"


@pytest.fixture(autouse=True)
def versions(db: None) -> dict[str, ModelVersion]:
    """A model of each capability."""
    terms = {"runtime": "onnx-classifier"}
    return {
        capability: ModelVersion.objects.create(name=capability, version="1", capability=capability, **terms)
        for capability in (*OF_IMAGES, *OF_TEXTS, "detect")
    }


@pytest.fixture
def filled(cast: Cast, square: Picture) -> Callable[..., Project]:
    """A classification with tasks of these kinds, a batch of each."""

    def fill(*kinds: str, task_type: str = "classification") -> Project:
        project = make.project(cast.riverside, f"Pets {kinds}", task_type, labels=LABELS, copilot=True)
        for kind in kinds:
            batch = make.batch(project, kind)
            if kind == TEXTS:
                make.tasks(batch, 2)
            else:
                work.image_task(batch, square.file)
        return project

    return fill


def offered(project: Project) -> set[str]:
    """The capabilities of the models that each list of the pages offers; they agree."""
    forms = [form(project=project, capability="classify") for form in (DeployForm, EvaluateForm, OverrideForm)]
    lists = [set(form.fields["version"].queryset.values_list("capability", flat=True)) for form in forms]
    assert lists[0] == lists[1] == lists[2] == set(suited.capabilities(project))
    place = PlaceForm(project=project, capabilities=("classify", *OF_IMAGES))
    assert set(place.fields["version"].queryset.values_list("capability", flat=True)) == lists[0] - {"generate"}
    return lists[0]


def test_models_are_offered_by_what_the_tasks_show(filled) -> None:
    assert offered(filled(TEXTS)) == OF_TEXTS
    assert offered(filled(IMAGES)) == OF_IMAGES
    assert offered(filled(TEXTS, IMAGES)) == OF_TEXTS | OF_IMAGES
    assert offered(filled()) == OF_TEXTS | OF_IMAGES, "what will be loaded isn't known"


def test_image_with_a_text_is_classified_by_its_text(filled) -> None:
    project = filled(IMAGES)
    task = project.tasks.get()
    task.payload |= {"text": "A cat."}
    task.save()
    assert suited.capabilities(project) == ("classify", "generate")


def test_batch_of_both_counts_as_both(filled, square: Picture) -> None:
    project = filled(TEXTS)
    work.image_task(project.batches.get(), square.file)
    assert suited.shows_images(project) == {True, False}


def test_other_types_are_left_alone(filled) -> None:
    assert suited.useless_for(filled(IMAGES, task_type="image_regions")) == ()


@pytest.mark.parametrize(
    ("kind", "capability"), [(TEXTS, "classify-image"), (TEXTS, "embed-image"), (IMAGES, "classify")]
)
def test_model_that_is_useless_here_is_refused_by_every_verb(
    cast: Cast, filled, versions, kind: str, capability: str
) -> None:
    project, version, mina = filled(kind), versions[capability], cast.mina
    verbs: list[Callable[[Person], object]] = [
        lambda by: rollout.first(project, version, share=100, by=by),
        lambda by: rollout.ask_override(project, version, share=100, reason="It is good.", by=by),
        lambda by: evaluation.begin(project, version, by=by),
        lambda by: placing.place(project, version, by=by),
    ]
    for verb in verbs:
        with pytest.raises(StateConflict, match="the tasks here show"):
            verb(mina)


def test_model_of_images_is_refused_for_texts_when_it_is_posted_anyway(cast: Cast, filled, versions) -> None:
    project, version = filled(TEXTS), versions["classify-image"]
    page, key = Client(), str(version.public_id)
    page.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    posts = {
        "copilot-deploy": {"version": key, "share": 100},
        "copilot-evaluate": {"version": key},
        "copilot-override": {"override-version": key, "override-share": 100, "override-reason": "It is good."},
        "copilot-place": {"annotator-version": key},
    }
    for name, data in posts.items():
        answer = page.post(reverse(name, args=[project.public_id]), data)
        assert answer.status_code == 422, name
    assert key not in page.get(reverse("project-copilot", args=[project.public_id])).text
    office = Api(cast.mina, cast.riverside)
    body = {"version": key, "share": 100}
    problem = refused(office.post("deployments", project.public_id, body=body), 409, "state-conflict")
    assert problem["detail"] == "classify-image@1 looks at images, and the tasks here show texts."
    listed = office.get("deployments", project.public_id).json()["versions"]
    assert key not in [each["id"] for each in listed] and listed
    refused(office.post("evaluations", project.public_id, body={"version": key}), 409, "state-conflict")
    assert not any(model.objects.exists() for model in (Deployment, Evaluation, Override, AnnotatorVersion))
