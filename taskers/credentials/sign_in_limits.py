"""How often a password, or the code of a second step, may be tried.

Guessing is slowed for an account at an address, for an address whatever it tries, and for an account whoever tries. The
last one never meets its owner: a browser or an address from which they came in before has an allowance of its own.
Names that nobody has are counted like any other, so that an answer says nothing of who there is.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from taskers.audit import origin, trail
from taskers.audit.addresses import sender
from taskers.credentials import sign_ins, throttle
from taskers.credentials.throttle import Admission, Rate
from taskers.models import Person

PER_ACCOUNT_AND_ADDRESS = Rate(5, 300)
PER_DEVICE = Rate(10, 60)
PER_ADDRESS = Rate(50, 6)
# Wider than what one address may try, so that one alone can't use it up.
PER_ACCOUNT = Rate(50, 60)
TOLD = Rate(1, 900)  # so often the audit trail hears that an account is throttled at an address

COOKIE = "tandem_device"
SALT = "tandem.device"
YEAR = 365 * 24 * 3600
MOST_ACCOUNTS = 5  # that one browser is known to
KNOWN_FOR = timedelta(days=90)  # so long an address is known after somebody came in from there
PASSWORD, CODE = "sign-in", "second-step"


@dataclass(frozen=True)
class Try:
    """One try that was counted, in these buckets."""

    admission: Admission
    counted: tuple[tuple[str, Rate], ...] = ()

    def succeeded(self) -> None:
        """It was right, so it doesn't count: whoever signs in often is not slowed."""
        self.uncount()

    def uncount(self) -> None:
        """Undo the counting, as of a try that nobody looked at."""
        for key, rate in self.counted:
            throttle.give_back(key, rate)


def begin(request: HttpRequest, email: str, what: str = PASSWORD) -> Try:
    """Count a try for this account, and say whether it may be made."""
    account, address = _digest(email.strip().lower()), sender(origin.address_of(request) or "unknown")
    device = devices_of(request).get(account)
    if device:
        buckets = [(f"{what}/device/{account}/{_digest(device)}", PER_DEVICE)]
    else:
        buckets = [
            (f"{what}/pair/{account}/{address}", PER_ACCOUNT_AND_ADDRESS),
            (f"{what}/address/{address}", PER_ADDRESS),
            (f"{what}/account/{account}", PER_ACCOUNT),
        ]
    counted: list[tuple[str, Rate]] = []
    for key, rate in buckets:
        admission = throttle.hit(key, rate)
        if admission.allowed:
            counted.append((key, rate))
        elif rate is not PER_ACCOUNT or not _known_address(request, email):
            _tell(buckets[0][0], email)
            return Try(admission)
    return Try(Admission(True), tuple(counted))


def remember(request: HttpRequest, response: HttpResponse, person: Person) -> None:
    """Let this browser be known to the account from now on, since its owner came in here."""
    account = _digest(person.email)
    others = {key: value for key, value in devices_of(request).items() if key != account}
    kept = dict(list(others.items())[-(MOST_ACCOUNTS - 1) :])
    value = signing.dumps(kept | {account: secrets.token_urlsafe(12)}, salt=SALT)
    response.set_cookie(
        COOKIE, value, max_age=YEAR, path="/accounts/", httponly=True, samesite="Lax", secure=request.is_secure()
    )


def devices_of(request: HttpRequest) -> dict[str, str]:
    """The accounts to which this browser is known, each with the name that it has there."""
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=YEAR)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def is_known_browser(request: HttpRequest, email: str) -> bool:
    """Whether this account came in with this browser before."""
    return _digest(email.strip().lower()) in devices_of(request)


def lift(email: str = "", address: str = "") -> int:
    """Let an account, or an address, try again at once; returns how many buckets were emptied."""
    prefixes: list[str] = []
    if email:
        account = _digest(email.strip().lower())
        prefixes += [f"{what}/{kind}/{account}" for what in (PASSWORD, CODE) for kind in ("pair", "device", "account")]
    if address:
        prefixes += [f"{what}/address/{sender(address)}" for what in (PASSWORD, CODE)]
    person = Person.objects.filter(email=email.strip().lower()).first() if email else None
    trail.record(trail.Kind.THROTTLE_LIFTED, person=person, detail={"email": email, "address": address})
    return throttle.forget(*prefixes)


def _known_address(request: HttpRequest, email: str) -> bool:
    person, address = Person.objects.filter(email__iexact=email.strip()).first(), origin.address_of(request)
    since = timezone.now() - KNOWN_FOR
    return person is not None and address is not None and trail.signed_in_from(person, address, since=since)


def _tell(key: str, email: str) -> None:
    if throttle.hit(f"told/{key}", TOLD).allowed:
        sign_ins.throttled(email)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
