"""The studio's modules in a few files, so that a first visit over a slow line asks a few times and not eighty.

In the repository, during development and in tests the modules are served as they are written. `collectstatic` puts
them together (docs/decisions/0021-modules-in-packs.md): each becomes a function that is called once and gives back what
it exports. Nothing is left out, renamed or moved between modules, and what is written otherwise than expected ends it.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.templatetags.static import static

from projects.web.annotator import es_modules

# What a pack is for. A module lies in the first one that needs it, so each pack imports only what stands above it.
PACKS = {
    "studio": (
        *("main", "shared/mark_list"),
        *("shared/layers", "shared/offsets", "shared/outline_drawing", "shared/rle"),  # lessons show them as editors do
    ),
    "classification": ("classification",),
    "image": ("image_regions",),
    "text": ("text_spans",),
    "preference": ("preference",),
    "grid": ("shell/grid", "shell/grid_api"),
    "any": ("any_api",),
    "lists": (
        *("shared/attribute_fields", "shared/hover_links", "shared/label_search", "shared/list_order"),
        *("shared/list_tools", "shared/list_window", "shared/mark_group", "shared/mark_list", "shared/windowed_list"),
    ),
    "image_later": (
        *("image/heard", "image/hints", "image/large", "image/lists"),
        *("image/mask_smooth", "image/region_groups", "image/rows", "image/view"),
    ),
    "text_later": ("text/lists",),
    "classification_later": ("classification/class_offers",),
    "asides": ("shell/asides", "shell/prefetch"),
    "lesson": ("shell/lesson", "shell/lesson_page"),
}
EDITORS = ("classification", "image", "text")  # what two of them need comes with the studio
MAP = "packs"  # the id of the page's JSON that tells where each pack is

IMPORT = re.compile(r'import (?:\{(?P<names>[\w\s,$]*)\}|\* as (?P<whole>[\w$]+)) from "(?P<path>\.[^"]+)";')
EXPORT = re.compile(r"export (?=(?:async function|function|class|const) (?P<name>[\w$]+)\b)")
LATER = re.compile(r'(?<![.\w$])import\("(?P<path>\.[^"]+)"\)')


def needed_by(*entries: str) -> tuple[str, ...]:
    """What a page asks for at once to run these modules: names for {% static %}."""
    if not settings.PACKED:
        return es_modules.needed_by(*entries)
    return tuple(dict.fromkeys(file_of(holding()[name]) for name in es_modules.needed_by(*entries)))


def beginning(entry: str) -> str:
    """The file that runs this module, for {% static %}."""
    return file_of(holding()[entry]) if settings.PACKED else entry


def addresses() -> dict[str, str]:
    """Where each pack is, for the page's JSON: packs name one another so where they are fetched only when needed, and
    no file's name depends on one that comes later."""
    return {name: static(file_of(name)) for name in PACKS} if settings.PACKED else {}


def file_of(pack: str) -> str:
    return f"js/packs/{pack}.js"


@lru_cache(maxsize=1)
def members() -> dict[str, tuple[str, ...]]:
    """Which modules lie in which pack, each after those that it imports."""
    closures = {name: es_modules.needed_by(*(f"js/studio/{entry}.js" for entry in PACKS[name])) for name in PACKS}
    often = {one for name in EDITORS for one in closures[name] if sum(one in closures[other] for other in EDITORS) > 1}
    closures["studio"] = es_modules.needed_by(*sorted(often), *closures["studio"])
    found: dict[str, tuple[str, ...]] = {}
    for name, closure in closures.items():
        taken = {one for others in found.values() for one in others}
        found[name] = tuple(one for one in closure if one not in taken)
    return found


@lru_cache(maxsize=1)
def holding() -> dict[str, str]:
    """The pack of each module."""
    return {module: pack for pack, modules in members().items() for module in modules}


def written(pack: str, shorten: Callable[[str], str]) -> str:
    """A pack's text. `shorten` takes comments away, in which modules may be named that nothing fetches.

    Raises ValueError where a module imports or exports in a way that isn't known here, or one that lies in no pack.
    """
    imports = [
        f'import {{ {", ".join(names)} }} from "./{other}.js";' for other, names in sorted(_outside(pack).items())
    ]
    return "\n".join([*imports, *(_wrapped(name, pack, shorten) for name in members()[pack]), ""])


def _outside(pack: str) -> dict[str, list[str]]:
    """What the modules of a pack import from other packs."""
    found: dict[str, list[str]] = {}
    for other in sorted({other for name in members()[pack] for other in es_modules.imports(name)}):
        if holding()[other] != pack:
            found.setdefault(holding()[other], []).append(variable(other))
    return found


def variable(module: str) -> str:
    """What a module's exports are called in packs."""
    return "$" + module.removeprefix("js/").removesuffix(".js").replace("/", "$")


def _wrapped(name: str, pack: str, shorten: Callable[[str], str]) -> str:
    """One module as a function; a module that exports nothing is where a page begins, and may wait."""
    exported: list[str] = []
    lines = []
    for line in es_modules.source(name).splitlines():
        if line.startswith("import "):
            line = _imported(name, line)
        elif line.startswith("export "):
            found = EXPORT.match(line)
            if not found:
                raise ValueError(f"{name}: packs don't know {line!r}")
            exported.append(found["name"])
            line = line[found.end() :]
        lines.append(line)
    body = "\n".join(lines)
    if exported:
        whole = f"const {variable(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"
    else:
        whole = f"(async () => {{\n{body}\n}})();"
    short = LATER.sub(lambda found: _later(name, found["path"], pack), shorten(whole))
    return f"export {short};" if exported else f"{short};"


def _imported(name: str, line: str) -> str:
    found = IMPORT.fullmatch(line)
    if not found:
        raise ValueError(f"{name}: packs don't know {line!r}")
    given = found["whole"] or "{" + found["names"].replace(" as ", ": ") + "}"
    return f"const {given} = {variable(es_modules.joined(name, found['path']))};"


def _later(name: str, path: str, pack: str) -> str:
    """A module that is fetched when it is needed: the page knows where its pack is."""
    wanted = es_modules.joined(name, path)
    if wanted not in holding():
        raise ValueError(f"{name}: {wanted} lies in no pack")
    if holding()[wanted] == pack:
        return f"Promise.resolve().then(()=>{variable(wanted)})"
    where = f'JSON.parse(document.getElementById("{MAP}").textContent).{holding()[wanted]}'
    return f"import({where}).then((all)=>all.{variable(wanted)})"
