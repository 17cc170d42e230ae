"""Models that look well when they are brought, and turn against whoever loads or asks them."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.support.assist import brought, hostile_models, hostile_spacy
from tests.support.assist.hostile_models import detector, hub
from tests.support.assist.hostile_spacy import Write

SECONDS = 150.0  # for a first question that takes a good model five, on a machine that has much else to do
# What would go on for ever, which nothing but time ends.
ENDLESS = frozenset({"ONNX: a loop without end", "spaCy: an expression without end"})
ENDLESS_SECONDS = 40.0
MEASURED = """
import json, resource, sys
from dataclasses import asdict
from pathlib import Path
from assist.runtime import smoke
finding = smoke.examine(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
print(json.dumps([asdict(finding), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10]))
"""


@dataclass(frozen=True)
class Finding:
    """How a first question went, and the most memory that its process took."""

    well: bool
    lines: tuple[str, ...]
    megabytes: int


def asked(key: str, store: Path, seconds: float = SECONDS) -> Finding:
    """As a worker asks it: in a process of its own, whose memory is measured by one around it."""
    command = [sys.executable, "-c", MEASURED, key, str(store), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    finding, megabytes = json.loads(done.stdout.splitlines()[-1])
    return Finding(finding["well"], tuple(finding["lines"]), megabytes)


def _steps(*nodes: Any, **held: np.ndarray) -> Write:
    values = [numpy_helper.from_array(value, name) for name, value in held.items()]
    return detector(hostile_models._model(list(nodes), values).SerializeToString())


def _node(kind: str, given: list[str], said: str = "output", **attributes: Any) -> Any:
    return helper.make_node(kind, given, [said], **attributes)


def _endless() -> Write:
    """A loop whose end never comes."""
    go, on = (helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("go", "on"))
    n = helper.make_tensor_value_info("n", TensorProto.INT64, [])
    before, after = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("before", "after"))
    steps = [_node("Identity", ["go"], "on"), _node("Neg", ["before"], "after")]
    body = helper.make_graph(steps, "body", [n, go, before], [on, after])
    return _steps(
        _node("ReduceMax", ["images"], "most", keepdims=0),
        _node("Greater", ["most", "nothing"], "yes"),
        _node("Loop", ["", "yes", "start"], body=body),
        nothing=np.array(-1e30, np.float32),
        start=np.ones(1, np.float32),
    )


def _pipeline(**files: bytes) -> Write:
    return lambda at, lures: hostile_spacy.pipeline(at, None, **files)


def _slow_tokenizer(at: Path, lures: Any) -> Path:
    """A regular expression that takes thirty times as long with each letter."""
    import srsly

    said = srsly.read_msgpack(hostile_spacy.template() / "tokenizer")
    said["token_match"] = f"^(?:{'|'.join([r'(.)'] * 30)})*Z$"
    return hostile_spacy.pipeline(at, None, tokenizer=srsly.msgpack_dumps(said))


def _network(width: int) -> str:
    """A recogniser as wide as can be said, whose weights aren't there."""
    return (
        hostile_spacy.changed(
            f"{hostile_spacy.FACTORY}\n",
            'factory = "ner"\nmodel = {"@architectures":"spacy.TransitionBasedParser.v2","state_type":"ner",'
            f'"hidden_width":{width},"maxout_pieces":3,"extra_state_tokens":false,"use_upper":true,'
            '"tok2vec":{"@architectures":"spacy.HashEmbedCNN.v2","width":%d,"depth":8,"embed_size":10000000,'
            '"window_size":1,"maxout_pieces":3,"subword_features":true,"pretrained_vectors":null}}\n' % width,
        )
        .replace(hostile_spacy.SCORER, "")
        .replace(f"{hostile_spacy.CHARS}\n", "")
        .replace("overwrite = false\n", "")
    )


def _wide(at: Path, lures: Any) -> Path:
    return hostile_spacy.pipeline(at, _network(9_000_000))


def _tokens(change: Callable[[dict[str, Any]], Any]) -> Write:
    def write(at: Path, lures: Any) -> Path:
        said = json.loads(brought._tokenizer())
        change(said)
        made = brought.text_folder(at)
        (made / "tokenizer.json").write_text(json.dumps(said))
        (made / "model.toml").unlink()
        labels = ["O", *sorted({*brought.TAGS.values()})]
        return brought.folder(made, "", name="letters", capability="spans", adapter="onnx-text", labels=labels)

    return write


def good(at: Path) -> dict[str, Path]:
    """A model for each adapter, by which the others are measured."""
    from transformers import BertConfig, BertForTokenClassification

    sizes = {"hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 4}
    config = BertConfig(**sizes, vocab_size=len(brought.PIECES), num_labels=2)
    BertForTokenClassification(config).save_pretrained(at / "hub")
    terms = hostile_models.TEXT | {"name": "hub"}
    return {
        "spacy": brought.spans_folder(at / "spacy"),
        "transformers": brought.folder(at / "hub", "", {"tokenizer.json": brought._tokenizer()}, **terms),
        "onnx-detector": brought.detector_folder(at / "detector"),
        "onnx-text": brought.text_folder(at / "text"),
    }


TERA = np.array([10**12], np.int64)


def all_of() -> dict[str, Write]:
    """By their names."""
    return {
        "ONNX: a constant of a terabyte": _steps(_node("ConstantOfShape", ["shape"]), shape=TERA),
        "ONNX: numbers made many at once": _steps(
            _node("Expand", ["one", "shape"]), one=np.zeros(1, np.float32), shape=np.array([10**6, 10**6], np.int64)
        ),
        "ONNX: repeated without end": _steps(
            _node("Tile", ["one", "times"]), one=np.zeros(1, np.float32), times=np.array([10**11], np.int64)
        ),
        "ONNX: a step that isn't there": detector(brought.torn()),
        "ONNX: a set of operations that isn't there": _steps(
            helper.make_node("Read", ["images"], ["output"], domain="evil.ops")
        ),
        "ONNX: no numbers": detector(brought.constant(np.full((1, 6, 4), np.nan, np.float32))),
        "ONNX: another shape": detector(brought.constant(np.zeros((3,), np.float32))),
        "ONNX: a loop without end": _endless(),
        "spaCy: an expression without end": _slow_tokenizer,
        "spaCy: tables of words that are none": _pipeline(**{"vocab__lookups.bin": b"\xc1"}),
        "spaCy: a vocabulary that is no JSON": lambda at, lures: hostile_spacy.pipeline(
            at, None, **{"vocab__strings.json": b'["' + lures.token.encode()}
        ),
        "spaCy: a tokenizer that is no msgpack": _pipeline(tokenizer=b"\xdd\xff\xff\xff\xff"),
        "spaCy: a tokenizer in lists": _pipeline(tokenizer=b"\x91" * 100_000),
        "spaCy: empty tables by the million": _pipeline(
            tokenizer=b"\xdd" + (30_000_000).to_bytes(4, "big") + b"\x80" * 30_000_000
        ),
        "spaCy: a network of ten million": _wide,
        "transformers: more numbers than its file has": hub({"vocab_size": 9_000_000, "hidden_size": 9_000_000}),
        "transformers: weights of another model": hub({}),
        "transformers: a kind that isn't there": hub({"model_type": "their-own"}),
        "transformers: a kind of pictures": hub({"model_type": "vit"}),
        "tokenizer: padded without end": _tokens(
            lambda said: said.update(
                padding={
                    "strategy": {"Fixed": 10**10},
                    "direction": "Right",
                    "pad_to_multiple_of": None,
                    "pad_id": 0,
                    "pad_type_id": 0,
                    "pad_token": "[PAD]",
                },
                model=said["model"] | {"vocab": {}},
            )
        ),
        "tokenizer: no pieces": _tokens(lambda said: said["model"].update(type="Nothing")),
        "tokenizer: an expression that doesn't end": _tokens(
            lambda said: said.update(normalizer={"type": "Replace", "pattern": {"Regex": "(" * 10_000}, "content": ""})
        ),
    }
