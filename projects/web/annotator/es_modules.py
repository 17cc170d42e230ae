"""Which ES modules a page needs, so that it can ask for all of them at once instead of one import after another."""

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath

from django.conf import settings

IMPORT = re.compile(r"""^(?:import|export)\b[^"']*?\bfrom\s+"(\.[^"]+)"|^import\s+"(\.[^"]+)";""", re.M)


@lru_cache(maxsize=64)
def needed_by(*entries: str) -> tuple[str, ...]:
    """The modules that these import, and so on, themselves included: names for {% static %}, in the order found.

    Those that are imported only when needed (`import("…")`) are left out.
    """
    found: dict[str, None] = {}
    waiting = list(reversed(entries))
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = None
        source = (Path(settings.BASE_DIR) / "static" / name).read_text(encoding="utf-8")
        imported = [match[1] or match[2] for match in IMPORT.finditer(source)]
        waiting += [_joined(name, path) for path in reversed(imported)]
    return tuple(found)


def _joined(importer: str, path: str) -> str:
    parts: list[str] = []
    for part in PurePosixPath(importer).parent.joinpath(path).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
