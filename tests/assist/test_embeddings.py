"""The store of embeddings: limits, faults of the disk, and many askers."""

import asyncio
import errno
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from assist.adapters import Embedding
from assist.runtime import supervisor
from assist.runtime.embedding_store import EmbeddingStore

MODEL = "m@1"
ONE = 2 * 4 * 8 * 8  # bytes of one embedding here


def embedding(value: float = 1.0) -> Embedding:
    return Embedding(np.full((1, 4, 8, 8), value, np.float16), (30, 40))


def key(letter: str) -> tuple[str, str]:
    return letter * 64, MODEL


def same(a: Embedding | None, b: Embedding) -> bool:
    return a is not None and a.image_size == b.image_size and np.array_equal(a.features, b.features)


def test_what_was_written_is_read_by_the_next_process(tmp_path: Path) -> None:
    EmbeddingStore(tmp_path).write(key("a"), embedding(0.3333))
    assert same(EmbeddingStore(tmp_path).read(key("a")), embedding(0.3333))


def test_what_a_killed_process_left_half_written_is_swept_and_what_another_writes_is_not(tmp_path: Path) -> None:
    left, young = tmp_path / ".a.m@1.emb.77.1.part", tmp_path / ".b.m@1.emb.78.1.part"
    for path in (left, young):
        path.write_bytes(b"half")
    os.utime(left, (1, 1))
    EmbeddingStore(tmp_path).write(key("c"), embedding())
    assert not left.exists() and young.exists()


def test_another_model_is_another_embedding(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path)
    store.write(key("a"), embedding())
    assert store.read(("a" * 64, "m@2")) is None


def test_memory_keeps_the_lately_used_within_its_limit(tmp_path: Path) -> None:
    store = EmbeddingStore(None, memory_bytes=2 * ONE)
    store.write(key("a"), embedding(1))
    store.write(key("b"), embedding(2))
    store.recall(key("a"))
    store.write(key("c"), embedding(3))
    assert store.recall(key("b")) is None
    assert store.recall(key("a")) and store.recall(key("c"))
    assert store.bytes_held() == 2 * ONE


def test_what_a_live_batch_needs_goes_from_memory_only_where_nothing_else_can() -> None:
    store = EmbeddingStore(None, memory_bytes=2 * ONE)
    store.pin([key("a")[0], key("b")[0]])
    store.write(key("a"), embedding())
    store.write(key("x"), embedding())
    store.write(key("b"), embedding())
    assert store.recall(key("x")) is None, "used later than the pinned one"
    assert store.recall(key("a")) and store.recall(key("b"))
    store.write(key("y"), embedding())
    assert store.recall(key("y")), "somebody asks about it just now"
    assert store.recall(key("a")) is None and store.recall(key("b"))
    store.pin([key("y")[0]])
    store.write(key("z"), embedding())
    assert store.recall(key("b")) is None and store.recall(key("y")), "its batch is done"


def test_what_a_live_batch_needs_goes_from_disk_last_and_is_counted(tmp_path: Path) -> None:
    file = ONE + 32
    for letter in "abc":
        EmbeddingStore(tmp_path, memory_bytes=0).write(key(letter), embedding())
        os.utime(next(tmp_path.glob(f"{letter}*")), (ord(letter), ord(letter)))
    store = EmbeddingStore(tmp_path, memory_bytes=0, disk_bytes=3 * file)
    store.pin([key(letter)[0] for letter in "abq"])
    told = store.figures()
    assert (told["pinned"], told["pinned_kept"], told["disk_bytes"]) == (3, 2, 3 * file)
    for letter in "de":
        store.write(key(letter), embedding())
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "b", "e"]
    store.pin(key(letter)[0] for letter in "abe")
    store.write(key("f"), embedding())
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["b", "e", "f"], "all are pinned: the oldest goes"
    assert store.figures()["off_disk"] == 3


def test_pins_need_no_folder_yet(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path / "none", disk_bytes=6 << 20, memory_bytes=0)
    store.pin([key("a")[0]])
    told = store.figures()
    assert (told["pinned"], told["pinned_kept"], store.disk_faults) == (1, 0, 0)


def test_as_many_are_pinned_as_there_is_room_for_files_by_each_encoder(tmp_path: Path) -> None:
    usual = Embedding(np.ones((1, 256, 64, 64), np.float16), (30, 40))
    EmbeddingStore(tmp_path).write(key("a"), usual)
    (file,) = tmp_path.iterdir()
    size = file.stat().st_size
    assert EmbeddingStore(tmp_path, memory_bytes=0, disk_bytes=6 * size).figures()["pinned_most"] == 6
    store = EmbeddingStore(tmp_path, memory_bytes=0, disk_bytes=6 * size - 1)
    assert [store.figures(encoders)["pinned_most"] for encoders in (0, 1, 2)] == [5, 5, 2]
    processes = [store.figures(1), store.figures(1)]
    assert supervisor._whole(processes, 2)["pinned_most"] == 2, "of two processes that share the disk"


