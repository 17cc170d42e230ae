"""Texts longer than a model takes at once: their parts, and what was found in these as of the whole. Pure."""

from collections.abc import Iterator, Sequence

from assist.adapters import FoundSpan

Shares = dict[str, float | None]
Part = tuple[int, str]  # where it begins, and the part
OVERLAP = 0.1  # of a part, so that what lies across a border is seen whole in one of the two


def parts(text: str, most: int) -> list[Part]:
    """Parts of at most so many characters that cover the text; they end between words where there are any."""
    found, start = [], 0
    while len(text) - start > most:
        end = start + most
        gap = max(text.rfind(" ", start + most // 2, end), text.rfind("\n", start + most // 2, end))
        end = gap if gap > 0 else end
        found.append((start, text[start:end]))
        back = max(start + 1, end - int(OVERLAP * most))
        gap = text.find(" ", back, end)
        start = gap + 1 if gap > 0 else back
    return [*found, (start, text[start:])]


def portions(pieces: Sequence[list[Part]], most: int) -> Iterator[list[list[Part]]]:
    """Texts, each as its parts, some at a time: of so many parts in all, or one text."""
    some: list[list[Part]] = []
    for piece in pieces:
        if some and sum(map(len, some)) + len(piece) > most:
            yield some
            some = []
        some.append(piece)
    if some:
        yield some


def spans(parts: Sequence[Part], found: Sequence[Sequence[FoundSpan] | None]) -> list[FoundSpan] | None:
    """What was found in each part, at its place in the whole text: each once, and of what a border cut the longest
    alone. None where a part has no answer: nobody knows then what is missing."""
    placed: dict[tuple[int, int, str], FoundSpan] = {}
    for (begins, _), some in zip(parts, found, strict=True):
        if some is None:
            return None
        for one in some:
            moved = FoundSpan(one.start + begins, one.end + begins, one.label, one.score)
            placed.setdefault((moved.start, moved.end, moved.label), moved)
    whole: list[FoundSpan] = []
    reaches: dict[str, int] = {}  # label -> how far the spans before this one go
    for one in sorted(placed.values(), key=lambda one: (one.start, -one.end, one.label)):
        if len(parts) == 1 or one.end > reaches.get(one.label, -1):
            whole.append(one)
        reaches[one.label] = max(one.end, reaches.get(one.label, -1))
    return whole


def shares(parts: Sequence[Part], found: Sequence[Shares | None]) -> Shares | None:
    """One share of each label for the whole, each part's weighed by its length; None where a part has no answer: nobody
    knows then what it would say."""
    if not all(found):
        return None
    told = [(one or {}, len(part)) for one, (_, part) in zip(found, parts, strict=True)]
    if len(parts) == 1:
        return told[0][0]
    total = sum(length for _, length in told)
    whole: Shares = {}
    for label in dict.fromkeys(label for one, _ in told for label in one):
        said = [(one.get(label, 0.0), length) for one, length in told]
        numbers = [share * length for share, length in said if share is not None]
        whole[label] = sum(numbers) / total if len(numbers) == len(said) else None
    return whole
