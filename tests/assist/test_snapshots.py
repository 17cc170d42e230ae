"""What models learn from stands still: the same moment gives the same file, and what judges a model taught none."""

import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, ProgrammingError, transaction
from hypothesis import given
from hypothesis import strategies as st

from assist.learning import erasure, snapshot_file, snapshots
from assist.learning.splits import GATE, SHARES, VALIDATION, calibrates, split_of
from assist.models import Snapshot, SnapshotRow
from projects import queue
from projects.configuration import configure
from projects.data import archive
from projects.models import Project, Task, Verdict
from projects.quality.consensus import AUTO, IMPORTED
from projects.workflow import batches, submission, task_actions
from taskers.errors import StateConflict
from tests.support import make
from tests.support.assist import work
from tests.support.cast import Cast
from tests.support.projects.archiving import read_all
from tests.support.projects.judging import said

NAMES = [f"{first} {last}" for first in ("Maria", "Jonas", "Amira") for last in ("Silva", "Berg", "Okafor", "Lund")]


@pytest.fixture(autouse=True)
def storage(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.project(cast.riverside, wanted=1)


def decided(cast: Cast, project: Project, names: list[str]) -> list[Task]:
    """Texts about these people, each of which Alice has marked."""
    batch, found = make.batch(project, f"Batch {project.batches.count()}"), []
    for name, task in zip(names, make.texts(batch, [f"{name} came by." for name in names]), strict=True):
        said(cast.alice, task, make.spans((0, len(name))))
        found.append(task)
    return found


def taken(project: Project, cast: Cast) -> Snapshot:
    made = snapshots.take(project, by=cast.mina)
    snapshots.run(made.pk)
    made.refresh_from_db()
    assert made.state == "ready", made.reason
    return made


def lines(snapshot: Snapshot, folder: Path) -> list[snapshot_file.Line]:
    return list(snapshot_file.read(snapshots.fetch(snapshot, folder)))


@pytest.mark.django_db
def test_what_is_decided_later_changes_no_snapshot(cast, project, tmp_path) -> None:
    decided(cast, project, NAMES)
    first = taken(project, cast)
    again = taken(project, cast)
    assert first.sha256 == again.sha256 != "" and first.cut < again.cut
    before = lines(first, tmp_path)
    decided(cast, project, ["Pedro Silva"])
    later = taken(project, cast)
    assert later.sha256 != first.sha256 and later.rows == first.rows + 1 == len(NAMES) + 1
    assert lines(first, tmp_path) == before and [one.said["spans"][0]["label"] for one in before] == 12 * ["person"]


@pytest.mark.django_db
def test_a_verdict_that_was_superseded_stands_in_what_was_taken_before(cast, project, tmp_path) -> None:
    (task,) = decided(cast, project, ["Maria Silva"])
    before = taken(project, cast)
    task_actions.requeue(task, by=cast.mina)
    assert taken(project, cast).rows == 0, "it is being asked again"
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.spans((0, 5)))
    (line,) = lines(taken(project, cast), tmp_path)
    assert line.said["spans"][0]["end"] == 5
    # As it stood then, asked for now.
    old = Snapshot.objects.create(
        project=project, cut=before.cut, settings_version=before.settings_version, schema=1, made_by=cast.mina
    )
    assert snapshots.run(old.pk) == "ready"
    old.refresh_from_db()
    assert old.sha256 == before.sha256


@pytest.mark.django_db
def test_only_what_people_found_alone_is_blind_and_no_model_teaches_itself(cast, project, tmp_path) -> None:
    alone, helped = decided(cast, project, ["Maria Silva", "Jonas Berg"])
    work.offered_then(helped.assignments.get())
    (itself,) = make.tasks(make.batch(project, "Left to a model"))
    Verdict.objects.create(task=itself, answer=make.MARIA, confidence=0.99, method=AUTO, settings_version=1)
    (brought,) = make.tasks(make.batch(project, "Decided elsewhere"))
    Verdict.objects.create(task=brought, answer=make.MARIA, confidence=1.0, method=IMPORTED, settings_version=1)
    made = taken(project, cast)
    blind = {one.task: one.blind for one in lines(made, tmp_path)}
    assert blind == {str(alone.public_id): True, str(helped.public_id): False, str(brought.public_id): False}
    assert (made.rows, made.blind) == (3, 1) and sum(made.by_split.values()) == 3


