"""Somebody with a second step at sign-in, and its codes."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from taskers.models import Person
from tests.support import make

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_now() -> str:
    return format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time()))))


def wrong_code() -> str:
    return "000000" if code_now() != "000000" else "111111"


def with_second_step(person: Person) -> Authenticator:
    return TOTP.activate(person, SECRET).instance


def at_the_second_step(email: str, address: str = "198.51.100.7") -> Client:
    browser = Client(REMOTE_ADDR=address)
    answer = browser.post("/accounts/login/", {"login": email, "password": make.PASSWORD})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    return browser
