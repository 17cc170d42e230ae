"""How the server runs the queue's statements, once planned for any terms."""

from typing import LiteralString

from django.db import connection
from psycopg.sql import SQL, Literal

from projects.models import Project
from projects.queue import sql
from projects.queue.candidate_slots import choose_batches
from projects.queue.take import as_columns
from taskers.database.prepared import numbered
from taskers.models import Person


def of_the_walk(tasker: Person, project: Project) -> str:
    """The plan of a claim's walk, from the index to the locked row."""
    choice = choose_batches(tasker, [project])
    terms = as_columns(choice, choice.slots) | {"tasker": tasker.pk, "number": 0, "partners": "{}"}
    plan = generic(sql.TAKE, terms | {"token": project.public_id, "most": 1})
    return plan[plan.index("CTE found") : plan.index("CTE numbered")]


def generic(statement: str, terms: dict) -> str:
    """The plan that the server keeps for a prepared statement."""
    return _explained("EXPLAIN", statement, terms)


def run(statement: str, terms: dict) -> str:
    """The same once it has run, with what each part of it did."""
    return _explained("EXPLAIN (ANALYZE, BUFFERS OFF)", statement, terms)


def _explained(how: LiteralString, statement: str, terms: dict) -> str:
    text, names = numbered(statement)
    with connection.cursor() as cursor:
        cursor.connection.execute("PREPARE plan AS " + text)
        values = SQL(", ").join(Literal(terms[name]) for name in names)
        rows = cursor.connection.execute(SQL(how) + SQL(" EXECUTE plan({})").format(values)).fetchall()
        cursor.connection.execute("DEALLOCATE plan")
    return "\n".join(row[0] for row in rows)
