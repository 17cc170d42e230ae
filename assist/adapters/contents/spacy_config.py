"""What a spaCy pipeline's config.cfg may say, checked before spaCy sees any of it.

A config is a program: each `@registry = "name"` in it is a call, with the other keys as arguments, and some registered
functions read or write files. So spaCy never gets the file itself. It gets the two sections that it needs in order to
load and run, [nlp] and [components], with all references resolved, once each call in them is known to touch no file
and no value is a path. How the pipeline was trained ([paths], [corpora], [training], [initialize]...) is checked as
well, since an unknown call there is an attack or a mistake, and then left out.

The lists follow what spaCy 3.8 itself uses: the functions named in the default configs of its component factories, in
its quickstart template and in its documentation of architectures, and the earlier versions of those
(`spacy-legacy`). Left out on purpose:
- `spacy.TorchBiLSTMEncoder.v1`: its weights are a torch file within another, and room is made before they are read
- `entity_linker`, `spacy.EntityLinker`, `spacy.KBFromFile`: a knowledge base is read by path, in a form of its own
- all callbacks and readers, and `spacy.LookupsDataLoader.v1`, except where they are left out with their section
- what other packages register (transformer, curated_transformer, llm...): nobody here knows what it may do.
"""

import configparser
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from confection import Config

from assist.adapters.refusals import ManifestProblem

FILE = "config.cfg"
MAX_BYTES = 256 << 10
MAX_REFERENCES = 500  # `${section.key}`, in all; one a value, so that none can be doubled over and over
MAX_VALUES, MAX_DEPTH, MAX_CHARACTERS = 20_000, 16, 500
MAX_NUMBER = 10_000_000
# What is made as often as a number says, before a weight is read.
MAX_NUMBERS = {
    "depth": 64,
    "conv_depth": 64,
    "window_size": 64,
    "maxout_pieces": 64,
    "ngram_size": 64,
    "beam_width": 256,
    "min_size": 1_000,
    "max_size": 1_000,
    "nC": 1_024,
    "nM": 4_096,
}

LANGUAGE = re.compile(r"[a-z]{2,3}")
COMPONENT = re.compile(r"\w[\w-]{0,60}", re.ASCII)
FUNCTION = re.compile(r"[\w.-]{1,60}", re.ASCII)
# Files and folders of the pipeline itself: a component of such a name would read them as its own.
RESERVED = frozenset({"config", "meta", "tokenizer", "vocab"})
FACTORIES = frozenset(
    {
        "attribute_ruler",
        "beam_ner",
        "beam_parser",
        "doc_cleaner",
        "entity_ruler",
        "future_entity_ruler",
        "lemmatizer",
        "merge_entities",
        "merge_noun_chunks",
        "merge_subtokens",
        "morphologizer",
        "ner",
        "parser",
        "senter",
        "sentencizer",
        "span_finder",
        "span_ruler",
        "spancat",
        "spancat_singlelabel",
        "tagger",
        "textcat",
        "textcat_multilabel",
        "tok2vec",
        "token_splitter",
        "trainable_lemmatizer",
    }
)


def _versions(**names: int) -> frozenset[str]:
    """Each name in all its versions up to the last, in spaCy's own name and in that of its package of old versions."""
    return frozenset(
        f"{package}.{name}.v{version}"
        for name, last in names.items()
        for version in range(1, last + 1)
        for package in ("spacy", "spacy-legacy")
    )


Functions = Mapping[str, Collection[str]]

