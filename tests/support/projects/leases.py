"""Leases whose time is over."""

from django.db import connection

from projects.models import Assignment


def run_out(assignment: Assignment) -> None:
    """Let a lease's time be over, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE projects_assignment SET deadline = clock_timestamp() - interval '1 second' WHERE id = %s",
            [assignment.pk],
        )
