"""`model.toml`: what a model is called, what it can do, which files it has, and what it takes. Strict: whatever is
missing, misspelt or too much is named, with its place.

No file is opened by a library before its kind is known, and before what it names and claims was looked at (contents/).
A pickle holds a program and is refused wherever it stands. Checkpoints of torch are read with `weights_only`.
"""

import hashlib
import math
import re
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from assist.adapters import contents
from assist.adapters.bundle import Terms
from assist.adapters.contents import zip_directory
from assist.adapters.files import CHUNK
from assist.adapters.kinds import ALL, IMAGE, KINDS, TEXT, Kind, Option
from assist.adapters.refusals import ManifestProblem

FILE = "model.toml"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
SHA256 = re.compile(r"[0-9a-f]{64}")
# A key of so many parts; what reads it takes time by the square of their number. Texts are taken out before.
DEEP_KEY = re.compile(r"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){16}")
QUOTED = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
LINE = re.compile(r"line \d+, column \d+")
PICKLE = re.compile(rb"\x80[\x02-\x05]")
TORCH = (".pt", ".pth")

LARGEST_PAGE = 256 << 10  # bytes of a model.toml
NAME_BYTES = 255  # of a file or a folder, on any disk
MOST_FILES, MOST_LABELS, LONGEST = 500, 2000, 200
FIELDS = {"name", "version", "capability", "adapter", "licence", "source", "parent", "labels"}
TABLES = {"files", "label_map", "input", "resources", "options"}
LIMITS = {
    "input": {
        "kind": Option(str, choices=(TEXT, IMAGE)),
        "most_characters": Option(int, least=1),
    },
    "resources": {"memory_mb": Option(int, least=1)},
}


