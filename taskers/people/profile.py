"""What people change about themselves: their name, their clock, their password."""

from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext as _

from taskers.audit import trail
from taskers.credentials.password_hashing import hashing_for
from taskers.credentials.password_links import links
from taskers.errors import Problem
from taskers.models import Membership, Person
from taskers.models.people import one_line
from taskers.outbox.events import emit


class LinkGone(Problem):
    """This link was used, or is too old; ask a manager for a new one."""

    code = "link-gone"
    status = 410


class BadProfile(Problem):
    """This can't be kept as it is."""

    code = "bad-profile"
    status = 422


def change_profile(person: Person, *, name: str, time_zone: str, language: str = "") -> None:
    """Set a person's name, the clock by which they are told times, and the language of their pages.

    No language means the one that their browser asks for. Raises BadProfile.
    """
    name = one_line(name)
    if not name:
        raise BadProfile(_("A name is needed."), place="name")
    if time_zone not in available_timezones():
        raise BadProfile(_("There is no time zone “%(zone)s”.") % {"zone": time_zone}, place="time_zone")
    if language and language not in dict(settings.LANGUAGES):
        raise BadProfile(_("There is no language “%(code)s” here.") % {"code": language}, place="language")
    said = {"name": name, "time_zone": time_zone, "language": language}
    changed = sorted(field for field, value in said.items() if getattr(person, field) != value)
    Person.objects.filter(pk=person.pk).update(**said)
    trail.record(trail.Kind.PROFILE_CHANGED, actor=person, person=person, detail={"changed": changed})


def of_password_link(key: str, token: str) -> Person:
    """Whose password this link sets (see invitations.password_reset_path), or LinkGone."""
    try:
        pk = int(urlsafe_base64_decode(key))
    except ValueError:
        raise LinkGone() from None
    person = Person.objects.filter(pk=pk, is_active=True).first() if 0 <= pk < 2**63 else None
    if person is None or not links.check_token(person, token):
        raise LinkGone()
    return person


@transaction.atomic
def set_password(key: str, token: str, password: str) -> Person:
    """Use a password link, once; the caller has validated the password. Raises LinkGone, HashingBusy.

    With the old password go the sessions and tokens that began under it (taskers/credentials/passwords.py).
    """
    person = Person.objects.select_for_update().get(pk=of_password_link(key, token).pk)
    # Asked again under the lock: the link may have been used between the look and here.
    of_password_link(key, token)
    with hashing_for(person.email):
        person.set_password(password)
    person.save(update_fields=["password"])
    keys = Membership.objects.live().filter(person=person).values_list("organization_id", flat=True).distinct()
    for organization_id in keys:
        emit("password_set", organization_id=organization_id, actor_id=person.pk, subject=f"person:{person.public_id}")
    return person
