"""A new secret key, and everybody out: after somebody may have read what was secret."""

from django.core.management.base import BaseCommand, CommandError

from taskers.audit import origin
from taskers.errors import Problem
from taskers.people import secret_rotation


class Command(BaseCommand):
    """`manage.py rotate_secret_key`"""

    help = (
        "Makes a new SECRET_KEY, revokes all API tokens, ends all sessions and withdraws all open invitations and "
        "password links, of every organization (docs/operate.md)."
    )

    def handle(self, *args, **options) -> None:
        with origin.coming_from(origin.Origin(agent="manage.py rotate_secret_key")):
            try:
                done = secret_rotation.rotate()
            except Problem as problem:
                raise CommandError(problem.text) from None
        self.stdout.write(
            f"Ended: {done.tokens} API tokens, {done.sessions} sessions, {done.invitations} invitations, "
            "and every password link."
        )
        if done.key_for_environment:
            self.stdout.write(
                "SECRET_KEY comes from the environment: put this one there, on every machine, and restart everything:\n"
                f"{done.key_for_environment}"
            )
        else:
            self.stdout.write(
                "A new secret key is in the data folder: restart Tandem, which uses the old one until then."
            )
