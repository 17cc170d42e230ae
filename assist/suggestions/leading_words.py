"""Words that verdicts leave out before what they mark: "The" before a name, "Dr." before a person. Pure Python.

A word leads a label where it stood right before what was decided in many texts, and what was decided begins with it in
hardly any. A suggestion of the label then begins behind it, unless just such words were decided with it ("The Hague").
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assist.suggestions.decided_terms import WORD, Decided

MIN_TEXTS = 8  # in which a word stood before a decided span of the label
MAX_SHARE = 0.05  # of the texts with the word before or at the beginning of such a span: the second kind
MAX_WORDS = 200  # of a label
BETWEEN = re.compile(r"\.?\s+|['’]")  # a leading word and what follows: "the sea", "Dr. Quist", "l'Oise"

Leading = Mapping[str, Mapping[str, Sequence[str]]]  # label -> word -> spans that were decided with it all the same


def learn(decided: Sequence[Decided]) -> dict[str, dict[str, list[str]]]:
    """The leading words of each label, all in small letters."""
    before: dict[tuple[str, str], set[int]] = defaultdict(set)
    within: dict[tuple[str, str], set[int]] = defaultdict(set)
    spans: dict[tuple[str, str], set[str]] = defaultdict(set)
    for number, one in enumerate(decided):
        ends = {match.end(): match for match in WORD.finditer(one.text)}
        for start, end, label in one.spans:
            if word := _word_before(one.text, start, ends):
                before[label, word].add(number)
            for word in _first_word(one.text, start, end):
                within[label, word].add(number)
                spans[label, word].add(one.text[start:end].casefold())
    leading: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for (label, word), texts in sorted(before.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        all_texts, texts_within = len(texts | within[label, word]), len(within[label, word])
        if len(texts) >= MIN_TEXTS and texts_within <= MAX_SHARE * all_texts and len(leading[label]) < MAX_WORDS:
            leading[label][word] = sorted(spans[label, word])
    return {label: words for label, words in leading.items() if words}


def trimmed_start(text: str, start: int, end: int, words: Mapping[str, Sequence[str]]) -> int:
    """Where a span begins once the leading words of its label are left out; at least a word stays."""
    while words and text[start:end].casefold() not in {span for spans in words.values() for span in spans}:
        behind = next((at for word, at in _leads(text, start, end) if word in words), None)
        if behind is None:
            break
        start = behind
    return start


def trimmed(text: str, spans: Sequence[Sequence[Any]], leading: Leading) -> list[tuple[Any, ...]]:
    """Spans (start, end, label and more), each without its leading words; of those that become the same the first."""
    distinct: dict[tuple[int, int, str], tuple[Any, ...]] = {}
    for start, end, label, *more in spans:
        first = trimmed_start(text, start, end, leading.get(label, {}))
        distinct.setdefault((first, end, label), (first, end, label, *more))
    return list(distinct.values())


def _word_before(text: str, start: int, ends: Mapping[int, re.Match[str]]) -> str:
    """The word right before a place, in small letters; "" where there is none."""
    for reach in range(1, min(start, 4) + 1):
        if (match := ends.get(start - reach)) and BETWEEN.fullmatch(text, match.end(), start):
            return match[0].casefold()
    return ""


def _first_word(text: str, start: int, end: int) -> Iterator[str]:
    """The word with which a span begins where another follows."""
    return (word for word, _behind in _leads(text, start, end))


def _leads(text: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    """The same, and where the next one begins."""
    first = WORD.match(text, start, end)
    between = first and BETWEEN.match(text, first.end(), end)
    if first and between and WORD.match(text, between.end(), end):
        yield first[0].casefold(), between.end()
