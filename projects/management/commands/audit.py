"""Asks the database whether the rules that never break still hold: the promises, and the books."""

import sys

from django.core.management.base import BaseCommand

from projects import queue
from taskers.money import ledger

SHOWN = 100


class Command(BaseCommand):
    """`manage.py audit`; ends with 1 when anything is wrong, for cron and monitors."""

    help = (
        "Audits that each task has the judgements it wants, each promise one holder, and that the books add up; the"
        " exit code is 1 if anything is wrong."
    )

    def handle(self, *args, **options) -> None:
        promises = queue.audit()
        self.stdout.write(f"Looked at {promises.tasks} tasks.")
        wrong = self._tell("Promises", [f"task {key}: {what}" for what, key in promises.breaches])
        wrong += self._tell("Books", [f"{key}: {what}" for what, key in ledger.audit()])
        if wrong:
            sys.exit(1)

    def _tell(self, what: str, breaches: list[str]) -> int:
        if not breaches:
            self.stdout.write(f"{what}: all rules hold.")
            return 0
        self.stderr.write(f"{what}: {len(breaches)} wrong.")
        for line in breaches[:SHOWN]:
            self.stderr.write(f"  {line}")
        if len(breaches) > SHOWN:
            self.stderr.write(f"  and {len(breaches) - SHOWN} more")
        return len(breaches)
