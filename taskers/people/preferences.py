"""What a person chooses for the studio: their own keys, and whether a choice hands in at once.

Which actions there are is known where the keys are pressed (static/js/studio/shell/key_tables.js): what doesn't belong
to any is kept and has no effect. Here it is made sure that a choice has its shape, and that no key means two things.
"""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from taskers.errors import Problem
from taskers.models import Person, Preferences

NAME = re.compile(r"[a-z]{2,20}\.[a-z][a-z0-9:-]{0,39}")
NAMED = "enter|esc|space|left|right|up|down|delete|backspace|insert|home|end|pageup|pagedown|f[1-9]|f1[0-2]"
CHORD = re.compile(rf"(ctrl\+)?(alt\+)?(shift\+)?({NAMED}|[^\s\x00-\x1f])")
MOST = 200
MOST_KEYS = 4
EVERYWHERE = "studio"  # the table whose keys hold in every other's place too


class BadKeys(Problem):
    """These keys can't be kept as they are."""

    code = "bad-keys"
    status = 422


def of(person: Person) -> Preferences:
    """A person's choices; those of nobody in particular where they made none."""
    return Preferences.objects.filter(person=person).first() or Preferences(person=person)


def choose_keys(person: Person, keys: object) -> None:
    """Make these a person's own keys, {"table.action": [chord]}; everything else is as Tandem brings it.

    Raises BadKeys for another shape, for a digit (those are the labels'), and for a key that would mean two things.
    """
    if not isinstance(keys, dict) or len(keys) > MOST:
        raise BadKeys(place="keys")
    for name, chords in keys.items():
        _check(name, chords)
    _refuse_clashes(keys)
    Preferences.objects.update_or_create(person=person, defaults={"keys": keys})


def choose_submit_on_choice(person: Person, on: bool) -> None:
    """Whether, where one choice is all that is asked, pressing its key hands in."""
    Preferences.objects.update_or_create(person=person, defaults={"submit_on_choice": on})


def _check(name: object, chords: object) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadKeys(place="keys")
    if not isinstance(chords, list) or not 1 <= len(chords) <= MOST_KEYS:
        raise BadKeys(place=name)
    for chord in chords:
        if not isinstance(chord, str) or len(chord) > 30 or not CHORD.fullmatch(chord):
            raise BadKeys(place=name)
        if chord.isdecimal():
            raise BadKeys(_("The digits are for the labels."), place=name)


def _refuse_clashes(keys: Mapping[str, list[str]]) -> None:
    """One key, one meaning: within a table, and between everywhere's and each other one."""
    owners: dict[str, list[str]] = {}
    for name, chords in keys.items():
        table = name.split(".")[0]
        for chord in chords:
            for other in owners.setdefault(chord, []):
                if EVERYWHERE in (table, other.split(".")[0]) or table == other.split(".")[0]:
                    raise BadKeys(_("One key can't do two things: %(key)s.") % {"key": chord}, place=name)
            owners[chord].append(name)
