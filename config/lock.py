"""Locks what pyproject.toml asks for, with the hash of every file: `python3 -m config.lock [--upgrade]`.

`requirements/run.txt` has everything that runs, and one more file for each extra has what that extra adds; versions
agree among all of them. Without `--upgrade` a version changes only if pyproject.toml demands it. PyTorch is resolved
too, so that its requirements are locked. It is not locked itself: each machine chooses its build (config/install.py).

uv does the resolving, in an environment of its own, and is installed from a lock as well. Standard library only.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from config import install
from config.install import LOCKS, ROOT, CannotInstall

EXTRA_OF_UV = "lock"
HEAD = "# Written by `make lock` from pyproject.toml; config/install.py installs it. {}\n"
# One version for every Python, and wheels alone: nothing is built, so nothing unlocked takes part in a build.
RESOLVE = ("pip", "compile", "--universal", "--fork-strategy", "fewest", "--no-build", "--no-header", "--no-annotate")


def main(arguments: Sequence[str]) -> int:
    try:
        with tempfile.TemporaryDirectory(prefix="tandem-lock-") as folder:
            lock(Path(folder), upgrade="--upgrade" in arguments)
    except CannotInstall as problem:
        print(f"tandem: {problem}", file=sys.stderr)
        return 1
    return 0


def lock(folder: Path, *, upgrade: bool) -> None:
    """Write all locks anew, or none. Raises CannotInstall."""
    pyproject = ROOT / "pyproject.toml"
    extras = sorted(install.project(pyproject)["optional-dependencies"])
    environment = folder / "uv"
    install.install_locked(environment, [LOCKS / f"{EXTRA_OF_UV}.txt"])
    uv = environment / "bin" / "uv"
    pins, complete = folder / "pins.txt", folder / "complete.txt"
    if not upgrade:  # uv keeps the versions that stand in the file it writes
        complete.write_text("\n".join(install.pins_of(list(LOCKS.glob("*.txt")))))
    _resolve(uv, pyproject, complete, ["--all-extras"])
    pins.write_text("\n".join(install.pins_of([complete])))
    base = entries(_resolve(uv, pyproject, folder / "run.txt", ["--constraint", str(pins)]))
    locks = {"run": base}
    for extra in extras:
        only = ["--constraint", str(pins), "--extra", extra]
        every = entries(_resolve(uv, pyproject, folder / f"{extra}.txt", only))
        locks[extra] = [entry for entry in every if entry not in base]
    for name, locked in locks.items():
        what = "All that runs." if name == "run" else f"What the extra `{name}` adds to run.txt."
        (LOCKS / f"{name}.txt").write_text(HEAD.format(what) + "".join(locked))
        print(f"requirements/{name}.txt: {len(locked)} packages")


def entries(text: str) -> list[str]:
    """The packages of a compiled file, each with its lines of hashes, without those that no lock holds."""
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]
    return [block for block in blocks if install.is_locked(install.name_of(block))]


def _resolve(uv: Path, pyproject: Path, output: Path, options: Sequence[str]) -> str:
    oldest = ".".join(map(str, install.OLDEST))
    arguments = ["--generate-hashes", "--python-version", oldest, *options, str(pyproject), "-o", str(output)]
    command = [str(uv), *RESOLVE, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise CannotInstall(f"pyproject.toml could not be locked:\n{done.stderr.strip()}")
    return output.read_text()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
