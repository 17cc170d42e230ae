"""What our ES modules import, found by reading them: so that a page can ask for all of them at once."""

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath

from django.conf import settings

IMPORT = re.compile(r"""^(?:import|export)\b[^"']*?\bfrom\s+"(\.[^"]+)"|^import\s+"(\.[^"]+)";""", re.M)


@lru_cache(maxsize=64)
def needed_by(*entries: str) -> tuple[str, ...]:
    """The modules that these import, and so on, themselves included: names for {% static %}, each after those that it
    imports.

    Those that are imported only when needed (`import("…")`) are left out.
    """
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in found:
            return
        for other in imports(name):
            visit(other)
        found[name] = None

    for entry in entries:
        visit(entry)
    return tuple(found)


def imports(name: str) -> tuple[str, ...]:
    """The modules that one names itself."""
    return tuple(joined(name, match[1] or match[2]) for match in IMPORT.finditer(source(name)))


def source(name: str) -> str:
    """A module as it is written."""
    return (Path(settings.BASE_DIR) / "static" / name).read_text(encoding="utf-8")


def joined(importer: str, path: str) -> str:
    """The name of the module that `importer` calls by this path."""
    parts: list[str] = []
    for part in PurePosixPath(importer).parent.joinpath(path).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
