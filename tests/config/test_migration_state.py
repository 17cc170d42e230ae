"""However few models are made anew for a step, the tables are those that Django's own way makes."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.models import CharField, ForeignKey, ManyToManyField, TextField
from django.db.models.deletion import CASCADE

from config.management.commands import migrate
from config.migration_state import Executor, stays_within_one_table
from tests.support import owner

# Columns, constraints, indexes, triggers and functions, as the server itself writes them.
CATALOGUE = """
SELECT 'column', attrelid::regclass::text, attnum || attname || format_type(atttypid, atttypmod) || attnotnull,
       pg_get_expr(adbin, adrelid)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND attnum > 0
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', '', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1, 2, 3, 4
"""
Anew = Callable[[str], BaseDatabaseWrapper]


@pytest.fixture
def anew(django_db_setup, django_db_blocker) -> Iterator[Anew]:
    """Makes an empty database, which is dropped afterwards."""
    made: list[str] = []

    def make(name: str) -> BaseDatabaseWrapper:
        database = f"{connection.settings_dict['NAME']}_{name}"
        with owner.connect() as server:
            server.execute(f'CREATE DATABASE "{database}"')
        connections.databases[name] = connection.settings_dict | owner.terms() | {"NAME": database}
        made.append(name)
        return connections[name]

    with django_db_blocker.unblock():
        yield make
        for name in made:
            connections[name].close()
            database = connections.databases.pop(name)["NAME"]
            delattr(connections._connections, name)  # type: ignore[attr-defined]
            with owner.connect() as server:
                server.execute(f'DROP DATABASE "{database}"')


def tables(database: BaseDatabaseWrapper, executor: type[MigrationExecutor], apps: set[str] | None) -> list[tuple]:
    """The catalogue after all migrations of these apps, or of all."""
    made = executor(database)
    made.migrate([leaf for leaf in made.loader.graph.leaf_nodes() if apps is None or leaf[0] in apps])
    with database.cursor() as cursor:
        cursor.execute(CATALOGUE)
        return cursor.fetchall()


@pytest.mark.parametrize(
    "apps",
    [
        pytest.param({"taskers", "account"}, id="the lowest floor"),
        pytest.param(None, id="all", marks=pytest.mark.torture),
    ],
)
def test_the_tables_are_those_of_djangos_own_way(anew: Anew, apps: set[str] | None) -> None:
    ours = tables(anew("ours"), Executor, apps)
    assert len(ours) > 300 and {kind for kind, *_rest in ours} == {
        "column",
        "constraint",
        "index",
        "trigger",
        "function",
    }
    assert ours == tables(anew("theirs"), MigrationExecutor, apps)


def test_the_command_goes_this_way() -> None:
    assert migrate.migrate.MigrationExecutor is Executor


@pytest.mark.parametrize(
    ("step", "within"),
    [
        (operations.AddField("task", "project", ForeignKey("projects.Project", CASCADE)), True),
        (operations.AlterField("task", "name", TextField()), True),
        (operations.AlterField("task", "key", CharField(max_length=9, unique=True)), False),
        (operations.AlterField("task", "people", ManyToManyField("taskers.Person")), False),
        (operations.CreateModel("Task", []), True),
        (operations.CreateModel("Special", [], bases=("projects.task",)), False),
        (operations.CreateModel("Seen", [], {"proxy": True}, bases=("projects.task",)), True),
        (operations.RenameModel("Task", "Job"), False),
        (operations.RemoveField("task", "name"), False),
    ],
)
def test_what_others_may_refer_to_is_left_to_django(step: Operation, within: bool) -> None:
    assert stays_within_one_table(step) is within
