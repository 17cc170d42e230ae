"""Throws away what nobody needs any more. The worker does the same every night."""

from django.core.management.base import BaseCommand

from projects.data import deliveries
from projects.data.archive import cleanup


class Command(BaseCommand):
    """`manage.py reap`"""

    help = (
        "Removes old drafts of ended work, cursors of closed batches, old day tallies, files that came in parts and"
        " never became whole and files of deliveries whose time is over, and moves old events that all have read into"
        " the archive, a piece at a time."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--drafts", type=int, help="days to keep drafts of ended work, 0 for ever")
        parser.add_argument("--events", type=int, help="days to keep events in the table, 0 for ever")

    def handle(self, *args, drafts: int | None, events: int | None, **options) -> None:
        gone = {"delivered files": deliveries.retention.sweep()} | cleanup.reap(drafts=drafts, events=events)
        self.stdout.write("Removed " + ", ".join(f"{number} {what}" for what, number in gone.items()) + ".")
