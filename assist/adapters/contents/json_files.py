"""JSON: no larger than what reads it bears. Its readers limit the depth themselves."""

import json
from pathlib import Path
from typing import Any

from assist.adapters.refusals import ManifestProblem

MAX_BYTES = 64 << 20  # the tokenizer.json of a model of many languages has half of that


def check(name: str, path: Path) -> None:
    """Raises ManifestProblem for a file that is too large, not for one that is no JSON: many are read by nobody."""
    if path.stat().st_size > MAX_BYTES:
        raise ManifestProblem("too-large", name, f"It is larger than {MAX_BYTES >> 20} MB.")


def table(name: str, path: Path, max_bytes: int) -> dict[str, Any]:
    """A file's object. Raises ManifestProblem, with the line where it is none."""
    if path.stat().st_size > max_bytes:
        raise ManifestProblem("too-large", name, f"It is larger than {max_bytes >> 10:,} KB.")
    try:
        content = json.loads(path.read_bytes())
    except json.JSONDecodeError as problem:
        raise ManifestProblem("not-json", name, f"It is no JSON from line {problem.lineno} on.") from None
    except (ValueError, RecursionError):
        raise ManifestProblem("not-json", name, "It is no JSON that can be read.") from None
    if not isinstance(content, dict):
        raise ManifestProblem("not-json", name, "It is no object.")
    return content
