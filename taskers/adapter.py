"""How allauth fits in: nobody signs up unasked, and no mail server is needed."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from taskers import sign_ins
from taskers.models import Person


class ClosedDoor(DefaultAccountAdapter):
    """People come in by invitation (taskers/invitations.py), never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Sends only where a mail server is configured; elsewhere managers hand links over themselves."""
        if settings.EMAIL_HOST:
            super().send_mail(template_prefix, email, context)

    def authentication_failed(self, request: HttpRequest, **credentials: str) -> None:
        """A wrong password or an unknown address: both look alike to whoever tried, and are written down."""
        sign_ins.wrong_password(credentials.get("email", ""))

    def reauthenticate(self, user: Person, password: str) -> bool:
        """Whether this is their password, asked again before something grave."""
        if super().reauthenticate(user, password):
            return True
        sign_ins.not_afresh(user)
        return False

    def respond_user_inactive(self, request: HttpRequest, user: Person) -> HttpResponse:
        """Somebody who was shown out knew their password."""
        sign_ins.deactivated(user)
        return super().respond_user_inactive(request, user)