CALLS: Functions = {
    "architectures": _versions(
        CharacterEmbed=2,
        HashEmbedCNN=2,
        MaxoutWindowEncoder=2,
        MishWindowEncoder=2,
        MultiHashEmbed=2,
        SpanCategorizer=1,
        SpanFinder=1,
        Tagger=2,
        TextCatBOW=3,
        TextCatCNN=2,
        TextCatEnsemble=2,
        TextCatLowData=1,
        TextCatParametricAttention=1,
        TextCatReduce=1,
        Tok2Vec=2,
        Tok2VecListener=1,
        TransitionBasedParser=2,
    ),
    "layers": _versions(LinearLogistic=1, mean_max_reducer=1)
    | {f"reduce_{what}.v1" for what in ("first", "last", "max", "mean", "sum")}
    | {"Logistic.v1", "Softmax.v1", "Softmax.v2"},
    "misc": _versions(
        first_longest_spans_filter=1,
        levenshtein_compare=1,
        ngram_range_suggester=1,
        ngram_suggester=1,
        preset_spans_suggester=1,
        prioritize_existing_ents_filter=1,
        prioritize_new_ents_filter=1,
    ),
    "scorers": _versions(
        attribute_ruler_scorer=1,
        entity_ruler_scorer=1,
        lemmatizer_scorer=1,
        morphologizer_scorer=1,
        ner_scorer=1,
        overlapping_labeled_spans_scorer=1,
        parser_scorer=1,
        senter_scorer=1,
        span_finder_scorer=1,
        spancat_scorer=1,
        tagger_scorer=1,
        textcat_multilabel_scorer=2,
        textcat_scorer=2,
    ),
    # The others need a package that reads files of its own; none takes a path.
    "tokenizers": {
        "spacy.Tokenizer.v1",
        "spacy.ja.JapaneseTokenizer",
        "spacy.ko.KoreanTokenizer",
        "spacy.th.ThaiTokenizer",
        "spacy.vi.VietnameseTokenizer",
        "spacy.zh.ChineseTokenizer",
    },
    "vectors": {"spacy.Vectors.v1"},
}
# What the sections that are left out may name besides: `spacy train` writes it, and nothing ever calls it here.
TRAINING_CALLS: Functions = {
    "architectures": {*CALLS["architectures"], "spacy.PretrainCharacters.v1", "spacy.PretrainVectors.v1"},
    "augmenters": {
        "spacy.combined_augmenter.v1",
        "spacy.dont_augment.v1",
        "spacy.lower_case.v1",
        "spacy.orth_variants.v1",
    },
    "batchers": {"spacy.batch_by_padded.v1", "spacy.batch_by_sequence.v1", "spacy.batch_by_words.v1"},
    "loggers": _versions(ConsoleLogger=3, WandbLogger=5),
    "misc": {*CALLS["misc"], "spacy.LookupsDataLoader.v1"},
    "optimizers": {"Adam.v1", "RAdam.v1", "SGD.v1"},
    "readers": {"spacy.Corpus.v1", "spacy.JsonlCorpus.v1", "spacy.PlainTextCorpus.v1", "spacy.read_labels.v1"},
    "schedules": {
        "compounding.v1",
        "constant.v1",
        "constant_then.v1",
        "cyclic_triangular.v1",
        "decaying.v1",
        "slanted_triangular.v1",
        "warmup_linear.v1",
    },
}
CALLBACKS = ("before_creation", "after_creation", "after_pipeline_creation")
NLP = frozenset({"lang", "pipeline", "disabled", "tokenizer", "vectors", "batch_size", *CALLBACKS})
# [paths] holds plain words for `spacy train`; what refers to them from elsewhere is checked where it stands.
PATHS = "paths"


def sections(content: bytes) -> dict[str, Any]:
    """[nlp] and [components] as spaCy may have them, references resolved. Raises ManifestProblem, with the section and
    the key."""
    text = _text(content)
    _check_references(text)
    try:
        config = dict(Config().from_str(text, interpolate=True))
        plain = dict(Config().from_str(text, interpolate=False))
    except Exception:  # whatever a text that is no config may do to its reader; what it says would show the text
        raise _refusal("not-a-config", (), "Its references can't be resolved: write it with nlp.to_disk.") from None
    count = _Count()
    for name in config:
        if name in {"nlp", "components"}:
            _Walk(count, CALLS, _is_path, numbers=True).check(config[name], (name,))
        elif name == PATHS:
            _Walk(count, {}, lambda value: False).check(plain[name], (name,))
        else:  # its references are never resolved, and what they refer to is checked where it stands
            _Walk(count, TRAINING_CALLS, _leaves_the_folder).check(plain[name], (name,))
    nlp, components = config.get("nlp"), config.get("components", {})
    if not isinstance(nlp, dict) or not isinstance(components, dict):
        raise _refusal("not-a-config", ("nlp",), "A pipeline has a section [nlp], and one for each component.")
    _check_nlp(nlp, components)
    for name, component in components.items():
        _check_component(name, component)
    return {"nlp": nlp, "components": components}


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _refusal("too-large", (), f"It is larger than {MAX_BYTES >> 10} KB.")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise _refusal("not-a-config", (), "It isn't written in UTF-8.") from None
    if any(not sign.isprintable() and sign not in "\n\r\t" for sign in text):
        raise _refusal("not-a-config", (), "It holds signs that are no text.")
    return text


def _check_references(text: str) -> None:
    """Few enough that resolving them stays small, and a file that can be parsed. Raises ManifestProblem, with the line
    where it can't."""
    if text.count("${") > MAX_REFERENCES:
        raise _refusal("too-many", (), f"It has more than {MAX_REFERENCES} references.")
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except configparser.Error as problem:
        line = getattr(problem, "lineno", None) or next((line for line, _ in getattr(problem, "errors", ())), None)
        where = f"Line {line} is" if line else "It is"
        raise _refusal("not-a-config", (), f"{where} not as nlp.to_disk writes it.") from None
    for section in parser.sections():
        for key, value in parser.items(section):
            if value.count("${") > 1:
                text = "It has more than one reference: write the value itself."
                raise _refusal("too-many", (*section.split("."), key), text)


