"""Reads datasets that expand, and says for each how many MiB more than before this process had at most.

`python -m tests.support.projects.read_within FOLDER NAME...` writes a line for each: its name, the MiB, how many rows
came of it, and the codes that were told.
"""

import contextlib
import multiprocessing
import os
import sys
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings_without_assist"

import django  # noqa: E402

django.setup()

from projects.data.connectors import upload  # noqa: E402
from projects.data.importing import Fault, Row  # noqa: E402
from projects.data.importing.storing import _chunks  # noqa: E402
from projects.data.reading.format import Reading  # noqa: E402
from projects.data.reading.formats import FORMATS, recognise  # noqa: E402
from projects.errors import Refused  # noqa: E402
from tests.support.projects import expanding_sets  # noqa: E402
from tests.support.projects.files import Held  # noqa: E402
from tests.support.projects.samples import SAMPLES  # noqa: E402


def main(folder: Path, names: list[str]) -> None:
    """Make and read each of these."""
    warm_up()
    before = memory("VmRSS")
    for name in names:
        made = multiprocessing.get_context("fork").Process(target=make, args=(folder, name))
        made.start()  # to make it may take as much memory as it is to take nobody to read it
        made.join()
        (path,) = folder.iterdir()
        forget_the_most()
        tasks, codes = read(path, name)
        print(name, memory("VmHWM") - before, tasks, " ".join(sorted(codes)), sep="\t", flush=True)
        path.unlink()


def make(folder: Path, name: str) -> None:
    """Write one of them into the folder."""
    hostile = next(one for one in expanding_sets.sets(folder) if one.name == name)
    assert hostile.upload is not None
    called, data = hostile.upload()
    (folder / called).write_bytes(data)


def read(path: Path, name: str) -> tuple[int, set[str]]:
    """How many rows a file has, and the codes of what is wrong with it; held chunk by chunk, as while it is loaded."""
    hostile = next(one for one in expanding_sets.sets(path) if one.name == name)
    tasks, codes = 0, set()
    try:
        with path.open("rb") as file, upload.opened(file, path.name) as files:
            recognise_too(files)
            reading = Reading(hostile.task_type)
            for chunk in _chunks(FORMATS[hostile.format].read(files, reading)):
                tasks += sum(isinstance(item, Row) for item in chunk)
                codes |= {item.code for item in chunk if isinstance(item, Fault)}
                codes |= {one.code for item in chunk if isinstance(item, Row) for one in item.lost}
                del chunk
    except Refused as refused:
        codes.add(refused.code)
    return tasks, codes


def recognise_too(files: object) -> None:
    """Whoever names no format has it found out."""
    with contextlib.suppress(Refused):
        recognise(files)  # type: ignore[arg-type]


def warm_up() -> None:
    """Read something harmless of each format, so that what they load is here."""
    for key in ("jsonl", "yolo", "voc", "cvat_xml", "docbin", "parquet", "hugging_face", "pictures", "csv", "coco"):
        list(FORMATS[key].read(Held(SAMPLES[key]), Reading(FORMATS[key].task_types[0])))


def forget_the_most() -> None:
    """Count the most memory from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def memory(name: str) -> int:
    """MiB of this process, by what Linux calls it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) // 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
