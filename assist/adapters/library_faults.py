"""What libraries of models throw, said in our own words.

What a library says may show what it read: a line of a file, a path of this machine. So of what it throws only the class
is told, the model's own file if it names one, and a line's number.
"""

from collections.abc import Iterable, Mapping

from assist.errors import CopilotError

# By the name of the class, so that no library is loaded to ask; the nearest ancestor counts.
REASONS: Mapping[str, str] = {
    "MemoryError": "it needs more memory than a model may have",
    "OutOfMemoryError": "it needs more memory than a model may have",
    "RecursionError": "it is nested too deep",
    "ModuleNotFoundError": "it needs a Python package that isn't installed here",
    "ImportError": "it needs a Python package that isn't installed here",
    "FileNotFoundError": "a file is missing",
    "PermissionError": "it asks for a file that a model may not have",
    "OSError": "a file is missing or can't be read",
    "UnicodeDecodeError": "a file isn't written in UTF-8",
    "JSONDecodeError": "a file is no JSON",
    "UnpicklingError": "a file holds more than weights",
    "SafetensorError": "a file is no safetensors",
    "BadZipFile": "a file is a damaged zip",
    "ConfigValidationError": "its config asks for what its parts don't take",
    "RegistryError": "its config names what isn't there",
    "InvalidProtobuf": "the file is damaged, or is another kind of file",
    "NoSuchFile": "a file is missing",
    "InvalidGraph": "its graph breaks the rules of ONNX",
    "NotImplemented": "it has an operation that onnxruntime doesn't have",
    "InvalidArgument": "what it takes or gives is of another shape or kind than it says",
    "KeyError": "a part is missing",
    "IndexError": "a part is missing",
    "ValueError": "a value can't be used",
    "TypeError": "a value is of the wrong kind",
    "AttributeError": "a value is of the wrong kind",
    "RuntimeError": "its parts don't fit each other",
    "Fail": "onnxruntime can't run it",
    "RuntimeException": "onnxruntime can't run it",
    "EPFail": "onnxruntime can't run it",
    "PanicException": "its library gave up",
}
# A library throws these by one class, and only its words tell them apart.
MEMORY_WORDS = ("bad_alloc", "can't allocate memory", "failed to allocate", "unable to allocate", "out of memory")


class UnusableWeights(ValueError):
    """A model's file is well-formed, and what it holds can't be used; the words are ours."""


def reason(problem: BaseException, files: Iterable[str] = ()) -> str:
    """Why a library failed. `files`: of the model, by their place in its folder."""
    words = str(problem)
    if isinstance(problem, UnusableWeights):
        return words
    if any(part in words.lower() for part in MEMORY_WORDS):
        return REASONS["MemoryError"]
    names = [kind.__name__ for kind in type(problem).__mro__]
    why = next((REASONS[name] for name in names if name in REASONS), "its library failed")
    file = max((name for name in files if name in words), key=len, default="")
    line = getattr(problem, "lineno", None)
    place = ", ".join([file] * bool(file) + [f"line {line}"] * isinstance(line, int))
    return f"{why} ({names[0]}{f', {place}' if place else ''})"


def failed(what: str, problem: BaseException) -> CopilotError:
    """No answer, whatever was thrown."""
    return CopilotError("no-answer", f"The model failed on this {what}: {reason(problem)}. Go on without it.")
