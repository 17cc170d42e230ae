"""A large file takes no more memory than its largest part."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS
from projects.data.reading.readers.gathered import Gathered
from projects.data.reading.readers.json_parts import parts
from tests.support.projects.files import Held

MB = 2**20


@contextmanager
def most() -> Iterator[list[int]]:
    """The most bytes that Python held meanwhile."""
    found: list[int] = []
    tracemalloc.start()
    try:
        yield found
        found.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def test_json_of_sixteen_megabytes_is_read_within_two() -> None:
    file = io.BytesIO(b'{"x": [' + b",".join([json.dumps({"text": "y" * 1000}).encode()] * 16_000) + b"]}")
    with most() as held:
        assert sum(1 for _ in parts(file)) == 16_000
    assert held[0] < 2 * MB


def test_parts_wait_on_disk_until_their_owners_turn_comes() -> None:
    gathered = Gathered()
    with most() as held:
        for number in range(20_000):
            gathered.add(number % 100, {"at": number, "text": "y" * 1000})
        assert [one["at"] for one in gathered.of(7)] == list(range(7, 20_000, 100))
    gathered.close()
    assert held[0] < 12 * MB, "20 MB went through; up to 8 wait in memory before the disk takes them"


def test_label_studio_holds_a_task_at_a_time() -> None:
    tasks = [{"id": n, "data": {"text": "y" * 1000}, "annotations": []} for n in range(4_000)]
    files = Held({"a.json": tasks})
    with most() as held:
        assert sum(1 for _ in FORMATS["label_studio"].read(files, Reading("text_spans"))) == 4_000
    assert held[0] < 2 * MB
