"""Models that somebody brings, made in a moment: folders with a manifest, and hosts that answer for one."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from assist.adapters import bringing, catalogue

if TYPE_CHECKING:  # what takes seconds to load is loaded by whoever needs it, and not by each process of tests
    from torch import nn

checked = bringing.checked

TORCHVISION = "mobilenet_v3_small"
SIDE = 64  # pixels of the window of the tiny ONNX models
BOX = [0.25, 0.25, 0.75, 0.5]  # left, top, right, bottom of what the tiny detector sees, as shares of the image


def folder(at: Path, page: str, files: Mapping[str, bytes] | None = None, **fields: Any) -> Path:
    """A model's folder: the fields, the files with their hashes, and the rest of the page as it is."""
    at.mkdir(parents=True, exist_ok=True)
    for name, content in (files or {}).items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(content)
    usual = {"name": "a-model", "version": "1", "licence": "MIT"} | fields
    lines = [f"{name} = {json.dumps(value)}" for name, value in usual.items()]
    present = sorted(path for path in at.rglob("*") if path.is_file() and path.name != "model.toml")
    lines += ["[files]"] * bool(present)
    lines += [f'"{path.relative_to(at)}" = "{hashlib.sha256(path.read_bytes()).hexdigest()}"' for path in present]
    (at / "model.toml").write_text("\n".join([*lines, page]) + "\n")
    return at


def entered(tmp_path: Path, source: Path) -> Any:
    """The model, checked, entered in a store of its own, and loaded."""
    with checked(source) as (offer, files):
        catalogue.enter(tmp_path / "store", offer, files)
    return catalogue.find(offer.key, tmp_path / "store").load(tmp_path / "store")


def spans_folder(at: Path, language: str = "de", **fields: Any) -> Path:
    """A spaCy pipeline of another language, which knows two names."""
    import spacy

    pipeline = spacy.blank(language)
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "ORT", "pattern": "Köln"}, {"label": "NAME", "pattern": "Maria"}])  # type: ignore[attr-defined]
    pipeline.to_disk(at)
    return folder(at, "", **{"name": "namen", "capability": "spans", "adapter": "spacy"} | fields)


DETECTOR = f"[options]\ndecode = 'yolo'\nwidth = {SIDE}\nheight = {SIDE}\n"


def detector_folder(at: Path, rows: np.ndarray | None = None, page: str = DETECTOR, **fields: Any) -> Path:
    """A detector in the manner of YOLO that says the same of each image: one "thing" and, unsure, one "other"."""
    left, top, right, bottom = (SIDE * share for share in BOX)
    sure = [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top, 0.9, 0.02]
    said = np.array([sure, [8, 8, 8, 8, 0.01, 0.3]], np.float32) if rows is None else rows.astype(np.float32)
    terms = {"name": "things", "capability": "detect", "adapter": "onnx-detector", "labels": ["thing", "other"]}
    return folder(at, page, {"model.onnx": constant(said.T[None])}, **terms | fields)


def classifier_folder(at: Path, numbers: Sequence[float] = (0.0, 2.0, 0.0), **fields: Any) -> Path:
    """An image classifier that says the same of each image."""
    terms = {
        "name": "moods",
        "capability": "classify",
        "adapter": "onnx-classifier",
        "labels": ["red", "green", "blue"],
    }
    page = f"[options]\nwidth = {SIDE}\nheight = {SIDE}\n"
    return folder(at, page, {"model.onnx": constant(np.array([numbers], np.float32))}, **terms | fields)


def torch_folder(at: Path, weights: bytes | None = None, file: str = "weights.safetensors", **fields: Any) -> Path:
    """An image classifier of torchvision that says "green" of each image; `weights`: another file's content."""
    from safetensors.torch import save

    content = save(torchvision_model().state_dict()) if weights is None else weights
    terms = {
        "name": "tints",
        "capability": "classify",
        "adapter": "torchvision",
        "labels": ["red", "green", "blue"],
    }
    page = f"[options]\narchitecture = '{TORCHVISION}'\nwidth = {SIDE}\nheight = {SIDE}\n"
    return folder(at, page, {file: content}, **terms | fields)


def torchvision_model(labels: int = 3) -> "nn.Module":
    """Untrained, but for its last layer: whatever it sees is the second label."""
    import torch
    from torchvision import models

    made = models.get_model(TORCHVISION, num_classes=labels)
    with torch.no_grad():
        made.classifier[-1].weight.zero_()
        made.classifier[-1].bias.copy_(torch.arange(labels) == 1).mul_(2)
    return made


