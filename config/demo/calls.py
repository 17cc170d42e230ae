"""Notes of calls to a town hall, put together by rule, each with what it is about."""

import random
from typing import NamedTuple

STREETS = (
    "Mill Lane", "Quarry Road", "Harbor Street", "Elm Street", "Dock Street", "Market Square", "Chapel Hill",
    "Station Road", "Fernley Avenue", "Orchard Close", "Bridge Street", "Larkspur Avenue",
)  # fmt: skip
DAYS = ("since Sunday", "since last night", "for a week", "since the storm", "again", "for the third time this month")
ENDS = (
    "Asks to be called back.", "Has called before.", "Would like to know when.", "Sounded worried.", "Was friendly.",
    "Will send a photograph.", "Asks whom to write to.", "Spoke for the whole house.", "",
)  # fmt: skip
ABOUT = {
    "streets": (
        "Caller says the lamp outside {number} {street} has been dark {days}.",
        "There is a hole in the road at {street}, near number {number}; a cyclist fell.",
        "The pavement in front of {number} {street} has come loose {days}.",
        "The traffic light at {street} has been red on all sides {days}.",
        "Wants the road sign at the corner of {street} and {other} put back.",
    ),
    "water": (
        "Water comes up through the ground at {number} {street} {days}.",
        "The drain in {street} is blocked and the water stands up to the kerb.",
        "No pressure in the taps of {number} {street} {days}.",
        "The water at {number} {street} is brown {days}; is it safe to drink?",
        "A manhole in {street} overflows whenever it rains, {days}.",
    ),
    "waste": (
        "The bins of {number} {street} were not emptied {days}.",
        "Somebody left a mattress and two chairs beside the containers in {street}.",
        "Asks on which day glass is collected in {street}.",
        "The container at the corner of {street} and {other} is full {days}.",
        "Wants a larger bin for {number} {street}; a child was born.",
    ),
    "noise": (
        "The building site in {street} starts before six, {days}.",
        "Music from {number} {street} until three in the morning, {days}.",
        "A dog at {number} {street} barks all day {days}.",
        "The ventilation of the shop at {number} {street} hums {days}.",
        "Fireworks in {street} {days}; the caller's baby wakes each time.",
    ),
    "permits": (
        "Asks what is needed to put tables outside {number} {street}.",
        "The invoice for {number} {street} names the wrong person.",
        "Wants to know how far the permit for the garage at {number} {street} is.",
        "Needs a parking permit for {street}; the form on the page does not open.",
        "Wedding in May: asks for a date at the office and which papers to bring.",
    ),
    "parks": (
        "The swing in the playground by {street} has a broken chain.",
        "A branch hangs over the path in the park at {street} {days}.",
        "The hedge at the sports ground in {street} hides the exit.",
        "The benches in the park by {street} were sprayed with paint.",
        "Asks who waters the young trees in {street}; they are drying up.",
    ),
}
# Calls of which two things may be said; the first is what the office holds right.
BETWEEN = (
    ("water", "parks", "The drain at the playground in {street} is blocked and the swings stand in the water {days}."),
    ("streets", "parks", "A tree has fallen over the road at {street} and tore down the lamp."),
    ("noise", "waste", "The lorry that empties the bins in {street} wakes everybody at five, {days}."),
    ("permits", "noise", "Asks whether the party at {number} {street} has a permit; it is loud {days}."),
    ("waste", "streets", "Broken glass from the containers lies all over the pavement of {street}."),
    ("water", "streets", "Since the water pipe in {street} was mended the road there sinks; number {number} shakes."),
)
CUT_OFF = "(The line was cut off. Nothing was noted.)"


class Call(NamedTuple):
    """A note, what the call is about, and what it may be taken for."""

    name: str
    text: str
    right: str
    rival: str
    hard: bool = False


def calls(number: int, dice: random.Random) -> list[Call]:
    """So many, each with a text of its own; one in seven may be taken for something else, one in forty is empty."""
    found: dict[str, Call] = {}
    while len(found) < number:
        fallen = dice.random()
        if fallen < 1 / 7:
            right, rival, words = dice.choice(BETWEEN)
        else:
            right, rival = dice.sample(list(ABOUT), 2)
            words = dice.choice(ABOUT[right])
        street, other = dice.sample(STREETS, 2)
        said = words.format(street=street, other=other, number=dice.randint(1, 88), days=dice.choice(DAYS))
        text = f"{said} {dice.choice(ENDS)}".strip()
        if fallen > 1 - 1 / 40:
            text = f"{CUT_OFF} Line {dice.randint(1, 900)}."
        found.setdefault(text, Call(f"call-{len(found) + 1:03}", text, right, rival, fallen < 1 / 7))
    return list(found.values())
