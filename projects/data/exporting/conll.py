"""CoNLL-2003 columns: one token per line with its tag, a blank line after each sentence.

Four columns with single spaces: token, part of speech, chunk, entity tag (BIO). Parts of speech and
chunks are not labelled here, so their columns hold "-X-" and "_". A document starts with a -DOCSTART-
line; a sentence ends with a line of the text. Tokens and overlapping spans: see projects.data.exporting.tokens.
"""

from collections.abc import Iterator

from projects.data.exporting.decided import Decided, decided
from projects.data.exporting.format import ExportFormat
from projects.data.exporting.tokens import bio, cuts_of, tokenize, without_overlaps
from projects.models import Batch, Project

DOCUMENT = "-DOCSTART- -X- O O\n\n"


def write(project: Project, batch: Batch | None) -> Iterator[bytes]:
    """One document per decided task."""
    for one in decided(project, batch):
        yield _document(one).encode()


def _document(one: Decided) -> str:
    text = one.payload["text"]
    spans = without_overlaps(one.answer["spans"])
    tokens = tokenize(text, cuts_of(spans))
    lines = [DOCUMENT]
    before = 0
    for (start, end), tag in zip(tokens, bio(tokens, spans), strict=True):
        if before and "\n" in text[before:start]:
            lines.append("\n")
        lines.append(f"{text[start:end]} -X- _ {tag}\n")
        before = end
    return "".join(lines) + "\n"


FORMAT = ExportFormat(
    key="conll",
    title="CoNLL-2003",
    note="One token per line with BIO tags. Of spans that overlap, the longest is kept.",
    ending=".conll",
    media_type="text/plain; charset=utf-8",
    write=write,
)
