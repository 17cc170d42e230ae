"""Models of texts as Hugging Face keeps them, read by transformers: config.json, model.safetensors, tokenizer.json.

Token classifiers and sequence classifiers of any architecture that transformers knows; code that comes along is never
run, and nothing is looked for outside.
"""

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Encoding

from assist.adapters import RuntimeMissing
from assist.adapters.bundle import Bundle
from assist.adapters.contents import safetensors_files, transformers_files
from assist.adapters.devices import Device
from assist.adapters.files import WeightsProblem
from assist.adapters.library_faults import failed, reason
from assist.adapters.onnx_text import OnnxText
from assist.adapters.text_windows import TextWindows

os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"

import torch  # noqa: E402
from transformers import (  # noqa: E402
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedConfig,
)
from transformers.utils import logging as transformers_logging  # noqa: E402

transformers_logging.disable_progress_bar()

# Numbers that a config may describe beyond those in the file, which are made up: a head, or what two layers share.
SPARE, SPARE_SHARE = 5_000_000, 0.25
KINDS: dict[str, Any] = {"spans": AutoModelForTokenClassification, "classify": AutoModelForSequenceClassification}


def load(bundle: Bundle, device: Device) -> OnnxText:
    """From its files. Raises RuntimeMissing."""
    return OnnxText(bundle, TorchTokens(bundle, device), device.name)


class TorchTokens(TextWindows):
    """One model and its tokenizer; they may be shared by threads."""

    def __init__(self, bundle: Bundle, device: Device) -> None:
        """From its files. Raises RuntimeMissing."""
        with bundle.folder() as folder:
            self._model = _model(bundle, folder).to(device.name)
            super().__init__(bundle, folder)
        if self._model.config.num_labels != len(bundle.terms.labels):
            found, wanted = self._model.config.num_labels, len(bundle.terms.labels)
            raise RuntimeMissing(f"{bundle.key} tells {found} labels apart, and its manifest names {wanted}.")

    def run(self, window: Encoding) -> np.ndarray:
        """float64: what it says of one window. Raises CopilotError "no-answer"."""
        return said_of(self._model, window)


def said_of(model: Any, window: Encoding) -> np.ndarray:
    """float64: a model's numbers of one window. Raises CopilotError "no-answer"."""
    told = {"input_ids": window.ids, "attention_mask": window.attention_mask}
    if int(getattr(model.config, "type_vocab_size", 0) or 0) > 1:
        told["token_type_ids"] = window.type_ids
    try:
        with torch.inference_mode():
            asked = {name: torch.tensor([row], device=model.device) for name, row in told.items()}
            return model(**asked).logits[0].double().cpu().numpy()
    except Exception as problem:
        raise failed("text", problem) from None


def _model(bundle: Bundle, folder: Path) -> Any:
    """In safetensors alone; a folder whose config asks for code of its own is refused by name. Raises RuntimeMissing,
    or ManifestProblem where the config asks for what it may not have."""
    try:
        config = _config(bundle)
        kind = KINDS[bundle.capability]
        _check_size(bundle, kind, config)
        model, loaded = kind.from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        if missing := sorted(loaded["missing_keys"]):  # they would be made up
            text = f"{bundle.key} lacks {len(missing)} of its tensors, such as {missing[0]}."
            raise RuntimeMissing(text)
        return model.eval()
    except (WeightsProblem, RuntimeMissing):
        raise
    except Exception as problem:  # whatever a folder that is none may do to its reader
        why = reason(problem, bundle.files)
        raise RuntimeMissing(f"{bundle.key} is no model that transformers reads here: {why}.") from None


def _config(bundle: Bundle) -> PreTrainedConfig:
    """What transformers may have of config.json. KeyError where there is none, or it names no kind of model."""
    said = transformers_files.config(bundle.files[transformers_files.CONFIG])
    return AutoConfig.for_model(said.pop("model_type"), **said)


def _check_size(bundle: Bundle, kind: Any, config: PreTrainedConfig) -> None:
    """That the model has about as many numbers as its file: what is missing there would be made up. Raises
    RuntimeMissing."""
    name = bundle.one(".safetensors")
    there = sum(map(math.prod, safetensors_files.header(name, bundle.files[name]).values()))
    with torch.device("meta"):  # which makes no room for any
        wanted = sum(part.numel() for part in kind.from_config(config).parameters())
    if wanted > there * (1 + SPARE_SHARE) + SPARE:
        text = f"{bundle.key} has {there:,} numbers in {name}, and its config.json describes {wanted:,}."
        raise RuntimeMissing(text)
