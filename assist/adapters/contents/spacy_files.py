"""A pipeline as spaCy's `nlp.to_disk` writes it: its config, and the files that spaCy opens beside it.

Which those are follows from the components that config.cfg may name (spacy_config.py): JSON, msgpack, which holds
numbers and texts alone and is no larger than its file says, and arrays of numpy.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assist.adapters.contents import json_files, numpy_files, spacy_config
from assist.adapters.refusals import ManifestProblem

CONFIG = spacy_config.FILE
MAX_SETTINGS = 16 << 20  # bytes of a component's settings, which are mostly its labels
ARRAYS = frozenset({"vocab/vectors", "vocab/keys"})
TOKENIZER = "tokenizer/"  # a folder of files, in languages whose tokenizer is another package's


def check(files: Mapping[str, Path]) -> None:
    """Raises ManifestProblem."""
    sections(files)
    for name, path in files.items():
        if name in ARRAYS:
            numpy_files.check(name, path)
        elif name.rpartition("/")[2] == "cfg":
            _check_settings(name, path)
        elif name.startswith(TOKENIZER):
            text = "A tokenizer that needs another package's model can't be loaded here."
            raise ManifestProblem("unexpected-file", name, text)


def sections(files: Mapping[str, Path]) -> dict[str, Any]:
    """What spaCy may have of the config. Raises ManifestProblem."""
    if CONFIG not in files:
        text = "The folder has no config.cfg: it is what nlp.to_disk writes, as a whole."
        raise ManifestProblem("missing-file", CONFIG, text)
    path = files[CONFIG]
    with path.open("rb") as file:
        return spacy_config.sections(file.read(spacy_config.MAX_BYTES + 1))


def _check_settings(name: str, path: Path) -> None:
    said = json_files.table(name, path, MAX_SETTINGS)
    if name.startswith(TOKENIZER) and said.get("segmenter", "char") != "char":
        raise ManifestProblem("forbidden-call", name, "Its segmenter needs another package's model: it can be char.")
