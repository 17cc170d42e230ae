"""The application's role may do what it needs and nothing else, table by table, and nobody gets around what is kept."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pgtrigger
import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from assist.learning.search import study
from assist.models import (
    Deployment,
    Evaluation,
    EvaluationScore,
    ModelVersion,
    OrganizationDefault,
    Rollout,
    Suggestion,
)
from config import backup, database_owner, database_privileges, postgres
from config.database_privileges import CHANGE, RESTRICTED, SCHEMAS
from tests.plugins.place import as_application
from tests.support import make, owner
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db
DENIED = psycopg.errors.InsufficientPrivilege

RIGHTS = """
SELECT n.nspname || '.' || c.relname, c.relkind::text, pg_get_userbyid(c.relowner)::text,
  coalesce((SELECT array_agg(DISTINCT a.privilege_type::text) FROM aclexplode(c.relacl) a
            WHERE a.grantee = 'tandem_app'::regrole), '{}'),
  coalesce((SELECT array_agg(DISTINCT t.attname::text) FROM pg_attribute t, aclexplode(t.attacl) a
            WHERE t.attrelid = c.oid AND a.grantee = 'tandem_app'::regrole AND a.privilege_type = 'UPDATE'), '{}'),
  EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee = 0)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
"""
FUNCTIONS = """
SELECT p.oid::regprocedure::text, p.prorettype = 'trigger'::regtype, p.prosecdef,
  has_function_privilege(p.oid, 'EXECUTE')
FROM pg_proc p WHERE p.pronamespace = ANY(%s::regnamespace[])
"""
ROLE = """
SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
  (SELECT count(*) FROM pg_auth_members m WHERE m.member = role.oid),
  (SELECT count(*) FROM pg_shdepend d WHERE d.refobjid = role.oid AND d.deptype = 'o')
