"""Work that people don't wait for, run by the worker. Each job is one call into a verb and may safely run twice."""

from procrastinate.contrib.django import app

from projects import intake, queue


@app.task(queue="intake", queueing_lock=None)
def load_intake(intake_key: int) -> None:
    """Load a file that was handed over into its batch."""
    intake.run(intake_key)


@app.periodic(cron="* * * * *")
@app.task(queue="queue", queueing_lock="expire_assignments")
def expire_assignments(timestamp: int) -> int:
    """End the leases that ran out."""
    return queue.expire_due(limit=2000)
