"""Model folders and zips that nobody should take in, of all kinds but spaCy's (hostile_spacy.py), and those that look
well and turn against whoever loads or asks them."""

import io
import json
import os
import pickle
import stat
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, StringStringEntryProto, TensorProto, helper, numpy_helper

from tests.support.assist import brought, hostile_spacy
from tests.support.assist.hostile_spacy import Write
from tests.support.assist.lures import Lures

DETECT: dict[str, Any] = {"capability": "detect", "adapter": "onnx-detector", "labels": ["thing"]}
TORCH: dict[str, Any] = {"capability": "classify", "adapter": "torchvision", "labels": ["red", "green", "blue"]}
TORCH_PAGE = "[options]\narchitecture = 'mobilenet_v3_small'\nwidth = 64\nheight = 64\n"
HEAD: dict[str, Any] = {"capability": "classify", "adapter": "text-head"}
TEXT: dict[str, Any] = {"capability": "spans", "adapter": "transformers", "labels": ["O", "PER"]}
SIDE = brought.SIDE


def detector(content: bytes, **files: bytes) -> Write:
    return lambda at, lures: brought.folder(at, brought.DETECTOR, {"model.onnx": content, **files}, **DETECT)


# ONNX


def _external(location: str, **more: str) -> TensorProto:
    tensor = TensorProto(name="said", data_type=TensorProto.FLOAT, dims=[1, 6, 4])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        tensor.external_data.append(StringStringEntryProto(key=key, value=value))
    return tensor


def _graph(nodes: list[Any], held: list[TensorProto] | None = None) -> GraphProto:
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    said = helper.make_tensor_value_info("output", TensorProto.FLOAT, None)
    return helper.make_graph(nodes, "hostile", [given], [said], held or [])


def _model(nodes: list[Any], held: list[TensorProto] | None = None, **more: Any) -> ModelProto:
    return helper.make_model(_graph(nodes, held), opset_imports=[helper.make_opsetid("", 17)], ir_version=9, **more)


SAY = helper.make_node("Identity", ["said"], ["output"])


def _initializer(location: str, **more: str) -> bytes:
    return _model([SAY], [_external(location, **more)]).SerializeToString()


def _attribute(location: str) -> bytes:
    node = helper.make_node("Constant", [], ["output"])
    node.attribute.append(AttributeProto(name="value", type=AttributeProto.TENSOR, t=_external(location)))
    return _model([node]).SerializeToString()


def _branch(location: str) -> bytes:
    inner = helper.make_graph(
        [SAY], "inner", [], [helper.make_empty_tensor_value_info("output")], [_external(location)]
    )
    node = helper.make_node("If", ["yes"], ["output"], then_branch=inner, else_branch=inner)
    return _model([node], [numpy_helper.from_array(np.array(True), "yes")]).SerializeToString()


def _sparse(location: str) -> bytes:
    model = _model([SAY])
    model.graph.sparse_initializer.add(values=_external(location), dims=[1, 6, 4])
    return model.SerializeToString()


def _function(location: str) -> bytes:
    node = helper.make_node("Constant", [], ["y"])
    node.attribute.append(AttributeProto(name="value", type=AttributeProto.TENSOR, t=_external(location)))
    made = helper.make_function("own", "Say", ["x"], ["y"], [node], [helper.make_opsetid("", 17)])
    call = helper.make_node("Say", ["images"], ["output"], domain="own")
    return _model([call], functions=[made]).SerializeToString()


def _field(number: int, content: bytes) -> bytes:
    """Of a protocol buffer, whose libraries write nothing as deep as is wanted here."""
    size, length = len(content), b""
    while size >= 128:
        size, length = size >> 7, length + bytes([size & 127 | 128])
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def _nested(levels: int) -> bytes:
    graph = b""
    for _ in range(levels):
        graph = _field(1, _field(5, _field(6, graph)))  # a node, its attribute, a graph
    return _field(7, graph)


def _reaching(make: Callable[[str], bytes], location: Callable[[Lures], str]) -> Write:
    return lambda at, lures: detector(make(location(lures)))(at, lures)


