"""Models of texts as Hugging Face exports them: an ONNX file beside a tokenizer.json. Token classifiers find spans,
sequence classifiers give shares. A text longer than the model's window is read window by window, with an overlap.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax
from tokenizers import Encoding

from assist.adapters import FoundSpan
from assist.adapters.answers import or_none
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.onnx_tokens import OnnxTokens
from assist.adapters.text_windows import TextWindows
from assist.errors import CopilotError

OUTSIDE = "O"  # the label of what belongs to nothing
SCHEME, BEGINS = frozenset("BIELSU"), frozenset("BSU")  # what stands before a label with a dash; what begins a span
MOST_WINDOWS = 32  # of one text
# Thai to Burmese, Khmer, kana, and what is written in Han signs: no blanks stand between words.
UNBLANKED = re.compile(
    "[\u0e00-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


def load(bundle: Bundle, device: Device) -> "OnnxText":
    """From its files. Raises RuntimeMissing."""
    return OnnxText(bundle, OnnxTokens(bundle))


class Word(NamedTuple):
    """A word of a text, and what the model says of its first piece; the rest of it was never taught."""

    start: int
    end: int
    label: str
    chance: float


class OnnxText:
    """One model; it may be shared by threads."""

    def __init__(self, bundle: Bundle, tokens: TextWindows, device: str = "cpu") -> None:
        self.device, self._tokens = device, tokens
        self._labels, self._options = list(bundle.terms.labels), bundle.terms.options
        self._meanings = _meanings(self._labels)

    def spans(self, text: str) -> list[FoundSpan]:
        """With the model's own labels, less what says where a span begins. Raises CopilotError "no-answer"."""
        return _joined(self._words(text), self._meanings, text)

    def spans_of(self, texts: Sequence[str]) -> list[list[FoundSpan] | None]:
        """One after another; None where it has no answer."""
        return [or_none(self.spans, text) for text in texts]

    def shares(self, subjects: Sequence[str], labels: Sequence[str]) -> list[dict[str, float | None] | None]:
        """`labels` are the project's, which this model doesn't know."""
        return [or_none(self._shares, text) for text in subjects]

    def _shares(self, text: str) -> dict[str, float | None]:
        """Windows count by how much of the text they have."""
        sums, counted = np.zeros(len(self._labels)), 0
        for window in self.windows(text):
            numbers = self._run(window, (len(self._labels),))
            weight = max(1, len(window))
            sums += weight * (expit if self._options.get("activation") == "sigmoid" else softmax)(numbers)
            counted += weight
        return {label: round(float(share), 4) for label, share in zip(self._labels, sums / counted, strict=True)}

    def _words(self, text: str) -> list[Word]:
        """Each word once, from the window in whose middle it stands."""
        found: dict[int, tuple[int, Word]] = {}
        windows = self.windows(text)
        numbers = _numbered(windows, text)
        for window in filter(len, windows):
            chances, places = softmax(self._run(window, (len(window), len(self._labels))), axis=-1), window.offsets
            for word, first, last in _pieces([numbers.get(one) for one in _places(window)]):
                middle, best = min(first, len(window) - 1 - last), int(chances[first].argmax())
                start, end = places[first][0], places[last][1]
                if text[start:end].strip() and found.get(word, (-1,))[0] < middle:
                    found[word] = middle, Word(start, end, self._labels[best], float(chances[first, best]))
        return [found[word][1] for word in sorted(found)]

    def windows(self, text: str) -> list[Encoding]:
        """What a text is read in, and learnt from. Raises CopilotError "no-answer" where none can be made, or too many
        are needed."""
        windows = self._tokens.windows(text)
        if len(windows) > MOST_WINDOWS:
            raise CopilotError("no-answer", "This text is longer than the model reads. Go on without it.")
        return windows

    def _run(self, window: Encoding, shape: tuple[int, ...]) -> np.ndarray:
        """float64, of this shape. Raises CopilotError "no-answer"."""
        numbers = self._tokens.run(window)
        self._tokens.check(numbers, shape)
        return numbers


def _places(window: Encoding) -> list[tuple[int, int, int]]:
    """Of each piece the tokenizer's word, -1 of marks, and where it stands in the text."""
    words = (-1 if word is None else word for word in window.word_ids)
    return [(word, *place) for word, place in zip(words, window.offsets, strict=True)]


def _numbered(windows: Sequence[Encoding], text: str) -> dict[tuple[int, int, int], int]:
    """The number of the word that each piece belongs to. Some tokenizers part words at blanks alone: there a sign, and
    each piece in a script without blanks, is a word too."""
    numbers: dict[tuple[int, int, int], int] = {}
    number, before = 0, (-1, 0, 0)
    for piece in sorted({one for window in windows for one in _places(window) if one[0] >= 0}):
        (word, start, end), (last_word, last_start, last_end) = piece, before
        # Pieces that overlap belong together, as the bytes of one sign do.
        if word != last_word or (last_end <= start and _parted(text[last_start:last_end], text[start:end])):
            number += 1
        numbers[piece], before = number, piece
    return numbers


def _parted(left: str, right: str) -> bool:
    """Whether pieces that touch are words of their own; a blank alone belongs to what comes after it."""
    return bool(left.strip()) and not (_is_letter(left[-1]) and _is_letter(right[:1]))


def _is_letter(sign: str) -> bool:
    """Also a digit, or a mark on either."""
    return bool(sign) and unicodedata.category(sign)[0] in "LMN" and not UNBLANKED.match(sign)


def _pieces(words: Sequence[int | None]) -> Iterator[tuple[int, int, int]]:
    """Each word of a window with its first and its last piece; `words`: of each piece its word, None of marks."""
    for word, some in itertools.groupby(enumerate(words), key=lambda one: one[1]):
        places = [place for place, _ in some]
        if word is not None:
            yield word, places[0], places[-1]


def _meanings(labels: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Of each label what it says of a span's beginning, "" where nothing, and the rest. Read only of what has a B- or
    an I-, where the model knows such pairs: the dash of "E-mail" is its own."""
    begun, within = ({one[2:] for one in labels if one.startswith(start)} - {""} for start in ("B-", "I-"))
    read = begun | within if begun & within else set()
    split = {one: one.partition("-") for one in labels}
    return {
        one: (scheme, rest) if scheme in SCHEME and rest in read else ("", one)
        for one, (scheme, _, rest) in split.items()
    }


def _joined(words: Sequence[Word], meanings: Mapping[str, tuple[str, str]], text: str) -> list[FoundSpan]:
    """Words of one span together, however it is written that one begins (B-, I-, or the label alone); as sure as all of
    its words are."""
    spans: list[FoundSpan] = []
    open_label = ""
    for one in words:
        begins, label = meanings[one.label]
        if one.label == OUTSIDE:
            open_label = ""
        elif label == open_label and begins not in BEGINS:
            last = spans[-1]
            spans[-1] = FoundSpan(last.start, one.end, label, (last.score or 0.0) * one.chance)
        else:
            spans.append(FoundSpan(one.start, one.end, label, one.chance))
            open_label = label
    return [_trimmed(one, text) for one in spans if text[one.start : one.end].strip()]


def _trimmed(span: FoundSpan, text: str) -> FoundSpan:
    """Without blanks around it, which some tokenizers count to a word."""
    said = text[span.start : span.end]
    start = span.start + len(said) - len(said.lstrip())
    return FoundSpan(start, span.end - len(said) + len(said.rstrip()), span.label, round(span.score or 0.0, 4))