@dataclass(frozen=True)
class Manifest:
    """A checked page."""

    name: str
    version: str
    capability: str
    licence: str
    source: str
    parent: str
    files: Mapping[str, str]  # place in the folder -> sha256
    terms: Terms

    @property
    def key(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def kind(self) -> Kind:
        return KINDS[self.terms.adapter]


def read(folder: Path) -> Manifest:
    """The manifest of a folder, with each of its files there and as it says. Raises ManifestProblem."""
    path = folder / FILE
    if not path.is_file() or path.is_symlink():
        raise ManifestProblem("no-manifest", FILE, "The folder has no model.toml.")
    if path.stat().st_size > LARGEST_PAGE:
        raise ManifestProblem("too-large", FILE, "It is larger than a page can be.")
    found = parse(path.read_bytes())
    for name, sha256 in found.files.items():
        check_file(folder, name, sha256)
    contents.check(found.terms.adapter, {name: folder / name for name in found.files})
    return found


def parse(page: bytes) -> Manifest:
    """The manifest by itself. Raises ManifestProblem."""
    try:
        text = page.decode()
        if DEEP_KEY.search(QUOTED.sub("q", text)):
            raise ManifestProblem("not-toml", FILE, "It has a key of more than 16 parts.")
        said = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:  # of a number or a table that nobody could read, too
        line = LINE.search(str(problem)) if isinstance(problem, tomllib.TOMLDecodeError) else None
        raise ManifestProblem("not-toml", FILE, f"It is no TOML{f', see {line[0]}' if line else ''}.") from None
    _check_signs(said)
    for unknown in sorted(said.keys() - FIELDS - TABLES):
        raise ManifestProblem("unknown-field", unknown, "There is no such field.")
    name, version = _named(said, "name"), _named(said, "version")
    adapter = _text(said, "adapter")
    if adapter not in KINDS:
        raise ManifestProblem("unknown-adapter", "adapter", f"There is no {adapter!r}; there are {', '.join(KINDS)}.")
    kind = KINDS[adapter]
    limits = {table: _options(_table(said, table), table, known) for table, known in LIMITS.items()}
    capability = _capability(_text(said, "capability"), limits["input"], kind, adapter)
    labels = _labels(said.get("labels", []), capability in kind.labels)
    terms = Terms(
        adapter=adapter,
        labels=labels,
        label_map=_label_map(_table(said, "label_map")),
        input=limits["input"],
        resources=limits["resources"],
        options=_options(_table(said, "options"), "options", kind.options),
    )
    return Manifest(
        name=name,
        version=version,
        capability=capability,
        licence=_text(said, "licence"),
        source=_text(said, "source", ""),
        parent=_text(said, "parent", ""),
        files=_files(_table(said, "files"), kind, adapter),
        terms=terms,
    )


def check_file(folder: Path, name: str, sha256: str) -> None:
    """One file: there, no way out of the folder, what the manifest says it is, and no program. Raises
    ManifestProblem."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or path.is_symlink():
        raise ManifestProblem("outside-folder", name, "It lies outside of the folder.")
    if not path.is_file():
        raise ManifestProblem("missing-file", name, "The folder doesn't have this file.")
    if holds_a_program(path):
        raise ManifestProblem("pickle", name, "It is a pickle, which can run anything: save the weights as numbers.")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
    if digest.hexdigest() != sha256:
        raise ManifestProblem("wrong-hash", name, f"Its sha256 is {digest.hexdigest()}, not what model.toml says.")


def holds_a_program(path: Path) -> bool:
    """Whether a file is a pickle, or a package of one under another name than torch's."""
    with path.open("rb") as file:
        first = file.read(2)
    if PICKLE.fullmatch(first):
        return True
    if path.suffix in TORCH or not zipfile.is_zipfile(path):
        return False
    if zip_directory.is_too_long(path):
        return True
    try:
        with zipfile.ZipFile(path) as packed:
            return any(name.endswith((".pkl", ".pickle")) for name in packed.namelist())
    except (zipfile.BadZipFile, OSError):
        return False


def _check_signs(said: Any, place: str = FILE) -> None:
    """That all texts can be stored. Raises ManifestProblem, with the field."""
    if isinstance(said, dict):
        for key, value in said.items():
            _check_signs(key, place)
            _check_signs(value, key if place == FILE else place)
    elif isinstance(said, list):
        for value in said:
            _check_signs(value, place)
    elif isinstance(said, str) and "\0" in said:
        raise ManifestProblem("bad-field", place, "It holds a sign that is no text.")


def _text(said: Mapping[str, Any], name: str, missing: str | None = None) -> str:
    value = said.get(name, missing)
    if value is None:
        raise ManifestProblem("missing-field", name, "It has to be said.")
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        raise ManifestProblem("bad-field", name, f"It is a line of at most {LONGEST} letters.")
    if missing is None and not value.strip():
        raise ManifestProblem("missing-field", name, "It has to be said.")
    return value.strip()


def _named(said: Mapping[str, Any], name: str) -> str:
    value = _text(said, name)
    if not NAME.fullmatch(value):
        raise ManifestProblem("bad-name", name, "It takes small letters, digits, dots, dashes and _: 40 at most.")
    return value


def _table(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = said.get(name, {})
    if not isinstance(value, dict):
        raise ManifestProblem("bad-field", name, "It is a table.")
    return value


def _capability(said: str, limits: Mapping[str, Any], kind: Kind, adapter: str) -> str:
    """With what it takes: classes and vectors are of texts, or of images where that is said or nothing else can be."""
    images = limits.get("kind") == IMAGE
    able = {one.removesuffix("-image") for one in kind.capabilities}
    if said not in {one.removesuffix("-image") for one in ALL}:
        raise ManifestProblem("unknown-capability", "capability", f"There is no {said!r}.")
    if said not in able:
        text = f"The adapter {adapter} can't do this; it can {', '.join(sorted(able))}."
        raise ManifestProblem("unknown-capability", "capability", text)
    names = [f"{said}-image", said] if images else [said, f"{said}-image"]
    if f"{said}-image" in ALL and "kind" in limits:
        names = names[:1]
    found = next((one for one in names if one in kind.capabilities), "")
    if not found:
        text = f"The adapter {adapter} doesn't do this with {limits['kind']}s."
        raise ManifestProblem("unknown-capability", "input.kind", text)
    return found


def _labels(said: Any, needed: bool) -> tuple[str, ...]:
    if not isinstance(said, list) or not all(isinstance(one, str) and one.strip() for one in said):
        raise ManifestProblem("bad-field", "labels", "It is a list of words, in the order of the model's numbers.")
    if len(said) > MOST_LABELS or any(len(one) > LONGEST for one in said):
        raise ManifestProblem("too-many", "labels", f"At most {MOST_LABELS} labels of {LONGEST} letters.")
    if len(set(said)) < len(said):
        raise ManifestProblem("bad-field", "labels", "Each label is there once.")
    if needed and not said:
        raise ManifestProblem("missing-field", "labels", "Such a model needs them: say what it may answer.")
    return tuple(said)


def _label_map(said: Mapping[str, Any]) -> dict[str, str]:
    for label, key in said.items():
        if not isinstance(key, str) or not key or len(key) > LONGEST:
            raise ManifestProblem("bad-field", f"label_map.{label}", "It is the key of a project's label.")
    return dict(said)


def _files(said: Mapping[str, Any], kind: Kind, adapter: str) -> dict[str, str]:
    if not kind.files and said:
        raise ManifestProblem("unexpected-file", "files", f"The adapter {adapter} has no files.")
    if kind.files and not said:
        raise ManifestProblem("missing-field", "files", "Name each file with its sha256.")
    if len(said) > MOST_FILES:
        raise ManifestProblem("too-many", "files", f"At most {MOST_FILES} files.")
    for name, sha256 in said.items():
        _file_name(name, kind, adapter)
        if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
            raise ManifestProblem("bad-field", f"files.{name}", "It is a sha256: 64 digits 0-9 and a-f.")
    if kind.one and kind.one not in TORCH and sum(name.endswith(kind.one) for name in said) != 1:
        raise ManifestProblem("missing-file", "files", f"There is exactly one file that ends in {kind.one}.")
    return dict(said)


def _file_name(name: str, kind: Kind, adapter: str) -> None:
    place, path = f"files.{name}", PurePosixPath(name)
    plain = name.isprintable() and "\\" not in name and str(path) == name and len(name) <= LONGEST
    plain = plain and all(len(part.encode()) <= NAME_BYTES for part in path.parts)
    if not plain or path.is_absolute() or ".." in path.parts or name == FILE:
        raise ManifestProblem("bad-file-name", place, "A file is named by its place below the folder.")
    if path.suffix not in kind.files:
        text = f"The adapter {adapter} reads no such file; it reads {', '.join(filter(None, kind.files))}."
        raise ManifestProblem("unexpected-file", place, text)


def _options(said: Mapping[str, Any], table: str, known: Mapping[str, Option]) -> dict[str, Any]:
    for name in sorted(said.keys() - known.keys()):
        text = f"There is no such setting; there are {', '.join(known) or 'none'}."
        raise ManifestProblem("unknown-field", f"{table}.{name}", text)
    for name, option in known.items():
        if option.required and name not in said:
            raise ManifestProblem("missing-field", f"{table}.{name}", "It has to be said.")
    for name, value in said.items():
        _option(f"{table}.{name}", value, known[name])
    return dict(said)


def _option(place: str, value: Any, option: Option) -> None:
    values = value if option.length and isinstance(value, list) else [value]
    if option.length and (not isinstance(value, list) or (option.length > 0 and len(value) != option.length)):
        raise ManifestProblem("bad-field", place, f"It is a list{f' of {option.length}' * (option.length > 0)}.")
    for one in values:
        if not isinstance(one, option.kind) or isinstance(one, bool) or (isinstance(one, float) and math.isnan(one)):
            raise ManifestProblem("bad-field", place, "It is of another kind than is asked for.")
        if option.choices and one not in option.choices:
            raise ManifestProblem("bad-field", place, f"It is one of {', '.join(map(str, option.choices))}.")
        if isinstance(one, int | float) and not (
            (option.least is None or one >= option.least) and (option.most is None or one <= option.most)
        ):
            raise ManifestProblem("bad-field", place, f"It is from {option.least} to {option.most}.")
        if isinstance(one, str) and len(one) > 4000:
            raise ManifestProblem("bad-field", place, "It is too long.")


def takes(capability: str) -> str:
    """What a capability is asked about: a text or an image."""
    return IMAGE if capability in {"segment", "detect", "read"} or capability.endswith("-image") else TEXT
