"""Words of any language in pieces that a model knows: the likeliest way to cut each, by the pieces' own chances.

Kudo, "Subword Regularization", 2018. Pure Python; a text's words come again and again, so what was cut is
kept, unless it is long.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

SPACE = "▁"  # stands before each word
UNSEEN = 10.0  # how much less likely than the rarest piece a sign is that stands in none
KEPT = 65_536  # words
LONGEST_KEPT = 32  # signs; longer ones, such as sentences in scripts without blanks, seldom come again


class Unigram:
    """`scores`: the logarithms of the pieces' chances, in the order of their numbers. `changes`: what a sign, by its
    number, is written as before anything is looked up. Pieces of which the score isn't below nothing mark places of a
    model and stand in no text."""

    def __init__(
        self, pieces: Sequence[str], scores: Sequence[float], changes: Mapping[int, str], unknown: int
    ) -> None:
        said = zip(pieces, scores, strict=True)
        self._pieces = {piece: (number, score) for number, (piece, score) in enumerate(said) if piece and score < 0}
        self._longest = max(map(len, self._pieces))
        self._changes, self._unknown = changes, unknown
        self._rare = min(scores) - UNSEEN
        self._kept = lru_cache(KEPT)(self._cut)

    def numbers(self, text: str) -> list[int]:
        """The pieces of a text."""
        plain = unicodedata.normalize("NFKC", text).translate(self._changes)
        words = ((self._kept if len(word) <= LONGEST_KEPT else self._cut, word) for word in plain.split())
        return [one for cut, word in words for one in cut(SPACE + word)]

    def _cut(self, word: str) -> tuple[int, ...]:
        """From each place the likeliest way to it is known once all places before it are."""
        length = len(word)
        best = [0.0] + [float("-inf")] * length
        came = [(0, self._unknown)] * (length + 1)  # from where, by which piece
        for start in range(length):
            for end in range(start + 1, min(length, start + self._longest) + 1):
                found = self._pieces.get(word[start:end])
                if found is None and end > start + 1:
                    continue
                number, score = found or (self._unknown, self._rare)
                if best[start] + score > best[end]:
                    best[end], came[end] = best[start] + score, (start, number)
        return tuple(self._back(came))[::-1]

    def _back(self, came: Sequence[tuple[int, int]]) -> list[int]:
        """The pieces from the last to the first; of unknown ones that stand together one."""
        found: list[int] = []
        place = len(came) - 1
        while place:
            place, number = came[place]
            if number != self._unknown or found[-1:] != [number]:
                found.append(number)
        return found
