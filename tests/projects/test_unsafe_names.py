"""Names in somebody's data that lead out of the place that is read: whichever connector and whichever reader meets one,
no file outside is opened, and the row is told with the name."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.data.connectors import upload
from projects.data.connectors.beneath import open_beneath
from projects.data.connectors.bucket import Bucket
from projects.data.connectors.clouds import Objects
from projects.data.connectors.files import Files, Folder
from projects.data.connectors.left_media import Left
from projects.data.connectors.server_folder import OneFolder
from projects.data.connectors.urls import UrlList
from projects.data.importing import Fault, Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS
from projects.data.reading.readers import datumaro_items
from projects.errors import Refused
from projects.models import Connector
from taskers.outbound.fetching import Fetching
from tests.support.projects.canary import Watch, watched
from tests.support.projects.datumaro_sets import written
from tests.support.projects.files import Held, in_sandbox
from tests.support.projects.importing import lines, picture
from tests.support.projects.samples import SAMPLES, parquet_of
from tests.support.rounds import rounds
from tests.support.walls import ROOT

CANARY = picture(17, size=(31, 21))
GOOD = picture(90)


class Place:
    """A folder that may be read, and one beside it that nobody may: its file, and whoever opens it."""

    def __init__(self, root: Path, watch: Watch) -> None:
        self.root, self.inside, self.outside = root, root / "inside", root / "outside"
        self.watch = watch

    @property
    def canary(self) -> Path:
        return self.outside / "canary.png"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    root = tmp_path.resolve()
    (root / "outside").mkdir()
    (root / "outside" / "canary.png").write_bytes(CANARY)
    inside = root / "inside"
    (inside / "img").mkdir(parents=True)
    (inside / "a.png").write_bytes(GOOD)
    (inside / "img" / "b.png").write_bytes(GOOD)
    (inside / "link.png").symlink_to(root / "outside" / "canary.png")
    (inside / "near.png").symlink_to(inside / "a.png")
    (inside / "linked").symlink_to(root / "outside")
    (inside / "loop").symlink_to(inside / "loop")
    os.mkfifo(inside / "pipe.png")
    with watched(root / "outside") as watch:
        yield Place(root, watch)


STEPS = ("", "./", "img/", "img/../", "//", "img/./../", "a.png/../", "linked/../", "\x00/", "img\\..\\")
ENDS: tuple[Callable[[Place], str], ...] = (
    lambda place: str(place.canary),
    lambda place: f"../{place.outside.name}/canary.png",
    lambda place: f"../../{place.root.name}/outside/canary.png",
    lambda place: "../" * 30 + str(place.canary).lstrip("/"),
    lambda place: f"file://{place.canary}",
    lambda place: f"file:/{place.canary}",
    lambda place: str(place.canary).replace("/", "\\"),
    lambda place: f"{place.canary}\x00.png",
    lambda _place: "link.png",
    lambda _place: "near.png",
    lambda _place: "linked/canary.png",
    lambda _place: "loop/canary.png",
    lambda _place: "pipe.png",
    lambda _place: "img",
    lambda _place: "..",
    lambda _place: "/",
    lambda _place: "/proc/self/environ",
    lambda _place: "/dev/zero",
    lambda _place: "\ud800.png",
    lambda _place: "x" * 5000,
)
NAMES = st.tuples(st.sampled_from(STEPS), st.sampled_from(ENDS))


def name_of(parts: tuple[str, Callable[[Place], str]], place: Place) -> str:
    return parts[0] + parts[1](place)


class NobodyAsks:
    """A server that no unsafe name may reach."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the server was asked: {name}")


def packed(pack: Callable[[bytes], bytes] = bytes) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a.png")
        info.size = len(GOOD)
        archive.addfile(info, io.BytesIO(GOOD))
    return io.BytesIO(pack(out.getvalue()))


def zipped() -> io.BytesIO:
    return io.BytesIO(upload.together([FileOf("a.png", GOOD)]).read())


