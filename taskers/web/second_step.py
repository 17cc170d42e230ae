"""The forms that ask for the code of a second step, counted by the shared throttle."""

from typing import Any

from allauth.core import context
from allauth.mfa.base import forms

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
