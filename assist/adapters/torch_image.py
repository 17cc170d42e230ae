"""Image classifiers and embedders of torch: an architecture of torchvision by its name, and its weights in one file.

Weights are numbers, in safetensors or in what `torch.save(model.state_dict())` wrote. A TorchScript or exported model,
and one that was saved whole, are programs; they are refused by name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision import models

from assist.adapters import RuntimeMissing
from assist.adapters.bundle import Bundle
from assist.adapters.class_numbers import shares_of, unit_rows
from assist.adapters.devices import Device
from assist.adapters.library_faults import failed, reason
from assist.adapters.onnx_image import frame_of

# They change what they are shown by a switch that stands in no file of weights.
LEFT_OUT = {"googlenet", "inception_v3"}
WRAPPERS = ("state_dict", "model_state_dict", "model")  # under which training programs keep the weights
CURE = "save model.state_dict() by itself"
PREFIXES = ("module.", "_orig_mod.", "model.")  # that wrappers of a model put before each name


def load(bundle: Bundle, device: Device) -> "TorchClassifier | TorchEmbedder":
    """From its file, by what its manifest says that it does. Raises RuntimeMissing."""
    made = TorchEmbedder if bundle.capability == "embed-image" else TorchClassifier
    return made(bundle, device)


class TorchClassifier:
    """A share for each of the model's own labels; it may be shared by threads."""

    def __init__(self, bundle: Bundle, device: Device) -> None:
        self.device = device.name
        self._model = _model(bundle, len(bundle.terms.labels)).to(device.name)
        self._bundle = bundle

    def shares(self, subjects: Sequence[np.ndarray], labels: Sequence[str]) -> list[dict[str, float | None] | None]:
        """`labels` are the project's, which this model doesn't know. Raises CopilotError "no-answer"."""
        options = self._bundle.terms.options
        return [shares_of(_run(self._model, image, options, self.device), self._bundle) for image in subjects]


class TorchEmbedder:
    """A unit vector for each image: what the last layer of a classifier would be told."""

    def __init__(self, bundle: Bundle, device: Device) -> None:
        self.device = device.name
        self._model = _model(bundle, 0).to(device.name)
        self._options = bundle.terms.options

    def image_vectors(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """float32, a row for each. Raises CopilotError "no-answer"."""
        return unit_rows([_run(self._model, one, self._options, self.device) for one in images])


def _run(model: nn.Module, image: np.ndarray, options: Mapping[str, Any], device: str) -> np.ndarray:
    frame, _ = frame_of(image, options)
    try:
        with torch.inference_mode():
            return model(torch.from_numpy(frame).to(device))[0].double().cpu().numpy()
    except Exception as problem:
        raise failed("image", problem) from None


def _model(bundle: Bundle, labels: int) -> nn.Module:
    """With so many labels; 0: without its last layer, whatever that told apart. Raises RuntimeMissing."""
    name = bundle.terms.options["architecture"]
    if name in LEFT_OUT or name not in models.list_models(module=models):
        raise RuntimeMissing(f"{bundle.key}: torchvision has no architecture {name!r} that can be read here.")
    made = models.get_model(name, weights=None)
    place, last = _last_layer(made)
    if last is None:
        raise RuntimeMissing(f"{bundle.key}: {name} doesn't end in a layer with a number for each label.")
    weights = _weights(bundle)
    told = weights.get(f"{place}.weight")
    if labels and told is not None and told.ndim and len(told) != labels:
        raise RuntimeMissing(f"{bundle.key} tells {len(told)} labels apart, and its manifest names {labels}.")
    if not labels:
        weights = {name: one for name, one in weights.items() if name not in (f"{place}.weight", f"{place}.bias")}
    head = nn.Linear(last.in_features, labels, bias=last.bias is not None) if labels else nn.Identity()
    made.set_submodule(place, head)
    try:
        made.load_state_dict(weights, strict=True)
    except RuntimeError:  # which would show what the file calls its tensors
        raise RuntimeMissing(f"{bundle.key} holds no weights of {name}: {_difference(made, weights)}.") from None
    return made.eval().requires_grad_(False)


def _difference(model: nn.Module, weights: Mapping[str, torch.Tensor]) -> str:
    own = model.state_dict()
    shaped = [name for name in own.keys() & weights.keys() if own[name].shape != weights[name].shape]
    missing = sorted(own.keys() - weights.keys())
    example = f" (such as {missing[0]})" if missing else ""
    unknown = len(weights.keys() - own.keys())
    return f"Missing keys: {len(missing)}{example}, unknown: {unknown}, of another shape: {len(shaped)}"


def _last_layer(model: nn.Module) -> tuple[str, nn.Linear | None]:
    found = [(name, one) for name, one in model.named_modules() if isinstance(one, nn.Linear)]
    return found[-1] if found else ("", None)


def _weights(bundle: Bundle) -> dict[str, torch.Tensor]:
    """By the architecture's own names. Raises RuntimeMissing for what isn't weights."""
    if len(bundle.files) != 1:
        raise RuntimeMissing(f"{bundle.key} has {len(bundle.files)} files: its weights are one.")
    ((name, path),) = bundle.files.items()
    try:
        said = (
            load_file(path)
            if name.endswith(".safetensors")
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except Exception as problem:  # whatever a file that is none may do to its reader; or a program, which is never run
        why = reason(problem)
        raise RuntimeMissing(f"{bundle.key}: {name} isn't weights alone: {CURE} ({why}).") from None
    if isinstance(said, Mapping):
        said = next((said[one] for one in WRAPPERS if isinstance(said.get(one), Mapping)), said)
    if not said or not isinstance(said, Mapping) or not all(map(_is_weight, said.items())):
        raise RuntimeMissing(f"{bundle.key}: {name} isn't weights alone: {CURE}.")
    for prefix in PREFIXES:
        if all(key.startswith(prefix) for key in said):
            said = {key.removeprefix(prefix): one for key, one in said.items()}
    return dict(said)


def _is_weight(said: tuple[object, object]) -> bool:
    return isinstance(said[0], str) and isinstance(said[1], torch.Tensor)
