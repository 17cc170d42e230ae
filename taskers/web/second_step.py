"""The forms that ask for the code of a second step, counted by the shared throttle."""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import encrypt

from taskers.credentials import sign_in_limits
from taskers.web.adapter import too_many


class _Counted:
    """Counts the try before the code is looked at; a right one doesn't count."""

    def clean_code(self) -> str:
        counted = sign_in_limits.begin(context.request, self.user.email, sign_in_limits.CODE)  # type: ignore[attr-defined]
        if not counted.admission.allowed:
            raise too_many(counted.admission)
        code: Any = super().clean_code()  # type: ignore[misc]
        counted.succeeded()
        return code


class CodeForm(_Counted, forms.AuthenticateForm):
    """The second step of a sign-in."""


class CodeAgainForm(_Counted, forms.ReauthenticateForm):
    """The code, asked again before something grave."""


class ActivationForm(ActivateTOTPForm):
    """The first code of a new authenticator app. allauth only compares it; here it counts as used, so that whoever saw
    it being typed can't sign in with it."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        authenticator = Authenticator(
            user=self.user, type=Authenticator.Type.TOTP, data={"secret": encrypt(self.secret)}
        )
        if not authenticator.wrap().validate_code(code):
            raise get_adapter().validation_error("incorrect_code")
        return code