FROM pg_roles role WHERE role.rolname = current_user AND role.rolname = 'tandem_app'
"""


def rows(statement: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def test_the_role_that_tests_run_as_owns_nothing_and_is_a_member_of_nothing() -> None:
    assert rows(ROLE) == [(False, False, False, False, False, 0, 0)]
    assert rows(database_privileges.EXCESS) == [("tandem_app", False)]


def test_every_table_and_sequence_grants_what_is_said_of_it_and_nothing_more() -> None:
    known = set()
    for name, kind, owned_by, granted, columns, by_public in rows(RIGHTS, SCHEMAS):
        schema, table = name.split(".")
        known.add(table)
        expected = RESTRICTED.get(table, CHANGE) if schema == "public" else CHANGE
        if kind == "S":
            expected = database_privileges.USE_SEQUENCE
        whole = {right for right in expected if "(" not in right}
        listed = {one for right in expected if "(" in right for one in right[len("UPDATE (") : -1].split(", ")}
        assert (set(granted), set(columns)) == (whole, listed), name
        assert owned_by != "tandem_app" and not by_public, name
    assert set(RESTRICTED) <= known, "a table is named that is not there"


def test_every_function_runs_as_whoever_calls_it_and_triggers_are_called_by_tables_alone() -> None:
    functions = rows(FUNCTIONS, SCHEMAS)
    assert len(functions) > 50
    for name, of_trigger, as_its_owner, may_call in functions:
        assert may_call is not of_trigger and not as_its_owner, name


def _rights(model: type) -> set[str]:
    return {right.partition(" ")[0] for right in RESTRICTED.get(model._meta.db_table, CHANGE)}


def test_what_a_trigger_always_refuses_is_not_granted_either() -> None:
    """A new record that is only added to is named in database_privileges too."""
    always = [
        (model, trigger)
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", ())
        if isinstance(trigger, pgtrigger.Protect) and trigger.condition is None
    ]
    assert len(always) > 20
    for model, trigger in always:
        refuses = {right for right in ("UPDATE", "DELETE") if right in str(trigger.operation)}
        assert not refuses & _rights(model), (model, trigger.name)


FORBIDDEN = {
    "a trigger is disabled": "ALTER TABLE assist_deployment DISABLE TRIGGER USER",
    "a trigger is dropped": "DROP TRIGGER pgtrigger_deployment_not_deleted_c26ad ON assist_deployment",
    "a trigger is made": "CREATE TRIGGER mine BEFORE INSERT ON taskers_event"
    " EXECUTE FUNCTION pg_catalog.tsvector_update_trigger()",
    "triggers are passed over": "SET session_replication_role = replica",
    "a function is replaced": "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name)"
    " RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "a table is emptied": "TRUNCATE taskers_auditrecord",
    "a table is dropped": "DROP TABLE assist_evaluation",
    "a table is made": "CREATE TABLE public.mine (n int)",
    "a table of the session's own is made": "CREATE TEMP TABLE assist_deployment (n int)",
    "a schema is made": "CREATE SCHEMA mine",
    "a constraint is dropped": "ALTER TABLE assist_deployment DROP CONSTRAINT deployment_basis_is_whole",
    "another role is taken": "SET ROLE tandem",
    "a role is made": "CREATE ROLE mine SUPERUSER",
    "passwords are read": "SELECT rolpassword FROM pg_authid",
    "a program is run": "COPY (SELECT 1) TO PROGRAM 'true'",
    "a file is written": "COPY (SELECT 1) TO '/tmp/tandem-app-wrote-this'",
    "a file is read": "SELECT pg_read_file('postgresql.conf')",
    "a file is taken in": "SELECT lo_import('/etc/hostname')",
    "a large object is made": "SELECT lo_create(0)",
    "the server's log is silenced": "SET log_min_messages = panic",
    "money is changed": "UPDATE taskers_transfer SET amount = 1",
    "an event is changed": "UPDATE taskers_event SET kind = 'other'",
    "the audit trail is shortened": "DELETE FROM taskers_auditrecord",
    "a grade is deleted": "DELETE FROM taskers_grade",
    "a verdict is changed": "UPDATE projects_verdict SET answer = '{}'",
    "a deployment's basis is changed": "UPDATE assist_deployment SET basis = 'passed'",
    "a deployment is deleted": "DELETE FROM assist_deployment",
    "an evaluation is deleted": "DELETE FROM assist_evaluation",
    "a score is changed": "UPDATE assist_evaluationscore SET candidate = 1",
    "a migration is forged": "INSERT INTO django_migrations (app, name, applied) VALUES ('assist', '0999', now())",
}


@pytest.mark.parametrize("deed", FORBIDDEN)
def test_the_application_is_refused_when(deed: str) -> None:
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FORBIDDEN[deed])
    assert isinstance(refusal.value.__cause__, DENIED), refusal.value


def version(name: str) -> ModelVersion:
    return ModelVersion.objects.create(name=name, version="1", capability="classify", runtime="fake")


@pytest.fixture
def deployed(cast: Cast) -> Deployment:
    project = make.project(cast.riverside)
    terms = {"share": 100, "basis": "first", "started_by": cast.mina}
    return Deployment.objects.create(project=project, version=version("one"), **terms)


@pytest.fixture
def evaluated(cast: Cast, deployed: Deployment) -> Evaluation:
    """One that the gate refused, with a task's scores."""
    terms = {"margin": 0.02, "rules": 1, "begun_by": cast.mina}
    made = Evaluation.objects.create(
        project=deployed.project, candidate=version("two"), champion=deployed.version, **terms
    )
    EvaluationScore.objects.create(evaluation=made, task=1, verdict=1, candidate=0.1, champion=0.9, slices=[])
    Evaluation.objects.filter(pk=made.pk).update(state="done", outcome="refused")
    return made


@contextmanager
def refused(words: str) -> Iterator[None]:
    """Even the owner is, by a trigger: so it is too where the application still signs in as that one."""
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        yield