def _check_nlp(nlp: Mapping[str, Any], components: Mapping[str, Any]) -> None:
    for key in nlp:
        if key not in NLP:
            raise _refusal("unknown-field", ("nlp", key), "There is no such setting.")
    for key in CALLBACKS:
        if nlp.get(key) is not None:
            text = "It calls a function while the pipeline loads, which a model may not: set it to null."
            raise _refusal("forbidden-call", ("nlp", key), text)
    lang = nlp.get("lang")
    if not isinstance(lang, str) or not LANGUAGE.fullmatch(lang):
        raise _refusal("bad-field", ("nlp", "lang"), "It is the code of a language: two or three small letters.")
    for key in ("pipeline", "disabled"):
        names = nlp.get(key, [])
        if not isinstance(names, list) or not all(isinstance(name, str) and name in components for name in names):
            raise _refusal("bad-field", ("nlp", key), "It is a list of components, each with a section of its own.")


def _check_component(name: str, component: Any) -> None:
    """What it is made by, and that its name is no way to another folder: its files lie under that name."""
    if not COMPONENT.fullmatch(name) or name in RESERVED:
        text = "A component is called by letters, digits, dashes and _, and not as a file of the pipeline is."
        raise _refusal("bad-name", ("components", name), text)
    place = "components", name
    if not isinstance(component, dict):
        raise _refusal("bad-field", place, "A component is a section.")
    for key in ("nlp", "name"):
        if key in component:
            raise _refusal("unknown-field", (*place, key), "spaCy gives this to the component itself.")
    if "source" in component:
        text = "It takes the component from another pipeline: save it with this one, by nlp.to_disk."
        raise _refusal("forbidden-call", (*place, "source"), text)
    factory = component.get("factory")
    if factory not in FACTORIES:
        text = f"{_quoted(factory)} is none of the components that may be loaded here: {', '.join(sorted(FACTORIES))}."
        raise _refusal("forbidden-call", (*place, "factory"), text)


class _Count:
    """Of values, in all sections: references may show one section in many places."""

    def __init__(self) -> None:
        self.values = 0


@dataclass(frozen=True)
class _Walk:
    """Checks all that is in a section; `is_path`: whether a text leads where it may not."""

    count: _Count
    calls: Functions
    is_path: Callable[[str], bool]
    numbers: bool = False

    def check(self, value: Any, place: tuple[str, ...]) -> None:
        """Raises ManifestProblem."""
        self.count.values += 1
        if self.count.values > MAX_VALUES or len(place) > MAX_DEPTH:
            raise _refusal("too-many", place[:3], f"It has more than {MAX_VALUES:,} values, or goes round in a circle.")
        if isinstance(value, dict):
            for key, inner in value.items():
                self._text(str(key), place)
                if str(key).strip().startswith("@"):
                    self._call(str(key), inner, (*place, str(key)))
                self.check(inner, (*place, str(key)))
        elif isinstance(value, list):
            for inner in value:
                self.check(inner, place)
        elif isinstance(value, str):
            self._text(value, place)
            self._value(place, value)
        elif self.numbers and isinstance(value, int | float):
            self._number(value, place)

    def _call(self, key: str, name: Any, place: tuple[str, ...]) -> None:
        if not isinstance(name, str) or name not in self.calls.get(key.removeprefix("@"), ()):
            text = f"{_quoted(name)} is none of the functions that a model may call."
            raise _refusal("forbidden-call", place, text)

    def _text(self, text: str, place: tuple[str, ...]) -> None:
        if self.is_path(text):
            text = "It is a path, and a model names no file: set it to null or leave it out."
            raise _refusal("path", place, text)
        if self.calls is CALLS and len(text) > MAX_CHARACTERS:
            raise _refusal("too-large", place, f"It is longer than {MAX_CHARACTERS} letters.")

    def _value(self, place: tuple[str, ...], value: str) -> None:
        """A text that is JSON once more: it may be read as that."""
        if place[-1] == "segmenter" and value != "char":
            raise _refusal("forbidden-call", place, "It needs another package's model: it can be char alone.")
        if not value.lstrip().startswith(("{", "[", '"')):
            return
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            return
        self.check(inner, place)

    def _number(self, value: float, place: tuple[str, ...]) -> None:
        most = MAX_NUMBERS.get(place[-1], MAX_NUMBER)
        if not abs(value) <= most:  # nor a number that is none
            raise _refusal("bad-field", place, f"It is a number of at most {most:,}.")


def _is_path(text: str) -> bool:
    return "/" in text or "\\" in text or text.startswith("~") or text == ".."


def _leaves_the_folder(text: str) -> bool:
    """Of what is never used: where training data lay below the folder that the pipeline was trained in is harmless."""
    return text.startswith(("/", "~", "\\")) or "://" in text or ".." in re.split(r"[/\\]", text)


def _quoted(name: object) -> str:
    """A function's name, where it looks like one."""
    return f"“{name}”" if isinstance(name, str) and FUNCTION.fullmatch(name) else "This"


def _refusal(code: str, place: tuple[str, ...], text: str) -> ManifestProblem:
    """Section and key, as they stand in the file; names that are none are left out."""
    names = [name if name.isprintable() and len(name) <= 60 else "…" for name in place]
    section = f" [{'.'.join(names[:-1])}]" if len(names) > 1 else ""
    return ManifestProblem(code, f"{FILE}{section} {names[-1]}" if names else FILE, text)
