"""What comes out for spaCy and as CoNLL columns: tokens that keep every span whole, read by spaCy itself."""

import zlib
from datetime import UTC, datetime

import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.symbols import IDS
from spacy.tokens import DocBin

from projects.data.exporting import decided as reading
from projects.data.exporting.docbin import Columns, _map
from projects.data.exporting.tokens import bio, cuts_of, tokenize, without_overlaps
from projects.data.spacy_numbers import SYMBOLS, string_number
from tests.support import make
from tests.support.projects.exporting import SPANS, TEXT, docs, exported, reports
from tests.support.rounds import rounds

__all__ = ["reports"]  # a fixture


def test_conll_has_four_columns_documents_and_sentences(reports):
    lines = exported(reports, "conll").decode().split("\n")
    assert lines[:2] == ["-DOCSTART- -X- O O", ""]
    rows = [line.split(" ") for line in lines if line]
    assert {len(row) for row in rows} == {4}
    tags = [(row[0], row[3]) for row in rows[1:]]
    assert tags[:4] == [("Dr", "O"), (".", "O"), ("Zoë", "B-Person"), ("O'Neil", "I-Person")]
    assert [row for row in tags if row[1].endswith("Place")] == [
        ("3", "B-Place"),
        ("May", "I-Place"),
        ("2024", "I-Place"),
    ]
    assert ("1,250.75", "O") in tags and lines.count("") == 4


def test_docbin_loads_in_spacy(reports, tmp_path):
    path = tmp_path / "reports.spacy"
    path.write_bytes(exported(reports, "docbin"))
    (doc,) = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    assert doc.text == TEXT
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Zoë O'Neil", "Person"), ("3 May 2024", "Place")]
    assert {(one.start_char, one.end_char, one.label_) for one in doc.spans["sc"]} == {
        (one["start"], one["end"], one["label"].title()) for one in SPANS
    }
    assert doc.user_data["external_id"] == "First-0"
    assert [token.text for token in doc if token.is_space] == [" ", "\n", "\n"]


def test_the_symbols_are_those_of_the_installed_spacy():
    assert {name: number for name, number in IDS.items() if name} == SYMBOLS


@given(st.text(max_size=40) | st.sampled_from(sorted(SYMBOLS)))
@settings(max_examples=rounds(300), deadline=None)
def test_strings_have_the_numbers_that_spacy_gives_them(word):
    assert string_number(word) == spacy.strings.StringStore().add(word)


def test_strings_keep_the_numbers_that_files_from_before_hold():
    known = {
        "": 0,
        "person": 14800503047316267216,
        "naïve — 3 May 2024": 9180178797886877053,
        "a\0b": 14668456501541330817,
    }
    assert {word: string_number(word) for word in known} == known


texts = st.text(alphabet="aB7 \n\t.,'é👩\u0301-", min_size=1, max_size=40)


@st.composite
def labelled(draw) -> tuple[str, list[dict]]:
    text = draw(texts.filter(str.strip))
    bounds = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text)), st.sampled_from(["a", "b"]))
    found = draw(st.sets(bounds.filter(lambda one: one[0] < one[1] and text[one[0] : one[1]].strip()), max_size=5))
    return text, [make.span(*one, id=f"s{n}") for n, one in enumerate(sorted(found))]


@given(labelled())
@settings(max_examples=rounds(300), deadline=None)
def test_tokens_cover_the_text_and_keep_every_span_whole(given_text):
    text, spans = given_text
    tokens = tokenize(text, cuts_of(spans))
    assert "".join(text[start:end] for start, end in tokens) == "".join(text.split())
    kept = without_overlaps(spans)
    tags = bio(tokens, kept)
    for one in kept:
        inside = [n for n, (start, end) in enumerate(tokens) if one["start"] <= start and end <= one["end"]]
        assert [tags[n] for n in inside] == [f"B-{one['label']}"] + [f"I-{one['label']}"] * (len(inside) - 1)
    assert sum(tag.startswith("B-") for tag in tags) == len(kept)
    assert all(one["end"] <= other["start"] for one, other in zip(kept, kept[1:], strict=False))


@given(labelled())
@settings(max_examples=rounds(150), deadline=None)
def test_any_labelled_text_comes_back_from_spacy(given_text):
    text, spans = given_text
    columns = Columns()
    now = datetime.now(UTC)
    row = reading.Decided("t", "e", "b", {"text": text}, {"spans": spans}, "v", 1.0, "m", 1, None, "", now)
    columns.add(row)
    (doc,) = docs(zlib.compress(b"".join(_map(columns))))
    assert doc.text == text
    expected = [(text[one["start"] : one["end"]].strip(), one["label"]) for one in without_overlaps(spans)]
    assert [(ent.text.strip(), ent.label_) for ent in doc.ents] == expected
    assert len(doc.spans["sc"]) == len(spans)