def test_room_is_told_by_the_size_of_what_is_held(tmp_path: Path) -> None:
    """What SAM 2 makes of an image is four times as large as the default model's."""
    large = Embedding(np.ones((1, 1024, 64, 64), np.float16), (30, 40))
    held = EmbeddingStore(None, memory_bytes=640 << 20, disk_bytes=0)
    assert held.figures()["pinned_most"] == 319
    held.write(key("a"), large)
    assert held.figures()["pinned_most"] == 79
    kept = EmbeddingStore(tmp_path, memory_bytes=0, disk_bytes=640 << 20)
    kept.write(key("a"), large)
    usual = EmbeddingStore(None, memory_bytes=640 << 20, disk_bytes=0)
    assert kept.figures()["pinned_most"] == 79
    both = supervisor._whole([kept.figures(), usual.figures()], 2)
    assert both["pinned_most"] == 63, "an image takes ten MiB"


def test_writing_the_same_again_counts_once() -> None:
    store = EmbeddingStore(None)
    store.write(key("a"), embedding(1))
    store.write(key("a"), embedding(2))
    assert store.bytes_held() == ONE


def test_disk_keeps_the_lately_used_within_its_limit(tmp_path: Path) -> None:
    file = ONE + 32
    store = EmbeddingStore(tmp_path, memory_bytes=0, disk_bytes=2 * file)
    for letter in "abc":
        store.write(key(letter), embedding())
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["b", "c"]
    store = EmbeddingStore(tmp_path, memory_bytes=0, disk_bytes=2 * file)
    store.write(key("d"), embedding())
    store.read(key("c"))
    store.write(key("e"), embedding())
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["c", "e"]


@pytest.mark.parametrize("spoil", [lambda b: b[:40], lambda b: b"", lambda b: b[:-1] + b"\x7f", lambda b: b"X" + b[1:]])
def test_torn_file_counts_as_absent_and_goes(tmp_path: Path, spoil) -> None:
    EmbeddingStore(tmp_path).write(key("a"), embedding())
    (path,) = tmp_path.iterdir()
    path.write_bytes(spoil(path.read_bytes()))
    store = EmbeddingStore(tmp_path)
    assert store.read(key("a")) is None
    assert not path.exists()
    assert store.disk_faults == 1


def test_full_disk_costs_only_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    store = EmbeddingStore(tmp_path)
    store.write(key("a"), embedding())
    assert same(store.read(key("a")), embedding())
    assert store.disk_faults == 1
    assert list(tmp_path.iterdir()) == [], "the half-written file is gone"


def test_folder_that_cannot_be_made_costs_only_speed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = EmbeddingStore(tmp_path / "file")
    store.write(key("a"), embedding())
    assert same(store.read(key("a")), embedding())


async def test_ten_askers_one_computation(tmp_path: Path) -> None:
    store, made = EmbeddingStore(tmp_path), []

    async def make() -> Embedding:
        made.append(1)
        await asyncio.sleep(0.05)
        return embedding()

    answers = await asyncio.gather(*(store.obtain(key("a"), make) for _ in range(10)))
    assert len(made) == 1
    assert all(same(answer, embedding()) for answer in answers)


async def test_nobody_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, slow = EmbeddingStore(tmp_path), threading.Event()
    write = store.write
    monkeypatch.setattr(store, "write", lambda *what: slow.wait(120) and write(*what))

    async def make() -> Embedding:
        return embedding()

    assert same(await asyncio.wait_for(store.obtain(key("a"), make), 60), embedding())
    assert same(store.recall(key("a")), embedding()) and not list(tmp_path.iterdir())
    slow.set()
    await store.written()
    assert same(EmbeddingStore(tmp_path).read(key("a")), embedding())


async def test_without_a_maker_nobody_waits_for_nothing(tmp_path: Path) -> None:
    assert await EmbeddingStore(tmp_path).obtain(key("a"), None) is None


async def test_who_waits_has_it_made_anew_once_and_waits_for_no_other(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path)
    made, gate = [], asyncio.Event()

    async def make_ahead() -> Embedding:
        await gate.wait()
        return embedding()

    async def make() -> Embedding:
        made.append(1)
        await asyncio.sleep(0.05)
        return embedding()

    ahead = asyncio.create_task(store.obtain(key("a"), make_ahead))
    await asyncio.sleep(0)
    assert await store.obtain(key("a"), None, patience=0.0) is None, "the file is asked for"
    answers = await asyncio.gather(*(store.obtain(key("a"), make, patience) for patience in (0.0, 0.02, 0.0, 0.02)))
    assert made == [1] and all(same(answer, embedding()) for answer in answers)
    assert same(await store.obtain(key("a"), None), embedding())
    gate.set()
    assert same(await ahead, embedding())


async def test_asker_who_leaves_stops_nobody_else(tmp_path: Path) -> None:
    store, begun, made = EmbeddingStore(tmp_path), asyncio.Event(), asyncio.Event()

    async def make() -> Embedding:
        begun.set()
        await made.wait()
        return embedding()

    first = asyncio.create_task(store.obtain(key("a"), make))
    await begun.wait()
    second = asyncio.create_task(store.obtain(key("a"), None))
    await asyncio.sleep(0)  # the second asks
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    made.set()
    assert same(await second, embedding())


async def test_failed_computation_is_told_and_tried_anew(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path)

    async def fail() -> Embedding:
        raise ValueError("no such image")

    async def make() -> Embedding:
        return embedding()

    with pytest.raises(ValueError):
        await store.obtain(key("a"), fail)
    assert same(await store.obtain(key("a"), make), embedding())
