"""A model that somebody brings: a folder with a manifest, or a zip of one, checked and taken into the store."""

import contextlib
import errno
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from assist.adapters import RUNTIMES, Offer, manifest
from assist.adapters.bundle import OWNER_MARK
from assist.adapters.contents import zip_directory
from assist.adapters.files import CHUNK, Artifact, WeightsProblem
from assist.adapters.manifest import FILE, MOST_FILES, Manifest, ManifestProblem

BAD_NAMES = frozenset({errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL})
MOST_BYTES = 8 << 30  # of all files of one model, unpacked


@contextlib.contextmanager
def checked(source: Path, owner: str = "") -> Iterator[tuple[Offer, Path]]:
    """What would be listed of a folder or zip, and the folder with its files.

    `owner`: a mark of whose it is, which becomes part of its name: nobody else's can be mistaken for it, or tell that
    it exists. Raises ManifestProblem.
    """
    with opened(source) as folder:
        found = manifest.read(folder)
        offer = offer_of(found, folder, owner)
        if offer.key in RUNTIMES:
            text = f"{offer.key} is a model that Tandem knows by itself: give this one another name."
            raise ManifestProblem("name-taken", "name", text)
        yield offer, folder


def offer_of(found: Manifest, folder: Path, owner: str = "") -> Offer:
    """What is listed of it."""
    kind, name = found.kind, f"{found.name}{OWNER_MARK}{owner}" if owner else found.name
    key = f"{name}@{found.version}"
    files = [
        Artifact(key, "", place, sha256, (folder / place).stat().st_size, found.licence)
        for place, sha256 in sorted(found.files.items())
    ]
    return Offer(
        name=name,
        version=found.version,
        # Which is what it is asked for.
        capability="classify" if kind.lays and found.capability == "embed" else found.capability,
        loader=kind.loader,
        artifacts=tuple(files),
        licence=found.licence,
        source=found.source or found.terms.options.get("url", "") or f"brought as {found.name}",
        accelerated=kind.accelerated,
        parent=found.parent,
        terms=found.terms,
    )


@contextlib.contextmanager
def opened(source: Path) -> Iterator[Path]:
    """The folder with the manifest: as it is, or unpacked for as long as it is looked at. Raises ManifestProblem."""
    if source.is_dir():
        yield source
        return
    if not source.is_file():
        raise ManifestProblem("missing-file", "", f"There is no folder or file {source.name}.")
    if not zipfile.is_zipfile(source):
        raise ManifestProblem("not-a-zip", "", "A model is a folder with a model.toml, or a zip of one.")
    if zip_directory.is_too_long(source):
        raise ManifestProblem("too-many", "", f"The zip has more than {MOST_FILES} files.")
    with tempfile.TemporaryDirectory(prefix="tandem-model-") as place:
        _unpack(source, Path(place))
        yield _root(Path(place))


def _unpack(source: Path, place: Path) -> None:
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(source) as packed:
            rows = [one for one in packed.infolist() if not one.is_dir()]
            if len(rows) > MOST_FILES + 1:
                raise ManifestProblem("too-many", "", f"The zip has more than {MOST_FILES} files.")
            for row in rows:
                left -= _taken_out(packed, row, place, left)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise ManifestProblem("not-a-zip", "", "The zip can't be unpacked: it is damaged, or locked.") from None
    except OSError as problem:
        raise WeightsProblem(f"The zip can't be unpacked here: {problem.strerror}.") from None


def _taken_out(packed: zipfile.ZipFile, row: zipfile.ZipInfo, place: Path, left: int) -> int:
    """One file, whatever the zip says of its size; how many bytes it had."""
    path = PurePosixPath(row.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in row.filename or stat.S_ISLNK(row.external_attr >> 16):
        raise ManifestProblem("outside-folder", row.filename[:200], "It lies outside of the folder.")
    if row.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others take memory as they say
        raise ManifestProblem(
            "not-a-zip", row.filename[:200], "It is packed in a way that isn't read here: use deflate."
        )
    target, size = place / path, 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    except OSError as problem:
        if problem.errno not in BAD_NAMES:
            raise
        raise ManifestProblem("bad-file-name", row.filename, "No file can be called so beside the others.") from None
    with packed.open(row) as found, target.open("wb") as kept:
        while block := found.read(CHUNK):
            size += len(block)
            if size > left:
                raise ManifestProblem("too-large", row.filename[:200], "The model is larger than is allowed.")
            kept.write(block)
    return size


def _root(place: Path) -> Path:
    """The folder itself, or the only one in it: people zip either."""
    inside = list(place.iterdir())
    if not (place / FILE).exists() and len(inside) == 1 and inside[0].is_dir():
        return inside[0]
    return place
