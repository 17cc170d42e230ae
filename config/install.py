"""Makes `.venv` and installs what pyproject.toml asks for: `python3 config/install.py [--compiled] [EXTRA...]`.

Run by the machine's own Python, before anything is installed: standard library only. Does nothing when nothing
changed. With `--compiled` the packages are compiled too, instead of when they are first imported. Exit code 1 with one
sentence when it can't.
"""

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
CHOSEN_SOURCES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONFIG_FILE")
# Nearly half of what compiling takes: tests of packages, and parts of the large ones that few processes ever load.
SELDOM_IMPORTED = (
    "/(tests?|testing|_testing|pip|setuptools|mypyc|networkx|moto|twisted|autobahn)/"
    "|/transformers/models/|/spacy/lang/|/pygments/lexers/"
    "|/torch/(_inductor|_export|_refs|ao|onnx)/"
)
HINT = """\
This machine shows no NVIDIA GPU, and plain pip brings PyTorch's CUDA build: gigabytes that would not be used.
To get the CPU build, stop this and set PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu first (README).
"""


class CannotInstall(Exception):
    """One sentence that says why, and what to do."""


def main(arguments: list[str]) -> int:
    venv, extras = ROOT / ".venv", [one for one in arguments if one != "--compiled"]
    try:
        brought = install(venv, requirements(ROOT / "pyproject.toml", extras), "-".join(["installed", *extras]))
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


def requirements(pyproject: Path, extras: list[str]) -> list[str]:
    """What pyproject.toml asks for, with the given extras."""
    if sys.version_info < OLDEST:
        found, wanted = platform.python_version(), ".".join(map(str, OLDEST))
        raise CannotInstall(f"This is Python {found}, and Tandem needs {wanted} or newer: set PYTHON=python3.11.")
    import tomllib  # not there before 3.11, where the sentence above must still be said

    project = tomllib.loads(pyproject.read_text())["project"]
    asked = list(project["dependencies"])
    for extra in extras:
        if extra not in project["optional-dependencies"]:
            raise CannotInstall(f"pyproject.toml has no extra named {extra!r}.")
        asked += project["optional-dependencies"][extra]
    return asked


def install(venv: Path, asked: list[str], stamp_name: str) -> bool:
    """Bring `venv` to what is asked, unless its stamp says that it is there already: whether it had to be brought."""
    python = venv / "bin" / "python"
    stamp = venv / f"{stamp_name}.stamp"
    key = hashlib.sha256("\n".join([platform.python_version(), *asked]).encode()).hexdigest()
    if not _works(python):
        print(f"Making {venv} ...", flush=True)
        _make(venv)
    elif stamp.exists() and stamp.read_text() == key:
        return False
    if _hint_is_due(venv):
        print(HINT, flush=True)
    print(f"Installing {len(asked)} packages and what they need ...", flush=True)
    _pip(python, asked)
    stamp.write_text(key)
    return True


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


def _pip(python: Path, asked: list[str]) -> None:
    """Run pip, showing what it fetches and installs; raise CannotInstall with its own reason."""
    quiet = ["--disable-pip-version-check", "--progress-bar", "off"]
    command = [str(python), "-m", "pip", "install", "--no-compile", *quiet, *asked]
    last = "it said nothing"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            text = line.strip()
            if text.startswith("ERROR"):
                last = text.removeprefix("ERROR: ")
            elif text.startswith(("Collecting", "Downloading", "Installing", "Building", "WARNING: Retrying")):
                print(f"  {text[:110]}", flush=True)
    if process.returncode:
        raise CannotInstall(
            f"pip could not install ({last}): check the network, or bring the wheels by hand "
            "(docs/operate.md, Without a network)."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
