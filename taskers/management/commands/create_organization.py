"""Begins an organization from the command line, where no page can: nobody is there yet to ask."""

from django.core.management.base import BaseCommand, CommandError

from taskers.errors import Problem
from taskers.organizations import create


class Command(BaseCommand):
    """`manage.py create_organization NAME OWNER_EMAIL`"""

    help = "Makes an organization and its first owner, and prints the link with which the owner sets a password."

    def add_arguments(self, parser) -> None:
        parser.add_argument("name")
        parser.add_argument("owner_email")
        parser.add_argument("--owner-name", default="")
        parser.add_argument("--currency", default="USD", help="three letters, as in ISO 4217")

    def handle(self, *args, name: str, owner_email: str, owner_name: str, currency: str, **options) -> None:
        try:
            organization, path = create.create(name, owner_email=owner_email, owner_name=owner_name, currency=currency)
        except Problem as problem:
            raise CommandError(problem.text) from None
        self.stdout.write(f"{organization} is there, owned by {owner_email}.")
        self.stdout.write(f"Its public id, for settings that name an organization: {organization.public_id}")
        if path:
            self.stdout.write(f"Set the password, once, at your address followed by {path}")
