"""How allauth fits in: nobody signs up unasked, and no mail server is needed."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class ClosedDoor(DefaultAccountAdapter):
    """People come in by invitation (taskers/invitations.py), never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Sends only where a mail server is configured; elsewhere managers hand links over themselves."""
        if settings.EMAIL_HOST:
            super().send_mail(template_prefix, email, context)
