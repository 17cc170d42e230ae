"""What a password must be like, and what ends when it is changed."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from taskers.audit import origin, trail
from taskers.credentials import tokens
from taskers.models import Invitation, Organization, Person

PRODUCT = "tandem"
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")
FEWEST_DIFFERENT = 5
FEWEST_FREE = 8  # characters that don't follow from those before them
JUDGED = 200  # characters that are looked at, since a password may be as long as a request
SHORTEST_NAME = 4  # of a name that counts as known; shorter ones are in many words

REPEAT = gettext_noop("Repeats and runs of keys are guessed first. Take four or five words that don't belong together.")
NAME = gettext_noop("This is little more than the name “%(name)s”, which is guessed first. Add words nobody expects.")


class Guessable:
    """Refuses what a guesser tries first: repeats, runs along the keyboard or the alphabet, and names that all know."""

    def validate(self, password: str, user: Person | None = None) -> None:
        """Raises ValidationError, which says what helps."""
        text = password[:JUDGED].casefold()
        if len(set(text)) < FEWEST_DIFFERENT or free(text) < FEWEST_FREE:
            raise ValidationError(_(REPEAT), code="password_guessable")
        for name in known_names(user):
            if name in text and free(text.replace(name, "")) < FEWEST_FREE:
                raise ValidationError(_(NAME) % {"name": name}, code="password_names")

    def get_help_text(self) -> str:
        return _("No repeats, no runs such as 1234 or qwerty, and more than a name that others know.")


def free(text: str) -> int:
    """How many characters of a text don't follow from those before them."""
    for period in range(1, len(text) // 2 + 1):
        if text.startswith(text[period:]):
            text = text[:period]  # the rest only says it again
            break
    return sum(1 for before, here in zip(" " + text, text, strict=False) if not _follows(before, here))


def _follows(before: str, here: str) -> bool:
    """Whether a character repeats the one before it, or stands beside it in the alphabet or on the keyboard."""
    return before == here or any(before + here in row or here + before in row for row in ROWS)


def known_names(user: Person | None) -> list[str]:
    """The product's, and those of the organizations that somebody belongs to or is invited to; the longest first."""
    found = {PRODUCT}
    if user is not None:
        for name in _organizations(user):
            found |= {name.casefold(), name.casefold().replace(" ", ""), *re.split(r"\W+", name.casefold())}
    return sorted((one for one in found if len(one) >= SHORTEST_NAME), key=len, reverse=True)


def _organizations(user: Person) -> Iterable[str]:
    if user.pk:
        return Organization.objects.filter(memberships__person=user.pk).distinct().values_list("name", flat=True)
    return Invitation.objects.filter(email=user.email).values_list("organization__name", flat=True).distinct()


class AccessEnds:
    """A validator that refuses nothing: Django tells validators of every real change, whichever way it came.

    It says nothing where only the hash was renewed. Sessions end by themselves: each knows the hash it began with.
    """

    def validate(self, password: str, user: Person | None = None) -> None:
        """Nothing."""

    def get_help_text(self) -> str:
        return ""

    def password_changed(self, password: str, user: Person | None = None) -> None:
        """Write it down, and end the person's tokens: what was given out under the old password opens nothing.

        The actor is whoever is signed in where it is done, who may not be the person.
        """
        if user is not None:
            trail.record(trail.Kind.PASSWORD_CHANGED, person=user)
            tokens.revoke_all(user, by=origin.here().person, why="password changed")