@pytest.mark.django_db
def test_copies_of_a_text_lie_in_one_split_also_next_time(cast, project, tmp_path) -> None:
    decided(cast, project, NAMES + NAMES)
    first = {one.task: one.split for one in lines(taken(project, cast), tmp_path)}
    decided(cast, project, NAMES)
    splits = defaultdict(set)
    found = lines(taken(project, cast), tmp_path)
    for one in found:
        splits[one.group].add(one.split)
    assert len(splits) == len(NAMES) and {len(one) for one in splits.values()} == {1}
    assert all(first.get(one.task, one.split) == one.split for one in found)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=50))
def test_a_group_has_one_split_whoever_asks(groups: list[str]) -> None:
    assert [split_of("a", one) for one in groups] == [split_of("a", one) for one in groups]
    assert {split_of("a", one) for one in groups} <= set(SHARES)


def test_splits_have_their_shares_and_differ_between_projects() -> None:
    found = [split_of("a", str(number)) for number in range(20_000)]
    for split, share in SHARES.items():
        assert abs(found.count(split) / len(found) - share) < 0.02
    taught = [calibrates("a", str(number)) for number in range(20_000)]
    assert abs(sum(taught) / len(found) - 0.5) < 0.02
    by_split = {split: {one for one, own in zip(taught, found, strict=True) if own == split} for split in SHARES}
    assert (by_split[VALIDATION], by_split[GATE]) == ({True}, {False})
    other = [split_of("b", str(number)) for number in range(20_000)]
    both = sum(one == another == GATE for one, another in zip(found, other, strict=True))
    assert both < 0.04 * len(found)


@pytest.mark.django_db(transaction=True)
def test_an_archived_batch_is_in_it_as_before_also_while_it_moves(cast, project, tmp_path, monkeypatch) -> None:
    tasks = decided(cast, project, NAMES[:4])
    decided(cast, project, NAMES[4:6])
    before = lines(taken(project, cast), tmp_path)
    batch = tasks[0].batch
    batches.move(batch, "closed", by=cast.mina)
    read_all()
    archive.archive(batch, by=cast.mina)
    assert not Task.objects.filter(pk=tasks[0].pk).exists()
    assert lines(taken(project, cast), tmp_path) == before
    between, looks = archive.between, list[int]()

    def moved_before_it_is_read(*where):
        looks.append(where[-1])
        if len(looks) == 1:
            archive.bring_back(batch, by=cast.mina)
        if len(looks) == 2:
            read_all()
            archive.archive(batch, by=cast.mina)
        return between(*where)

    monkeypatch.setattr(archive, "between", moved_before_it_is_read)
    assert lines(taken(project, cast), tmp_path) == before and len(looks) == 3


@pytest.mark.django_db
def test_which_models_rest_on_a_verdict_is_one_question(cast, project, django_assert_num_queries) -> None:
    task, _other = decided(cast, project, ["Maria Silva", "Jonas Berg"])
    first, second = taken(project, cast), taken(project, cast)
    verdict = task.verdicts.get()
    with django_assert_num_queries(1):
        found = list(SnapshotRow.objects.filter(verdict=verdict.pk).order_by("pk").values_list("snapshot", flat=True))
    assert found == [first.pk, second.pk]


@pytest.mark.django_db
def test_labels_that_are_gone_are_counted_and_left_out(cast, project, tmp_path) -> None:
    (task,) = decided(cast, project, ["Maria Silva"])
    batch = make.batch(project, "Towns")
    (town,) = make.tasks(batch, text="Oslo is a town.")
    said(cast.alice, town, make.spans((0, 4, "place")))
    configure.set_labels(project, [{"key": "person", "name": "Person"}], by=cast.mina)
    made = taken(project, cast)
    assert (made.rows, made.left_out) == (1, 1)