def test_no_deployment_is_deleted_so_another_model_never_becomes_the_first(deployed: Deployment, cast: Cast) -> None:
    with refused("Cannot delete rows"):
        owner.execute(f"DELETE FROM assist_deployment WHERE id = {deployed.pk}")
    terms = {"share": 100, "basis": "first", "started_by": cast.mina}
    with refused("another model answered here first"):
        Deployment.objects.create(project=deployed.project, version=version("two"), **terms)


def test_an_ended_deployment_neither_answers_again_nor_ends_anew(deployed: Deployment) -> None:
    """What ended in this very transaction may be begun again on the same grounds: so nothing ends twice, or later."""
    with refused("ends once"):
        Deployment.objects.filter(pk=deployed.pk).update(ended_at="2999-01-01T00:00Z")
    Deployment.objects.filter(pk=deployed.pk).update(ended_at="2020-01-01T00:00Z")
    for moment in (None, "2020-01-02T00:00Z"):
        with refused("ends once"):
            Deployment.objects.filter(pk=deployed.pk).update(ended_at=moment)


def test_a_model_does_not_become_another_kind_to_be_the_first_of_it(deployed: Deployment) -> None:
    with refused("Cannot update rows"):
        ModelVersion.objects.filter(pk=deployed.version_id).update(capability="detect")


def test_an_evaluation_stays_as_it_judged(evaluated: Evaluation, cast: Cast) -> None:
    for statement in (
        f"DELETE FROM assist_evaluation WHERE id = {evaluated.pk}",
        f"UPDATE assist_evaluation SET outcome = 'passed' WHERE id = {evaluated.pk}",
        "DELETE FROM assist_evaluationscore",
        "UPDATE assist_evaluationscore SET candidate = 1",
    ):
        with refused("Cannot (update|delete|update or delete) rows"):
            owner.execute(statement)


@pytest.mark.parametrize("table", ["assist_deployment", "assist_evaluation"])
def test_neither_is_emptied_which_asks_no_trigger_of_a_row(table: str) -> None:
    with owner.connect() as server, pytest.raises(psycopg.errors.RaiseException, match="never deleted"):
        server.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))


def test_an_evaluation_under_way_keeps_its_two_models(cast: Cast, deployed: Deployment) -> None:
    terms = {"margin": 0.02, "rules": 1, "begun_by": cast.mina}
    made = Evaluation.objects.create(
        project=deployed.project, candidate=version("two"), champion=deployed.version, **terms
    )
    with refused("Cannot update rows"):
        Evaluation.objects.filter(pk=made.pk).update(candidate=version("three"))
    Evaluation.objects.filter(pk=made.pk).update(state="failed", reason="No verdicts.")
    with refused("Cannot update rows"):
        Evaluation.objects.filter(pk=made.pk).update(state="done", outcome="passed")


def test_no_session_names_triggers_that_are_passed_over(evaluated: Evaluation) -> None:
    """django-pgtrigger's own way: a setting that whoever may run any SQL can set."""
    names = [
        "pgtrigger_" + name
        for (name,) in rows("SELECT substr(tgname, 11) FROM pg_trigger WHERE tgname ~ '^pgtrigger_'")
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(names) + "}"])
    with refused("Cannot update rows"):
        Evaluation.objects.filter(pk=evaluated.pk).update(outcome="passed")


@pytest.mark.parametrize("model", [OrganizationDefault, Rollout, Suggestion], ids=lambda model: model.__name__)
def test_what_the_gate_goes_by_is_never_deleted(model: type) -> None:
    (trigger,) = [one for one in model._meta.triggers if str(one.operation) == "DELETE"]
    assert trigger.condition is None
    assert rows("SELECT has_table_privilege(%s, 'DELETE')", model._meta.db_table) == [(False,)]