LOCATIONS: dict[str, Callable[[Lures], str]] = {
    "an absolute path": lambda to: str(to.secret),
    "a way up": lambda to: f"../{to.folder.name}/{to.secret.name}",
    "a way up in the middle": lambda to: f"a/../../{to.folder.name}/{to.secret.name}",
    "a way up with backslashes": lambda to: "..\\secret.json",
    "a device": lambda to: "/dev/zero",
    "the environment": lambda to: "/proc/self/environ",
    "another file of the store": lambda to: "ab" * 32,
    "an address": lambda to: to.url,
    "nothing": lambda to: "",
}
HOLDERS: dict[str, Callable[[str], bytes]] = {
    "its weights": _initializer,
    "a constant": _attribute,
    "a branch": _branch,
    "sparse weights": _sparse,
    "a function": _function,
}
ONNX: dict[str, Write] = {
    **{
        f"{holder} from {place}": _reaching(make, location)
        for holder, make in HOLDERS.items()
        for place, location in LOCATIONS.items()
    },
    "numbers beyond the end of a file": detector(
        _initializer("w.bin", offset="90", length="96"), **{"w.bin": b"x" * 96}
    ),
    "numbers before a file": detector(_initializer("w.bin", offset="-96", length="96"), **{"w.bin": b"x" * 96}),
    "a place that is no number": detector(_initializer("w.bin", offset="x"), **{"w.bin": b"x" * 96}),
    "a program": detector(_model([helper.make_node("PyOp", ["images"], ["output"])]).SerializeToString()),
    "another engine's file": detector(
        _model([helper.make_node("EPContext", ["images"], ["output"], domain="com.microsoft")]).SerializeToString()
    ),
    "no protocol buffer": detector(b"no model"),
    "a group, which nobody writes": detector(b"\x3b" + _initializer("/etc/passwd") + b"\x3c"),
    "a cut file": detector(brought.constant(np.zeros((1, 6, 4), np.float32))[:-10]),
    "an empty file": detector(b""),
    "nested graphs": detector(_nested(300)),
    "millions of parts": detector(b"\x08\x01" * 1_100_000),
    "a pickle": detector(pickle.dumps({}, 4)),
}


# safetensors


def tensors(header: Any, rest: bytes = b"", length: int | None = None) -> bytes:
    content = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(content) if length is None else length).to_bytes(8, "little") + content + rest


def head(content: bytes) -> Write:
    return lambda at, lures: brought.folder(at, "", {"head.safetensors": content}, **HEAD)


def _row(shape: list[Any], begin: int, end: int, kind: str = "F32") -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


SAFETENSORS: dict[str, Write] = {
    "an endless header": head(tensors({}, length=2**63)),
    "a header longer than the file": head(tensors({}, length=1 << 20)),
    "a header of ten million bytes": head(tensors(b" " * 10_000_000)),
    "no header": head(b"\0\0\0"),
    "a header that is no JSON": head(tensors(b"{{")),
    "a header that is a list": head(tensors([])),
    "a header in brackets": head(tensors(b"[" * 500_000)),
    "tensors in one place": head(tensors({"a": _row([2], 0, 8), "b": _row([2], 0, 8)}, b"x" * 8)),
    "tensors that overlap": head(tensors({"a": _row([2], 0, 8), "b": _row([2], 4, 12)}, b"x" * 12)),
    "a gap": head(tensors({"a": _row([2], 4, 12)}, b"x" * 12)),
    "more than it says": head(tensors({"a": _row([2], 0, 8)}, b"x" * 80)),
    "less than it says": head(tensors({"a": _row([2], 0, 8)}, b"x" * 4)),
    "an endless shape": head(tensors({"a": _row([2**62, 4], 0, 8)}, b"x" * 8)),
    "an endless shape of nothing": head(tensors({"a": _row([2**62, 0], 0, 0)})),
    "a side below nothing": head(tensors({"a": _row([-2, -1], 0, 8)}, b"x" * 8)),
    "a side that is no number": head(tensors({"a": _row([True, "2"], 0, 8)}, b"x" * 8)),
    "a tensor twice": head(tensors(b'{"a":%s,"a":%s}' % ((json.dumps(_row([2], 0, 8)).encode(),) * 2), b"x" * 8)),
    "an unknown kind": head(tensors({"a": _row([2], 0, 8, "OBJECT")}, b"x" * 8)),
    "no place": head(tensors({"a": {"dtype": "F32", "shape": [2]}}, b"x" * 8)),
}


# torch


