"""Somebody's answers, a customer's tasks or an image are erased at once, archived or not; evaluations say so."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from assist.learning import erased, erased_selection, erasure, improve
from assist.models import Erasure, Evaluation, EvaluationScore
from assist.registry import registry
from projects.data import archive
from projects.errors import Refused
from projects.models import Project, Task
from projects.workflow import batches
from taskers.errors import StateConflict
from taskers.models import Membership
from tests.support import make
from tests.support.assist import work
from tests.support.assist.engineer import at, shown
from tests.support.cast import Cast
from tests.support.projects.archiving import read_all
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db
WHY = "Asked to"


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> None:
    settings.MEDIA_ROOT, settings.MODELS_DIR = tmp_path / "media", tmp_path / "models"


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.project(cast.riverside, wanted=1)


def decided(cast: Cast, project: Project, *people, customer: str = "") -> list[Task]:
    """A task of each of these people, in a batch of their own."""
    batch, found = make.batch(project, f"Batch {project.batches.count()}"), []
    for place, person in enumerate(people):
        (task,) = make.tasks(batch, text=f"Person {place} of {batch.name} came by.")
        if customer:
            Task.objects.filter(pk=task.pk).update(payload=task.payload | {"meta": {"customer": customer}})
        said(person, task, make.spans((0, 6)))
        found.append(task)
    return found


def erased_of(project: Project) -> set[int]:
    return set(erased.tasks(project).values_list("task", flat=True))


def keys(*tasks: Task) -> set[int]:
    return {one.pk for one in tasks}


@pytest.mark.django_db(transaction=True)  # only what was committed is ever archived
def test_what_somebody_answered_and_what_a_customer_sent_is_erased_in_the_archive_as_well(cast, project) -> None:
    old = decided(cast, project, cast.alice, cast.bob, customer="Acme")
    batches.move(old[0].batch, "closed", by=cast.mina)
    read_all()
    archive.archive(old[0].batch, by=cast.mina)
    assert not Task.objects.filter(pk__in=keys(*old)).exists()
    new = decided(cast, project, cast.alice, cast.bob, cast.bob)
    theirs = decided(cast, project, cast.bob, customer="Acme Ltd")
    mine = Api(cast.mina, cast.riverside)
    told = mine.post("erasures", project.public_id, body={"person": cast.alice.email, "reason": WHY}).json()
    assert told["of"] == "person" and erased_of(project) == keys(old[0], new[0])
    again = {"person": str(cast.alice.public_id), "reason": WHY}
    refused(mine.post("erasures", project.public_id, body=again), 409, "state-conflict")
    acme = {"key": "customer", "value": "Acme"}
    told = mine.post("erasures", project.public_id, body={"metadata": acme, "reason": WHY}).json()
    assert told["of"] == "metadata" and (told["number"], told["tasks"]) == (1, []), "the other was erased before"
    assert erased_of(project).isdisjoint(keys(*theirs, *new[1:]))
    assert mine.post("erasures", project.public_id, body=again | {"metadata": acme}).status_code == 400
    Membership.objects.filter(person=cast.carol).delete()
    with pytest.raises(Refused, match="Nobody here"):
        erased_selection.of_person(project, cast.carol.email)
    Membership.objects.filter(person=cast.alice).delete()  # of another house when her work was archived
    found = erased_selection.of_person(project, cast.alice.email)
    assert found.tasks == {old[0].public_id, new[0].public_id}
    nobody = {"person": "nobody@example.org", "reason": WHY}
    refused(mine.post("erasures", project.public_id, body=nobody), 422, "unknown-person", "person")
    stranger = {"person": cast.nora.email, "reason": WHY}
    refused(mine.post("erasures", project.public_id, body=stranger), 422, "unknown-person", "person")
    for made in Erasure.objects.order_by("pk"):
        assert erasure.run(made.pk) == "done"


def test_a_value_is_found_however_it_came(cast, project) -> None:
    came = {"customer": "Acme "}, {"customer ": "Acme"}, {"customer": ["Other", "Acme"]}, {"customer": "Acme Ltd"}
    tasks = decided(cast, project, *[cast.alice] * 6)
    for task, meta in zip(tasks, (*came, {"minor": True}, {"minor": 5}), strict=True):
        Task.objects.filter(pk=task.pk).update(payload=task.payload | {"meta": meta})

    def found(key: str, value: str) -> set:
        return set(erased_selection.with_metadata(project, key, value).tasks)

    assert found("customer", "Acme") == {one.public_id for one in tasks[:3]}
    assert found("minor", "true") == {tasks[4].public_id} and found("minor", "5") == {tasks[5].public_id}


def test_what_shows_an_image_is_erased_by_the_page_and_by_a_command(cast, client, astronaut, tmp_path) -> None:
    project = work.image_project(cast.riverside)
    batch = make.batch(project)
    shows = work.image_task(batch, astronaut.file)
    client.force_login(cast.mina)
    sent = {"of": "image", "tasks": astronaut.sha256, "reason": WHY}
    assert client.post(at("copilot-erase", project), sent | {"tasks": "astronaut.png"}).status_code == 422
    assert client.post(at("copilot-erase", project), sent | {"of": "metadata"}).status_code == 422, "it has no value"
    assert client.post(at("copilot-erase", project), sent).status_code == 302
    assert erased_of(project) == keys(shows) and "What shows an image" in shown(client, "copilot-training", project)
    other = make.project(cast.riverside, "Texts", wanted=1)
    first, second = decided(cast, other, cast.alice, cast.alice)

    def command(*more: object) -> str:
        call_command("erasures", *map(str, more), stdout=(out := StringIO()))
        return out.getvalue()

    listed = tmp_path / "ids"
    listed.write_text(f"{first.public_id}\n")
    begin = ("begin", other.public_id, "--by", "mina@example.org", "--reason", WHY)
    assert "1 tasks (tasks)" in command(*begin, "--tasks-in", listed)
    assert "1 tasks (person)" in command(*begin, "--person", cast.alice.email)
    assert erased_of(other) == keys(first, second) and len(command("list", other.public_id).splitlines()) == 2
    with pytest.raises(CommandError, match="look after models"):
        command("begin", other.public_id, "--by", cast.alice.email, "--reason", WHY, "--image", astronaut.sha256)
    with pytest.raises(CommandError, match="No task of this project"):
        command(*begin, "--image", astronaut.sha256)


def test_many_tasks_are_erased_piece_by_piece_and_too_many_are_counted(cast, project, monkeypatch) -> None:
    """Bob answered three tasks, and a job sees to two of them."""
    tasks = decided(cast, project, cast.bob, cast.bob, cast.bob)
    monkeypatch.setattr(erasure, "PIECE", 2)
    monkeypatch.setattr(erasure, "MOST_SELECTED", 2)
    bobs = erased_selection.of_person(project, cast.bob.email)
    with pytest.raises(Refused, match="3 tasks are like that, and 2 at once may be"):
        erasure.begin_with(project, bobs, reason=WHY, by=cast.mina)
    monkeypatch.setattr(erasure, "MOST_SELECTED", 3)
    last = erasure.begin_with(project, bobs, reason=WHY, by=cast.mina)
    assert [one.number for one in erasure.of(project)] == [1, 2] and erasure.of(project)[0] == last
    assert erased_of(project) == keys(*tasks)
    assert [erasure.run(key) for key, _project in erasure.open_keys()] == ["done", "done"]


def test_an_evaluation_from_before_says_what_was_erased_of_it_and_lists_it_no_more(cast, project, client) -> None:
    first, second = decided(cast, project, cast.alice, cast.bob)
    one, other = (registry.model_version(key) for key in ("fake-spans@1", "en-core-web-sm@3.8.0"))
    told = {"candidate": one, "champion": other, "margin": 0.05, "rules": 1, "begun_by": cast.mina, "state": "done"}
    ended = {"outcome": "refused", "ended_at": timezone.now(), "tasks": 2}
    found = Evaluation.objects.create(project=project, **told, **ended)
    for task in (first, second):
        scores = {"candidate": 0.0, "champion": 1.0, "slices": []}
        EvaluationScore.objects.create(evaluation=found, task=task.pk, verdict=1, **scores)
    assert erased.judged(found) == 0 and len(improve.lost_by_candidate(found)) == 2
    erasure.begin_with(project, erased_selection.of_person(project, cast.bob.email), reason=WHY, by=cast.mina)
    assert erased.judged(found) == 1
    assert [one.task for one in improve.lost_by_candidate(found)] == [first]
    measured = improve.measured(project)
    assert measured is not None and [one.task for one in improve.worst(measured)] == [first]
    client.force_login(cast.mina)
    assert "1 of them was erased from training since" in shown(client, "copilot-evaluation", project, found.public_id)
    told = Api(cast.mina, cast.riverside).get("evaluation", project.public_id, found.public_id).json()
    assert (told["erased"], told["tasks"]) == (1, 2)
    with pytest.raises(StateConflict, match="erased before"):
        erasure.begin_with(project, erased_selection.of_person(project, cast.bob.email), reason=WHY, by=cast.mina)
    with pytest.raises(Refused, match="No task of this project"):
        erasure.begin_with(project, erased_selection.with_metadata(project, "a", "b"), reason=WHY, by=cast.mina)


def test_a_task_that_is_restored_between_two_looks_is_met_all_the_same() -> None:
    live, stored = set[str](), {"a task"}

    def restored_before_it_is_read() -> set[str]:
        live.update(stored)
        stored.clear()
        return stored

    assert erased_selection.met(live.copy, restored_before_it_is_read) == {"a task"}
