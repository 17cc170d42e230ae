"""Datasets that somebody made to do harm: each with what must be told of it, or with how many tasks may come of it.

`sets` makes them anew for a folder with a canary in it; those that expand are in expanding_sets.py.
"""

import gzip
import io
import json
import lzma
import pickle
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgpack
import numpy as np
import pyarrow
from pyarrow import ipc, parquet

from tests.support.projects.importing import lines, picture

TEXTS, REGIONS, CLASSES = "text_spans", "image_regions", "classification"
GOOD = picture(90)
MIB = 2**20
DEEP = 100_000  # levels
WHOLE = 400  # levels, closed again: what Python parses and much of it can't walk through


class Hostile(NamedTuple):
    """One dataset."""

    name: str
    task_type: str
    format: str  # "": recognised
    upload: Callable[[], tuple[str, bytes]] | None  # a file that is sent: its name, and what it holds
    folder: Mapping[str, bytes | Path]  # or files on the server; a Path is a link to there
    codes: frozenset[str]  # one of these is told
    tasks: int  # that come of what is good in it
    columns: Mapping[str, str] = {}


def zipped(files: Mapping[str, Any]) -> bytes:
    """A zip of these; what isn't bytes is written as a text or as JSON."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, in_bytes(content))
    return out.getvalue()


def in_bytes(content: Any) -> bytes:
    if callable(content):  # it is large, and made when it is wanted
        content = content()
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


def sent(name: str, task_type: str, format: str, files: Mapping[str, Any], *codes: str, tasks: int = 0) -> Hostile:
    """Files that are sent as a zip, or one by itself."""

    def upload() -> tuple[str, bytes]:
        ((first, content),) = files.items() if len(files) == 1 else [("set.zip", zipped(files))]
        return first, in_bytes(content)

    return Hostile(name, task_type, format, upload, {}, frozenset(codes), tasks)


def raw(name: str, file: str, data: Any, *codes: str, format: str = "pictures", tasks: int = 0) -> Hostile:
    """One file as it is, pictures where nothing else is said."""
    task_type = REGIONS if format in ("pictures", "cvat_xml", "voc") else TEXTS
    return Hostile(name, task_type, format, lambda: (file, in_bytes(data)), {}, frozenset(codes), tasks)


def sets(place: Path) -> Iterator[Hostile]:
    """All of them; `place` has canary.png in it, and nobody may read or write there."""
    for make in (
        yaml_sets,
        xml_sets,
        csv_sets,
        json_sets,
        coco_sets,
        zip_sets,
        tar_sets,
        table_sets,
        docbin_sets,
        packed,
    ):
        yield from make(place)


YOLO_LINES = "0 0.5 0.5 0.2 0.2\n"


def yolo(name: str, text: Any, *codes: str) -> Hostile:
    files = {"data.yaml": text, "a.txt": YOLO_LINES, "a.png": GOOD}
    return sent(f"yaml: {name}", REGIONS, "yolo", files, *codes, tasks=1)


def yaml_sets(_place: Path) -> Iterator[Hostile]:
    """Lists of classes."""
    laughs = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
    )
    yield yolo("aliases of aliases as a class", f"{laughs}names: [*a9]\n", "yaml-alias")
    yield yolo("aliases of aliases as all classes", f"{laughs}names: *a9\n", "yaml-alias")
    yield yolo("aliases of aliases in nothing that is read", f"{laughs}names: [ship]\n", "yaml-alias")
    yield yolo("an alias of itself", "names: &a [*a]\n", "yaml-alias")
    yield yolo("an alias of one word", "x: &x ship\nnames: [*x]\n", "yaml-alias")
    yield yolo("a merge", "x: &x {0: ship}\nnames:\n  <<: *x\n", "yaml-alias")
    yield yolo("a call of Python's", "names: [!!python/object/apply:os.system ['true']]\n", "yaml-tag")
    yield yolo("a class of Python's", "names: !!python/object/new:tuple [[a]]\n", "yaml-tag")
    yield yolo("a binary", "names: [!!binary aGVsbG8=]\n", "yaml-tag")
    yield yolo("a set", "names: !!set {a, b}\n", "yaml-tag")
    yield yolo("lists in lists without end", "names: " + "[" * DEEP, "too-large", "not-yaml")
    yield yolo("objects in objects without end", "names: " + "{a: " * DEEP, "too-large")
    yield yolo("lines that go in without end", "".join(" " * n + "a:\n" for n in range(1000)), "too-large")
    yield yolo("more than a mebibyte", "".join(f"# {n}\n" for n in range(150_000)) + "names: [ship]\n", "too-large")
    yield yolo("a list as a class", "names: [[a, b]]\n", "wrong-shape")
    yield yolo("an object as a class", "names: {0: {a: b}}\n", "wrong-shape")
    yield yolo("a class of ten thousand letters", "names: [" + "x" * 10_000 + "]\n", "too-long")
    yield yolo("a key that is a list", "? [a, b]\n: c\nnames: [ship]\n", "not-yaml")
    yield yolo("NUL", "names: [ship\x00]\n", "not-yaml")
    yield yolo("not UTF-8", "names: [ship]".encode("utf-16"), "not-utf-8")
    yield yolo("a number that takes long to read", "names: [" + "1:" * 100_000 + "1]\n", "too-long", "not-yaml")
    yield yolo("words that mean something to YAML", "names: [yes, 0x10, 1.0, 2026-01-01]\n")


VOC = "<object><name>ship</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>"


def voc(name: str, text: Any, *codes: str, tasks: int = 0) -> Hostile:
    return sent(f"xml: {name}", REGIONS, "voc", {"a.xml": text, "a.png": GOOD}, *codes, tasks=tasks)


def cvat(name: str, text: Any, *codes: str, tasks: int = 1) -> Hostile:
    files = {"a.xml": text, "a.png": GOOD}
    return sent(f"xml of CVAT: {name}", REGIONS, "cvat_xml", files, *codes, tasks=tasks)


def xml_sets(place: Path) -> Iterator[Hostile]:
    """What XML can do by itself, and names in it."""
    canary = place / "canary.png"
    laughs = '<!DOCTYPE a [<!ENTITY a "lol">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    entities = {
        "entities of entities": f"{laughs}]><annotation><filename>&j;</filename>{VOC}</annotation>",
        "an entity that is a file": f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{canary}">]><annotation><filename>&x;'
        "</filename></annotation>",
        "an entity from the network": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]><annotation>&x;'
        "</annotation>",
        "a parameter that is a file": f'<!DOCTYPE a [<!ENTITY % x SYSTEM "file://{canary}"> %x;]><annotation/>',
        "a long entity many times": f'<!DOCTYPE a [<!ENTITY x "{"y" * 50_000}">]>'
        f"<annotation>{'&x;' * 50_000}</annotation>",
    }
    for name, text in entities.items():
        yield voc(name, text, "not-xml")
        yield cvat(name, text.replace("annotation", "annotations"), "not-xml", "not-read")
    yield voc(
        "a document type that is a file",
        f'<!DOCTYPE a SYSTEM "file://{canary}"><annotation>{VOC}</annotation>',
        tasks=1,
    )
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{canary}" parse="text"/>'
    yield voc("a file to be included", f"<annotation><filename>{include}</filename>{VOC}</annotation>", tasks=1)
    yield voc("a style sheet", f'<?xml-stylesheet href="file://{canary}"?><annotation>{VOC}</annotation>', tasks=1)
    deep = "<annotation>" + "<a>" * DEEP
    yield voc("elements without end", deep, "too-deep")
    yield voc("elements in elements, closed again", deep + "</a>" * DEEP + "</annotation>", "too-deep")
    yield cvat("elements without end", "<annotations><image>" + "<a>" * DEEP, "too-deep")
    for named in (str(canary), "../../canary.png", f"file://{canary}", "http://127.0.0.1:9/a.png"):
        yield voc(
            f"a picture at {kind_of(named)}", f"<annotation><filename>{named}</filename>{VOC}</annotation>", tasks=1
        )
        missing = () if named.endswith("9/a.png") else ("no-picture",)  # one of that last name is here
        image = f'<version>1.1</version><image id="0" name="{named}" width="30" height="20"/>'
        yield cvat(
            f"a picture at {kind_of(named)}",
            f"<annotations>{image}</annotations>",
            *missing,
        )


def kind_of(name: str) -> str:
    """What a test is called by a name that holds a folder of its own."""
    scheme, _, rest = name.partition("://")
    if rest:
        return f"an address of {scheme}"
    return "a whole path" if name.startswith("/") else "a path upwards" if name.startswith("..") else "another path"


def csv_sets(place: Path) -> Iterator[Hostile]:
    """Tables of a folder on the server, whose column names pictures; and tables that are none."""
    canary = str(place / "canary.png")
    names = {
        "a whole path": (canary, "unsafe-path"),
        "a path upwards": ("../outside/canary.png", "unsafe-path"),
        "a path down and up": ("img/../../outside/canary.png", "unsafe-path"),
        "two slashes": (f"/{canary}", "unsafe-path"),
        "NUL": (f"a.png\x00{canary}", "unsafe-path"),
        "a link": ("link.png", "unsafe-path"),
        "a link on the way": ("linked/canary.png", "unsafe-path"),
        "an address of a file": (f"file://{canary}", "no-such-file"),
        "an address": ("http://127.0.0.1:9/a.png", "no-such-file"),
        "backslashes": ("..\\outside\\canary.png", "no-such-file"),
        "a device": ("/dev/zero", "unsafe-path"),
        "a process' secrets": ("/proc/self/environ", "unsafe-path"),
        "the home": ("~/canary.png", "no-such-file"),
        "a variable": ("$HOME/canary.png", "no-such-file"),
        "a pattern": ("*.png", "no-such-file"),
    }
    for name, (said, code) in names.items():
        folder: dict[str, bytes | Path] = {
            "t.csv": f'picture\na.png\n"{said}"\n'.encode(),
            "a.png": GOOD,
            "link.png": place / "canary.png",
            "linked": place,
        }
        columns = {"picture": "picture"}
        yield Hostile(f"csv: {name}", CLASSES, "csv", None, folder, frozenset({code}), 1, columns)
        table = io.BytesIO()
        parquet.write_table(pyarrow.table({"picture": ["a.png", said]}), table)
        folder = folder | {"t.parquet": table.getvalue()}
        del folder["t.csv"]
        yield Hostile(f"parquet: {name}", CLASSES, "parquet", None, folder, frozenset({code}), 1, columns)
    yield sent(
        "csv: a hundred thousand columns", TEXTS, "csv", {"t.csv": "text," * 100_000 + "\nx\n"}, "too-many-columns"
    )
    wide = "text\n" + "x," * 1_500_000 + "\ny\n"
    yield sent("csv: a million fields in a row", TEXTS, "csv", {"t.csv": wide}, "wrong-columns", tasks=1)
    yield sent("csv: NUL in a text", TEXTS, "csv", {"t.csv": "text\na\x00b\nc\n"}, "nul-character", tasks=1)
    yield sent("csv: formulas", TEXTS, "csv", {"t.csv": "text\n=cmd|' /C calc'!A0\n"}, tasks=1)


def json_sets(place: Path) -> Iterator[Hostile]:
    """JSON that nests, spreads or says what no number is, wherever it is read."""
    endless, whole = "[" * DEEP, "[" * WHOLE + "]" * WHOLE
    objects = '{"a":' * DEEP
    for name, deep in (("without end", endless), ("closed again", whole), ("of objects", objects)):
        code = "too-deep"
        line = f'{{"text": "x", "y": {deep}}}\n{{"text": "good"}}\n'
        yield sent(f"json: lines, {name}", TEXTS, "jsonl", {"a.jsonl": line}, code, tasks=1)
        yield sent(f"json: doccano, {name}", TEXTS, "doccano", {"a.jsonl": line}, code, tasks=1)
        yield sent(f"json: prodigy, {name}", TEXTS, "prodigy", {"a.jsonl": line}, code, tasks=1)
        studio = f'[{{"id": 1, "data": {{"text": "x", "y": {deep}}}}}]'
        yield sent(f"json: label studio, {name}", TEXTS, "label_studio", {"a.json": studio}, code)
        coco = f'{{"images": [{{"id": 1, "file_name": "a.png"}}], "annotations": [{{"x": {deep}}}]}}'
        yield sent(f"json: coco, {name}", REGIONS, "coco", {"a.json": coco, "a.png": GOOD}, code, "no-images")
        labelme = f'{{"imagePath": "a.png", "shapes": [{deep}]}}'
        yield sent(f"json: labelme, {name}", REGIONS, "labelme", {"a.json": labelme, "a.png": GOOD}, code)
        backup = {"task.json": f'{{"data": {deep}}}', "annotations.json": "[]", "data/a.png": GOOD}
        yield sent(f"json: cvat's task, {name}", REGIONS, "cvat_backup", backup, code)
        backup = {"task.json": "{}", "annotations.json": f"[{deep}]", "data/a.png": GOOD}
        yield sent(f"json: cvat's jobs, {name}", REGIONS, "cvat_backup", backup, code, tasks=1)
        manifest = f'{{"name": "a", "extension": ".png", "x": {deep}}}'
        backup = {"task.json": "{}", "annotations.json": "[]", "data/manifest.jsonl": manifest, "data/a.png": GOOD}
        yield sent(f"json: cvat's manifest, {name}", REGIONS, "cvat_backup", backup, code)
        masks = {"images/a.png": GOOD, "masks/a.png": GOOD, "dataset_meta.json": deep}
        yield sent(f"json: names of masks, {name}", REGIONS, "mask_folders", masks, code, tasks=1)
        yield raw(f"json: of a dataset's columns, {name}", "a.parquet", dataset(deep), code, format="hugging_face")
    numbers = '{"text": "x", "n": %s}\n{"text": "good"}\n'
    yield sent(
        "json: a number of a million digits", TEXTS, "jsonl", {"a.jsonl": numbers % ("9" * MIB)}, "not-json", tasks=1
    )
    yield sent("json: NaN", TEXTS, "jsonl", {"a.jsonl": numbers % "NaN"}, "not-json", tasks=1)
    address = {"id": 1, "data": {"image": f"/data/local-files/?d={place}/canary.png"}}
    yield sent("label studio: a local file", REGIONS, "label_studio", {"a.json": [address]}, "no-picture")
    address = {"id": 1, "data": {"image": f"file://{place}/canary.png"}}
    yield sent("label studio: an address of a file", REGIONS, "label_studio", {"a.json": [address]}, "no-picture")
    address = {"id": 1, "data": {"image": "http://127.0.0.1:9/a.png"}}
    yield sent("label studio: an address", REGIONS, "label_studio", {"a.json": [address]}, "no-picture")


def dataset(features: str) -> bytes:
    """A table whose notes on its columns are these."""
    table = pyarrow.table({"text": ["x"]})
    out = io.BytesIO()
    notes = {b"huggingface": (f'{{"info": {{"features": {{"text": {features}}}}}}}').encode()}
    parquet.write_table(table.replace_schema_metadata(notes), out)
    return out.getvalue()


def coco_sets(place: Path) -> Iterator[Hostile]:
    """Names of pictures and of masks, and run lengths beyond all reason."""
    canary = str(place / "canary.png")

    def named(name: str, **annotation: Any) -> dict[str, Any]:
        said = [{"id": 1, "image_id": 1, "category_id": 1, **annotation}] if annotation else []
        image = {"id": 1, "file_name": name, "width": 30, "height": 20}
        return {"images": [image], "annotations": said, "categories": [{"id": 1, "name": "ship"}]}

    for name in (canary, "../outside/canary.png", f"file://{canary}", "http://127.0.0.1:9/b.png", f"x\x00{canary}"):
        files = {"x.json": named(name), "a.png": GOOD}
        yield sent(f"coco: a picture at {kind_of(name)}", REGIONS, "coco", files, "no-picture", tasks=1)
        files = {"x.json": named("a.png", file_name=name, segments_info=[{"id": 1, "category_id": 1}]), "a.png": GOOD}
        yield sent(
            f"coco: a mask at {kind_of(name)}", REGIONS, "coco", files, "no-picture", "no-place", "no-mask", tasks=1
        )
    huge = {"size": [2**31, 2**31], "counts": [2**62]}
    yield sent(
        "coco: a mask of all there is",
        REGIONS,
        "coco",
        {"x.json": named("a.png", segmentation=huge), "a.png": GOOD},
        "wrong-mask-size",
        tasks=1,
    )
    counts = {"size": [20, 30], "counts": [2**62, 2**62]}
    yield sent(
        "coco: runs beyond the picture",
        REGIONS,
        "coco",
        {"x.json": named("a.png", segmentation=counts), "a.png": GOOD},
        "malformed-mask",
        tasks=1,
    )
    packed = {"size": [20, 30], "counts": "o" * 100_000}
    yield sent(
        "coco: packed runs beyond the picture",
        REGIONS,
        "coco",
        {"x.json": named("a.png", segmentation=packed), "a.png": GOOD},
        "malformed-mask",
        tasks=1,
    )
    points = [float(n % 30) for n in range(400_000)]
    yield sent(
        "coco: a polygon of a million corners",
        REGIONS,
        "coco",
        {"x.json": named("a.png", segmentation=[points]), "a.png": GOOD},
        "cut-at-edge",
        tasks=1,
    )


def zip_of(*members: tuple[str, bytes, int], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these: a name, what it holds, and what Unix says that it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that come twice
        for name, content, mode in members:
            info = zipfile.ZipInfo("x")
            info.filename = name  # as it stands, NUL and all
            info.external_attr, info.compress_type = mode << 16, method
            archive.writestr(info, content)
    return out.getvalue()


FILE, LINK = 0o100644, 0o120777


def zip_sets(place: Path) -> Iterator[Hostile]:
    """Names, links, bombs, and lists that lie."""
    canary = str(place / "canary.png")
    good = ("set/good.png", GOOD, FILE)
    names = {
        "upwards": "../../outside/canary.png",
        "up from within": "set/../../outside/new.png",
        "whole": canary,
        "backslashes": "..\\..\\outside\\new.png",
        "a drive": "C:\\new.png",
        "a share": "\\\\server\\new.png",
        "written backwards": "gnp.\u202egood.png",
        "a line end": "a\nb.png",
        "an escape": "a\x1b[2Jb.png",
    }
    for name, said in names.items():
        yield raw(f"zip: {name}", "a.zip", zip_of((said, GOOD, FILE), good), "unsafe-path", tasks=1)
    yield raw("zip: a link", "a.zip", zip_of(("l.png", canary.encode(), LINK), good), "unsafe-path", tasks=1)
    linked = zip_of(("l", str(place).encode(), LINK), ("l/canary.png", GOOD, FILE), good)
    yield raw("zip: a link on the way", "a.zip", linked, "not-an-image", "unsafe-path", tasks=2)
    yield raw("zip: a name twice", "a.zip", zip_of(good, ("set/good.png", picture(3), FILE)), "duplicate-name", tasks=1)
    for method, name in ((zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "lzma")):
        small = zip_of(("z.png", GOOD, FILE), method=method)
        yield raw(f"zip: {name}", "a.zip", small, "packed-otherwise")
    inner = zip_of(("inner.png", zip_of(good), FILE), good)
    yield raw("zip: a zip within", "a.zip", inner, "not-an-image", tasks=1)
    encrypted = bytearray(zip_of(good))
    encrypted[6] |= 1
    encrypted[encrypted.rindex(b"PK\x01\x02") + 8] |= 1
    yield raw("zip: encrypted", "a.zip", bytes(encrypted), "encrypted")
    yield raw("zip: cut off", "a.zip", zip_of(good)[:-30], "not-a-zip")
    yield raw("zip: its list is elsewhere", "a.zip", zip_of(good)[:-6] + b"\xff\xff\xff\x7f\x00\x00", "zip-bomb")
    overlapping = bytearray(zip_of(good, ("set/b.png", picture(4), FILE)))
    second = overlapping.rindex(b"PK\x01\x02")
    overlapping[second + 42 : second + 46] = bytes(4)
    yield raw("zip: files that overlap", "a.zip", bytes(overlapping), "zip-bomb")
    yield raw("zip: a name of NUL", "a.zip", zip_of(("a.png\x00.txt", GOOD, FILE), good), tasks=2)


def with_size(packed: bytes, size: int) -> bytes:
    """A zip of one file that says of it that it unpacks to so many bytes."""
    found = bytearray(packed)
    at = found.rindex(b"PK\x01\x02")
    found[at + 24 : at + 28] = struct.pack("<L", size)
    found[22:26] = struct.pack("<L", size)
    return bytes(found)


def tar_of(*members: tuple[str, bytes | str, bytes], format: int = tarfile.GNU_FORMAT, **more: Any) -> bytes:
    """A tar of these: a name, what it holds or where it points, and of which kind it is."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, **more) as archive:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            data = content if isinstance(content, bytes) else b""
            info.size, info.linkname = len(data), content if isinstance(content, str) else ""
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def header(name: str, size: int, kind: bytes) -> bytes:
    """A tar's header alone, which may say anything."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.USTAR_FORMAT)


def tar_sets(place: Path) -> Iterator[Hostile]:
    """What a tar can hold, and headers that say too much."""
    canary = str(place / "canary.png")
    good = ("set/good.png", GOOD, tarfile.REGTYPE)
    kinds = {
        "a link": ("l.png", canary, tarfile.SYMTYPE),
        "a second name": ("l.png", canary, tarfile.LNKTYPE),
        "a pipe": ("p.png", "", tarfile.FIFOTYPE),
        "a disk": ("d.png", "", tarfile.BLKTYPE),
        "a terminal": ("d.png", "", tarfile.CHRTYPE),
        "upwards": ("../../outside/new.png", GOOD, tarfile.REGTYPE),
        "a whole path": (canary, GOOD, tarfile.REGTYPE),
        "a sparse file": ("s.png", b"", tarfile.GNUTYPE_SPARSE),
    }
    for name, member in kinds.items():
        for file, data in (("a.tar", tar_of(member, good)), ("a.tar.gz", gzip.compress(tar_of(member, good)))):
            if name == "a sparse file":
                data = tar_of(good)
            yield raw(
                f"{file[2:]}: {name}", file, data, *(() if name == "a sparse file" else ("unsafe-path",)), tasks=1
            )
    path = tar_of(good, format=tarfile.PAX_FORMAT, pax_headers={"path": canary})
    yield raw("tar: a header for all that leads out", "a.tar", path, "unsafe-path", "duplicate-name")
    for kind, name in ((tarfile.XHDTYPE, "attributes"), (tarfile.GNUTYPE_LONGNAME, "a name"), (tarfile.XGLTYPE, "all")):
        endless = header("x", 100 * MIB, kind) + tar_of(good)
        yield raw(f"tar: {name} that says it has 100 MiB", "a.tar", endless, "too-large")
    digits = header("x", 65_536, tarfile.XHDTYPE) + b"1" * 65_536 + tar_of(good)
    yield raw("tar: a header of digits alone", "a.tar", digits, tasks=1)
    yield raw("gz: cut off", "a.tar.gz", gzip.compress(tar_of(good))[:-20], "damaged-entry")
    negative = bytearray(header("a.png", 0, tarfile.REGTYPE))
    negative[124:136] = b"\xff" * 12
    negative[148:156] = b"%06o\x00 " % (sum(negative[:148]) + 256 + sum(negative[156:]))
    yield raw(
        "tar: a size below nothing",
        "a.tar",
        bytes(negative) + tar_of(good),
        "empty-file",
        tasks=1,
    )


def as_parquet(table: pyarrow.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table, out, **options)
    return out.getvalue()


def as_arrow(table: pyarrow.Table) -> bytes:
    out = io.BytesIO()
    with ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    return out.getvalue()


def table_sets(place: Path) -> Iterator[Hostile]:
    """Parquet and Arrow that nest, spread or name files."""

    def nested(levels: int) -> pyarrow.Table:
        kind: Any = pyarrow.string()
        value: Any = "x"
        for _ in range(levels):
            kind, value = pyarrow.list_(kind), [value]
        return pyarrow.table({"text": ["x", "y"], "deep": pyarrow.array([value, None], kind)})

    deep = nested(20)
    notes = {b"huggingface": b'{"info": {"features": {"text": {"_type": "Value", "dtype": "string"}}}}'}
    yield raw("parquet: lists in lists", "t.parquet", as_parquet(deep), "too-deep", format="parquet", tasks=1)
    yield raw(
        "arrow: lists in lists",
        "t.arrow",
        as_arrow(deep.replace_schema_metadata(notes)),
        "too-deep",
        format="hugging_face",
        tasks=2,
    )
    numbers = pyarrow.array([[0] * 3_000_000, []], pyarrow.list_(pyarrow.int8()))
    wide = pyarrow.table({"text": ["x", "y"], "wide": numbers})
    yield raw("parquet: a row of millions", "t.parquet", as_parquet(wide), "too-large", format="parquet")
    yield raw("arrow: a row of millions", "t.arrow", as_arrow(wide), "too-large", format="hugging_face")
    plain = as_parquet(pyarrow.table({"text": ["x"]}))
    broken = {
        "cut off": plain[:-6],
        "a footer that is no such thing": plain[:4] + b"\xff" * 200 + plain[-8:],
        "a footer of two gigabytes": plain[:-8] + struct.pack("<L", 2**31 - 1) + b"PAR1",
    }
    for name, data in broken.items():
        yield raw(f"parquet: {name}", "t.parquet", data, "not-parquet", format="parquet")
    kind = pyarrow.struct({"bytes": "binary", "path": "string"})
    images = pyarrow.array([{"bytes": None, "path": str(place / "canary.png")}], kind)
    notes = {b"huggingface": b'{"info": {"features": {"image": {"_type": "Image"}}}}'}
    named = pyarrow.table({"image": images}).replace_schema_metadata(notes)
    for ending, data in (("parquet", as_parquet(named)), ("arrow", as_arrow(named))):
        files = {f"t.{ending}": data}
        yield sent(f"{ending}: a picture at a whole path", CLASSES, "hugging_face", files, "no-picture")


def docbin_sets(_place: Path) -> Iterator[Hostile]:
    """spaCy's files, and what is called so."""

    def docbin(**columns: Any) -> bytes:
        said = {"attrs": [65], "tokens": b"", "spaces": b"", "lengths": b"", "strings": []} | columns
        return zlib.compress(msgpack.packb(said))

    yield raw("docbin: lists in lists", "a.spacy", zlib.compress(b"\x91" * DEEP), "not-a-docbin", format="docbin")
    yield raw("docbin: words that are lists", "a.spacy", docbin(strings=[[[]]]), "not-a-docbin", format="docbin")
    lengths = struct.pack("<l", -5)
    yield raw("docbin: a length below nothing", "a.spacy", docbin(lengths=lengths), "not-a-docbin", format="docbin")
    yield raw(
        "docbin: a length beyond all",
        "a.spacy",
        docbin(lengths=struct.pack("<l", 2**31 - 1)),
        "not-a-docbin",
        format="docbin",
    )


