"""Entries of a council's minutes, put together by rule, each with the names, places and dates that are in it."""

import random
import re
from typing import NamedTuple

FILLED = {
    "person": (
        "Denise Kowalczyk", "Samuel Obi", "Thuy Tran", "Alphonse Baptiste", "Ingrid Olsen", "Maria Lopez",
        "Hugo Brandt", "Nadia Rahman", "Peter Lindgren", "Aiko Mori", "Carmen Ruiz", "Owen Pritchard",
    ),
    "organization": (
        "Harbor Commission", "Marlow County Library", "Riverside Water Works", "Board of Schools", "Fernley Transit",
        "Friends of the Old Mill", "Rotary Club of Fernley", "Chamber of Commerce",
    ),
    "place": (
        "Fernley", "Alder Creek", "Oslo", "Larkspur Hill", "Marlow County", "Chapel Island", "Quarry Bay", "Milton",
    ),
    "date": (
        "3 May 2024", "12 April 2024", "the first Monday of June", "18 September 2023", "31 January 2025",
        "Easter Monday", "7 February", "next Thursday",
    ),
}  # fmt: skip
SENTENCES = (
    "{person} reported for the {organization} on the works at {place}.",
    "The council heard {person} and {person} on the budget of the {organization}.",
    "A letter of the {organization} of {date} was read out.",
    "{person} asked when the bridge at {place} will be open again; the answer was {date}.",
    "It was agreed to meet the {organization} in {place} on {date}.",
    "The post of treasurer goes to {person} from {date}.",
    "Residents of {place} thank {person} for the new bus stop.",
    "The {organization} and the {organization} share the hall in {place} until {date}.",
)
PLACE = re.compile(r"\{(\w+)\}")


class Entry(NamedTuple):
    """A text, and (start, end, label) of everything that is to be marked in it, in order."""

    name: str
    text: str
    right: tuple[tuple[int, int, str], ...]


def entries(number: int, dice: random.Random) -> list[Entry]:
    """So many, of three sentences each."""
    return [_entry(f"minutes-{index + 1:03}", dice) for index in range(number)]


def _entry(name: str, dice: random.Random) -> Entry:
    text, marked = "", []
    for piece in re.split(r"(\{\w+\})", " ".join(dice.sample(SENTENCES, 3))):
        if found := PLACE.fullmatch(piece):
            words = dice.choice(FILLED[found[1]])
            marked.append((len(text), len(text) + len(words), found[1]))
            text += words
        else:
            text += piece
    return Entry(name, text, tuple(marked))
