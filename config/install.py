"""Makes `.venv` and installs what the locks name: `python3 config/install.py [--compiled] [EXTRA...]`.

Run by the machine's own Python, before anything is installed: standard library only. Does nothing when nothing
changed. With `--compiled` the packages are compiled too, instead of when they are first imported. Exit code 1 with one
sentence when it can't.

Every package has the version and the hash that `requirements/` names (config/lock.py writes it). PyTorch alone has a
range, since each machine chooses its build, and comes without anything else; its CUDA build brings NVIDIA's libraries.
"""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
OLDEST = (3, 11)
TORCH = ("torch", "torchvision")
GPU_LIBRARIES = ("nvidia-", "cuda-", "triton", "pytorch-triton")  # how names begin of what a CUDA build needs beside
# Wheels alone are installed: what builds a source package is fetched without hashes. The exceptions, by machine:
# datumaro has no wheel for ARM.
BUILT_FROM_SOURCE = {"aarch64": "datumaro"}
CHOSEN_SOURCES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONFIG_FILE")
# Nearly half of what compiling takes: tests of packages, and parts of the large ones that few processes ever load.
SELDOM_IMPORTED = (
    "/(tests?|testing|_testing|pip|setuptools|mypyc|networkx|moto|twisted|autobahn)/"
    "|/transformers/models/|/spacy/lang/|/pygments/lexers/"
    "|/torch/(_inductor|_export|_refs|ao|onnx)/"
)
HASH_MISMATCH = "DO NOT MATCH THE HASHES"  # as pip says it
HINT = """\
This machine shows no NVIDIA GPU, and plain pip brings PyTorch's CUDA build: gigabytes that would not be used.
To get the CPU build, stop this and set PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu first (README).
"""


class CannotInstall(Exception):
    """One sentence that says why, and what to do."""


