"""manage.py load_demo: an organization with people, projects, real input and a past to look around in."""

import importlib.util
import io
import json
import os
import secrets
import tempfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from config import database_owner, demo
from config.demo import history, parts
from config.demo.projects import LETTERS, OBJECTS, PARTS, REPORTS, Terms
from projects.configuration import configure
from projects.data import importing
from projects.data.media import assets
from projects.data.media.pictures import read_picture
from projects.models import Batch, Import, Project
from projects.workflow import batches
from taskers.models import Organization, Person
from taskers.models.people import Role
from taskers.people import invitations

ORGANIZATION = "Riverside Records Office"
ACCOUNTS = "demo-accounts.txt"
HERE = Path(demo.__file__).parent
# Letters and digits that nobody mistakes for others when copying them by hand.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Account(NamedTuple):
    """Somebody who can sign in to the demo."""

    email: str
    name: str
    role: str
    password: str = ""


PEOPLE = (
    Account("ingrid@riverside.example", "Ingrid Halvorsen", Role.OWNER),
    Account("maya@riverside.example", "Maya Okafor", Role.MANAGER),
    Account("tomas@riverside.example", "Tomás Rivera", Role.FINANCE),
    Account("hannah@riverside.example", "Hannah Lindqvist", Role.FINANCE),
    Account("priya@riverside.example", "Priya Raman", Role.REVIEWER),
    Account("leo@riverside.example", "Leo Castellanos", Role.TASKER),
    Account("amina@riverside.example", "Amina Yusuf", Role.TASKER),
    Account("jun@riverside.example", "Jun Watanabe", Role.TASKER),
    Account("sofia@riverside.example", "Sofia Marchetti", Role.TASKER),
)
MANAGER = "maya@riverside.example"

# Those pictures of scikit-image that lie in its wheel and show something to mark.
PHOTOGRAPHS = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "coins.png",
    "hubble_deep_field.jpg",
    "camera.png",
    "retina.jpg",
    "ihc.png",
    "cell.png",
    "clock_motion.png",
    "horse.png",
    "moon.png",
)


# The projects that wait for work, in the order in which they are made, each with its instructions.
ASKED = ((OBJECTS, "objects.md"), (REPORTS, "reports.md"), (LETTERS, "letters.md"), (PARTS, "parts.md"))


class Command(BaseCommand):
    """Loads the demo through the verbs that everybody uses. Running it again adds what is missing, nothing more."""

    help = (
        "Load the demo: accounts with random passwords, projects with pictures, reports and letters, three weeks' work."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.DATA_DIR) / ACCOUNTS
        with transaction.atomic():
            organization, accounts = self._people(fresh=not path.exists())
            manager = Person.objects.get(email=MANAGER)
            photographs, reports, letters, belt = (_project(organization, manager, *one) for one in ASKED)
            pictures = _stored_parts(organization)
            if accounts:
                # Before the commit: nobody may have a password that nobody knows.
                write_accounts(path, accounts)
        for project, name in ((reports, "reports.jsonl"), (letters, "letters.jsonl")):
            with (HERE / name).open("rb") as lines:
                self._load(project, name.removesuffix(".jsonl").title(), File(lines, name), manager)
        self._load(belt, "Belt", ContentFile(pictures, "washers.jsonl"), manager)
        with tempfile.TemporaryFile() as file:
            zip_photographs(file)
            self._load(photographs, "Photographs", File(file, "photographs.zip"), manager)
        people = Person.objects.filter(email__in=[one.email for one in PEOPLE])
        history.tell(organization, {one.email.partition("@")[0]: one for one in people})
        history.add_up(organization)
        with database_owner.signed_in(connection, settings.DATA_DIR), connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # three weeks came at once: what is asked next is planned by what there is now
        if options["verbosity"] == 0:
            return
        if accounts:
            self.stdout.write(table(accounts))
        self.stdout.write(f"Demo accounts and passwords: {path}")

    def _people(self, *, fresh: bool) -> tuple[Organization, list[Account]]:
        """The organization, and the accounts whose passwords were set now: new ones, or all where the list is lost."""
        organization, _ = Organization.objects.get_or_create(name=ORGANIZATION)
        owner: Person | None = None
        accounts = []
        for one in PEOPLE:
            person = Person.objects.filter(email=one.email).first()
            made = one._replace(password=password())
            if person is None:
                person = Person.objects.create_user(one.email, made.password, name=one.name)
                accounts.append(made)
            elif fresh:
                person.set_password(made.password)
                person.save(update_fields=["password"])
                accounts.append(made)
            owner = owner or person
            invitations.grant(organization, person, one.role, by=owner)
        return organization, accounts

    def _load(self, project: Project, name: str, file: File, by: Person) -> None:
        batch = Batch.objects.filter(project=project, name=name).first() or batches.create(project, name, by=by)
        if Import.objects.filter(batch=batch, state=Import.State.DONE).exists():
            self.stdout.write(f"{project.name}: 0 tasks loaded, they are there.")
            return
        done = importing.run(importing.keep(batch, file, name=str(file.name), by=by).pk)
        if done.state != Import.State.DONE or done.refused:
            faults = "; ".join(f"{error['place']}: {error['text']}" for error in done.errors[:3])
            raise CommandError(f"{project.name}: {done.why or faults}")
        if batch.state == Batch.State.DRAFT:
            batches.move(batch, Batch.State.LIVE, by=by)
        self.stdout.write(f"{project.name}: {done.loaded} tasks loaded.")


def _project(organization: Organization, by: Person, terms: Terms, instructions: str) -> Project:
    found = Project.objects.filter(organization=organization, name=terms["name"]).first()
    if found is not None:
        return found
    text = (HERE / instructions).read_text(encoding="utf-8")
    return configure.create(organization, by, instructions=text, **terms)


def _stored_parts(organization: Organization) -> bytes:
    """The parts' pictures stored, and the lines that make tasks of them with what is proposed."""
    drawn = [(name, read_picture(data), proposed) for name, data, proposed in parts.parts()]
    assets.store(organization, [picture for _, picture, _ in drawn])
    lines = (
        {"external_id": name, "asset": picture.sha256, "name": name, "proposed": proposed}
        for name, picture, proposed in drawn
    )
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def zip_photographs(file: Any) -> None:
    """Write the photographs that scikit-image's wheel carries as a zip; nothing is fetched and nothing imported."""
    found = importlib.util.find_spec("skimage")
    if found is None or found.origin is None:
        raise CommandError(
            "scikit-image is not installed, and the demo's photographs are in it: install it and try again."
        )
    folder = Path(found.origin).parent / "data"
    with zipfile.ZipFile(file, "w") as archive:
        for name in PHOTOGRAPHS:
            if (folder / name).exists():
                archive.write(folder / name, name)
    file.seek(0, io.SEEK_SET)


def password() -> str:
    """Fifteen random letters and digits in groups of five: 74 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(3))


def table(accounts: list[Account]) -> str:
    """The accounts as lines for people."""
    return "".join(f"{one.role:<10} {one.email:<28} {one.password}   {one.name}\n" for one in accounts)


def write_accounts(path: Path, accounts: list[Account]) -> None:
    """Write the accounts where only their owner can read them, in one step. Accounts written before stay listed."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(before + table(accounts))
    os.replace(part, path)
