"""Migrations need none of the code they were written beside; a database of another release is refused by name."""

import ast
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from config import database_owner
from projects.models import Assignment, Project, Task
from tests.support import owner
from tests.support.walls import ROOT

STEPS = sorted(ROOT.glob("*/migrations/0*.py"))
OURS = {"taskers", "projects", "assist", "config"}


def imported(step) -> set[str]:
    """The top packages that a migration imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(step.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.parent.parent.name}.{step.stem}")
def test_a_migration_imports_no_live_code(step) -> None:
    assert imported(step) and not imported(step) & OURS


def test_every_app_begins_with_one_step_of_its_own() -> None:
    firsts = {step.parent.parent.name: step for step in STEPS if step.stem.startswith("0001_")}
    assert set(firsts) == {"taskers", "projects", "assist"}
    assert not any("replaces" in step.read_text() for step in firsts.values())


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())


@pytest.mark.django_db
def test_existing_projects_are_published_unless_they_are_drafts(cast) -> None:
    before = timezone.now() - timedelta(days=90)
    for state in Project.State.values:
        Project.objects.create(organization=cast.riverside, name=state, state=state)
    Project.objects.update(created_at=before)
    with connection.cursor() as cursor:
        cursor.execute(import_module("projects.migrations.0029_published_at").EXISTING)
    published = dict(Project.objects.values_list("state", "published_at"))
    assert published == {"draft": None, "live": before, "paused": before, "archived": before}


STEP = import_module("projects.migrations.0017_priority_indexes")
INDEXES = """
SELECT pg_get_indexdef(indexrelid), indisvalid FROM pg_index
WHERE indexrelid::regclass::text IN ('assignment_slot_once', 'task_first') ORDER BY 1
"""


def indexes() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(INDEXES)
        return cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_indexes_that_are_made_beside_work_can_be_made_again() -> None:
    before = indexes()
    with owner.connect() as server:
        server.execute(STEP.SLOT_ONCE[1])  # and then it was killed
        for statement in [*STEP.SLOT_ONCE, *STEP.FIRST]:
            server.execute(statement)
    assert indexes() == before and len(before) == 2


@pytest.mark.django_db(transaction=True)
def test_indexes_that_are_made_beside_work_are_those_that_the_models_name() -> None:
    before = indexes()
    slot_once = next(one for one in Assignment._meta.constraints if one.name == "assignment_slot_once")
    first = next(one for one in Task._meta.indexes if one.name == "task_first")
    with database_owner.signed_in(connection, settings.DATA_DIR), connection.schema_editor() as editor:
        editor.remove_constraint(Assignment, slot_once)
        editor.add_constraint(Assignment, slot_once)
        editor.remove_index(Task, first)
        editor.add_index(Task, first)
    assert indexes() == before and len(before) == 2


@pytest.fixture
def applied(transactional_db) -> Iterator[Callable[[str, str], None]]:
    """Notes a migration as applied, until the test is over."""
    steps: list[tuple[str, str]] = []
    with owner.connect() as server:

        def apply(app: str, name: str) -> None:
            steps.append((app, name))
            server.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", [app, name])

        yield apply
        for step in steps:
            server.execute("DELETE FROM django_migrations WHERE (app, name) = (%s, %s)", step)


def test_a_database_from_before_the_first_release_is_refused_by_name(applied) -> None:
    applied("projects", "0001_squashed_0034_preference")
    with pytest.raises(CommandError) as refusal:
        call_command("migrate", verbosity=0)
    told = str(refusal.value)
    assert connection.settings_dict["NAME"] in told and "from before its first release" in told
    assert "TANDEM_DATA" in told and "DATABASE_URL" in told


def test_a_database_that_a_newer_release_has_been_at_is_refused(applied) -> None:
    applied("assist", "0999_of_next_year")
    with pytest.raises(CommandError, match=r"newer Tandem: it has assist\.0999_of_next_year"):
        call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_a_database_of_today_is_carried_on() -> None:
    call_command("migrate", verbosity=0)