def main(arguments: list[str]) -> int:
    venv, extras = ROOT / ".venv", [word for word in arguments if word != "--compiled"]
    try:
        name = "-".join(["installed", *extras])
        brought = install(venv, locks(extras), torch_ranges(ROOT / "pyproject.toml"), name)
        if brought and "--compiled" in arguments:
            compile_ahead(venv)
    except CannotInstall as problem:
        print(f"tandem: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"tandem: {problem.filename or ROOT} can't be written ({problem.strerror}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def project(pyproject: Path) -> dict:
    """What pyproject.toml says of the project. Raises CannotInstall where Python is too old to read it."""
    if sys.version_info < OLDEST:
        running, wanted = platform.python_version(), ".".join(map(str, OLDEST))
        raise CannotInstall(f"This is Python {running}, and Tandem needs {wanted} or newer: set PYTHON=python3.11.")
    import tomllib  # not there before 3.11, where the sentence above must still be said

    return tomllib.loads(pyproject.read_text())["project"]


def locks(extras: list[str]) -> list[Path]:
    """The lock of what runs, and those of the given extras. Raises CannotInstall for one that isn't there."""
    files = [LOCKS / f"{name}.txt" for name in ("run", *extras)]
    for file in files:
        if not file.is_file():
            raise CannotInstall(f"There is no extra named {file.stem!r}: {file} is missing.")
    return files


def torch_ranges(pyproject: Path) -> list[str]:
    """The requirements that no lock answers."""
    return [line for line in project(pyproject)["dependencies"] if not is_locked(name_of(line))]


def is_locked(name: str) -> bool:
    """Whether a package belongs into a lock."""
    return name not in TORCH and not name.startswith(GPU_LIBRARIES)


def name_of(requirement: str) -> str:
    """The package's name as indexes compare it: in small letters, with dashes."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of(files: list[Path]) -> list[str]:
    """`name==version ; marker` of every package in some locks, each once, without hashes."""
    lines = (line.removesuffix("\\").strip() for file in files for line in file.read_text().splitlines())
    return sorted({line for line in lines if re.match(r"[A-Za-z0-9][^ ]*==", line)})


def install(venv: Path, files: list[Path], ranges: list[str], stamp_name: str) -> bool:
    """Bring `venv` to what the locks name and PyTorch into its ranges, unless its stamp says that it is there already:
    whether it had to be brought."""
    python = venv / "bin" / "python"
    stamp = venv / f"{stamp_name}.stamp"
    contents = [platform.python_version(), *ranges, *(file.read_text() for file in files)]
    key = hashlib.sha256("\n".join(contents).encode()).hexdigest()
    if _works(python) and stamp.exists() and stamp.read_text() == key:
        return False
    if _hint_is_due(venv):
        print(HINT, flush=True)
    install_locked(venv, files)
    install_torch(python, files, ranges)
    stamp.write_text(key)
    return True


def install_locked(venv: Path, files: list[Path]) -> None:
    """Install what the locks name, and nothing else, into `venv`, which is made if it isn't there. Raises
    CannotInstall."""
    python = venv / "bin" / "python"
    if not _works(python):
        print(f"Making {venv} ...", flush=True)
        _make(venv)
    print(f"Installing {len(pins_of(files))} packages ...", flush=True)
    source = BUILT_FROM_SOURCE.get(platform.machine())
    formats = ["--only-binary", ":all:", *(["--no-binary", source] if source else [])]
    requirements = [word for file in files for word in ("-r", str(file))]
    # A lock is complete, so that no package's own word about what it needs is followed.
    _pip(python, ["--require-hashes", "--no-deps", *formats, *requirements])


def install_torch(python: Path, files: list[Path], ranges: list[str]) -> None:
    """Install PyTorch in the build that this machine's pip chooses. What it needs is in the locks; only NVIDIA's
    libraries come beside it. Raises CannotInstall where it needs more, before anything is installed."""
    with tempfile.TemporaryDirectory(prefix="tandem-torch-") as folder:
        constraints, report = Path(folder) / "constraints.txt", Path(folder) / "report.json"
        constraints.write_text("\n".join(pins_of(files)))
        looking = ["--dry-run", "--report", str(report), "--only-binary", ":all:", "--constraint", str(constraints)]
        _pip(python, [*looking, *ranges])
        chosen = [entry["metadata"] for entry in json.loads(report.read_text())["install"]]
    foreign = sorted(entry["name"] for entry in chosen if is_locked(name_of(entry["name"])))
    if foreign:
        raise CannotInstall(
            f"This build of PyTorch needs {', '.join(foreign)}, which the locks don't name: "
            "install an older torch and torchvision into .venv first, or run `make lock UPGRADE=yes`."
        )
    if chosen:
        pinned = [f"{entry['name']}=={entry['version']}" for entry in chosen]
        _pip(python, ["--no-deps", "--only-binary", ":all:", *pinned])


def compile_ahead(venv: Path) -> None:
    """Compile what pip brought, on all processors; what isn't for this Python, as templates, is passed over."""
    passed_over = ["-x", SELDOM_IMPORTED]
    subprocess.run(
        [venv / "bin" / "python", "-m", "compileall", "-q", "-j", "0", *passed_over, venv / "lib"], capture_output=True
    )


def _works(python: Path) -> bool:
    try:
        return subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def _make(venv: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", venv], capture_output=True, text=True)
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())[:300]
        raise CannotInstall(
            f"{venv} could not be made ({said}): on Debian and Ubuntu, `apt install python3-venv` may be missing."
        )


def _hint_is_due(venv: Path) -> bool:
    if platform.system() != "Linux" or platform.machine() != "x86_64" or Path("/dev/nvidia0").exists():
        return False
    return not any(os.environ.get(name) for name in CHOSEN_SOURCES) and not any(venv.glob("lib/*/site-packages/torch"))


def _pip(python: Path, arguments: list[str]) -> None:
    """Run `pip install`, showing what it fetches and installs; raise CannotInstall with its own reason."""
    quiet = ["--disable-pip-version-check", "--progress-bar", "off"]
    command = [str(python), "-m", "pip", "install", "--no-compile", *quiet, *arguments]
    reason, mismatch, changed = "it said nothing", False, ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            text = line.strip()
            if text.startswith("ERROR"):
                reason, mismatch = text.removeprefix("ERROR: "), HASH_MISMATCH in text
            elif mismatch and not changed:  # the next line names the first such package
                changed = text.partition(" from ")[0]
            elif text.startswith(("Collecting", "Downloading", "Installing", "Building", "WARNING: Retrying")):
                print(f"  {text[:110]}", flush=True)
    if changed:
        raise CannotInstall(
            f"What was fetched as {changed} isn't the file that was locked, and nothing was installed: "
            "find out who changed it, and take packages from another place until then."
        )
    if process.returncode:
        raise CannotInstall(
            f"pip could not install ({reason}): check the network, or bring the wheels by hand "
            "(docs/operate.md, Without a network)."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
