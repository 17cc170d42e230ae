"""The whole loop on spans: names of ships, which spaCy's pipeline doesn't know, in made-up reports. The same few
sentences come again and again, with other ships, people, towns and days: what is reached here says how the loop runs,
not how well ships are found elsewhere."""

import random
from collections.abc import Iterator, Sequence
from string import Formatter

from benchmarks.loop.row import Row
from benchmarks.loop.span_people import SpanPeople, Text
from benchmarks.loop.whole import Material, Terms, Thing, rows_of

ADJECTIVES = ("Amber", "Arctic", "Black", "Bright", "Calm", "Golden", "Grey", "Northern", "Old", "Proud", "Silver")
BEGIN = ("Al", "Bor", "Cal", "Den", "Ester", "Fal", "Gal", "Hes", "Il", "Kor", "Lor", "Mar", "Nor", "Or", "Per", "Vel")
MIDDLE = ("a", "an", "ada", "e", "en", "ero", "i", "ima", "on", "ovi", "u", "una")
END = ("bel", "cor", "dine", "gard", "lis", "mere", "nia", "ra", "ris", "sta", "thea", "wen")
TWO_WORDS = 0.6  # of the ships
FLEET, KNOWN = 80, 0.5  # ships that come again, and how many of those that are named are such
DRAWN = {
    "person": ("Maria Silva", "John Smith", "Anna Berg", "Peter Jones", "Sarah Miller", "David Brown", "Ruth Adler"),
    "town": ("London", "Boston", "Paris", "Hamburg", "Sydney", "Toronto", "Bergen", "Lisbon", "Cork", "Genoa"),
    "firm": ("Golden Lantern Hotel", "Northern Star Bank", "Harbour Board", "Silver Rose Inn", "Port Office"),
    "day": ("Monday", "Tuesday", "Friday", "Sunday"),
}
FORMS = (
    "The vessel {ship} left {town} on {day}.",
    "{person} saw the {ship} enter the harbour of {town}.",
    "On {day} the crew of the {ship} waited in {town} for {person}.",
    "Repairs to the ship {ship} were paid by {firm}.",
    "{person} flew from {town} to Madrid on {day} and met {firm}.",
    "The {ship} and her sister ship the {other} collided near {town}.",
    "{firm} sold the {ship} to {person} for a small sum.",
    "The cargo of the {ship} was unloaded in {town} under the eyes of {person}.",
    "{person}, master of the {ship}, reported fog off {town}.",
    "A storm kept the {ship}, the {other} and two boats in {town} until {day}.",
    "The {firm} in {town} was closed on {day}.",
    "Nobody aboard the {ship} was hurt, said {person}.",
    "The {ship} was towed to {town} by the {other}.",
    "{person} of the {firm} inspected the {ship} on {day}.",
    "Smoke was seen over the {ship} as she passed {town}.",
    "The {ship} will sail for {town} once {firm} has paid.",
)


LABEL, SHIPS = "vessel", ("ship", "other")


def report(rng: random.Random, fleet: Sequence[str]) -> Text:
    """Two sentences, and where their ships are."""
    whole, places = "", []
    for form in rng.sample(FORMS, 2):
        told = {name: rng.choice(some) for name, some in DRAWN.items()}
        told |= {name: rng.choice(fleet) if rng.random() < KNOWN else ship(rng) for name in SHIPS}
        whole += " " if whole else ""
        for literal, name, _, _ in Formatter().parse(form):
            whole += literal
            said = told[name] if name else ""
            if name in SHIPS:
                places.append((len(whole), len(whole) + len(said)))
            whole += said
    return whole, places


def ship(rng: random.Random) -> str:
    """An invented name."""
    name = "".join(rng.choice(some) for some in (BEGIN, MIDDLE, END))
    return f"{rng.choice(ADJECTIVES)} {name}" if rng.random() < TWO_WORDS else name


def _things(number: int, seed: int) -> list[Thing]:
    rng = random.Random(seed)
    fleet = [ship(rng) for _ in range(FLEET)]
    told = dict(report(rng, fleet) for _ in range(number))
    return [Thing((text, places), text=text) for text, places in told.items()]


MATERIAL = Material(
    name="Ships in reports",
    task_type="text_spans",
    labels={LABEL: "Vessel"},
    people=SpanPeople,
    recipe="spacy-entities",
    model="en-core-web-sm@3.8.0",
    things=_things,
)


def rows(tasks: int = 1_350, seed: int = 5, **terms: int) -> Iterator[Row]:
    """The rounds, and what the whole cost."""
    yield from rows_of(MATERIAL, tasks, seed, Terms(**terms))
