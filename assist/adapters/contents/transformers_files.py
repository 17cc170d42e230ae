"""A model of texts as Hugging Face keeps it: the files that transformers opens in its folder by itself, and what
config.json may ask for.

Code that comes along, weights in other files or packages, kernels and adapters from elsewhere are refused by name. How
large a model the config describes is bounded here for each number, and for all together by what reads it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assist.adapters.contents import json_files
from assist.adapters.refusals import ManifestProblem

CONFIG = "config.json"
MAX_BYTES = 1 << 20
# They lead transformers to other files: of shards, of another model, of a quantized one.
REFUSED = frozenset({"model.safetensors.index.json", "adapter_config.json", "adapter_model.safetensors"})
FORBIDDEN = frozenset(
    {
        "auto_map",
        "trust_remote_code",
        "custom_pipelines",
        "base_model_name_or_path",
        "quantization_config",
        "compression_config",
        "attn_implementation",
        "_attn_implementation",
        "_attn_implementation_internal",
        "experts_implementation",
        "_experts_implementation",
        "_experts_implementation_internal",
        "use_kernels",
        "kernel_config",
        "tp_plan",
        "distributed_config",
        "backbone",
        "backbone_config",
        "use_timm_backbone",
        "use_pretrained_backbone",
        "gguf_file",
    }
)
# Where it came from, which is left out, and labels, which are anybody's words.
FREE = frozenset({"_name_or_path", "name_or_path", "id2label", "label2id", "finetuning_task", "task_specific_params"})
FREE |= {"_commit_hash", "architectures"}
LAYERS = ("layer", "block", "depth", "expert")  # in the name of a number that says how often something is made
MAX_LAYERS, MAX_NUMBER, MAX_DEPTH = 256, 10_000_000, 8


def check(files: Mapping[str, Path]) -> None:
    """Raises ManifestProblem."""
    for name in files:
        if name.rpartition("/")[2] in REFUSED:
            raise ManifestProblem("unexpected-file", name, "It leads to other files: bring all weights in one.")
    if CONFIG in files:
        config(files[CONFIG])


def config(path: Path) -> dict[str, Any]:
    """What config.json says, without what isn't used. Raises ManifestProblem, with the key."""
    said = json_files.table(CONFIG, path, MAX_BYTES)
    for key, value in said.items():
        if key in FORBIDDEN and value:
            text = "It asks for code, weights or programs of others: leave it out."
            raise ManifestProblem("forbidden-call", _place(key), text)
        if key not in FREE:
            _check(value, key, 0)
    return {key: value for key, value in said.items() if key not in FORBIDDEN and "name_or_path" not in key}


def _check(value: Any, key: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ManifestProblem("too-deep", _place(key), "It is nested too deep.")
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in FORBIDDEN and inner:
                text = "It asks for code, weights or programs of others: leave it out."
                raise ManifestProblem("forbidden-call", _place(f"{key}.{name}"), text)
            if name not in FREE:
                _check(inner, f"{key}.{name}", depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, key, depth + 1)
    elif isinstance(value, str):
        if "/" in value or "\\" in value or value.startswith("~"):
            raise ManifestProblem("path", _place(key), "It is a path, and a model names no file: leave it out.")
    elif isinstance(value, int | float):
        often = any(word in key.rpartition(".")[2] for word in LAYERS)
        most = MAX_LAYERS if often and isinstance(value, int) else MAX_NUMBER
        if value > most:
            raise ManifestProblem("bad-field", _place(key), f"It is a number of at most {most:,}.")


def _place(key: str) -> str:
    return f"{CONFIG} {key}" if key.isprintable() and len(key) <= 120 else CONFIG
