"""Lets somebody in who was slowed at the door, or whose account others try to guess."""

from django.core.management.base import BaseCommand, CommandError

from taskers.audit import origin
from taskers.credentials import sign_in_limits


class Command(BaseCommand):
    """`manage.py lift_throttle [EMAIL] [--address ADDRESS]`"""

    help = "Forgets the failed sign-ins of an account, of an address, or of both, so that they may try again at once."

    def add_arguments(self, parser) -> None:
        parser.add_argument("email", nargs="?", default="")
        parser.add_argument("--address", default="", help="an address from which too many tried")

    def handle(self, *args, email: str, address: str, **options) -> None:
        if not email and not address:
            raise CommandError("Name the account by its email, or an address by --address.")
        with origin.coming_from(origin.Origin(agent="manage.py lift_throttle")):
            emptied = sign_in_limits.lift(email, address)
        self.stdout.write(f"{emptied} counters emptied. {email or address} may try again now.")
