"""Whatever opens bytes stands in the register, is called as the register says, and has limits and a test."""

import ast
import importlib
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from tests.support.deserializer_calls import Call, Reader
from tests.support.deserializers import REGISTER, TRUSTED, WATCHED, Row
from tests.support.walls import APPS, ROOT, SOURCES, named, parsed

pytestmark = pytest.mark.xdist_group("source")  # one process of tests parses it


@cache
def calls_in(path: Path) -> list[Call]:
    return Reader(parsed(path), WATCHED).calls()


def permitted(rows: Iterable[Row]) -> dict[str, set[str]]:
    """The full names that each file may use."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        names[row.module] |= {call if call.startswith(".") else f"{row.library}.{call}" for call in row.calls}
    return names


def complaints(module: str, calls: Iterable[Call], names: set[str]) -> list[str]:
    """What is wrong with a file's calls; nothing with those of its rows."""
    faults = [f"{module}:{call.line}: {call.fault}" for call in calls if call.fault]
    return faults + [
        f"{module}:{call.line}: {call.name} has no row in tests/support/deserializers.py (see docs/untrusted.md)"
        for call in calls
        if not call.fault and not call.fits(names)
    ]


def test_what_opens_bytes_stands_in_the_register() -> None:
    names = permitted(REGISTER)
    wrong = [line for path in SOURCES for line in complaints(named(path), calls_in(path), names[named(path)])]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_row_is_left_of_what_opens_nothing_any_more() -> None:
    used = {(named(path), call.name) for path in SOURCES for call in calls_in(path)}
    stale = [f"{module}: {name}" for module, names in permitted(REGISTER).items() for name in names
             if (module, name) not in used]  # fmt: skip
    assert len(used) > 100, "nothing was read"
    assert not stale, "nothing calls any more\n" + "\n".join(stale)


def test_each_file_and_library_has_one_row() -> None:
    pairs = [(row.module, row.library) for row in REGISTER]
    assert len(pairs) == len(set(pairs)), [pair for pair in pairs if pairs.count(pair) > 1]
    assert {row.library for row in REGISTER} <= WATCHED.keys()


def test_untrusted_bytes_have_a_limit_and_a_test() -> None:
    bare = [row for row in REGISTER if row.source not in TRUSTED and not (row.limits and row.test)]
    assert not bare


@pytest.mark.parametrize("limit", sorted({limit for row in REGISTER for limit in row.limits}))
def test_a_limit_exists(limit: str) -> None:
    assert limit_exists(limit)


def limit_exists(limit: str) -> bool:
    """Ours are looked up in the syntax tree: importing an adapter takes seconds."""
    module, _, name = limit.rpartition(".")
    if module.split(".")[0] not in APPS:
        return hasattr(importlib.import_module(module), name)
    path = (ROOT / module.replace(".", "/")).with_suffix(".py")
    if not path.exists():  # a field of a class
        module, _, owner = module.rpartition(".")
        path, name = (ROOT / module.replace(".", "/")).with_suffix(".py"), f"{owner}.{name}"
    return path.exists() and name in bound_names(parsed(path))


