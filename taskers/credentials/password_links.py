"""Links with which a person sets a password. One works once, for three days, and not after they were shown out."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from taskers.models import Person


class PasswordLinks(PasswordResetTokenGenerator):
    """Of links that a manager hands over, and of those that a mail carries."""

    def _make_hash_value(self, user: Person, timestamp: int) -> str:  # type: ignore[override]
        return f"{super()._make_hash_value(user, timestamp)}{user.access_epoch or ''}"


links = PasswordLinks()
