"""Jobs whose worker died go to the workers that live; one whose successor waits already is let go."""

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import jobs


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_successor_waits_keeps_no_other_from_being_resumed() -> None:
    add = """INSERT INTO procrastinate_jobs (task_name, queue_name, queueing_lock, status)
        VALUES (%s, 'queue', %s, %s::procrastinate_job_status)"""
    with connection.cursor() as cursor:
        # The tables of jobs are not Django's: what other tests put there isn't flushed with the rest.
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
        cursor.execute(add, ["settled", "settle", "doing"])  # no worker is known to do it
        cursor.execute(add, ["settled", "settle", "todo"])
        cursor.execute(add, ["alone", "alone", "doing"])
    assert async_to_sync(jobs.resume_stalled.func)(timestamp=0) == 2
    left = ProcrastinateJob.objects.order_by("id").values_list("task_name", "status")
    assert list(left) == [("settled", "todo"), ("alone", "todo")]