class FileOf:
    """A file as a form sends it."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self._data = name, data

    def chunks(self) -> list[bytes]:
        return [self._data]


CONNECTORS: dict[str, Callable[[Place, ExitStack], Files]] = {
    "folder": lambda place, _stack: Folder(place.inside),
    "server folder": lambda place, _stack: OneFolder(place.inside),
    "left media": lambda place, _stack: Left(Connector()).watched(OneFolder(place.inside)),
    "one file": lambda _place, stack: stack.enter_context(upload.opened(io.BytesIO(GOOD), "a.png")),
    "zip": lambda _place, stack: stack.enter_context(upload.opened(zipped(), "a.zip")),
    "tar": lambda _place, stack: stack.enter_context(upload.opened(packed(), "a.tar")),
    "tar.gz": lambda _place, stack: stack.enter_context(upload.opened(packed(gzip.compress), "a.tar.gz")),
    "urls": lambda _place, _stack: UrlList(["https://example.org/a.png"], Fetching(most=10)),
    "s3": lambda _place, _stack: Bucket(NobodyAsks(), "https://example.org", "b", "set/"),
    "gcs or azure": lambda _place, _stack: Objects(NobodyAsks(), "b", "set/"),
}
ON_DISK = ("folder", "server folder", "left media")


@pytest.mark.parametrize("kind", CONNECTORS)
@settings(max_examples=rounds(120), deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=NAMES)
def test_no_connector_opens_a_file_outside_of_its_place(place: Place, kind: str, parts: Any) -> None:
    name = name_of(parts, place)
    with ExitStack() as stack:
        files = CONNECTORS[kind](place, stack)
        if kind in ("s3", "gcs or azure") and not leads_out(name):
            return  # a key like any other
        with pytest.raises(Refused) as refused, files.open(name):
            pass
    assert refused.value.code == "unsafe-path" or (refused.value.code == "no-such-file" and not leads_out(name))
    shown = name[:200].replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    assert shown in refused.value.text or name[-200:] in refused.value.text
    assert place.watch.seen() == set()


def leads_out(name: str) -> bool:
    """Whether the letters of a name alone lead out of a folder."""
    return name.startswith("/") or "\x00" in name or ".." in name.split("/")


@pytest.mark.parametrize("kind", ON_DISK)
def test_links_are_named_and_what_is_inside_is_read(place: Place, kind: str) -> None:
    with ExitStack() as stack:
        files = CONNECTORS[kind](place, stack)
        assert [entry.name for entry in files.entries()] == ["a.png", "img/b.png"]
        for name in ("a.png", "./a.png", "img/b.png"):
            with files.open(name) as file:
                assert file.read() == GOOD
        for name in ("link.png", "near.png", "linked/canary.png", "loop/canary.png"):
            with pytest.raises(Refused) as refused:
                files.open(name)
            assert (refused.value.code, name in refused.value.text) == ("unsafe-path", True)


def test_a_folder_that_becomes_a_link_while_it_is_read_leads_nowhere(place: Place, monkeypatch) -> None:
    """Whoever may write there swaps it between the look at the name and the opening of the file."""
    (place.inside / "img" / "canary.png").write_bytes(GOOD)
    real = os.open
    swapped: list[str] = []

    def swap_and_open(path: Any, flags: int, *given: Any, **more: Any) -> int:
        if path == "img" and not swapped:
            swapped.append(path)
            (place.inside / "img").rename(place.inside / "before")
            (place.inside / "img").symlink_to(place.outside)
        return real(path, flags, *given, **more)

    monkeypatch.setattr(os, "open", swap_and_open)
    with pytest.raises(Refused):
        open_beneath(place.inside, "img/canary.png")
    assert swapped and place.watch.seen() == set()


def as_text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content)


def table(name: str) -> dict[str, Any]:
    return {"t.csv": f'text,picture\nx,"{name}"\n'.encode("utf-8", "replace")}


def studio(name: str) -> dict[str, Any]:
    return {"a.json": [{"id": 1, "data": {"image": f"/data/local-files/?d={name}"}, "annotations": []}]}


def dataset(name: str) -> dict[str, Any]:
    features = {"image": {"_type": "Image"}}
    told = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    images = pyarrow.array([{"bytes": None, "path": name}], pyarrow.struct({"bytes": "binary", "path": "string"}))
    return {"a.parquet": parquet_of(pyarrow.table({"image": images}).replace_schema_metadata(told))}


def panoptic(name: str) -> dict[str, Any]:
    segment = {"id": 1, "category_id": 1}
    return {
        "x.json": {
            "images": [{"id": 1, "file_name": "a.png", "width": 30, "height": 20}],
            "annotations": [{"image_id": 1, "file_name": name, "segments_info": [segment]}],
            "categories": [{"id": 1, "name": "ship"}],
        },
        "a.png": GOOD,
    }


# How each reader may meet a name: in a sample in place of its picture's, or where these say.
NAMING: dict[str, tuple[str, Callable[[str], dict[str, Any]], dict[str, str]]] = {
    "csv": ("csv", table, {"picture": "picture"}),
    "parquet": (
        "parquet",
        lambda name: {"t.parquet": parquet_of(pyarrow.table({"text": ["x"], "picture": [name]}))},
        {"picture": "picture"},
    ),
    "label studio's addresses": ("label_studio", studio, {}),
    "hugging face's paths": ("hugging_face", dataset, {}),
    "coco's masks": ("coco", panoptic, {}),
    "prodigy's files": ("prodigy", lambda name: {"a.jsonl": lines({"image": "x", "meta": {"file": name}})}, {}),
    "prodigy's paths": ("prodigy", lambda name: {"a.jsonl": lines({"image": name, "path": name})}, {}),
    "doccano's pictures": ("doccano", lambda name: {"a.jsonl": lines({"filename": name, "label": ["x"]})}, {}),
    "labelme's pictures": ("labelme", lambda name: {"a.json": {"imagePath": name, "shapes": []}}, {}),
}


def sampled(key: str) -> Callable[[str], dict[str, Any]]:
    """The sample of a format, with another name where it says that of its picture."""

    def files(name: str) -> dict[str, Any]:
        said = json.dumps(name)[1:-1].encode()
        return {
            one: data if one.endswith((".png", ".jpg")) else data.replace(b"a.png", said)
            for one, data in Held(SAMPLES[key]).files.items()
        }

    return files


READERS: dict[str, tuple[str, Callable[[str], dict[str, Any]], dict[str, str]]] = {
    key: (key, sampled(key), {}) for key in SAMPLES
} | NAMING


@pytest.mark.parametrize("meeting", READERS)
@settings(max_examples=rounds(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=NAMES)
def test_no_reader_opens_a_file_outside_of_its_place(place: Place, meeting: str, parts: Any) -> None:
    key, files_of, columns = READERS[meeting]
    name = name_of(parts, place)
    if meeting in ("parquet", "hugging face's paths") and "\ud800" in name:
        return  # no such table can be
    folder = place.inside / "set"
    for path, data in files_of(name).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data if isinstance(data, bytes) else as_text(data).encode())
    for task_type in FORMATS[key].task_types:
        try:
            items = list(FORMATS[key].read(OneFolder(folder), Reading(task_type, columns=columns)))
        except Refused as refused:
            assert refused.code
            continue
        taken = {row.picture.original_sha256 for row in items if isinstance(row, Row) and row.picture}
        assert hashlib.sha256(CANARY).hexdigest() not in taken
    assert place.watch.seen() == set()


@pytest.mark.parametrize("task_type", FORMATS["csv"].task_types)
def test_a_row_that_names_a_file_outside_is_told_by_its_line_and_that_name(place: Place, task_type: str) -> None:
    (place.inside / "t.csv").write_text(f"text,picture\nx,a.png\ny,{place.canary}\nz,../outside/canary.png\n")
    reading = Reading(task_type, columns={"picture": "picture"})
    items = list(FORMATS["csv"].read(OneFolder(place.inside), reading))
    faults = [item for item in items if isinstance(item, Fault)]
    assert [fault.code for fault in faults] == ["unsafe-path"] * 2
    for fault, line, name in zip(faults, (3, 4), (str(place.canary), "../outside/canary.png"), strict=True):
        assert fault.place == f"t.csv, line {line}, {name}" and name in fault.text
    assert place.watch.seen() == set()


SETS = [
    ("datumaro", "datumaro", "box"),
    ("voc", "datumaro_voc", "mask"),
    ("label_me", "datumaro_label_me", "mask"),
    ("open_images", "datumaro_open_images", "mask"),
    ("camvid", "datumaro_camvid", "mask"),
    ("imagenet_txt", "datumaro_imagenet_txt", "class"),
    ("wider_face", "datumaro_wider_face", "box"),
]


@pytest.mark.slow
@pytest.mark.rounds
@pytest.mark.parametrize("writer, key, part", SETS[: rounds(len(SETS))])
def test_no_set_of_datumaros_opens_a_file_outside(place: Place, writer: str, key: str, part: str) -> None:
    """Every name of the first picture, and of its mask, is one outside: absolute in one set, relative in the other."""
    for number, outside in enumerate((str(place.canary), "../../../outside/canary.png")):
        folder = written(place.root / f"set{number}", writer, part)
        for path in folder.rglob("*"):
            if path.suffix in (".json", ".xml", ".csv", ".txt"):
                text = path.read_text().replace("one.png", outside).replace("one.jpg", outside)
                path.write_text(text if path.suffix == ".json" else text.replace("one", outside.removesuffix(".png")))
        try:
            items = list(in_sandbox(Folder(folder), key, FORMATS[key].task_types[0]))
        except Refused as refused:
            assert refused.code == "not-read-by-datumaro"
            continue
        assert hashlib.sha256(CANARY).hexdigest() not in {
            row.picture.original_sha256 for row in items if isinstance(row, Row) and row.picture
        }
    assert place.watch.seen() == set()


TRIED = """
import os, socket, subprocess, sys
sys.path.insert(0, {modules!r})
from pathlib import Path
import projects, taskers
from projects.data.reading.readers import datumaro_items
confinement = datumaro_items.confined(Path({inside!r}))
confinement.__enter__()
import numpy
numpy.fromfile({inside!r} + "/a.png", dtype="u1")  # what lies inside is read
for tried in (
    lambda: open({canary!r}), lambda: os.open({canary!r}, os.O_RDONLY), lambda: numpy.fromfile({canary!r}),
    lambda: open({inside!r} + "/link.png"), lambda: open({inside!r} + "/linked/new", "w"),
    lambda: open({inside!r} + "/../outside/new", "wb"), lambda: open("/etc/passwd"), lambda: open("/proc/self/environ"),
    lambda: open(numpy.__file__, "a"), lambda: socket.socket(), lambda: subprocess.run(["true"]),
    lambda: os.system("true"), lambda: os.posix_spawn("/bin/true", ["true"], {{}}), lambda: os.fork(),
):
    try:
        tried()
    except PermissionError as problem:
        print("denied", problem)
"""


def test_datumaros_process_reads_its_set_alone_and_starts_and_asks_nothing(place: Place) -> None:
    modules = str(ROOT)
    script = TRIED.format(modules=modules, inside=str(place.inside), canary=str(place.canary))
    ended = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.count("denied") == 14, ended.stdout
    assert place.watch.seen() == set()


def test_a_path_of_datumaros_that_leads_out_is_told_and_not_followed(place: Place) -> None:
    """Its importers check most names by themselves; what they let through is seen here."""

    class Item:
        id = "one"

        class media:
            path = str(place.canary)

    with pytest.raises(datumaro_items.OutsideSet) as problem:
        datumaro_items._picture(Item, place.inside, place.root, 1)
    assert str(place.canary) in str(problem.value)
    with pytest.raises(Refused):
        Folder(place.inside).open("../outside/canary.png")
    assert place.watch.seen() == set()
