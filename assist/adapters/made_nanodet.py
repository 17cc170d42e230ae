"""NanoDet as an ONNX file, from the graph that its npm package has for TensorFlow.js. Only numpy and onnx; the same
bytes each time.

Each step of the graph becomes one of ONNX in the same layout (channels last); steps of constants are worked out here.
onnxruntime takes out the transpositions that cancel each other when it reads the file.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 18, 8
SIDE = 416
PLACES = sum((SIDE // stride) ** 2 for stride in (8, 16, 32))
LABELS, BINS = 80, 11
LAST, FIRST = [0, 3, 1, 2], [0, 2, 3, 1]  # from channels last to channels first, and back
TYPES: dict[str, np.dtype[Any]] = {"float32": np.dtype("<f4"), "int32": np.dtype("<i4"), "float16": np.dtype("<f2")}

Node = Mapping[str, Any]


def made(sources: Sequence[bytes]) -> bytes:
    """The file, from the graph's JSON and its numbers."""
    page, numbers = sources
    said = json.loads(page)
    graph = _Graph(_weights(said["weightsManifest"][0]["weights"], numbers))
    for node in said["modelTopology"]["node"]:
        graph.take(node)
    return graph.file(_outputs(said))


def _outputs(said: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The names of scores and of distances, from the finest grid to the coarsest."""
    found = [(name.split(":")[0], [int(one["size"]) for one in told["tensorShape"]["dim"]])
             for name, told in said["signature"]["outputs"].items()]  # fmt: skip
    found.sort(key=lambda pair: -pair[1][1])
    return tuple([name for name, shape in found if shape[2] == wide] for wide in (LABELS, 4 * BINS))  # type: ignore[return-value]


def _weights(told: Sequence[Node], numbers: bytes) -> dict[str, np.ndarray]:
    found, at = {}, 0
    for one in told:
        kind, stored = TYPES[one["dtype"]], TYPES[one.get("quantization", one)["dtype"]]
        count = int(np.prod(one["shape"], dtype=int))
        found[one["name"]] = np.frombuffer(numbers, stored, count, at).reshape(one["shape"]).astype(kind)
        at += count * stored.itemsize
    if at != len(numbers):
        raise ValueError(f"the graph tells of {at} bytes of numbers, and there are {len(numbers)}")
    return found


class _Graph:
    def __init__(self, known: dict[str, np.ndarray]) -> None:
        self._known = known  # what is a constant
        self._steps: list[onnx.NodeProto] = []
        self._kept: dict[str, onnx.TensorProto] = {}
        self._named: dict[str, str] = {}  # names that mean another step's result

    def take(self, node: Node) -> None:
        """One step of TensorFlow's."""
        if node["op"] == "Const":
            return
        inputs = [self._named.get(one, one) for one in (name.removesuffix(":0") for name in node.get("input", []))]
        STEPS[node["op"]](self, node["name"], inputs, node.get("attr", {}))

    def number(self, name: str) -> np.ndarray:
        """A constant's value."""
        return self._known[name]

    def fold(self, name: str, value: np.ndarray) -> None:
        """A result that is known already."""
        self._known[name] = value

    def same(self, name: str, other: str) -> None:
        self._named[name] = other

    def put(self, op: str, name: str, inputs: Sequence[str], outputs: Sequence[str] = (), **told: Any) -> str:
        """One step of ONNX's; constants among its inputs go into the file."""
        for one in inputs:
            if one in self._known and one not in self._kept:
                self.keep(one, self._known[one])
        self._steps.append(helper.make_node(op, list(inputs), list(outputs) or [name], name=name, **told))
        return name

    def keep(self, name: str, value: np.ndarray) -> str:
        """A constant of the file."""
        self._kept[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def file(self, outputs: tuple[list[str], list[str]]) -> bytes:
        """Everything, with one output of N places × (scores, then distances)."""
        wide = [self.put("Concat", f"all {n}", [self._named.get(one, one) for one in names], axis=1)
                for n, names in enumerate(outputs)]  # fmt: skip
        self.put("Concat", "places", wide, axis=2)
        asked = helper.make_tensor_value_info("input_1", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
        told = helper.make_tensor_value_info("places", TensorProto.FLOAT, [1, PLACES, LABELS + 4 * BINS])
        graph = helper.make_graph(self._steps, "nanodet", [asked], [told], list(self._kept.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        model.producer_name = "tandem"
        onnx.checker.check_model(model)
        return model.SerializeToString(deterministic=True)


def _words(attr: Node) -> str:
    return base64.b64decode(attr["s"]).decode()


def _whole(attr: Node) -> list[int]:
    return [int(one) for one in attr["list"]["i"]]


def _nothing(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    """What the file is asked about."""


def _same(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    graph.same(name, inputs[0])


def _dense(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    places, shape, values, usual = (graph.number(one) for one in inputs)
    whole = np.full(shape, usual)
    for place, value in zip(places, values, strict=True):
        whole[tuple(place)] = value
    graph.fold(name, whole)


def _add(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    try:
        graph.fold(name, graph.number(inputs[0]) + graph.number(inputs[1]))
    except KeyError:
        graph.put("Add", name, inputs)


def _transpose(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    graph.put("Transpose", name, inputs[:1], perm=[int(one) for one in graph.number(inputs[1])])


def _pad(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    pads = graph.keep(f"{name}/pads", graph.number(inputs[1]).T.reshape(-1).astype(np.int64))
    graph.put("Pad", name, [inputs[0], pads, *inputs[2:]])


def _reshape(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    graph.put("Reshape", name, [inputs[0], graph.keep(f"{name}/shape", graph.number(inputs[1]).astype(np.int64))])


def _leaky(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    graph.put("LeakyRelu", name, inputs, alpha=float(attr["alpha"]["f"]))


def _sigmoid(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    graph.put("Sigmoid", name, inputs)


def _concat(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    graph.put("Concat", name, inputs[:-1], axis=int(graph.number(inputs[-1])))


def _split(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    sizes = graph.keep(f"{name}/sizes", graph.number(inputs[1]).astype(np.int64))
    outputs = [name if n == 0 else f"{name}:{n}" for n in range(len(graph.number(inputs[1])))]
    graph.put("Split", name, [inputs[0], sizes], outputs, axis=int(graph.number(inputs[2])))


def _first(graph: _Graph, name: str, op: str, inputs: Sequence[str], **told: Any) -> None:
    """A step that ONNX knows with the channels first."""
    turned = graph.put("Transpose", f"{name}/in", inputs[:1], perm=LAST)
    done = graph.put(op, f"{name}/done", [turned, *inputs[1:]], **told)
    graph.put("Transpose", name, [done], perm=FIRST)


def _convolve(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    if _words(attr["padding"]) != "VALID":
        raise ValueError(f"{name} pads by itself")
    weight = graph.number(inputs[1]).transpose(3, 2, 0, 1)
    kept = graph.keep(f"{name}/weight", weight)
    _first(graph, name, "Conv", [inputs[0], kept], strides=_whole(attr["strides"])[1:3], kernel_shape=weight.shape[2:])


def _pool(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    size, steps = _whole(attr["ksize"])[1:3], _whole(attr["strides"])[1:3]
    _first(graph, name, "MaxPool", inputs, kernel_shape=size, strides=steps)


def _resize(graph: _Graph, name: str, inputs: Sequence[str], attr: Node) -> None:
    size = graph.keep(f"{name}/size", graph.number(inputs[1]).astype(np.int64))
    told = {"mode": "linear", "coordinate_transformation_mode": "half_pixel", "axes": [2, 3]}
    _first(graph, name, "Resize", [inputs[0], "", "", size], **told)


STEPS: dict[str, Callable[[_Graph, str, Sequence[str], Node], None]] = {
    "Placeholder": _nothing,
    "Identity": _same,
    "SparseToDense": _dense,
    "Add": _add,
    "AddV2": _add,
    "Transpose": _transpose,
    "Pad": _pad,
    "PadV2": _pad,
    "Reshape": _reshape,
    "LeakyRelu": _leaky,
    "Sigmoid": _sigmoid,
    "ConcatV2": _concat,
    "SplitV": _split,
    "Conv2D": _convolve,
    "MaxPool": _pool,
    "ResizeBilinear": _resize,
}
