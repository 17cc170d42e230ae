"""A tiny pair in ONNX with the inputs and outputs of SAM 2's usual exports. It draws by rule: around each click that
adds a disc, less one around each that leaves out; of two corners their box; the mask before counts too. Its second mask
is where the image is bright by the fine features, its third by the embedding."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from tests.support.assist import brought

SIDE = 256
RADIUS = 120.0  # of a disc, in the square of 1024
SURE = (0.9, 0.6, 0.5)
OURS: Mapping[str, str] = {}
# As another usual export names them.
OTHERS = {
    "image_embed": "image_embeddings",
    "high_res_feats_0": "image_features_0",
    "high_res_feats_1": "image_features_1",
    "mask_input": "input_masks",
    "has_mask_input": "has_input_masks",
    "masks": "low_res_masks",
}


def folder(at: Path, names: Mapping[str, str] = OURS, **fields: Any) -> Path:
    """A model's folder with both files."""
    files = {"encoder.onnx": encoder(names).SerializeToString(), "decoder.onnx": decoder(names).SerializeToString()}
    return brought.folder(at, "", files, **{"name": "sam2", "capability": "segment", "adapter": "sam2-onnx"} | fields)


def encoder(names: Mapping[str, str] = OURS) -> ModelProto:
    """How bright the image is, at each size."""
    made = {"image_embed": (256, 16), "high_res_feats_0": (32, 4), "high_res_feats_1": (64, 8)}
    nodes, kept = [helper.make_node("ReduceMean", ["image"], ["grey"], axes=[1], keepdims=1)], []
    for name, (channels, step) in made.items():
        pool = {"kernel_shape": [step, step], "strides": [step, step]}
        kept.append(numpy_helper.from_array(np.array([1, channels, 1, 1], np.int64), f"many {name}"))
        nodes.append(helper.make_node("AveragePool", ["grey"], [f"small {name}"], **pool))
        nodes.append(helper.make_node("Tile", [f"small {name}", f"many {name}"], [names.get(name, name)]))
    image = [_value("image", [1, 3, 1024, 1024])]
    return _model(nodes, image, [_value(names.get(name, name), None) for name in made], kept)


def decoder(names: Mapping[str, str] = OURS) -> ModelProto:
    """By rule."""
    across = np.tile((np.arange(SIDE, dtype=np.float32) + 0.5) * 4, (SIDE, 1))
    numbers = {"gx": across[None, None], "gy": across.T[None, None].copy(), "radius": np.float32(RADIUS)}
    numbers |= {f"kind {n}": np.float32(n) for n in range(4)} | {"half": np.float32(1.5), "far": np.float32(-9)}
    numbers["weight"] = np.float32(4)
    numbers |= {"scales": np.array([1, 1, 4, 4], np.float32), "sure": np.array([SURE], np.float32)}
    numbers |= {"two": np.array([2, 3], np.int64), "x at": np.int64(0), "y at": np.int64(1), "one": np.array([1])}
    numbers |= {"first": np.array([0]), "second": np.array([1])}
    steps = [
        ("Gather", ["point_coords", "x at"], "xs", {"axis": 2}),
        ("Gather", ["point_coords", "y at"], "ys", {"axis": 2}),
        ("Unsqueeze", ["xs", "two"], "x", {}),
        ("Unsqueeze", ["ys", "two"], "y", {}),
        ("Sub", ["gx", "x"], "dx", {}),
        ("Sub", ["gy", "y"], "dy", {}),
        ("Mul", ["dx", "dx"], "dx2", {}),
        ("Mul", ["dy", "dy"], "dy2", {}),
        ("Add", ["dx2", "dy2"], "d2", {}),
        ("Sqrt", ["d2"], "far off", {}),
        ("Sub", ["radius", "far off"], "disc", {}),
        ("Cast", ["point_labels"], "kinds", {"to": TensorProto.FLOAT}),
        ("Unsqueeze", ["kinds", "two"], "kind", {}),
        *[("Equal", ["kind", f"kind {n}"], f"is {n}", {}) for n in range(4)],
        ("Where", ["is 1", "disc", "far"], "adds", {}),
        ("ReduceMax", ["adds"], "added", {"axes": [1], "keepdims": 1}),
        ("Where", ["is 0", "disc", "far"], "takes", {}),
        ("ReduceMax", ["takes"], "taken", {"axes": [1], "keepdims": 1}),
        *[("Cast", [f"is {n}"], f"one {n}", {"to": TensorProto.FLOAT}) for n in (2, 3)],
        ("Min", ["dx", "dy"], "right and below", {}),
        ("Max", ["dx", "dy"], "left and above", {}),
        ("Sign", ["right and below"], "sign 2", {}),
        ("Sign", ["left and above"], "sign 3", {}),
        ("Mul", ["sign 2", "one 2"], "in 2", {}),
        ("Mul", ["sign 3", "one 3"], "out 3", {}),
        ("Sub", ["in 2", "out 3"], "corners", {}),
        ("ReduceSum", ["corners", "one"], "both", {"keepdims": 1}),
        ("Sub", ["both", "half"], "boxed", {}),
        ("Mul", ["mask_input", "has_mask_input"], "once", {}),
        ("Mul", ["once", "weight"], "before", {}),
        ("Max", ["added", "boxed"], "meant", {}),
        ("Add", ["meant", "before"], "more", {}),
        ("Relu", ["taken"], "less", {}),
        ("Sub", ["more", "less"], "drawn", {}),
        ("Gather", ["high_res_feats_0", "first"], "bright", {"axis": 1}),
        ("Gather", ["high_res_feats_1", "second"], "bright too", {"axis": 1}),
        ("Gather", ["image_embed", "first"], "coarse", {"axis": 1}),
        ("Resize", ["coarse", "", "scales"], "whole", {"mode": "nearest"}),
        ("ReduceMean", ["bright too"], "mean", {"keepdims": 1}),
        ("Sub", ["whole", "mean"], "brighter", {}),
        ("Concat", ["drawn", "bright", "brighter"], "masks", {"axis": 1}),
        ("Identity", ["sure"], "iou_predictions", {}),
    ]
    named = [
        helper.make_node(kind, [names.get(one, one) for one in into], [names.get(out, out)], **more)
        for kind, into, out, more in steps
    ]
    asked = {
        "image_embed": [1, 256, 64, 64],
        "high_res_feats_0": [1, 32, SIDE, SIDE],
        "high_res_feats_1": [1, 64, 128, 128],
        "point_coords": ["labels", "points", 2],
        "point_labels": ["labels", "points"],
        "mask_input": ["labels", 1, SIDE, SIDE],
        "has_mask_input": [1],
    }
    inputs = [_value(names.get(name, name), shape) for name, shape in asked.items()]
    if names:  # the other export takes numbers of kinds as such, and asks how large the image was
        inputs[4] = _value("point_labels", ["labels", "points"], TensorProto.INT32)
        inputs.append(_value("original_image_size", [2], TensorProto.INT32))
        named.append(helper.make_node("Identity", ["original_image_size"], ["size"]))
    kept = [numpy_helper.from_array(np.asarray(value), name) for name, value in numbers.items()]
    outputs = [_value(names.get("masks", "masks"), None), _value("iou_predictions", None)]
    return _model(named, inputs, outputs, kept)


def _value(name: str, shape: Sequence[int | str] | None, kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def _model(nodes: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], kept: Sequence[Any]) -> ModelProto:
    graph = helper.make_graph(nodes, "sam2", inputs, outputs, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    return model
