"""What the application's role may do in the database. Everything is granted here, by the owner, after each migrate.

The role owns nothing: it can't make, alter or drop a table, disable a trigger, or take rows out of a record that stays.
A table that isn't named here may be read and written; which tables are only added to, and which columns change, is said
here once. tests/config/test_database_privileges.py compares that with the triggers of the models.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import LiteralString

import psycopg
from psycopg import sql

SCHEMAS = ["public", "optuna"]
READ = ("SELECT",)
APPEND = (*READ, "INSERT")
KEEP = (*APPEND, "UPDATE")  # rows change and stay
CHANGE = (*KEEP, "DELETE")
USE_SEQUENCE = ("SELECT", "USAGE")


def _ends(*columns: str) -> tuple[str, ...]:
    """Rows are added and stay; of their columns these alone change."""
    return (*APPEND, f"UPDATE ({', '.join(columns)})")


# Whatever isn't here may be changed. Deleting from a table that others refer to by a cascade is deleting there too.
RESTRICTED: Mapping[str, Sequence[str]] = {
    # Written by migrate alone.
    "django_migrations": READ,
    "django_content_type": READ,
    "auth_permission": READ,
    # What happened, what was paid, and what was ruled: corrections are new rows.
    "taskers_auditrecord": APPEND,
    "taskers_transfer": APPEND,
    "taskers_payoutitem": APPEND,
    "taskers_bonusaward": APPEND,
    "taskers_reconciledfile": APPEND,
    "taskers_yearclosing": APPEND,
    "taskers_closingbalance": APPEND,
    "taskers_grade": APPEND,
    "taskers_payout": KEEP,
    "taskers_dispute": KEEP,
    "taskers_organization": KEEP,
    "taskers_trainingconsent": _ends("withdrawn_at", "withdrawn_by_id"),
    "projects_project": KEEP,
    "projects_projectsettings": APPEND,
    "projects_accuracymodel": APPEND,
    "projects_methodcalibration": APPEND,
    "projects_ranking": APPEND,
    "projects_modelannotatorchange": APPEND,
    "projects_decidingrequest": KEEP,
    "projects_delivery": KEEP,
    # Rows leave for the archive, which their triggers ask; until then they are superseded at most.
    "taskers_event": (*APPEND, "DELETE"),
    "projects_annotation": (*_ends("superseded_at"), "DELETE"),
    "projects_verdict": (*_ends("superseded_at"), "DELETE"),
    # What the gate, and whoever asks what a model rests on, goes by.
    "assist_deployment": _ends("ended_at"),
    "assist_organizationdefault": _ends("ended_at"),
    "assist_passedover": APPEND,
    "assist_evaluation": KEEP,
    "assist_evaluationscore": APPEND,
    "assist_evaluationconfusions": APPEND,
    "assist_evaluationanswer": (*APPEND, "DELETE"),  # of tasks that are erased
    "assist_modelversion": KEEP,
    "assist_override": KEEP,
    "assist_suggestion": _ends("outcome", "edit", "settled_at"),
    "assist_rollout": KEEP,
    "assist_rolloutevent": APPEND,
    "assist_planround": KEEP,
    "assist_roundstep": APPEND,
    "assist_snapshot": KEEP,
    "assist_trainingrun": KEEP,
    "assist_erasure": KEEP,
    "assist_erasedtask": APPEND,
    "assist_tombstone": _ends("emptied_at"),
}

# In the place of django-pgtrigger's own, by which any session could name triggers that are passed over.
NEVER_IGNORE = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT false $$
"""
LARGE_OBJECTS = ("lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)")  # whose maker owns them
LOCK = 0x4772616E74 << 16  # our number space of PostgreSQL's advisory locks: one grants at a time

