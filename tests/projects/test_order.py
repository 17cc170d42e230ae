"""The order in which a batch is handed out: drawn by lot, so that gold doesn't stand out of it, or that of the file."""

import random
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import jobs, queue
from projects.configuration import configure
from projects.data import importing
from projects.data.importing import storing
from projects.data.reading.rows import Row
from projects.errors import Refused
from projects.models import Asset, Assignment, PooledGold, Task
from projects.quality.gold import authoring, pool
from projects.queue import slots
from projects.workflow import submission
from projects.workflow.comments import saying
from projects.workforce import conflicts_of_interest, rules
from tests.support import make
from tests.support.projects.gold import Always
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db
DICE = random.Random(14)


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


def load(batch, first: int, number: int, **more) -> list[str]:
    """Rows as a file brings them, by their verb; their names in the file's order."""
    names = [f"row-{at:04}" for at in range(first, first + number)]
    rows = [Row(name, name, {"text": f"{name}: {make.TEXT}"}, **more) for name in names]
    assert sum(done.loaded for done in importing.load(batch, rows, by=None)) == number
    return names


def worked(tasker, project, number: int) -> list[str]:
    """The names of the next so many tasks, done one after the other."""
    return [make.judged(tasker, project, make.spans()).task.external_id for _ in range(number)]


def test_a_batch_is_handed_out_in_an_order_that_is_drawn_and_whole(cast, project) -> None:
    names = load(make.batch(project), 0, 60)
    got = worked(cast.alice, project, 60)
    assert sorted(got) == names and got != names
    ascents = sum(one < other for one, other in zip(got, got[1:], strict=False))
    assert 15 <= ascents <= 44  # 29.5 expected of a shuffled order, 59 of the file's; 2.3 is one standard deviation
    assert queue.claim(cast.alice, project).code == "all-done"


