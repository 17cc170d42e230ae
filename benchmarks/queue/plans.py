"""How the server runs the queue's statements, once planned for any terms."""

from django.db import connection
from psycopg import sql

from projects.models import Project
from projects.queue import take
from projects.queue.candidate_slots import choose
from taskers.database.prepared import numbered
from taskers.models import Person


def of_the_walk(tasker: Person, project: Project) -> str:
    """The plan of a claim's walk, from the index to the locked row."""
    places = choose(tasker, [project]).places
    terms = take.as_columns(places, {project.pk: (project.organization_id, project.public_id)})
    plan = generic(take.TAKE, terms | {"tasker": tasker.pk, "token": project.public_id, "number": 1, "turn": 0})
    return plan[plan.index("CTE found") : plan.index("CTE turn")]


def generic(statement: str, terms: dict) -> str:
    """The plan that the server keeps for a prepared statement."""
    text, names = numbered(statement)
    with connection.cursor() as cursor:
        cursor.connection.execute("PREPARE plan AS " + text)
        values = sql.SQL(", ").join(sql.Literal(terms[name]) for name in names)
        rows = cursor.connection.execute(sql.SQL("EXPLAIN EXECUTE plan({})").format(values)).fetchall()
        cursor.connection.execute("DEALLOCATE plan")
    return "\n".join(row[0] for row in rows)