TABLES = """
SELECT n.nspname, c.relname, c.relkind = 'S' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""
FUNCTIONS = """
SELECT p.oid::regprocedure::text, p.prorettype = 'trigger'::regtype
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY(%s) AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1
"""
# Whether whoever asks could change what guards the tables: as their owner, by a role, or by names that come first.
EXCESS = """
SELECT current_user::text, role.rolsuper OR role.rolcreaterole OR role.rolreplication OR role.rolbypassrls
  OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND pg_has_role(c.relowner, 'MEMBER'))
  OR has_schema_privilege('public', 'CREATE')
  OR has_database_privilege(current_database(), 'CREATE, TEMPORARY')
  OR has_table_privilege(to_regclass('public.taskers_transfer')::oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER') IS TRUE
FROM pg_roles role WHERE role.rolname = current_user
"""
HEADING = "The application may change the guards of its database"
WARNING = """Warning: {heading}. It signs in as {role}, which owns its tables or has other rights that it doesn't
need, so that a fault or injected SQL could remove them. As the owner, run
    CREATE ROLE tandem_app LOGIN PASSWORD '...' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
then set TANDEM_OWNER_DATABASE_URL to what DATABASE_URL is now, set DATABASE_URL to the same address with tandem_app and
its password, and run `manage.py migrate` again: it grants the rest (docs/runbook.md)."""


def grant(connection: psycopg.Connection, role: str) -> None:
    """Give the application's role what it needs in this database and nothing else, and the public nothing.

    Called by the owner, as often as one likes. A role that is not there is left out. Raises psycopg.Error.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if cursor.execute("SELECT to_regproc('public._pgtrigger_should_ignore')").fetchone() != (None,):
            cursor.execute(NEVER_IGNORE)
        known = cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if known is None or role == connection.info.user:
            return
        for statement in _statements(cursor, role):
            cursor.execute(statement)


def excess(connection: psycopg.Connection) -> str | None:
    """The warning for a database whose application could change what guards it, or None."""
    role, too_much = connection.execute(EXCESS).fetchone() or ("", False)
    return WARNING.format(heading=HEADING, role=role) if too_much else None


def _statements(cursor: psycopg.Cursor, role: str) -> Iterator[sql.Composed]:
    application = sql.Identifier(role)
    yield from _of_database(cursor, application)
    tables = cursor.execute(TABLES, [SCHEMAS]).fetchall()
    for sequences in (False, True):
        names = [sql.Identifier(schema, name) for schema, name, is_sequence in tables if is_sequence == sequences]
        if names:
            yield _composed("REVOKE ALL ON {} {} FROM PUBLIC, {}", _kind(sequences), _list(names), application)
    for rights, names in _by_rights(tables).items():
        kind = _kind(rights == USE_SEQUENCE)
        yield _composed("GRANT {} ON {} {} TO {}", sql.SQL(", ".join(rights)), kind, _list(names), application)  # type: ignore[arg-type]
    for name, of_trigger in cursor.execute(FUNCTIONS, [SCHEMAS]).fetchall():
        yield _composed("REVOKE ALL ON FUNCTION {} FROM PUBLIC, {}", sql.SQL(name), application)
        if not of_trigger:
            yield _composed("GRANT EXECUTE ON FUNCTION {} TO {}", sql.SQL(name), application)


def _of_database(cursor: psycopg.Cursor, application: sql.Identifier) -> Iterator[sql.Composed]:
    """The database itself, as far as the owner has a say in it, its schemas, and what anybody may own in it."""
    database, owned, superuser = cursor.execute(
        "SELECT current_database(), pg_has_role(d.datdba, 'USAGE'), current_setting('is_superuser')::bool"
        " FROM pg_database d WHERE d.datname = current_database()"
    ).fetchone() or ("", False, False)
    if owned:
        yield _composed("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}", sql.Identifier(database), application)
        yield _composed("GRANT CONNECT ON DATABASE {} TO {}", sql.Identifier(database), application)
    schemas = cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [SCHEMAS]).fetchall()
    for (schema,) in schemas:
        yield _composed("REVOKE ALL ON SCHEMA {} FROM PUBLIC, {}", sql.Identifier(schema), application)
        yield _composed("GRANT USAGE ON SCHEMA {} TO {}", sql.Identifier(schema), application)
    if superuser:
        for name in LARGE_OBJECTS:
            yield _composed("REVOKE ALL ON FUNCTION pg_catalog.{} FROM PUBLIC, {}", sql.SQL(name), application)


def _by_rights(tables: Sequence[tuple[str, str, bool]]) -> dict[Sequence[str], list[sql.Identifier]]:
    names: dict[Sequence[str], list[sql.Identifier]] = {}
    for schema, name, is_sequence in tables:
        rights = USE_SEQUENCE if is_sequence else RESTRICTED.get(name, CHANGE) if schema == "public" else CHANGE
        names.setdefault(rights, []).append(sql.Identifier(schema, name))
    return names


def _kind(sequences: bool) -> sql.SQL:
    return sql.SQL("SEQUENCE" if sequences else "TABLE")


def _list(names: Sequence[sql.Identifier]) -> sql.Composed:
    return sql.SQL(", ").join(names)


def _composed(text: LiteralString, *parts: sql.Composable) -> sql.Composed:
    return sql.SQL(text).format(*parts)
