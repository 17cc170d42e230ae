"""How allauth fits in: nobody signs up unasked, and no mail server is needed."""

from contextlib import nullcontext
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from taskers.credentials import sign_in_limits, sign_ins
from taskers.credentials.password_hashing import HashingBusy, hashing_for, see_place
from taskers.credentials.sign_in_limits import Try
from taskers.credentials.throttle import Admission
from taskers.models import Person
from taskers.web.fresh_sign_in import has_second_step


class ClosedDoor(DefaultAccountAdapter):
    """People come in by invitation (taskers/people/invitations.py), never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Sends only where a mail server is configured; elsewhere managers hand links over themselves."""
        if settings.EMAIL_HOST:
            super().send_mail(template_prefix, email, context)

    def pre_authenticate(self, request: HttpRequest, **credentials: str) -> None:
        """Counts the try; raises ValidationError, with how long to wait, where there were too many, and HashingBusy
        where it would not be looked at anyway."""
        see_place()
        self._try = sign_in_limits.begin(request, credentials.get("email", ""))
        if not self._try.admission.allowed:
            raise too_many(self._try.admission)

    def authenticate(self, request: HttpRequest, **credentials: str) -> Person | None:
        """Whose password this is, if anybody's; a right one doesn't count as a try. Raises HashingBusy, which doesn't
        count either, since nothing was tried."""
        self._try = Try(Admission(True))
        email = credentials.get("email", "")
        known = sign_in_limits.is_known_browser(request, email)
        try:
            with hashing_for(email) if known else nullcontext():
                person = super().authenticate(request, **credentials)
        except HashingBusy:
            self._try.uncount()
            raise
        if person is not None and person.kind != Person.Kind.HUMAN:
            return None  # programs come by tokens
        if person is not None:
            self._try.succeeded()
        return person

    def set_password(self, user: Person, password: str) -> None:
        """Raises HashingBusy. Whoever comes so far is signed in or came by a link of their own."""
        with hashing_for(user.email):
            super().set_password(user, password)

    def post_login(self, request: HttpRequest, user: Person, **terms: Any) -> HttpResponse:
        """They are in: from now on this browser is known to their account."""
        response = super().post_login(request, user, **terms)
        sign_in_limits.remember(request, response, user)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: str) -> None:
        """A wrong password or an unknown address: both look alike to whoever tried, and are written down."""
        sign_ins.wrong_password(credentials.get("email", ""))

    def reauthenticate(self, user: Person, password: str) -> bool:
        """Whether this is their password, asked again before something grave.

        Of whoever has a second step, that is asked, and a password is not enough.
        """
        if has_second_step(user):
            raise ValidationError(_("You sign in with a second step: prove it with that."), code="second_step")
        if super().reauthenticate(user, password):
            return True
        sign_ins.not_afresh(user)
        return False

    def get_reauthentication_methods(self, user: Person) -> list[dict]:
        """How they may prove again that it is they: by the second step where they have one, and never by less."""
        methods = super().get_reauthentication_methods(user)
        return [one for one in methods if one["id"] != "reauthenticate"] if _stronger(methods) else methods

    def respond_user_inactive(self, request: HttpRequest, user: Person) -> HttpResponse:
        """Somebody who was shown out knew their password."""
        sign_ins.deactivated(user)
        return super().respond_user_inactive(request, user)


def _stronger(methods: list[dict]) -> bool:
    return any(one["id"] != "reauthenticate" for one in methods)


def too_many(admission: Admission) -> ValidationError:
    """What somebody is told who tried too often."""
    wait = admission.wait
    if wait < 90:
        for_how_long = ngettext("%(count)d second", "%(count)d seconds", wait) % {"count": wait}
    else:
        for_how_long = ngettext("%(count)d minute", "%(count)d minutes", -(-wait // 60)) % {"count": -(-wait // 60)}
    return ValidationError(
        _("Too many tries. Wait %(time)s, then try again.") % {"time": for_how_long}, code="too_many"
    )
