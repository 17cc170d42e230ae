"""Names that were decided before in a project, found again in its texts: as they were, or one letter off. Pure Python.

A term is the words of a decided span. How sure a find is says how often it was decided so, of all the times that it
stood in a decided text and no longer term covered it, with one of each added (Laplace's rule of succession).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from projects.inference.text_words import UNSPACED

# Of scripts without blanks between words each sign is a word of its own; of Korean too, where names carry endings.
ALONE = "".join(f"{first}-{last}" for first, last in UNSPACED) + "\uac00-\ud7af"
WORD = re.compile(f"[{ALONE}]|(?:(?![{ALONE}])\\w)+")
LONGEST = 12  # words of a term
MOST = 4_000  # terms of a project, the commonest
MOST_OTHERS = 8_000  # words that are known not to be misspelt
SHORT = 4  # words below this many letters are themselves only as they are written: US is not us
SPELT = 5  # from this many letters on a word may be one letter off
LEAST = 0.5  # how sure a find must be
MISSPELT = 0.7  # how much less sure one is that is a letter off

Key = tuple[str, ...]


class Find(NamedTuple):
    """A term in a text: code points, end exclusive."""

    start: int
    end: int
    label: str
    score: float


class Term(NamedTuple):
    """What words are, when they stand together."""

    label: str
    score: float  # how sure it is, in [0, 1]
    written: str  # as it was first
    only: int | None = None  # the task that alone taught it; None where several did


class Decided(NamedTuple):
    """The text of a task, and the spans that were decided in it: start, end, label."""

    text: str
    spans: Sequence[tuple[int, int, str]]
    task: int = 0


class Terms:
    """What was learnt: the label of each term and how sure it is; and words that are near to a term's, but others."""

    def __init__(self, known: Mapping[Key, Term], others: Collection[str] = ()) -> None:
        self.known = known
        self.others = frozenset(others)
        self._reach: dict[str, int] = {}  # by its first word: how many words the longest term has
        for key in known:
            self._reach[key[0]] = max(self._reach.get(key[0], 0), len(key))
        self._near = _near_to({word for key in known for word in key})

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        known = [[list(key), one.label, round(one.score, 4), one.written, one.only] for key, one in self.known.items()]
        return {"terms": known, "others": sorted(self.others)}

    def find(self, text: str, of: int | None = None) -> list[Find]:
        """All terms in the text of a task, the longest from each place on; none lies over another. What that very task
        alone taught isn't among them: its own verdict is no help to whoever is asked for it."""
        words = [(one[0], one.start(), one.end()) for one in WORD.finditer(text)]
        spelt = [self._spelt(word) for word, _, _ in words]
        found = []
        for at, size, exact in self._walk([word for word, _ in spelt], [same for _, same in spelt]):
            term = self.known[tuple(word for word, _ in spelt[at : at + size])]
            sure = term.score if exact else term.score * MISSPELT
            if sure >= LEAST and (of is None or term.only != of):
                found.append(Find(words[at][1], words[at + size - 1][2], term.label, round(sure, 4)))
        return found

    def _walk(self, words: Sequence[str], exact: Sequence[bool]) -> Iterator[tuple[int, int, bool]]:
        """The place and size of each term, and whether it is as it was; of misspelt words one at most."""
        at = 0
        while at < len(words):
            reach = min(self._reach.get(words[at], 0), len(words) - at)
            size = next((n for n in range(reach, 0, -1) if self._fits(words, exact, at, n)), 0)
            if size:
                yield at, size, all(exact[at : at + size])
            at += size or 1

    def _fits(self, words: Sequence[str], exact: Sequence[bool], at: int, size: int) -> bool:
        return tuple(words[at : at + size]) in self.known and exact[at : at + size].count(False) <= 1

    def _spelt(self, word: str) -> tuple[str, bool]:
        """A word as terms have it, and whether it is that word; one that is a letter off is taken for it."""
        own = normal(word)
        if len(own) < SPELT or own in self.others or own.isdigit():
            return own, True
        if own in self._near.get(own, ()):
            return own, True
        close = sorted({one for cut in _cuts(own) for one in self._near.get(cut, ()) if one_letter_off(own, one)})
        return (close[0], False) if len(close) == 1 else (own, True)