def bound_names(tree: ast.Module | ast.ClassDef) -> set[str]:
    """Constants and functions of a module, and fields of its classes."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for name in bound_names(node)}
    return names


@pytest.mark.parametrize("test", sorted({row.test for row in REGISTER if row.test}))
def test_a_test_exists(test: str) -> None:
    path, *names = test.split("::")
    assert ".".join(names) in bound_names(parsed(ROOT / path))


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads as read",
        "import numpy as np\nnp.load(file, allow_pickle=False)",
        "import numpy as np\nread = np.load",
        "def read(file):\n    import torch\n    return torch.load(file, weights_only=True)",
        "import torch.jit as jit\njit.load(file)",
        "from torch import jit",
        "import yaml\nyaml.safe_load(text)",
        "from xml.etree import ElementTree as tree\ntree.parse(file)",
        "import xml.dom.minidom",
        "import zipfile\nzipfile.ZipFile(file)",
        "from zipfile import *",
        "import zipfile\ngetattr(zipfile, 'ZipFile')(file)",
        "import zipfile\ngetattr(zipfile, name)(file)",
        "import zipfile\nzipfile.__dict__[name](file)",
        "import zipfile\nvars(zipfile)[name](file)",
        "import json\nopen_all(json.loads)",
        "import zlib\nzlib.decompress(data)",
        "import tomllib",
        "import csv\ncsv.DictReader(file)",
        "from PIL import Image\nImage.open(file, formats=FORMATS)",
        "from PIL import Image as picture\npicture.open(file, formats=FORMATS)",
        "import PIL.Image\nPIL.Image.open(file, formats=FORMATS)",
        "from PIL import ImageFile",
        "import importlib\nimportlib.import_module(name)",
        "import importlib\nimportlib.import_module('pickle')",
        "import sys\nsys.modules['pickle'].loads(data)",
        "eval(text)",
        "exec(text)",
        "__import__('pickle').loads(data)",
        "run = eval",
        "from ast import literal_eval",
        "import subprocess\nsubprocess.run(command)",
        "import os\nos.system(command)",
        "import onnxruntime\nonnxruntime.InferenceSession(file)",
        "options.register_custom_ops_library(file)",
        "from spacy import load",
        "nlp.from_disk(folder)",
        "Tokenizer.from_file(file)",
        "import pyarrow.feather\npyarrow.feather.read_table(file)",
        "from pyarrow import parquet\nparquet.ParquetFile(file)",
        "import msgpack\nmsgpack.unpackb(data)",
        "import pandas",
        "import ctypes\nctypes.CDLL(name)",
        "from multiprocessing import Pool",
        "SESSION_SERIALIZER = 'django.contrib.sessions.serializers.PickleSerializer'",
    ],
)
def test_what_is_in_no_row_is_told(source: str) -> None:
    assert complaints("a.py", Reader(ast.parse(source), WATCHED).calls(), set())


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.load(file, allow_pickle=True)",
        "import numpy as np\nnp.load(file)",
        "import numpy as np\nnp.load(file, allow_pickle=flag)",
        "np.lib.format.read_array(file, allow_pickle=True)",
        "import torch\ntorch.load(file)",
        "import torch\ntorch.load(file, weights_only=False)",
        "import torch\ntorch.load(file, **terms)",
        "from torch import load\nload(file, weights_only=flag)",
        "Model.from_pretrained(folder, local_files_only=True, use_safetensors=True, trust_remote_code=True)",
        "Model.from_pretrained(folder, use_safetensors=True, trust_remote_code=False)",
        "Model.from_pretrained(folder, **terms)",
        "pipeline(trust_remote_code=True)",
        "import yaml\nyaml.load(text, Loader=yaml.Loader)",
        "import yaml\nyaml.load(text, yaml.UnsafeLoader)",
        "import yaml\nyaml.load(text, Loader=yaml.UnsafeLoader or yaml.SafeLoader)",
        "import yaml\nyaml.unsafe_load(text)",
        "archive.extractall(folder)",
        "archive.extractall(folder, filter='fully_trusted')",
        "from PIL import Image\nImage.open(file)",
        "import zlib\nzlib.decompressobj().decompress(data)",
        "unpacker.decompress(data)",
        "from defusedxml import ElementTree\nElementTree.parse(file, forbid_entities=False)",
        "import subprocess\nsubprocess.run(text, shell=True)",
    ],
)
def test_wrong_arguments_are_told_whoever_has_a_row(source: str) -> None:
    calls = Reader(ast.parse(source), WATCHED).calls()
    names = {call.name for call in calls if not call.fault} - {"yaml.unsafe_load", "yaml.Loader", "yaml.UnsafeLoader"}
    assert complaints("a.py", calls, names)


@pytest.mark.parametrize(
    "source",
    [
        "import re\nre.compile(pattern)",
        "number = int.from_bytes(data, 'big')",
        "model.eval()",
        "import zipfile\ntry:\n    pass\nexcept zipfile.BadZipFile:\n    pass",
        "from PIL import Image\nImage.fromarray(pixels).resize(size, Image.Resampling.BOX)",
        "from xml.sax.saxutils import escape",
        "import json\njson.dumps(value)",
        "import csv\ncsv.writer(file)",
        "import numpy as np\nnp.frombuffer(data)",
        "import torch\ntorch.inference_mode()",
        "import os\nos.replace(first, second)",
        "import msgpack\nmsgpack.packb(value)",
        "opener.decompress(data, LARGEST)",
        "archive.extractall(folder, filter='data')",
    ],
)
def test_what_opens_nothing_needs_no_row(source: str) -> None:
    faults = complaints("a.py", Reader(ast.parse(source), WATCHED).calls(), {".decompress", ".extractall"})
    assert not faults


def test_a_row_a_limit_and_a_test_that_are_gone_are_told() -> None:
    assert not limit_exists("projects.data.media.pictures.NO_LIMIT")
    assert not limit_exists("projects.data.nowhere.MAX_BYTES")
    assert limit_exists("assist.adapters.files.Artifact.size")
    assert "test_nothing" not in bound_names(parsed(ROOT / "tests/test_deserializers.py"))
    assert complaints("a.py", [Call("json.loads", 1)], set()) and not complaints("a.py", [], {"json.loads"})
