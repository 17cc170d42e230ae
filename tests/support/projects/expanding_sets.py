"""Datasets that are small, or say that they are, and would take far more memory once they are read. Each is made when
it is wanted: to make one may take as much."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow

from tests.support.projects.hostile_sets import (
    FILE,
    GOOD,
    MIB,
    TEXTS,
    Hostile,
    as_parquet,
    header,
    raw,
    sent,
    tar_of,
    with_size,
    yolo,
    zip_of,
)

ZEROS = 300 * MIB  # bytes that a few pack
CVAT = '<annotations><version>1.1</version><image id="0" name="a.png" width="30" height="20">'


def sets(_place: Path) -> Iterator[Hostile]:
    """All of them."""
    yield from of_words()
    yield from of_json()
    yield from of_archives()
    yield from of_tables()


def of_words() -> Iterator[Hostile]:
    """YAML, XML and tables of text."""
    laughs = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
    )
    yield yolo("aliases of aliases as a class", f"{laughs}names: [*a9]\n", "yaml-alias")
    yield yolo("half a million classes", lambda: "names: [" + "a," * 400_000 + "]\n", "too-large")
    elements = "<a/>" * 3
    many = lambda: "<annotation>" + elements * MIB + "</annotation>"  # noqa: E731
    yield raw("xml: three million elements", "a.xml", many, "too-large", "too-long", format="voc")
    yield raw("xml: many attributes", "a.xml", many_attributes, "too-large", format="voc")
    long = lambda: f"{CVAT}{elements * 2 * MIB}</image></annotations>"  # noqa: E731
    yield raw("xml of CVAT: six million elements", "a.xml", long, "too-large", format="cvat_xml")
    text = lambda: f"{CVAT}{'x' * ZEROS}</image></annotations>"  # noqa: E731
    yield raw("xml of CVAT: much text", "a.xml", text, "too-large", format="cvat_xml")
    beside = lambda: f"{CVAT}</image><x>{'x' * ZEROS}</x></annotations>"  # noqa: E731
    yield raw("xml of CVAT: much text beside", "a.xml", beside, "too-large", format="cvat_xml")
    yield sent("csv: a quote without end", TEXTS, "csv", {"t.csv": lambda: 'text\n"' + "x" * 11 * MIB}, "too-long")


def many_attributes() -> str:
    return "<annotation " + " ".join(f'a{n:x}=""' for n in range(400_000)) + "/>"


def of_json() -> Iterator[Hostile]:
    """Lists and objects of nothing, and letters that make a text four times as large."""

    def task(value: str) -> str:
        return f'[{{"id": 1, "data": {{"text": "x", "y": {value}}}}}]'

    def line(n: int, number: int) -> str:
        return f'{{"text": "{n}", "y": [{",".join(["[]"] * number)}]}}\n'

    def studio(name: str, value: object, code: str) -> Hostile:
        return sent(f"json: {name}", TEXTS, "label_studio", {"a.json": value}, code)

    long_line = {"a.jsonl": lambda: line(0, 1) + line(1, 1_300_000)}
    yield sent("json: a line of empty lists", TEXTS, "jsonl", long_line, "too-large", tasks=1)
    many = {"a.jsonl": lambda: "".join(line(n, 500_000) for n in range(12))}
    yield sent("json: many such lines", TEXTS, "jsonl", many, tasks=12)
    many = {"a.jsonl": lambda: "".join(line(n, 500_000) for n in range(12))}
    yield sent("json: many such lines of doccano's", TEXTS, "doccano", many, tasks=12)
    yield studio("a task of empty lists", lambda: task(f"[{','.join(['[]'] * 15_000_000)}]"), "too-large")
    fields = lambda: ",".join(f'"{n}":1' for n in range(3_000_000))  # noqa: E731
    yield studio("a task of many fields", lambda: task("{" + fields() + "}"), "too-large")
    yield studio("one odd letter", lambda: task('"' + "x" * 60 * MIB + '\N{GRINNING FACE}"'), "too-long")
    yield studio("odd letters", lambda: task('"' + "\N{GRINNING FACE}" * 15 * MIB + '"'), "too-long")


def of_archives() -> Iterator[Hostile]:
    """What is packed, and lists of more than there is room for."""
    good = ("set/good.png", GOOD, FILE)
    yield raw("zip: zeros", "a.zip", lambda: zip_of(("z.png", bytes(ZEROS), FILE), good), "zip-bomb", tasks=1)
    for method, name in ((zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "lzma"), (zipfile.ZIP_DEFLATED, "deflate")):

        def lying(method: int = method) -> bytes:
            return with_size(zip_of(("z.png", bytes(ZEROS), FILE), method=method), 1000)

        codes = ("packed-otherwise",) if name != "deflate" else ("zip-bomb", "damaged-entry", "not-an-image")
        yield raw(f"zip: {name} that lies of its size", "a.zip", lying, *codes)
    yield raw("zip: too many files", "a.zip", too_many_files, "too-large")
    plain = tar_of((good[0], GOOD, tarfile.REGTYPE))
    for kind, name in ((tarfile.XHDTYPE, "attributes"), (tarfile.GNUTYPE_LONGNAME, "a name"), (tarfile.XGLTYPE, "all")):

        def endless(kind: bytes = kind) -> bytes:
            return gzip.compress(header("x", ZEROS, kind) + bytes(ZEROS) + plain, 1)

        yield raw(f"tar.gz: a long header of {name}", "a.tar.gz", endless, "too-large", "zip-bomb")
    for kind, name in ((tarfile.REGTYPE, "files"), (tarfile.DIRTYPE, "folders")):

        def many(kind: bytes = kind) -> bytes:
            return gzip.compress(b"".join(header(f"{n}", 0, kind) for n in range(250_000)) + bytes(1024), 6)

        yield raw(f"tar.gz: too many {name}", "a.tar.gz", many, "too-large")
    yield raw("gz: zeros", "a.txt.gz", lambda: gzip.compress(bytes(ZEROS)), "zip-bomb", format="text")
    yield raw("docbin: zeros", "a.spacy", lambda: zlib.compress(bytes(ZEROS)), "too-large", format="docbin")
    lists = b"\x81\xa7strings\xdd" + struct.pack(">L", 30_000_000)
    packed = lambda: zlib.compress(lists + b"\x90" * 30_000_000)  # noqa: E731
    yield raw("docbin: empty lists", "a.spacy", packed, "not-a-docbin", format="docbin")


def too_many_files() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(220_000):
            archive.writestr(f"{number}", b"")
    return out.getvalue()


def of_tables() -> Iterator[Hostile]:
    """Columns that are packed tightly."""
    yield raw("parquet: forty millions", "t.parquet", forty_millions, "too-large", format="parquet")
    yield raw("parquet: a text that unpacks", "t.parquet", long_text, "zip-bomb", format="parquet")


def forty_millions() -> bytes:
    offsets = pyarrow.array(np.arange(101, dtype=np.int32) * 400_000)
    lists = pyarrow.ListArray.from_arrays(offsets, pyarrow.array(np.zeros(40_000_000, dtype=np.int8)))
    return as_parquet(pyarrow.table({"text": ["x"] * 100, "wide": lists}))


def long_text() -> bytes:
    return as_parquet(pyarrow.table({"text": ["x" * ZEROS]}), compression="zstd", use_dictionary=False)