def read(kept: Mapping[str, Any]) -> Terms:
    """What `as_json` gave."""
    return Terms({tuple(words): Term(*rest) for words, *rest in kept.get("terms", ())}, kept.get("others", ()))


def learn(decided: Sequence[Decided]) -> Terms:
    """The terms of these texts. A span that begins or ends within a word is none."""
    marked: dict[Key, Counter[str]] = defaultdict(Counter)
    written: dict[Key, str] = {}
    taught: dict[Key, set[int]] = defaultdict(set)
    texts = []
    for one in decided:
        words = [(normal(match[0]), match.start(), match.end()) for match in WORD.finditer(one.text)]
        texts.append([word for word, _, _ in words])
        for key, (start, end, label) in _spanned(words, one.spans):
            marked[key][label] += 1
            written.setdefault(key, one.text[start:end])
            taught[key].add(one.task)
    commonest = sorted(marked, key=lambda key: (-marked[key].total(), key))[:MOST]
    usual = {key: marked[key].most_common(1)[0] for key in commonest}
    bare = Terms({key: Term(label, 1.0, "") for key, (label, _) in usual.items()})
    seen: Counter[Key] = Counter()
    for one_by_one in texts:
        found = bare._walk(one_by_one, [True] * len(one_by_one))
        seen.update(tuple(one_by_one[at : at + size]) for at, size, _ in found)
    # What a longer term always covers was still decided so often.
    scores = {key: (times + 1) / (max(seen[key], times) + 2) for key, (_, times) in usual.items()}
    known = {
        key: Term(label, scores[key], written[key], min(taught[key]) if len(taught[key]) == 1 else None)
        for key, (label, _) in usual.items()
        if scores[key] >= LEAST
    }
    return Terms(known, _others(known, texts))


def normal(word: str) -> str:
    """A word as it is compared: without regard to capitals, unless it is short."""
    return word if len(word) < SHORT else word.casefold()


def one_letter_off(one: str, other: str) -> bool:
    """Whether a letter more, less, changed, or two that changed places make one word of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest = one[at:], other[at:]
    if len(one) == len(other):
        swapped = rest[0][:2] == rest[1][1::-1] and rest[0][2:] == rest[1][2:]
        return rest[0][1:] == rest[1][1:] or swapped
    short, long = sorted(rest, key=len)
    return short == long[1:]


def _spanned(
    words: Sequence[tuple[str, int, int]], spans: Iterable[tuple[int, int, str]]
) -> Iterator[tuple[Key, tuple[int, int, str]]]:
    """The words of each span that begins and ends with one."""
    starts = {start: at for at, (_, start, _) in enumerate(words)}
    ends = {end: at for at, (_, _, end) in enumerate(words)}
    for start, end, label in spans:
        first, last = starts.get(start), ends.get(end)
        if first is not None and last is not None and 0 <= last - first < LONGEST:
            yield tuple(word for word, _, _ in words[first : last + 1]), (start, end, label)


def _others(known: Iterable[Key], texts: Iterable[Sequence[str]]) -> set[str]:
    """Words of these texts that are a letter off a term's word, and are words of their own."""
    own = {word for key in known for word in key}
    near = _near_to(own)
    found: set[str] = set()
    for word in {word for words in texts for word in words if len(word) >= SPELT} - own:
        if any(one_letter_off(word, one) for cut in _cuts(word) for one in near.get(cut, ())):
            found.add(word)
        if len(found) >= MOST_OTHERS:
            break
    return found


def _near_to(words: Iterable[str]) -> dict[str, set[str]]:
    """What each word may become with a letter less -> the words."""
    found: dict[str, set[str]] = defaultdict(set)
    for word in words:
        if len(word) >= SPELT:
            for cut in _cuts(word):
                found[cut].add(word)
    return dict(found)


def _cuts(word: str) -> set[str]:
    """The word, and the word with each of its letters left out."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}
