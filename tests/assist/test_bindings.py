"""Who may talk to the copilot about what."""

from uuid import uuid4

import pytest
from django.core.files.storage import default_storage

from assist.errors import CopilotError
from assist.suggestions.bindings import bind, read_picture
from projects import queue
from projects.configuration import configure
from projects.models import Assignment
from projects.queue.clock import from_now
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import Picture
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db


def refusal(person, held: Assignment, token=None) -> str:
    with pytest.raises(CopilotError) as caught:
        bind(person.pk, held.public_id, token or held.token)  # type: ignore[arg-type]
    return caught.value.code


@pytest.fixture
def alices(cast: Cast) -> Assignment:
    project = make.project(cast.riverside, label_mapping={"PERSON": "person"}, minimum_score=0.25)
    make.tasks(make.batch(project))
    return make.held(cast.alice, project)


def test_holder_is_bound_to_the_text(cast: Cast, alices: Assignment) -> None:
    binding = bind(cast.alice.pk, alices.public_id, alices.token)  # type: ignore[arg-type]
    assert (binding.capability, binding.text, binding.picture) == ("spans", make.TEXT, None)
    assert binding.mapping == {"PERSON": "person"}
    assert binding.labels == {"person", "place"}
    assert binding.minimum_score == 0.25
    assert (binding.assignment_key, binding.task_key) == (alices.pk, alices.task_id)


def test_holder_is_bound_to_the_picture(cast: Cast, cat: Picture) -> None:
    project = work.image_project(cast.riverside)
    work.image_task(make.batch(project), cat.file)
    held = make.held(cast.alice, project)
    binding = bind(cast.alice.pk, held.public_id, held.token)  # type: ignore[arg-type]
    assert binding.capability == "segment" and binding.picture
    assert (binding.picture.height, binding.picture.width) == cat.size
    assert read_picture(binding.picture) == cat.file
    default_storage.delete(binding.picture.file)
    with pytest.raises(CopilotError) as caught:
        read_picture(binding.picture)
    assert caught.value.code == "no-image"


def test_unknown_assignment_is_as_good_as_a_strangers(cast: Cast) -> None:
    with pytest.raises(CopilotError) as caught:
        bind(cast.alice.pk, uuid4(), uuid4())
    assert caught.value.code == "not-yours"


def test_old_token_is_not_enough(cast: Cast, alices: Assignment) -> None:
    assert refusal(cast.alice, alices, uuid4()) == "wrong-token"


def test_released_work_is_not_held(cast: Cast, alices: Assignment) -> None:
    queue.release(alices, cast.alice, alices.token)  # type: ignore[arg-type]
    assert refusal(cast.alice, alices) == "not-held"


def test_lease_that_ran_out_is_not_held_even_before_anybody_noticed(cast: Cast, alices: Assignment) -> None:
    Assignment.objects.filter(pk=alices.pk).update(deadline=from_now(-1))
    assert refusal(cast.alice, alices) == "not-held"


def test_deactivated_tasker_is_cut_off(cast: Cast, alices: Assignment) -> None:
    cast.alice.is_active = False
    cast.alice.save(update_fields=["is_active"])
    assert refusal(cast.alice, alices) == "not-yours"


def test_project_without_copilot_says_off(cast: Cast) -> None:
    project = make.project(cast.riverside, copilot=False)
    make.tasks(make.batch(project))
    assert refusal(cast.alice, make.held(cast.alice, project)) == "copilot-off"


def test_copilot_follows_the_promise_made_at_claim(cast: Cast, alices: Assignment) -> None:
    configure.change(alices.task.project, None, copilot=False)
    assert bind(cast.alice.pk, alices.public_id, alices.token).text  # type: ignore[arg-type]
