"""The keys of the secret box: what lies under which, a new one, and those that may go."""

from django.core.management.base import BaseCommand, CommandError

from taskers.credentials import secret_box
from taskers.errors import Problem


class Command(BaseCommand):
    """`manage.py secret_box status|rotate|reseal|retire|make-key`"""

    help = "Shows and changes the keys under which secrets are sealed in the database (docs/operate.md)."

    def add_arguments(self, parser) -> None:
        parser.add_argument("verb", choices=["status", "rotate", "reseal", "retire", "make-key"])

    def handle(self, *args, verb: str, **options) -> None:
        try:
            getattr(self, "_" + verb.replace("-", "_"))()
        except Problem as problem:
            raise CommandError(problem.text) from None

    def _status(self) -> None:
        """What lies under which key; fails where one is missing."""
        used, keys = secret_box.used(), secret_box.keys()
        for place, key in enumerate(keys):
            self.stdout.write(f"{key.name}  {used.pop(key.name, 0)} sealed{'  (seals now)' if place == 0 else ''}")
        if clear := used.pop("", 0):
            self.stdout.write(f"in clear: {clear}; seal them by `manage.py secret_box reseal`")
        if used:
            missing = ", ".join(f"{name} ({number} sealed)" for name, number in sorted(used.items()))
            raise CommandError(f"Keys are missing here: {missing}. Bring the keys that this database was used with.")

    def _rotate(self) -> None:
        self.stdout.write(f"A new key seals from now on; {secret_box.rotate()} secrets were sealed anew.")

    def _reseal(self) -> None:
        self.stdout.write(f"{secret_box.reseal()} secrets were sealed anew.")

    def _retire(self) -> None:
        self.stdout.write(f"{secret_box.retire()} keys thrown away, under which nothing lay.")

    def _make_key(self) -> None:
        self.stdout.write(secret_box.new_key())