class Called:
    """What Python would call on reading it."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self) -> Any:
        return (open, (self._path, "w"))


def packed(place: Path) -> Iterator[Hostile]:
    """What Python's own ways of packing would call, by whatever name it comes."""
    call = pickle.dumps(Called(place / "called"))
    array = io.BytesIO()
    np.save(array, np.array([Called(place / "called")], dtype=object), allow_pickle=True)
    yield raw("pickle: as a picture", "a.zip", zip_of(("a.png", call, FILE)), "not-an-image")
    yield raw("pickle: as an array", "a.zip", zip_of(("a.npy", array.getvalue(), FILE)), "not-an-image")
    yield raw("pickle: as a docbin", "a.spacy", zlib.compress(call), "not-a-docbin", format="docbin")
    yield raw("pickle: as a table", "a.parquet", call, "not-parquet", format="parquet")
    yield raw("lzma: as a picture", "a.png", lzma.compress(bytes(MIB)), "not-an-image")
    points = [
        {
            "img_paths": "a.png",
            "joint_self": [[1, 1, 1]] * 16,
            "isValidation": 0.0,
            "scale_provided": 1.0,
            "objpos": [1, 1],
        }
    ]
    mpii = {
        "mpii_annotations.json": points,
        "jnt_visible.npy": array.getvalue(),
        "mpii_headboxes.npy": array.getvalue(),
        "mpii_pos_gt.npy": array.getvalue(),
        "a.png": GOOD,
    }
    yield sent("pickle: in arrays of MPII", REGIONS, "datumaro_mpii_json", mpii, "not-read-by-datumaro")
    user = msgpack.packb({"external_id": "x", "code": call})
    said = {
        "attrs": [65],
        "tokens": bytes(8),
        "spaces": b"\x00",
        "lengths": struct.pack("<l", 1),
        "strings": ["x"],
        "user_data": [user],
    }
    yield raw(
        "pickle: in a document's data",
        "a.spacy",
        zlib.compress(msgpack.packb(said)),
        "unknown-field",
        "blank-text",
        "bad-text",
        "empty-text",
        format="docbin",
        tasks=1,
    )
    yield sent("text: terminal's orders", TEXTS, "text", {"a.txt": "\x1b]0;x\x07\x1b[2J\n"}, tasks=1)
    yield sent("brat: a name upwards", TEXTS, "brat", {"../a.ann": "T1\tX 0 1\tx\n", "../a.txt": "x"}, "unsafe-path")
    yield sent(
        "jsonl: a picture by its path",
        REGIONS,
        "jsonl",
        {"a.jsonl": lines({"asset": str(place / "canary.png")})},
        "unknown-asset",
    )
    yield sent(
        "jsonl: an address to call",
        TEXTS,
        "jsonl",
        {"a.jsonl": lines({"payload": {"text": "x"}, "callback_url": "http://169.254.169.254/"})},
        "host-not-allowed",
        "outbound-off",
        "private-address",
        "no-callbacks",
        "callbacks-off",
    )