def test_optunas_tables_are_those_that_it_would_make() -> None:
    """Nothing makes them at run time; a newer Optuna may want others, and then a migration has to make those."""
    from optuna.storages._rdb.models import BaseModel
    from optuna.study import StudyDirection

    columns = rows(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'optuna'"
    )
    wanted = {f"{table.name}.{column.name}" for table in BaseModel.metadata.sorted_tables for column in table.columns}
    assert {name for (name,) in columns} == wanted | {"alembic_version.version_num"}
    study._storage.cache_clear()
    storage, name = study._storage(connection.settings_dict["NAME"]), uuid4().hex
    created = storage.create_new_study([StudyDirection.MAXIMIZE], name)
    assert name in {row.study_name for row in storage.get_all_studies()}
    storage.delete_study(created)
    assert name not in {row.study_name for row in storage.get_all_studies()}


# A database of one's own


@pytest.fixture
def database(request) -> Iterator[str]:
    """The owner's address of an empty database, gone afterwards."""
    name = f"privileges_{os.getpid()}"
    with owner.connect("postgres") as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield owner.URL.replace("/tandem?", f"/{name}?")
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_rights_are_granted_anew_by_every_migrate_and_a_new_table_gets_them(transactional_db) -> None:
    with owner.connect() as server:
        server.execute("CREATE TABLE public.new_table (n int); GRANT ALL ON public.new_table TO PUBLIC")
        server.execute("GRANT DELETE ON taskers_auditrecord TO tandem_app")
        try:
            call_command("migrate", verbosity=0)
            granted = {name: set(rights) for name, _kind, _owner, rights, _columns, _public in rows(RIGHTS, SCHEMAS)}
            assert granted["public.new_table"] == set(CHANGE)
            assert granted["public.taskers_auditrecord"] == {"SELECT", "INSERT"}
        finally:
            server.execute("DROP TABLE public.new_table")


def test_with_one_address_migrate_warns_by_name_and_says_what_to_run(transactional_db, monkeypatch, capsys) -> None:
    """An installation that has only ever had its owner's address goes on, and is told."""
    monkeypatch.setenv("DATABASE_URL", owner.URL)
    monkeypatch.delenv(database_owner.VARIABLE)
    with database_owner.signed_in(connection, settings.DATA_DIR):
        call_command("migrate", verbosity=0)
    said = capsys.readouterr().err
    assert database_privileges.HEADING in said and "signs in as tandem," in said
    assert "CREATE ROLE tandem_app LOGIN PASSWORD" in said and database_owner.VARIABLE in said


def test_what_is_restored_is_granted_too(database: str) -> None:
    with psycopg.connect(database) as server:
        server.execute("CREATE TABLE taskers_transfer (id bigserial PRIMARY KEY, amount bigint)")
    with psycopg.connect(database) as server:
        database_privileges.grant(server, postgres.APPLICATION)
    assert backup.APPLICATION == postgres.APPLICATION
    with psycopg.connect(as_application(database), autocommit=True) as application:
        application.execute("INSERT INTO taskers_transfer (amount) VALUES (1)")
        for statement in ("UPDATE taskers_transfer SET amount = 2", "CREATE TEMP TABLE t (n int)"):
            with pytest.raises(DENIED):
                application.execute(statement)


def test_two_addresses_that_name_two_databases_are_refused(monkeypatch) -> None:
    monkeypatch.setenv(database_owner.VARIABLE, owner.URL.replace("/tandem?", "/another?"))
    with pytest.raises(database_owner.ImproperlyConfigured, match="two databases"):
        database_owner._terms(os.environ[database_owner.VARIABLE])
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(database_owner.ImproperlyConfigured, match="DATABASE_URL is not"):
        database_owner.address(os.environ, settings.DATA_DIR)


def test_nobody_becomes_the_owner_within_a_transaction() -> None:
    with (
        pytest.raises(RuntimeError, match="within a transaction"),
        database_owner.signed_in(connection, settings.DATA_DIR),
    ):
        pass
