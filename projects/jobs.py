"""Work that people don't wait for, run by the worker. Each job is one call into a verb and may safely run twice."""

from django.utils import timezone
from procrastinate.contrib.django import app

from projects import assets, banning, intake, queue, reaping
from projects.models import Exclusion


@app.task(queue="intake", queueing_lock=None)
def load_intake(intake_key: int) -> None:
    """Load a file that was handed over into its batch."""
    intake.run(intake_key)


@app.periodic(cron="* * * * *")
@app.task(queue="queue", queueing_lock="expire_assignments")
def expire_assignments(timestamp: int) -> int:
    """End the leases that ran out."""
    return queue.expire_due(limit=2000)


@app.periodic(cron="*/2 * * * *")
@app.task(queue="jobs", queueing_lock="resume_stalled")
async def resume_stalled(timestamp: int) -> int:
    """Give the jobs of workers that died to those that live; returns how many."""
    stalled = list(await app.job_manager.get_stalled_jobs())
    for job in stalled:
        await app.job_manager.retry_job_by_id_async(job_id=job.id or 0, retry_at=timezone.now())
    return len(stalled)


@app.periodic(cron="30 3 * * *")
@app.task(queue="jobs", queueing_lock="collect_assets")
def collect_assets(timestamp: int) -> int:
    """Delete stored media that nothing refers to any more; returns how many."""
    return assets.collect()


@app.periodic(cron="50 3 * * *")
@app.task(queue="jobs", queueing_lock="reap")
def reap(timestamp: int) -> dict[str, int]:
    """Throw away what nobody needs any more; returns how many rows of what."""
    return reaping.reap()


@app.task(queue="queue")
def void_banned_work(exclusion_key: int) -> None:
    """Take back, piece by piece, what a banned tasker handed in that nothing rests on yet."""
    made = Exclusion.objects.select_related("project", "organization", "tasker", "made_by").get(pk=exclusion_key)
    after: int | None = 0
    while after is not None and made.made_by is not None:
        after = banning.void_work(made, by=made.made_by, after=after)
