"""Any spaCy pipeline, of any language, as `nlp.to_disk` writes it: entities and span categories, or text categories."""

from collections.abc import Sequence

from spacy import util
from spacy.language import Language
from spacy.pipeline import EntityRecognizer
from spacy.tokens import Doc

from assist.adapters import FoundSpan, RuntimeMissing
from assist.adapters.bundle import Bundle
from assist.adapters.contents import spacy_files
from assist.adapters.devices import Device
from assist.adapters.library_faults import reason
from assist.adapters.span_sureness import chances

SIDE_BY_SIDE = 32  # texts
CONFIG = "config"  # as spaCy calls config.cfg among what it reads in a folder
LONGEST = 10_000_000  # characters: spaCy's own limit is for machines with less memory


def load(bundle: Bundle, device: Device) -> "SpacyFolder":
    """From its folder, by what is left of its config: spaCy never reads that itself. Raises RuntimeMissing where it is
    no pipeline, or needs what isn't installed, and ManifestProblem where it asks for what it may not have."""
    sections = spacy_files.sections(bundle.files)
    try:
        with bundle.folder() as folder:
            pipeline = util.load_model_from_config(sections).from_disk(folder, exclude=[CONFIG])
    except Exception as problem:  # whatever a folder that is none may do to its reader
        why = reason(problem, bundle.files)
        raise RuntimeMissing(f"{bundle.key} is no spaCy pipeline that loads here: {why}.") from None
    pipeline.max_length = LONGEST
    return SpacyFolder(pipeline)


class SpacyFolder:
    """One pipeline; safe to share, since a text leaves nothing behind but new words in the vocabulary."""

    device = "cpu"

    def __init__(self, pipeline: Language) -> None:
        self.pipeline = pipeline

    def spans(self, text: str) -> list[FoundSpan]:
        """With the pipeline's own labels."""
        return self._found([self.pipeline(text)])[0]

    def spans_of(self, texts: Sequence[str]) -> list[list[FoundSpan] | None]:
        """In batches."""
        found: list[list[FoundSpan] | None] = []
        for at in range(0, len(texts), SIDE_BY_SIDE):
            found += self._found(list(self.pipeline.pipe(texts[at : at + SIDE_BY_SIDE])))
        return found

    def _found(self, documents: Sequence[Doc]) -> list[list[FoundSpan]]:
        recognisers = [part for _, part in self.pipeline.pipeline if isinstance(part, EntityRecognizer)]
        if len(recognisers) != 1 or not any(document.ents for document in documents):
            return [_found(document, [None] * len(document.ents)) for document in documents]
        sure = chances(recognisers[0], documents)
        return [_found(document, one) for document, one in zip(documents, sure, strict=True)]

    def shares(self, subjects: Sequence[str], labels: Sequence[str]) -> list[dict[str, float | None] | None]:
        """What its text categoriser says; `labels` are the project's, which it doesn't know."""
        return [_categories(document) for document in self.pipeline.pipe(subjects)]


def _categories(document: Doc) -> dict[str, float | None] | None:
    return {label: round(float(share), 4) for label, share in document.cats.items()} or None


def _found(document: Doc, sure: Sequence[float | None]) -> list[FoundSpan]:
    """Entities, each with its chance; and of each group of span categories what is in it, with its score."""
    found = [
        FoundSpan(span.start_char, span.end_char, span.label_, chance)
        for span, chance in zip(document.ents, sure, strict=True)
    ]
    for group in document.spans.values():
        scores = list(group.attrs.get("scores", ()))
        known = [float(one) for one in scores] if len(scores) == len(group) else [None] * len(group)
        found += [
            FoundSpan(span.start_char, span.end_char, span.label_, score)
            for span, score in zip(group, known, strict=True)
            if span.label_
        ]
    return sorted(found, key=lambda one: (one.start, one.end, one.label))
