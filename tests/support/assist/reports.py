"""Made-up reports with ships in them: a kind of name that spaCy's pipeline doesn't know, beside some that it does."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

from assist.learning import snapshot_file
from assist.learning.snapshot_file import Line
from assist.learning.splits import split_of

SHIPS = ("Halcyon", "Windrush", "Petrel", "Aurora Borealis", "Sea Holly", "Kittiwake", "Marigold", "Black Swan", "Iris")
PEOPLE = ("Maria Silva", "John Smith", "Anna Berg", "Peter Jones", "Sarah Miller", "David Brown")
TOWNS = ("London", "Boston", "Paris", "Berlin", "Sydney", "Toronto")
DAYS = ("Monday", "Tuesday", "Friday")
FORMS = (
    "The vessel {ship} left {town} on {day}.",
    "{person} saw the {ship} enter the harbour of {town}.",
    "On {day} the crew of the {ship} waited in {town} for {person}.",
    "Repairs to the ship {ship} were paid by {person}.",
    "{person} flew from {town} to Madrid on {day}.",
    "The {ship} and her sister ship the {other} collided near {town}.",
)


def report(rng: random.Random) -> tuple[str, list[tuple[int, int]]]:
    """A sentence, and where its ships are."""
    ship, other = rng.sample(SHIPS, 2)
    told = {"ship": ship, "other": other, "town": rng.choice(TOWNS), "day": rng.choice(DAYS)}
    form = rng.choice(FORMS)
    text = form.format(person=rng.choice(PEOPLE), **told)
    names = [told[name] for name in ("ship", "other") if "{" + name + "}" in form]
    return text, [(text.index(name), text.index(name) + len(name)) for name in names]


def line(number: int, payload: dict, answer: dict) -> Line:
    """A line of a snapshot, each of a group of its own."""
    return Line(
        task=f"t{number}",
        batch="1",
        group=f"g{number}",
        split=split_of("project", f"g{number}"),
        blind=True,
        payload=json.dumps(payload),
        asset="",
        verdict=f"v{number}",
        answer=json.dumps(answer),
        method="majority_v1",
        confidence=0.9,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def spans_of(number: int, seed: int = 1) -> list[Line]:
    """So many reports with their ships marked."""
    rng, made = random.Random(seed), []
    for at in range(number):
        text, found = report(rng)
        spans = [{"id": f"s{n}", "start": a, "end": b, "label": "vessel"} for n, (a, b) in enumerate(found)]
        made.append(line(at, {"text": text}, {"spans": spans}))
    return made


def people_and_towns(number: int, seed: int = 1) -> list[Line]:
    """So many reports with their people and towns marked, but for Madrid."""
    rng, lines = random.Random(seed), []
    for at in range(number):
        text, _ = report(rng)
        names = [("person", name) for name in PEOPLE] + [("place", name) for name in TOWNS]
        places = [(text.index(name), len(name), label) for label, name in names if name in text]
        spans = [
            {"id": f"s{n}", "start": start, "end": start + length, "label": label}
            for n, (start, length, label) in enumerate(places)
        ]
        lines.append(line(at, {"text": text}, {"spans": spans}))
    return lines


def classes_of(number: int, seed: int = 1) -> list[Line]:
    """So many reports that are about a ship, or about none."""
    rng, made = random.Random(seed), []
    for at in range(number):
        text, found = report(rng)
        said = {"fields": [{"field": "subject", "value": "ship" if found else "traveller"}]}
        made.append(line(at, {"text": text}, said))
    return made


def written(lines: list[Line], folder: Path) -> Path:
    """They as the file of a snapshot."""
    writer = snapshot_file.Writer(folder / "snapshot.parquet", {"task_type": "text_spans"})
    writer.add(lines)
    writer.close()
    return writer.path
