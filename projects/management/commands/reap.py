"""Throws away what nobody needs any more. The worker does the same every night."""

from django.core.management.base import BaseCommand

from projects import reaping


class Command(BaseCommand):
    """`manage.py reap`"""

    help = "Removes old drafts of ended work, cursors of closed batches and old day tallies, a piece at a time."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--days", type=int, default=30, help="how long ended work's drafts are kept")

    def handle(self, *args, days: int, **options) -> None:
        gone = reaping.reap(days=days)
        self.stdout.write("Removed " + ", ".join(f"{number} {what}" for what, number in gone.items()) + ".")