PIECES = ("[CLS]", "[SEP]", "[UNK]", "maria", "lo", "##pez", "os", "##lo", "awful", "fine", "soup")
TAGS = {"maria": "B-PER", "lo": "I-PER", "##pez": "LOC", "os": "LOC", "##lo": "B-PER"}
TONES = {"awful": "complaint", "fine": "praise"}


def text_folder(at: Path, table: Mapping[str, str] = TAGS, page: str = "", *, sure: float = 6.0, **fields: Any) -> Path:
    """What Hugging Face exports, as tiny as can be: of each piece of a text it says what stands in the table; with
    "classify", of a whole text the middle of that."""
    labels = fields.pop("labels", ["O", *sorted({*table.values()})])
    terms = {"name": "letters", "capability": "spans", "adapter": "onnx-text", "labels": labels} | fields
    numbers = np.zeros((len(PIECES), len(labels)), np.float32)
    for place, piece in enumerate(PIECES):
        numbers[place, labels.index(table.get(piece, labels[0]))] = sure
    files = {"model.onnx": looked_up(numbers, whole=terms["capability"] == "classify"), "tokenizer.json": _tokenizer()}
    return folder(at, page, files, **terms)


LIES = {"maria": (1, 0), "lo": (1, 0), "##pez": (1, 0), "os": (0, 1), "##lo": (0, 1)}
LIES |= {"awful": (0, -1), "fine": (-1, 0), "soup": (-1, 0)}


def embedder_folder(at: Path, page: str = "", *, whole: bool = True, **fields: Any) -> Path:
    """A model of where texts lie: names to the right, places above, what is awful below, what is fine to the left;
    pooled by itself (`whole`), or a row for each piece."""
    table = np.zeros((len(PIECES), 2), np.float32)
    for piece, where in LIES.items():
        table[PIECES.index(piece)] = where
    files = {"model.onnx": looked_up(table, whole=whole), "tokenizer.json": _tokenizer()}
    terms = {"name": "places", "capability": "embed", "adapter": "onnx-text-embedder"}
    return folder(at, page, files, **terms | fields)


def looked_up(table: np.ndarray, *, whole: bool) -> bytes:
    """An ONNX model that says of each piece its row; or of all together the middle of theirs."""
    names = ("input_ids", "attention_mask")
    asked = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "pieces"]) for name in names]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["rows"])]
    if whole:
        nodes.append(helper.make_node("ReduceMean", ["rows"], ["said"], axes=[1], keepdims=0))
    told = helper.make_tensor_value_info("said" if whole else "rows", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "table", asked, [told], [numpy_helper.from_array(table, "table")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    return model.SerializeToString()


def _tokenizer() -> bytes:
    made = Tokenizer(WordPiece({piece: n for n, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = Lowercase(), BertPreTokenizer()
    marks = [("[CLS]", 0), ("[SEP]", 1)]
    made.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=marks)
    return made.to_str().encode()


def constant(*outputs: np.ndarray) -> bytes:
    """An ONNX model that takes an image and says these numbers."""
    image = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    nodes, named, results = [], [], []
    for n, output in enumerate(outputs):
        named.append(numpy_helper.from_array(output, f"said{n}"))
        nodes.append(helper.make_node("Identity", [f"said{n}"], [f"output{n}"]))
        kind = helper.np_dtype_to_tensor_dtype(output.dtype)
        results.append(helper.make_tensor_value_info(f"output{n}", kind, output.shape))
    graph = helper.make_graph(nodes, "constant", [image], results, named)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    return model.SerializeToString()


def torn() -> bytes:
    """An ONNX file that looks well, of which no library makes a model: its only step isn't in any set of operations."""
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    said = helper.make_tensor_value_info("said", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("Nothing", ["images"], ["said"])], "torn", [given], [said])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


Reply = Callable[[str, Any], tuple[int, Any]]  # from a path and the body to a status and what is said


class Backend:
    """A host of this machine; `asked` is what it was asked, `reply` may be changed while it runs."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.asked: list[tuple[str, Any]] = []
        self.headers: dict[str, str] = {}  # that it sends along
        self.heard: list[Mapping[str, str]] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(reply: Reply) -> Iterator[Backend]:
    """The host, while the test goes on."""
    backend = Backend(reply)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self._say(json.loads(self.rfile.read(length) or "null"))

        def do_GET(self) -> None:
            self._say(None)

        def _say(self, body: Any) -> None:
            backend.asked.append((self.path, body))
            backend.heard.append(dict(self.headers))
            status, said = backend.reply(self.path, body)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            try:
                self.send_response(status)
                for name, value in backend.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:  # who asked has gone
                return

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    backend.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield backend
    finally:
        server.shutdown()
        server.server_close()
