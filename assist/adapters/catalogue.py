"""Models that an operator added by file, beside those that Tandem knows by itself (assist/adapters).

They lie by content in the folder of model files, `DIR/<sha256>`, and are listed in `DIR/catalogue.json`, which the
runtime process reads too: no database, no network.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from assist.adapters import RUNTIMES, Offer
from assist.adapters.bundle import Terms
from assist.adapters.files import CHUNK, Artifact, WeightsProblem, path_of

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
LISTED = "catalogue.json"


@dataclass(frozen=True)
class Kind:
    """What an added file may be: what it can do, and which runtime loads it."""

    capability: str
    loader: str


KINDS: dict[str, Kind] = {
    "sam-vit-b": Kind("segment", "meta_sam:vit_b"),
    "sam-vit-l": Kind("segment", "meta_sam:vit_l"),
    "sam-vit-h": Kind("segment", "meta_sam:vit_h"),
}


def offers(folder: Path) -> dict[str, Offer]:
    """Every model there is, by key: those Tandem knows, then those that were added. Raises WeightsProblem."""
    return RUNTIMES | {offer.key: offer for offer in map(offer_of, _rows(folder))}


def find(key: str, folder: Path) -> Offer:
    """One model. Raises WeightsProblem if there is none of this name."""
    known = offers(folder)
    if key not in known:
        raise WeightsProblem(f"There is no model {key!r}; there are {', '.join(known)}.")
    return known[key]


def add(
    folder: Path,
    file: Path,
    *,
    name: str,
    version: str,
    kind: str,
    licence: str,
    source: str = "",
    parent: str = "",
    formerly: str = "",
) -> Offer:
    """Copy a file into the store by its content and list it. The same again changes nothing.

    `formerly`: the sha256 of the file that bore this name before it was removed. What was made by that one, embeddings
    above all, is kept under the name, so no other file may have it.
    Raises WeightsProblem, in one sentence, for a name or kind that can't be, or one taken by another file.
    """
    if kind not in KINDS:
        raise WeightsProblem(f"There is no kind of model {kind!r}; there are {', '.join(KINDS)}.")
    if not NAME.fullmatch(name) or not NAME.fullmatch(version):
        raise WeightsProblem("Name and version are small letters, digits, dots, dashes and underscores: 61 at most.")
    if not licence.strip():
        raise WeightsProblem("Say under which licence the file may be used: `--licence`.")
    if parent:
        find(parent, folder)
    sha256, size = _keep(file, folder)
    artifact = Artifact(f"{name}@{version}", "", file.name, sha256, size, licence)
    kept = KINDS[kind]
    offer = Offer(
        name=name,
        version=version,
        capability=kept.capability,
        loader=kept.loader,
        artifacts=(artifact,),
        licence=licence,
        source=source or file.name,
        accelerated=True,
        parent=parent,
    )
    with _locked(folder):
        if formerly not in {"", sha256} and offer.key not in offers(folder):
            raise WeightsProblem(f"{offer.key} was another model before it was removed: choose another version.")
        return _listed(offer, folder)


def enter(folder: Path, offer: Offer, files: Path) -> Offer:
    """Take the files of a brought model, which lie below `files`, into the store and list it. The same again changes
    nothing; raises WeightsProblem."""
    if offer.parent:
        find(offer.parent, folder)
    for artifact in offer.artifacts:
        sha256, _ = _keep(files / artifact.member, folder)
        if sha256 != artifact.sha256:  # it was checked a moment ago
            raise WeightsProblem(f"{artifact.member} changed while it was read: add the model again.")
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        return _listed(offer, folder)


def _listed(offer: Offer, folder: Path) -> Offer:
    """The offer, which is in the list afterwards. The caller holds the lock."""
    before = offers(folder).get(offer.key)
    if before is None:
        _write(folder, [*_rows(folder), row_of(offer)])
        return offer
    same = [one.sha256 for one in before.artifacts] == [one.sha256 for one in offer.artifacts]
    if same and before.loader == offer.loader and _plain(before) == _plain(offer):
        return before
    raise WeightsProblem(f"{offer.key} is another model already: give this one another version.")


def _plain(offer: Offer) -> object:
    """Its terms, as they are when they come out of the list."""
    return json.loads(json.dumps(asdict(offer.terms))) if offer.terms else None


def remove(folder: Path, key: str) -> None:
    """Take an added model out of the list, and its file too unless another has the same. Raises WeightsProblem."""
    with _locked(folder):
        if key in RUNTIMES:
            raise WeightsProblem(f"{key} belongs to Tandem itself and stays.")
        gone = find(key, folder)
        _write(folder, [row for row in _rows(folder) if offer_of(row).key != key])
        used = {one.sha256 for offer in offers(folder).values() for one in offer.artifacts}
        for artifact in gone.artifacts:
            if artifact.sha256 not in used:
                path_of(artifact, folder).unlink(missing_ok=True)


def row_of(offer: Offer) -> dict:
    """An offer as plain values."""
    return asdict(offer)


def offer_of(row: dict) -> Offer:
    """The offer that `row_of` wrote down."""
    artifacts = tuple(Artifact(**{**one, "sources": ()}) for one in row["artifacts"])
    terms = Terms(**row["terms"]) if row.get("terms") else None
    return Offer(**{**row, "artifacts": artifacts, "terms": terms})


def _rows(folder: Path) -> list[dict]:
    path = folder / LISTED
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as problem:
        raise WeightsProblem(f"The list of added models, {path}, can't be read: {problem}.") from None


def _write(folder: Path, rows: list[dict]) -> None:
    part = folder / f".{LISTED}.{os.getpid()}.part"
    try:
        part.write_text(json.dumps(rows, indent=1))
        os.replace(part, folder / LISTED)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise WeightsProblem(f"The model folder {folder} can't be written ({problem.strerror}).") from None


def _keep(file: Path, folder: Path) -> tuple[str, int]:
    """The file's sha256 and size; it lies in the store under that name afterwards."""
    digest, part = hashlib.sha256(), folder / f".{os.getpid()}.{threading.get_ident()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as source, part.open("wb") as target:
            while block := source.read(CHUNK):
                digest.update(block)
                target.write(block)
        size = part.stat().st_size
        os.replace(part, folder / digest.hexdigest())
    except OSError as problem:
        free = f" {shutil.disk_usage(folder).free >> 20:,} MB are free there." if folder.is_dir() else ""
        raise WeightsProblem(
            f"{file.name} can't be copied into the store of models: {problem.strerror}.{free}"
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return digest.hexdigest(), size


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two operators at once follow each other."""
    with (folder / f".{LISTED}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
