"""`python -m benchmarks must_reach`: what must hold for users and against attackers, with the figures of today.

The figures are those of the tests that hold them, run here: forms sent unchanged, what a gold attacker makes of each
channel, hostile requests of a seed that nobody chose. The attacks on a server stand under `attacks`.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
ASKED = {
    "tests/test_forms.py": "every form, sent unchanged, is saved or refused with the reason in sight",
    "tests/projects/test_gold_attacker.py": "order, ids, JSON, prefetch, reports, corrections tell no gold",
    "tests/projects/test_gold_moments.py": "moments, money, standing tell no gold",
    "tests/assist/test_gold_suggestions.py": "suggestions tell no gold",
    "tests/test_hostile.py": "3,000 hostile requests, none answered with 5xx",
}


def main() -> int:
    seed = random.SystemRandom().randrange(1, 10**6)
    environment = os.environ | {"TANDEM_HOSTILE_SEED": str(seed)}
    print(f"Seed of the hostile requests: {seed}.\n\n| asked | held | figures | minutes |\n|---|---|---|---|")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for file, asked in ASKED.items():
            report, begun = Path(folder) / "report.xml", time.monotonic()
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-m",
                "torture or not torture",
                "-p",
                "no:xdist",
                f"--junitxml={report}",
                file,
            ]
            done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
            failed += bool(done.returncode)
            held = "no" if done.returncode else "yes"
            print(f"| {asked} | {held} | {_figures(report)} | {(time.monotonic() - begun) / 60:.1f} |", flush=True)
    return int(bool(failed))


def _figures(report: Path) -> str:
    """What the tests recorded, and how many there were."""
    tests = list(ElementTree.parse(report).iter("testcase"))
    said = [f"{one.get('name')} {one.get('value')}" for test in tests for one in test.iter("property")]
    return "; ".join([f"{len(tests)} tests", *said])


if __name__ == "__main__":
    sys.exit(main())
