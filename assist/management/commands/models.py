"""manage.py models list|fetch|add|verify|remove|doctor: the copilot's models on this machine."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from assist.adapters import DEFAULTS, RUNTIMES, SHIPPED, Offer, catalogue, files
from assist.adapters.files import WeightsProblem
from assist.models import ModelVersion
from assist.registry import registry, trial
from assist.runtime import doctor, smoke
from assist.runtime.client import status_now
from assist.runtime.doctor import Finding
from taskers.errors import Problem
from taskers.models import Organization
from taskers.sandbox import machine


class Command(BaseCommand):
    """One wire for six verbs; each says what it found, and fails if something is wrong."""

    help = "List, fetch, add, verify, remove or examine the copilot's models."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="what there is, and what is installed")
        fetch = verbs.add_parser("fetch", help="fetch the pinned files that are missing")
        fetch.add_argument("keys", nargs="*", metavar="NAME@VERSION", help="of those that come along; all, if none")
        fetch.add_argument("--from", dest="carried", type=Path, action="append", default=[], metavar="FILE")
        verbs.add_parser("verify", help="check every file against its sha256")
        add = verbs.add_parser("add", help="take a model in: a folder or zip with a model.toml, or one file of SAM")
        add.add_argument("file", type=Path, metavar="FOLDER")
        add.add_argument("--organization", default="", metavar="NAME", help="whose it is alone; everybody's without")
        add.add_argument("--name", help="of a single file, as are the following")
        add.add_argument("--version", dest="model_version")
        add.add_argument("--kind", choices=sorted(catalogue.KINDS))
        add.add_argument("--licence", help="under which the file may be used")
        add.add_argument("--source", default="", help="where it came from")
        add.add_argument("--parent", default="", help="the model it was made from, NAME@VERSION")
        add.add_argument("--metrics", nargs="+", default=[], metavar="NAME=NUMBER", help="what was measured of it")
        remove = verbs.add_parser("remove", help="take an added model away again")
        remove.add_argument("key", metavar="NAME@VERSION")
        doctor = verbs.add_parser("doctor", help="load each model and ask it one real question")
        doctor.add_argument("keys", nargs="*", metavar="NAME@VERSION", help="the defaults and what was added, if none")
        doctor.add_argument("--record", action="store_true", help="keep the figures, for the copilot's pages")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.MODELS_DIR)
        try:
            match options["verb"]:
                case "list":
                    self._list(folder)
                case "fetch":
                    self._fetch(folder, options["keys"], options["carried"])
                case "verify":
                    self._verify(folder)
                case "add" if options["kind"]:
                    self._add(folder, options)
                case "add":
                    self._bring(folder, options["file"], options["organization"])
                case "remove":
                    registry.remove(folder, options["key"])
                    self.stdout.write(f"{options['key']}: removed")
                case "doctor":
                    self._examine(folder, options["keys"], record=options["record"])
        except (WeightsProblem, Problem) as problem:
            raise CommandError(str(problem)) from None

    def _fetch(self, folder: Path, keys: list[str], carried: list[Path]) -> None:
        """What is missing; where something that comes along can't be had, the rest is fetched first."""
        for key in keys:
            if key not in SHIPPED:
                raise CommandError(f"{key} does not come along; there are {', '.join(SHIPPED)}.")
        if not keys:
            files.fetch(folder, self.stdout.write, carried)
        problems = []
        for key in keys or SHIPPED:
            try:
                files.fetch(folder, self.stdout.write, carried, RUNTIMES[key].artifacts)
            except WeightsProblem as problem:
                problems.append(f"{key}: {problem}")
        self._verify(folder)
        if problems:
            raise CommandError(" ".join(problems))

    def _bring(self, folder: Path, source: Path, organization: str) -> None:
        owner = Organization.objects.filter(name=organization).first()
        if organization and owner is None:
            raise CommandError(f"There is no organization {organization!r}.")
        version = registry.bring(folder, source, organization=owner)
        self.stdout.write(f"{version}: added; it is asked a first question")
        trial.ask(version, folder)
        self.stdout.write(f"  {version.smoke_said}")
        if version.smoke != version.Smoke.PASSED:
            raise CommandError(f"{version} can't be chosen; `manage.py models doctor {version}` asks it again.")
        self.stdout.write(f"{version}: well; it can be chosen on the page of a project's copilot")

    def _add(self, folder: Path, options: dict[str, Any]) -> None:
        if missing := [name for name in ("name", "model_version", "licence") if not options[name]]:
            raise CommandError(f"Of a single file, say also: {', '.join(missing)}.".replace("model_version", "version"))
        told = {name: options[name] for name in ("name", "kind", "licence", "source", "parent")}
        figures = _figures(options["metrics"])
        version = registry.add(folder, options["file"], version=options["model_version"], **told)
        registry.measured(version, figures)
        self.stdout.write(f"{version}: added; `manage.py models doctor {version}` tries it")

    def _list(self, folder: Path) -> None:
        for key, offer in catalogue.offers(folder).items():
            missing = [one for one in offer.artifacts if not files.path_of(one, folder).exists()]
            state = "installed" if not missing else "optional" if offer.origin else "missing"
            usual = "default" if key in DEFAULTS else ""
            self.stdout.write(f"{key:24} {offer.capability:8} {state:10} {usual:8} {offer.licence:11} {offer.source}")

    def _verify(self, folder: Path) -> None:
        known = catalogue.offers(folder)
        here = [key for key in known if key not in RUNTIMES or (key in SHIPPED and registry.is_here(key, folder))]
        added = [one for key in here for one in known[key].artifacts]
        for artifact in (*files.PINNED, *added):
            path = files.verify(artifact, folder)
            self.stdout.write(f"{artifact.name}: right ({path})")

    def _examine(self, folder: Path, keys: list[str], *, record: bool) -> None:
        known = catalogue.offers(folder)
        here = [key for key in SHIPPED if registry.is_here(key, folder)]
        asked = keys or [key for key in known if key in DEFAULTS or key not in RUNTIMES or key in here]
        findings = [_finding(catalogue.find(key, folder), folder) for key in asked]
        for finding in findings:
            self.stdout.write(f"{finding.key}: {'well' if finding.well else 'NOT WELL'}")
            for line in finding.lines:
                self.stdout.write(f"  {line}")
            self._note(finding, record=record)
        self._say_runtime()
        for gap in machine.gaps():
            self.stdout.write(f"sandbox: {gap.text}")
        if not all(finding.well for finding in findings):
            raise CommandError("The copilot is not well; what to do is said above. Annotating works without it.")

    def _note(self, finding: Finding, *, record: bool) -> None:
        """Of a model that was brought it is always written down: until it is well it can't be chosen."""
        name, _, version = finding.key.rpartition("@")
        rows = ModelVersion.objects.filter(name=name, version=version).exclude(smoke="")
        brought = None if finding.key in RUNTIMES else rows.first()
        if brought is not None:
            registry.tried(brought, well=finding.well, said=" ".join(finding.lines), figures=finding.figures)
        elif record and finding.well:
            registry.measured(registry.model_version(finding.key), finding.figures)

    def _say_runtime(self) -> None:
        status = status_now(settings.RUNTIME_ADDRESS)
        if status is None:
            self.stdout.write(f"runtime process: not running at {settings.RUNTIME_ADDRESS}; `make run` starts it")
            return
        for key, model in status["models"].items():
            self.stdout.write(f"runtime process: {key} {model['state']} {model['text']}".rstrip())


def _finding(offer: Offer, folder: Path) -> Finding:
    """A model that was brought is asked in a process of its own."""
    return doctor.examine([offer], folder)[0] if offer.key in RUNTIMES else smoke.examine(offer.key, folder)


def _figures(said: list[str]) -> dict[str, float]:
    """From NAME=NUMBER. Raises CommandError."""
    try:
        return {name: float(number) for name, number in (one.rsplit("=", 1) for one in said)}
    except ValueError:
        raise CommandError("Say what was measured as NAME=NUMBER, for example --metrics miou=0.71.") from None
