"""CoNLL-2003 columns: one token per line with its tag, a blank line after each sentence.

Four columns with single spaces: token, part of speech, chunk, entity tag (BIO). Parts of speech and
chunks are not labelled here, so their columns hold "-X-" and "_". A document starts with a -DOCSTART-
line; a sentence ends with a line of the text, unless a span goes on. Tokens and overlapping spans: see
projects.data.exporting.tokens.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from projects.data.exporting.decided import Decided
from projects.data.exporting.format import ExportFormat, one_file
from projects.data.exporting.source import Source
from projects.data.exporting.tokens import Bounds, bio, bioes, cuts_of, tokenize, without_overlaps

DOCUMENT = "-DOCSTART- -X- O O\n\n"
GOES_ON = ("I-", "E-")  # no sentence ends within a span: it would come apart


Tags = Callable[[Sequence[Bounds], Sequence[Mapping[str, Any]]], list[str]]


def lines(source: Source, split: str) -> Iterator[bytes]:
    """One document per decided task, its tags as BIO."""
    return _documents(source, split, bio)


def bioes_lines(source: Source, split: str) -> Iterator[bytes]:
    """The same, its tags as BIOES: the last token of a span is "E-label", one alone "S-label"."""
    return _documents(source, split, bioes)


def _documents(source: Source, split: str, tags: Tags) -> Iterator[bytes]:
    for one in source.tasks(split):
        yield _document(one, source, tags).encode()


def _document(one: Decided, source: Source, tags: Tags) -> str:
    text = one.payload["text"]
    spans = [{**span, "label": source.tag(span["label"])} for span in without_overlaps(one.answer["spans"])]
    tokens = tokenize(text, cuts_of(spans))
    lines = [DOCUMENT]
    before = 0
    for (start, end), tag in zip(tokens, tags(tokens, spans), strict=True):
        if before and "\n" in text[before:start] and tag[:2] not in GOES_ON:
            lines.append("\n")
        lines.append(f"{text[start:end]} -X- _ {'_'.join(tag.split())}\n")
        before = end
    return "".join(lines) + "\n"


LOSES = (
    "Spans that overlap a longer one, blanks in names, attributes, white space between tokens (and with it line ends), "
    "titles, external ids and meta of the tasks."
)
FORMAT = ExportFormat(
    key="conll",
    title="CoNLL-2003",
    note="One token per line with BIO tags. Of spans that overlap, the longest is kept.",
    loses=LOSES,
    task_types=("text_spans",),
    ending=".conll",
    media_type="text/plain; charset=utf-8",
    write=one_file(lines, ".conll"),
)
BIOES = FORMAT._replace(
    key="bioes",
    title="CoNLL-2003, BIOES",
    note="One token per line with BIOES tags. Of spans that overlap, the longest is kept.",
    write=one_file(bioes_lines, ".conll"),
)
