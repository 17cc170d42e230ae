"""`python -m benchmarks [NAME...]`: all benchmarks, or those named, each in a process of its own.

`python -m benchmarks NAME --OPTION ...` hands the options on to that one, and so it does what is no benchmark's name.
"""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
APART = {"soak"}  # hours of torture, only when named
NONE = {"__main__", "database"}  # can be run, and measure nothing


def names() -> list[str]:
    """Every benchmark: modules that can be run, and packages with a `__main__`."""
    modules = {path.stem for path in HERE.glob("*.py") if '__name__ == "__main__"' in path.read_text()}
    packages = {path.parent.name for path in HERE.glob("*/__main__.py")}
    return sorted((modules | packages) - NONE)


def machine() -> str:
    """One line that says what the figures were measured on."""
    cores = psutil.cpu_count(logical=False) or os.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores ({os.cpu_count()} threads), {memory:.0f} GiB, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def main() -> int:
    name, *options = sys.argv[1:] or [""]
    known = names()
    if name in known and any(one.startswith("-") or one not in known for one in options):
        return subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], cwd=HERE.parent).returncode
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    chosen = parser.parse_args().names or [name for name in names() if name not in APART]
    if unknown := sorted(set(chosen) - set(names())):
        print(f"There is no benchmark {unknown[0]!r}; there are: {', '.join(names()) or 'none'}.", file=sys.stderr)
        return 2
    print(machine())
    failed = []
    for name in chosen:
        print(f"\n## {name}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent).returncode:
            failed.append(name)
    if failed:
        print(f"\nCould not be measured, or missed what is asked: {', '.join(failed)}.", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
