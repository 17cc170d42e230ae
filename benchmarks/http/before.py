"""The commit that is measured beside this one, in a tree of its own; where there is none, what was recorded of it."""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMIT = "4b15de9"
NEEDS = {"unfold": "django-unfold<1"}  # packages that it can't start without, and Tandem can since
# Its cycles for an answer of a bare view (bare.py), by how many taskers asked; on two cores that others used as well.
RECORDED = {8: 0.0043, 32: 0.0042}


@contextlib.contextmanager
def tree() -> Iterator[Path | None]:
    """Its files in a folder that is gone afterwards; None, and it is said why, where git, the commit or a package that
    it needs isn't there."""
    with tempfile.TemporaryDirectory(prefix="tandem-before-") as folder:
        place = Path(folder) / COMMIT
        why = _git("worktree", "add", "--detach", str(place), COMMIT)
        try:
            if why := why or _missing():
                print(f"{COMMIT} can't be measured beside this: {why}")
            yield None if why else place
        finally:
            _git("worktree", "remove", "--force", str(place))


def _missing() -> str:
    """Nothing where each package is here that it needs; else what would bring them."""
    missing = [asked for package, asked in NEEDS.items() if find_spec(package) is None]
    return f"it needs pip install {' '.join(map(repr, missing))}" if missing else ""


def _git(*words: str) -> str:
    """Nothing where it worked; else what git says."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "there is no git here."
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["git refuses."])[-1]