def test_chunks_of_one_load_are_shuffled_together(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(storing, "CHUNK_ROWS", 10)
    names = load(make.batch(project), 0, 60)
    assert set(worked(cast.alice, project, 10)) != set(names[:10])


def test_a_draft_is_shuffled_as_a_whole_however_often_it_was_added_to(cast, project) -> None:
    batch = make.batch(project, state="draft")
    first = load(batch, 0, 30)
    load(batch, 30, 30)
    make.batches.move(batch, "live", by=cast.mina)
    assert set(worked(cast.alice, project, 30)) != set(first)


def test_what_is_loaded_later_or_put_back_is_reached_by_those_who_have_passed(cast, project) -> None:
    batch = make.batch(project)
    first = load(batch, 0, 5)
    assert sorted(worked(cast.alice, project, 5)) == first
    second = load(batch, 5, 5)
    assert sorted(worked(cast.alice, project, 5)) == second
    third = load(batch, 10, 3)
    bobs = make.held(cast.bob, project)
    assert sorted([*worked(cast.alice, project, 2), bobs.task.external_id]) == third
    queue.release(bobs, cast.bob, bobs.token)
    assert worked(cast.alice, project, 1) == [bobs.task.external_id]
    assert queue.audit().breaches == []


def test_file_order_is_a_setting_and_holds_across_chunks_and_loads(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(storing, "CHUNK_ROWS", 10)
    configure.change(project, cast.mina, file_order=True)
    batch = make.batch(project)
    names = load(batch, 0, 25)
    assert worked(cast.alice, project, 20) == names[:20]
    names += load(batch, 25, 5)
    assert worked(cast.alice, project, 10) == names[20:]


def test_a_change_of_the_order_moves_what_is_open_and_nobody_misses_anything(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(slots, "REORDERED", 7)
    names = load(make.batch(project), 0, 40)
    done, bobs = worked(cast.alice, project, 5), make.held(cast.bob, project)
    configure.change(project, cast.mina, file_order=True)
    (job,) = ProcrastinateJob.objects.filter(task_name="projects.jobs.reorder_project")
    jobs.reorder_project(**job.args)
    jobs.reorder_project(**job.args)  # as after a kill
    left = [one for one in names if one not in {*done, bobs.task.external_id}]
    assert worked(cast.alice, project, len(left)) == left
    assert make.held(cast.bob, project) == bobs
    assert queue.audit().breaches == []


def test_tasks_of_a_shuffled_project_are_shuffled_again_when_its_file_order_ends(cast, project) -> None:
    configure.change(project, cast.mina, file_order=True)
    names = load(make.batch(project), 0, 40)
    configure.change(project, cast.mina, file_order=False)
    queue.reorder(project.pk)
    got = worked(cast.alice, project, 40)
    assert sorted(got) == names and got != names


def test_file_order_and_unseen_gold_exclude_each_other_with_the_reason(cast, project) -> None:
    batch = make.batch(project)
    task, other = make.tasks(batch, 2)
    kept = authoring.keep(task, make.MARIA, by=cast.mina, dice=DICE)
    with pytest.raises(Refused, match="stand out") as refused:
        configure.change(project, cast.mina, file_order=True)
    assert (refused.value.code, refused.value.place) == ("file-order", "file_order")
    pool.retire(kept, "leaked", by=cast.mina)
    configure.change(project, cast.mina, file_order=True)
    for verb in (
        lambda: authoring.keep(other, make.MARIA, by=cast.mina, dice=DICE),
        lambda: pool.restore(PooledGold.objects.get(), by=cast.mina),
    ):
        with pytest.raises(Refused, match="file order") as refused:
            verb()
        assert refused.value.code == "file-order"
    authoring.keep(other, make.MARIA, by=cast.mina, dice=DICE, course=True)  # that is shown openly


def test_a_program_asks_for_file_order_and_is_told_of_gold_row_by_row(cast) -> None:
    mina = Api(cast.mina, cast.riverside)
    labels = [{"key": "person", "name": "Person"}]
    asked = {"name": "In order", "task_type": "text_spans", "labels": labels, "file_order": True, "wanted": 1}
    made = mina.post("projects", body=asked).json()
    assert made["settings"]["file_order"] is True
    batch = mina.post("batches", made["id"], body={"name": "One"}).json()["id"]
    gold = {"external_id": "g", "text": make.TEXT, "gold": make.MARIA}
    told = mina.post("batch-tasks", batch, body=[{"external_id": "work", "text": make.TEXT}, gold]).json()
    assert (told["loaded"], [one["code"] for one in told["errors"]]) == (1, ["file-order"])


def test_in_file_order_nothing_unseen_is_dealt_even_where_some_was_kept_at_the_same_moment(cast, project) -> None:
    task, *_ = make.tasks(make.batch(project), 3)
    authoring.keep(task, make.MARIA, by=cast.mina, dice=DICE)
    rules.change(project, cast.mina, gold_share=0.5)
    assert queue.claim(cast.bob, project, rng=Always()).kind == "gold"
    PooledGold.objects.update(retired_at=timezone.now())
    configure.change(project, cast.mina, file_order=True)
    PooledGold.objects.update(retired_at=None)
    assert queue.claim(cast.alice, project, rng=Always()).kind == "judge"


def test_taskers_get_a_drawn_name_and_nothing_of_where_a_task_came_from(cast, project) -> None:
    """By the studio, the API and the pages; a manager finds the task by either name."""
    batch = make.batch(project, "Secret source")
    row = Row("1", "row-0001", {"text": make.TEXT, "meta": {"file": "scan-0001.txt", "gold": True}, "line": 1})
    assert [done.loaded for done in importing.load(batch, [row], by=None)] == [1]
    alice, mina = Client(), Client()
    alice.force_login(cast.alice)
    mina.force_login(cast.mina)
    shown = alice.post(reverse("studio-claim", args=[project.public_id]), "{}", "application/json").content.decode()
    told = Api(cast.alice, cast.riverside).post("claim", project.public_id).content.decode()
    mine = Assignment.objects.get(state="held")
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    saying.say(mine, cast.alice, uuid4(), to="manager", words="Is this one?")
    pages = "".join(alice.get(reverse(name)).content.decode() for name in ("my-work", "my-questions", "home"))
    for said in (shown, told, pages):
        assert mine.task.code in said or said is pages and "Is this one?" in said
        for secret in ("row-0001", "scan-0001", "Secret source", "external_id", "created", f'"{mine.task_id}"'):
            assert secret not in said
    found = mina.get(reverse("tasks", args=[project.public_id]), {"external_id": mine.task.code}).content.decode()
    assert "row-0001" in found


def test_what_comes_ahead_is_told_of_gold_as_of_work_or_not_at_all(cast, project) -> None:
    """Kept apart from somebody, a walk can't be foretold; and a grid's pictures are fetched ahead of all or none."""
    batch = make.batch(project)
    make.tasks(batch, 4)
    authoring.keep(make.task(batch), make.MARIA, by=cast.mina, dice=DICE)
    rules.change(project, cast.mina, gold_share=0.5)
    conflicts_of_interest.keep_apart(cast.riverside, cast.alice, cast.bob, relation="other", by=cast.mina)
    mine = queue.claim(cast.alice, project)
    assert queue.look_ahead(mine, cast.alice, [project]) is None
    picture = Asset.objects.create(organization=cast.riverside, sha256="0" * 64, size=1, media_type="image/png")
    Task.objects.filter(batch=batch).update(asset=picture)
    rules.change(project, cast.mina, gold_share=0)
    mine = make.held(cast.carol, project)
    rules.change(project, cast.mina, gold_share=0.5)
    assert queue.peek(mine) == []
    rules.change(project, cast.mina, gold_share=0)
    assert len(queue.peek(mine)) == 2


def test_the_number_of_open_tasks_falls_by_no_single_task_where_gold_is_mixed_in(cast, project) -> None:
    """Told to one, it fell by each task that wasn't gold."""
    batch, client = make.batch(project), Client()
    client.force_login(cast.alice)
    make.tasks(batch, 19)
    assert "19 tasks" in client.get(reverse("home")).content.decode()
    rules.change(project, cast.mina, gold_share=0.1)
    for _ in range(3):
        shown = client.get(reverse("home")).content.decode()
        assert "11 to 20 tasks" in shown and "19 tasks" not in shown
        make.judged(cast.alice, project, make.MARIA)
