"""`python -m benchmarks imports [--rows N]`: rows with a model's answers, beside the same rows without.

Each file is looked at, chosen for and loaded in a process of its own, as a worker does it, into a project of its own.
Asked is at most twice the time for answers that become suggestions, and less than 512 MB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django

from benchmarks import database

MOST, TIMES = 512, 2.0  # MB, and of the time without answers
ROOT = Path(__file__).resolve().parents[2]
TEXT = "Maria Lopez of the Harbor Board visited Oslo on 3 May 2024 and met the people who run its ferries, number {}."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
    with database.fresh(), tempfile.TemporaryDirectory() as folder:
        django.setup()
        print(f"{rows:,} rows\n\n| rows | MB of file | seconds | of processor | largest MB |\n|---|---|---|---|---|")
        found = {}
        for kind, lines in {"plain": _plain(rows), "with answers": _answered(rows)}.items():
            path = Path(folder) / f"{kind.replace(' ', '-')}.jsonl"
            with path.open("w", encoding="utf-8") as file:
                file.writelines(lines)
            found[kind] = _measured(kind, path, rows)
            path.unlink()
    plain, answered = found["plain"], found["with answers"]
    times = answered["seconds"] / plain["seconds"]
    held = times <= TIMES and max(plain["largest"], answered["largest"]) < MOST
    print(f"\n{times:.2f} times as long with answers; at most {TIMES:g} and less than {MOST} MB: ", end="")
    print("yes." if held else "NO.")
    return int(not held)


def _plain(rows: int) -> Iterator[str]:
    for number in range(rows):
        yield json.dumps({"id": number, "text": TEXT.format(number)}) + "\n"


def _answered(rows: int) -> Iterator[str]:
    for number in range(rows):
        label = [[0, 11, "Person"], [39, 43, "Place"]]
        yield json.dumps({"id": number, "text": TEXT.format(number), "label": label}) + "\n"


def _measured(kind: str, path: Path, rows: int) -> dict[str, float]:
    """One line of the table, by a process of its own."""
    command = [sys.executable, "-m", "benchmarks.imports.one", kind, str(path), str(rows)]
    size = path.stat().st_size / 1e6
    found: dict[str, float] = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    cells = f"{found['seconds']:.1f} | {found['processor']:.1f} | {found['largest']:.0f}"
    print(f"| {kind} | {size:.0f} | {cells} |", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
