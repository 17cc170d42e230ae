"""EfficientNet-Lite0 without its last step as an ONNX file, from the weights that its package has for torch.

Tan and Le, "EfficientNet", 2019; the Lite variants leave out squeeze-and-excitation and bound activations at 6. Each
normalisation becomes part of the convolution before it. The same bytes each time.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 13, 8
SIDE, VALUES = 224, 1280
# For each stage: how often its block comes, the steps of the first one, the side of its kernels.
STAGES = ((1, 1, 3), (2, 2, 3), (2, 2, 5), (3, 2, 3), (3, 1, 5), (4, 2, 5), (1, 1, 3))
EPSILON = 1e-3  # of its normalisations


def made(sources: Sequence[bytes]) -> bytes:
    """The file: an image in, what the network sees in it out, before it is brought to classes."""
    (checkpoint,) = sources
    weights = torch.load(io.BytesIO(checkpoint), map_location="cpu", weights_only=True)
    return _Network({name: value.numpy() for name, value in weights.items()}).file()


class _Network:
    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._weights = weights
        self._steps: list[onnx.NodeProto] = []
        self._kept = [self._number("none", 0.0), self._number("six", 6.0)]

    def file(self) -> bytes:
        """All of it."""
        at = self._bounded(self._convolved("image", "_conv_stem", "_bn0", stride=2))
        number = 0
        for times, stride, side in STAGES:
            for n in range(times):
                at = self._block(at, number, stride if n == 0 else 1, side)
                number += 1
        at = self._bounded(self._convolved(at, "_conv_head", "_bn1"))
        self._put("GlobalAveragePool", [at], "mean")
        self._put("Flatten", ["mean"], "vector")
        asked = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
        told = helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, VALUES])
        graph = helper.make_graph(self._steps, "efficientnet-lite0", [asked], [told], self._kept)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        model.producer_name = "tandem"
        onnx.checker.check_model(model)
        return model.SerializeToString(deterministic=True)

    def _block(self, start: str, number: int, stride: int, side: int) -> str:
        name, at = f"_blocks.{number}", start
        if f"{name}._expand_conv.weight" in self._weights:
            at = self._bounded(self._convolved(at, f"{name}._expand_conv", f"{name}._bn0"))
        at = self._bounded(self._convolved(at, f"{name}._depthwise_conv", f"{name}._bn1", stride, apart=True))
        at = self._convolved(at, f"{name}._project_conv", f"{name}._bn2")
        first = self._weights.get(f"{name}._expand_conv.weight", self._weights[f"{name}._depthwise_conv.weight"])
        same = stride == 1 and first.shape[1] == self._weights[f"{name}._project_conv.weight"].shape[0]
        return self._put("Add", [at, start], f"{name}.sum") if same else at

    def _convolved(self, at: str, name: str, norm: str, stride: int = 1, apart: bool = False) -> str:
        """A convolution with its normalisation; `apart`: each channel by itself."""
        weight = self._weights[f"{name}.weight"].astype(np.float64)
        mean, variance, scale, shift = (
            self._weights[f"{norm}.{part}"].astype(np.float64)
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        factor = scale / np.sqrt(variance + EPSILON)
        kept = {"weight": weight * factor[:, None, None, None], "bias": shift - mean * factor}
        for part, value in kept.items():
            self._kept.append(numpy_helper.from_array(value.astype(np.float32), f"{name}.{part}"))
        told = {
            "kernel_shape": weight.shape[2:],
            "strides": [stride, stride],
            "group": len(weight) if apart else 1,
            "auto_pad": "SAME_UPPER",
        }
        return self._put("Conv", [at, *(f"{name}.{part}" for part in kept)], f"{name}.done", **told)

    def _bounded(self, at: str) -> str:
        return self._put("Clip", [at, "none", "six"], f"{at}.bounded")

    def _put(self, op: str, inputs: Sequence[str], name: str, **told: Any) -> str:
        self._steps.append(helper.make_node(op, list(inputs), [name], name=name, **told))
        return name

    @staticmethod
    def _number(name: str, value: float) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(value, np.float32), name)