def checkpoint(content: bytes | None, **more: bytes) -> bytes:
    """As torch writes it, with another pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        if content is not None:
            packed.writestr("archive/data.pkl", content)
        packed.writestr("archive/version", b"3\n")
        for name, other in more.items():
            packed.writestr(f"archive/{name}", other)
    return file.getvalue()


def weights(content: bytes, name: str = "model.pth") -> Write:
    return lambda at, lures: brought.folder(at, TORCH_PAGE, {name: content}, **TORCH)


class _Calls:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> Any:
        return self._call


def _calls(function: Any, *arguments: Any) -> bytes:
    return checkpoint(pickle.dumps(OrderedDict(a=_Calls(function, *arguments)), 2))


def _named(module: str, name: str) -> bytes:
    """A pickle that calls a function by its name, without an argument."""
    return checkpoint(b"\x80\x02c" + f"{module}\n{name}\n".encode() + b")R.")


def _shell(at: Path, lures: Lures) -> Path:
    return weights(_calls(os.system, f"cat {lures.secret}; touch {lures.written}"))(at, lures)


def _reads(at: Path, lures: Lures) -> Path:
    return weights(_calls(open, str(lures.secret)))(at, lures)


def _many_parts() -> bytes:
    return checkpoint(pickle.dumps({}, 2), **{f"{n}-{'a' * 200}": b"" for n in range(6_000)})


CHECKPOINTS: dict[str, Write] = {
    "a shell": _shell,
    "an opened file": _reads,
    "a buffer of any size": weights(_calls(bytearray, 10**12)),
    **{
        f"{module}.{name}": weights(_named(module, name))
        for module, name in (
            ("torch._utils", "_rebuild_sparse_tensor"),
            ("torch._utils", "_rebuild_meta_tensor_no_storage"),
            ("torch._utils", "_rebuild_wrapper_subclass"),
            ("torch", "load"),
            ("torch.storage", "_load_from_bytes"),
            ("torch.hub", "load"),
            ("torch.jit", "load"),
            ("torch.nn.modules.linear", "Linear"),
            ("torch._tensor", "_rebuild_from_type_v2"),
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy", "load"),
            ("builtins", "eval"),
            ("builtins", "getattr"),
            ("collections", "Counter"),
            ("__torch__", "Module"),
            ("subprocess", "Popen"),
        )
    },
    "a name out of the stack": weights(checkpoint(b"\x80\x04\x8c\x02os\x8c\x06system\x93.")),
    "no pickle": weights(checkpoint(None)),
    "two pickles": weights(checkpoint(pickle.dumps({}, 2), **{"more/data.pkl": b""})),
    "half a pickle": weights(checkpoint(pickle.dumps({"a": 1}, 2)[:-3])),
    "a bare pickle": weights(pickle.dumps({}, 2)),
    "an old pickle, without its mark": weights(pickle.dumps({}, 0)),
    "a tar": weights(b"sys_info" + bytes(504)),
    "thousands of parts": weights(_many_parts()),
    "a pickle as safetensors": lambda at, lures: brought.folder(
        at, TORCH_PAGE, {"w.safetensors": pickle.dumps({}, 4)}, **TORCH
    ),
}


# transformers


BERT = {"model_type": "bert", "vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1}
GOOD = tensors({"a": _row([2], 0, 8)}, b"x" * 8)


def hub(config: Mapping[str, Any] | bytes, **files: bytes) -> Write:
    content = config if isinstance(config, bytes) else json.dumps(BERT | dict(config)).encode()
    files = {"config.json": content, "model.safetensors": GOOD, "tokenizer.json": brought._tokenizer(), **files}
    return lambda at, lures: brought.folder(at, "", files, **TEXT)


def _index(lures: Lures) -> bytes:
    return json.dumps({"metadata": {}, "weight_map": {"a": f"../{lures.folder.name}/secret.json"}}).encode()


def _shards(at: Path, lures: Lures) -> Path:
    files = {"config.json": json.dumps(BERT).encode(), "other.safetensors": GOOD}
    return brought.folder(at, "", {**files, "model.safetensors.index.json": _index(lures)}, **TEXT)


def _adapter(at: Path, lures: Lures) -> Path:
    said = json.dumps({"base_model_name_or_path": str(lures.folder)}).encode()
    return hub({}, **{"adapter_config.json": said})(at, lures)


TRANSFORMERS: dict[str, Write] = {
    "shards outside": _shards,
    "an adapter of a model outside": _adapter,
    **{
        f"config {key}": hub({key: value})
        for key, value in {
            "auto_map": {"AutoConfig": "code.Config", "AutoModelForTokenClassification": "evil/repo--code.Model"},
            "trust_remote_code": True,
            "quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True},
            "attn_implementation": "evil/kernel",
            "_attn_implementation": "evil/kernel",
            "base_model_name_or_path": "evil/model",
            "backbone": "evil/backbone",
            "gguf_file": "../../model.gguf",
            "tokenizer_file": "/etc/passwd",
            "vocab_file": "~/vocab.txt",
            "text_config": {"attn_implementation": "evil/kernel"},
            "vision_config": {"name": "../other"},
            "num_hidden_layers": 10**9,
            "vocab_size": 10**12,
            "hidden_size": 10**10,
            "num_experts": 10**6,
            "depths": [10**6],
            "more": json.loads('{"a":' * 50 + "1" + "}" * 50),
        }.items()
    },
    "a config that is no JSON": hub(b"{"),
    "a config in brackets": hub(b"[" * 500_000),
    "a config that is a list": hub(b"[]"),
    "a config of two million bytes": hub(b'{"a": "' + b"a" * 2_000_000 + b'"}'),
    "a pickle of arguments": hub({}, **{"training_args.bin": pickle.dumps({}, 4)}),
}


# model.toml and its files


def page(text: str | bytes, **files: bytes) -> Write:
    def write(at: Path, lures: Lures) -> Path:
        at.mkdir()
        for name, content in files.items():
            (at / name).write_bytes(content)
        (at / "model.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return at

    return write


HTTP = 'name = "m"\nversion = "1"\ncapability = "generate"\nadapter = "http"\nlicence = "MIT"\n'
SHA = "a" * 64


def _named_file(name: str) -> Write:
    head = HTTP.replace("generate", "detect").replace('"http"', '"onnx-detector"')
    return page(f'{head}labels = ["a"]\n[files]\n{json.dumps(name)} = "{SHA}"\n{brought.DETECTOR}')


def _linked(at: Path, lures: Lures) -> Path:
    made = brought.detector_folder(at)
    (made / "model.onnx").unlink()
    (made / "model.onnx").symlink_to(lures.secret)
    return made


def _linked_page(at: Path, lures: Lures) -> Path:
    at.mkdir()
    (at / "model.toml").symlink_to(lures.secret)
    return at


def _linked_folder(at: Path, lures: Lures) -> Path:
    made = brought.folder(at, brought.DETECTOR, {"a/model.onnx": b"x"}, **DETECT)
    (made / "a" / "model.onnx").unlink()
    (made / "a").rmdir()
    (made / "a").symlink_to(lures.folder)
    return made


def _pipe(at: Path, lures: Lures) -> Path:
    made = brought.detector_folder(at)
    (made / "model.onnx").unlink()
    os.mkfifo(made / "model.onnx")
    return made


def _empty(at: Path, lures: Lures) -> Path:
    at.mkdir()
    return at


PAGES: dict[str, Write] = {
    "no page": _empty,
    "a page larger than can be": page(HTTP + "#" * 300_000),
    "a page that isn't UTF-8": page(b"name = '\xff'"),
    "a page in brackets": page(f"{HTTP}labels = {'[' * 100_000}"),
    "a page in tables": page(f"{HTTP}labels = {'{a=' * 50_000}"),
    "a number of a hundred thousand digits": page(f"{HTTP}labels = {'9' * 100_000}"),
    "a page in keys": page(HTTP + f"labels = {{{'a.' * 40_000}a = 1}}"),
    "a page of quoted keys": page(HTTP + '"a" . ' * 30_000 + "a = 1\n"),
    "a page of one key": page(f"{HTTP}{'.'.join('a' * 50_000)} = 1\n"),
    "a name that is no text": page(HTTP.replace('"m"', '"m\\u0000"')),
    "a label that is no text": page(f'{HTTP}labels = ["\\u0000"]\n[options]\nurl = "http://a"\n'),
    "a licence that is no text": page(HTTP.replace('"MIT"', '"M\\u0000"') + '[options]\nurl = "http://a"\n'),
    "a label's key that is no text": page(f'{HTTP}[label_map]\na = "\\u0000"\n[options]\nurl = "http://a"\n'),
    "a field of a thousand letters": page(f"{HTTP}{'a' * 1_000} = 1\n"),
    "a name by a way up": page(HTTP.replace('"m"', '"../m"')),
    "an unknown adapter": page(HTTP.replace('"http"', '"pickle"')),
    "a loader of its own": page(f'{HTTP}loader = "os:system"\n'),
    "thousands of labels": page(f"{HTTP}labels = {json.dumps([str(n) for n in range(5_000)])}\n"),
    **{
        f"the file {name[:40]!r}": _named_file(name)
        for name in (
            "../model.onnx",
            "/etc/passwd.onnx",
            "a/../../model.onnx",
            "./model.onnx",
            "a//model.onnx",
            "..\\model.onnx",
            "model.onnx\n",
            "a\x00.onnx",
            "model.gguf",
            "model.pkl",
            "model.npz",
            "model.py",
            "é" * 190 + ".onnx",
            "a" * 300 + ".onnx",
            "model.toml",
            "model.onnx",
        )
    },
    "too many files": page(
        f'{HTTP.replace("generate", "detect").replace("http", "onnx-detector")}labels = ["a"]\n[files]\n'
        + "".join(f'"{n}.onnx" = "{SHA}"\n' for n in range(600))
    ),
    "a link as its file": _linked,
    "a link as its page": _linked_page,
    "a link as its folder": _linked_folder,
    "a pipe as its file": _pipe,
}


# zips


def zipped(*rows: tuple[str, bytes], how: int = zipfile.ZIP_STORED, mode: int = 0) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as packed:
        for name, content in rows:
            row = zipfile.ZipInfo(name)
            row.external_attr = mode << 16
            packed.writestr(row, content, how)
    return file.getvalue()


def file(make: Callable[[Lures], bytes]) -> Write:
    def write(at: Path, lures: Lures) -> Path:
        at.write_bytes(make(lures))
        return at

    return write


def _locked() -> bytes:
    content = bytearray(zipped(("model.toml", b"x")))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + at] |= 1
    return bytes(content)


def _damaged() -> bytes:
    content = zipped(("model.toml", b"abc" * 1_000), how=zipfile.ZIP_DEFLATED)
    return content.replace(content[40:46], b"\xff" * 6, 1)


def _endless_list() -> bytes:
    """A zip whose list says that it has four hundred million bytes."""
    content = bytearray(zipped(("model.toml", b"x")))
    struct.pack_into("<I", content, content.find(b"PK\x05\x06") + 12, 400_000_000)
    return bytes(content)


ZIPS: dict[str, Write] = {
    "a way up": file(lambda to: zipped((f"../{to.folder.name}/written.jsonl", b"x"))),
    "an absolute path": file(lambda to: zipped((str(to.written), b"x"))),
    "a link": file(lambda to: zipped(("model.toml", str(to.secret).encode()), mode=stat.S_IFLNK | 0o777)),
    "backslashes": file(lambda to: zipped(("..\\written.jsonl", b"x"))),
    "ten thousand files": file(lambda to: zipped(*((f"{n}", b"") for n in range(10_000)))),
    "an endless list": file(lambda to: _endless_list()),
    "a password": file(lambda to: _locked()),
    "damage": file(lambda to: _damaged()),
    "LZMA": file(lambda to: zipped(("model.toml", HTTP.encode()), how=zipfile.ZIP_LZMA)),
    "bzip2": file(lambda to: zipped(("model.toml", HTTP.encode()), how=zipfile.ZIP_BZIP2)),
    "a file and a folder of one name": file(lambda to: zipped(("a", b""), ("a/b", b""))),
    "a name longer than a disk takes": file(lambda to: zipped(("a" * 300, b""))),
    "no page": file(lambda to: zipped(("a.txt", b""))),
    "no zip": file(lambda to: b"no zip"),
}


def refused() -> dict[str, Write]:
    """All that is refused when it is brought, by name."""
    families = {
        "ONNX": ONNX,
        "safetensors": SAFETENSORS,
        "torch": CHECKPOINTS,
        "transformers": TRANSFORMERS,
        "page": PAGES,
        "zip": ZIPS,
    }
    return hostile_spacy.all_of() | {
        f"{family}: {name}": write for family, writes in families.items() for name, write in writes.items()
    }
