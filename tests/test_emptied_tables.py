"""Between two tests every table is emptied, those of the job library too."""

import pytest
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db(transaction=True)
def test_nothing_that_a_killed_worker_left_speaks_in_the_next_test() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('imports', 'a job')")
    call_command("flush", interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM procrastinate_workers), (SELECT count(*) FROM procrastinate_jobs)")
        assert cursor.fetchone() == (0, 0)