@pytest.mark.django_db
def test_a_ready_snapshot_is_never_changed(cast, project) -> None:
    decided(cast, project, ["Maria Silva"])
    made = taken(project, cast)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Snapshot.objects.filter(pk=made.pk).update(rows=99)
    with pytest.raises(IntegrityError), transaction.atomic():
        Snapshot.objects.create(
            project=project, cut=made.cut, settings_version=1, schema=1, made_by=cast.mina, state="ready"
        )


@pytest.mark.django_db
def test_one_at_a_time_and_one_that_was_killed_begins_anew(cast, project, monkeypatch) -> None:
    decided(cast, project, NAMES)
    made = snapshots.take(project, by=cast.mina)
    with pytest.raises(StateConflict):
        snapshots.take(project, by=cast.mina)

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(snapshots, "_keep", killed)
        with pytest.raises(KeyboardInterrupt):
            snapshots.run(made.pk)
    assert SnapshotRow.objects.filter(snapshot=made).exists()
    assert snapshots.run(made.pk) == "ready" and snapshots.run(made.pk) == ""
    made.refresh_from_db()
    assert made.lines.count() == made.rows == len(NAMES)


@pytest.mark.django_db
def test_no_file_is_left_of_a_snapshot_that_was_cut_off(cast, project, monkeypatch, tmp_path) -> None:
    gone, *_ = decided(cast, project, NAMES[:3])
    made = snapshots.take(project, by=cast.mina)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def files() -> list[str]:
        return [one.name for one in Path(tmp_path, "media", "snapshots").glob("*")]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(snapshots, "_end", dies)
        snapshots.run(made.pk)
    made.refresh_from_db()
    assert made.state == "making" and files() == [f"{made.sha256}.parquet"], "its name is known"
    erasure.run(erasure.begin(project, [gone.public_id], reason="Maria asked for it", by=cast.mina).pk)
    assert files() == []
    assert snapshots.run(made.pk) == "ready"
    made.refresh_from_db()
    assert files() == [f"{made.sha256}.parquet"] and (made.rows, made.tombstones.count()) == (2, 0)
    left = snapshots.take(project, by=cast.mina)
    Snapshot.objects.filter(pk=left.pk).update(sha256=made.sha256)
    snapshots.give_up(left.pk, "Given up")
    assert files() == [f"{made.sha256}.parquet"], "it is another's, which is whole"


@pytest.mark.django_db
def test_a_disk_without_room_and_a_file_that_is_gone_are_named(cast, project, tmp_path, monkeypatch) -> None:
    decided(cast, project, ["Maria Silva"])
    full = snapshots.take(project, by=cast.mina)

    def no_room(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as during:
        during.setattr(snapshots, "_keep", no_room)
        assert snapshots.run(full.pk) == "failed"
    full.refresh_from_db()
    assert "No space left on device" in full.reason
    made = taken(project, cast)
    path = Path(default_storage.path(f"snapshots/{made.sha256}.parquet"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(snapshots.Lost):
        snapshots.fetch(made, tmp_path)
    shutil.rmtree(path.parent)
    with pytest.raises(snapshots.Lost):
        snapshots.fetch(made, tmp_path)


@pytest.mark.django_db
def test_a_file_says_what_it_is(cast, project, tmp_path) -> None:
    decided(cast, project, ["Maria Silva"])
    made = taken(project, cast)
    told = snapshot_file.told(snapshots.fetch(made, tmp_path))
    assert told["project"] == str(project.public_id) and told["schema"] == "2"
    assert told["organization"] == str(cast.riverside.public_id) and "person" in told["labels"]
    (line,) = snapshot_file.read(tmp_path / "snapshot.parquet")
    assert list(snapshot_file.read(tmp_path / "snapshot.parquet", line.split)) == [line]
    for split in SHARES.keys() - {line.split}:
        assert not list(snapshot_file.read(tmp_path / "snapshot.parquet", split))
