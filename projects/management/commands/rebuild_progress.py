"""Counts the progress of every batch anew. The outbox keeps it; this is for after a restore, or for doubt."""

from django.core.management.base import BaseCommand

from projects.reports import progress, verdict_index
from taskers.money import earning_days


class Command(BaseCommand):
    """`manage.py rebuild_progress`"""

    help = "Counts the progress of every batch anew, while work goes on."

    def handle(self, *args, **options) -> None:
        self.stdout.write(f"The progress of {progress.rebuild()} batches was counted anew.")
        self.stdout.write(f"The earnings of {earning_days.rebuild()} days of somebody were added up anew.")
        verdict_index.tally_anew()
