"""What the files of a brought model hold, looked at before a library opens them: when the model is taken in, and again
before it is loaded. One file here for each kind; what each may name or claim stands there.

Pure: nothing here calls a library of models. Raises ManifestProblem, with the file and never with what it holds.
"""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from assist.adapters.contents import (
    json_files,
    numpy_files,
    onnx_files,
    safetensors_files,
    spacy_files,
    torch_files,
    transformers_files,
)

Files = Mapping[str, Path]  # by their place in the model's folder
Check = Callable[[str, Path], None]

BY_ENDING: Mapping[str, Check] = {
    ".json": json_files.check,
    ".npy": numpy_files.check,
    ".pt": torch_files.check,
    ".pth": torch_files.check,
    ".safetensors": safetensors_files.check,
}
BY_ADAPTER: Mapping[str, Callable[[Files], None]] = {
    "spacy": spacy_files.check,
    "transformers": transformers_files.check,
}


def check(adapter: str, files: Files) -> None:
    """All files of one model. Raises ManifestProblem."""
    for name, path in files.items():
        ending = PurePosixPath(name).suffix
        if ending == ".onnx":
            onnx_files.check(name, path, files)
        elif ending in BY_ENDING:
            BY_ENDING[ending](name, path)
    if adapter in BY_ADAPTER:
        BY_ADAPTER[adapter](files)
