"""What `torch.save(model.state_dict())` writes: a zip of tensors and of a pickle that puts them together.

torch reads it with `weights_only`, which still lets a pickle ask for a buffer of any size, or for sparse tensors. So
the pickle is read here first, without running it: it may name what a plain dictionary of tensors is made of.
"""

import pickletools
import zipfile
from pathlib import Path

from assist.adapters.contents import zip_directory
from assist.adapters.refusals import ManifestProblem

CODE = 1 << 20  # bytes of a torch file that may be packed
MAX_PICKLE, MAX_STEPS = 16 << 20, 3_000_000  # bytes; ten thousand tensors take half a million steps
CURE = "save model.state_dict() by itself"
PICKLE = "data.pkl"
GLOBALS = frozenset(
    {
        ("collections", "OrderedDict"),
        ("torch._utils", "_rebuild_tensor"),
        ("torch._utils", "_rebuild_tensor_v2"),
        ("torch._utils", "_rebuild_parameter"),
        ("torch.nn.parameter", "Parameter"),
        ("torch", "Size"),
    }
)
NUMBERS = frozenset({"Float", "Double", "Half", "BFloat16", "Char", "Byte", "Short", "Int", "Long", "Bool", "Untyped"})


def check(name: str, path: Path) -> None:
    """Raises ManifestProblem."""
    if not zipfile.is_zipfile(path):
        raise ManifestProblem("not-weights", name, f"It isn't weights alone: {CURE}.")
    if zip_directory.is_too_long(path):
        raise ManifestProblem("too-many", name, "It has more parts than a model has.")
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            if sum(part.file_size for part in parts) > path.stat().st_size + CODE:
                raise ManifestProblem(
                    "packed", name, "It is packed: save the weights as torch does, or as safetensors."
                )
            pickles = [part for part in parts if part.filename.rpartition("/")[2] == PICKLE]
            if len(pickles) != 1 or pickles[0].file_size > MAX_PICKLE:
                raise ManifestProblem("not-weights", name, f"It isn't weights alone: {CURE}.")
            content = packed.read(pickles[0])
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError):
        raise ManifestProblem("packed", name, "It is a damaged zip: save the weights again.") from None
    if not _is_plain(content):
        raise ManifestProblem("not-weights", name, f"It isn't weights alone: {CURE}.")


def _is_plain(content: bytes) -> bool:
    """Whether a pickle puts together tensors and nothing else."""
    try:
        for step, (opcode, argument, _) in enumerate(pickletools.genops(content)):
            if step > MAX_STEPS or opcode.name in {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}:
                return False
            if opcode.name == "GLOBAL":
                module, _, function = str(argument).partition(" ")
                if (module, function) not in GLOBALS and not _is_storage(module, function):
                    return False
    except Exception:  # whatever a pickle that is none may do to its reader
        return False
    return True


def _is_storage(module: str, function: str) -> bool:
    return module in {"torch", "torch.storage"} and function.removesuffix("Storage") in NUMBERS
