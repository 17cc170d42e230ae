"""Ends leases that ran out. The worker does the same every minute; this is for cron, and for those who can't wait."""

from django.core.management.base import BaseCommand

from projects import queue

PIECE = 500


class Command(BaseCommand):
    """`manage.py expire_assignments`"""

    help = "Ends leases that ran out, so that others get the tasks; says how many."

    def handle(self, *args, **options) -> None:
        ended = 0
        while number := queue.expire_due(limit=PIECE):
            ended += number
        self.stdout.write(f"{ended} leases had run out." if ended != 1 else "1 lease had run out.")
