"""What a task type has no place for: counted by its kind, and told together with where it stands."""

from collections.abc import Iterator

from taskers.errors import Place, Sentence, Word, sentence

SHOWN = 5  # places that are named; of more it is told how many there are


class Homeless:
    """Parts of one row that have no place."""

    def __init__(self) -> None:
        self._found: dict[str, int] = {}
        self._places: dict[str, list[str]] = {}

    def add(self, what: str, place: str = "") -> None:
        """One more of a kind, at a place of the row."""
        self._found[what] = self._found.get(what, 0) + 1
        places = self._places.setdefault(what, [])
        if place and len(places) < SHOWN and place not in places:
            places.append(place)

    def told(self) -> Iterator[Sentence]:
        """A sentence for each kind; they are told once."""
        for what, number in self._found.items():
            places = self._places[what]
            kinds: dict[str, object] = {"what": Word(what), "number": number}
            if places:
                text = "This task type has no place for %(what)s; there are %(number)s (%(where)s)."
                more = ", …" if number > len(places) else ""
                yield sentence(text, where=Place(", ".join(places) + more), **kinds)
            else:
                yield sentence("This task type has no place for %(what)s; there are %(number)s.", **kinds)
        self._found, self._places = {}, {}
