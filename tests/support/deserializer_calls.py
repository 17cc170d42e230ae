"""What a source file calls that opens bytes, read from its syntax tree: for the register in deserializers.py.

A name is followed through imports (`from x import y as z`), attributes, `getattr` with a constant, and texts of three
or more steps, by which settings name classes. What can't be
followed (`getattr` with a computed name, a module handed to a function) is reported as the library itself, which no row
of the register permits. Methods are known by their name alone, since the type of an object isn't in the tree.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

DOTTED = re.compile(r"[a-z_]\w*(\.\w+){2,}")
ERRORS = ("Error", "Exception", "BadZipFile", "TimeoutExpired")  # to catch what a library throws opens nothing
HIDDEN = ("__dict__", "__getattribute__", "__loader__")  # by which any name of a module can be had


@dataclass(frozen=True)
class Library:
    """What is watched of a library: all of it but `harmless`, or only `openers` where most of it opens nothing.

    `methods` are those of its objects that open bytes, whatever the object is called.
    """

    openers: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    def opens(self, name: str) -> bool:
        """Whether this full name of the library opens bytes, or may stand for something that does."""
        if name.endswith(ERRORS):
            return False
        if self.openers:
            return any(name == opener or name.startswith(f"{opener}.") for opener in self.openers)
        return not any(name == one or name.startswith(f"{one}.") for one in self.harmless)

    def import_opens(self, name: str) -> bool:
        """Whether importing this name serves for what opens bytes, and for nothing else."""
        return self.opens(name) and not any(one.startswith(f"{name}.") for one in self.harmless)


@dataclass(frozen=True)
class Call:
    """One place in a file: a full name that opens bytes, and where it stands; `fault` where its arguments are wrong."""

    name: str
    line: int
    fault: str = ""
    is_import: bool = False

    def fits(self, permitted: Collection[str]) -> bool:
        """Whether these names permit it. An import is permitted by a name in what it imports."""
        if self.name in permitted:
            return True
        return self.is_import and any(one.startswith(f"{self.name}.") for one in permitted)


class Reader:
    """Reads one syntax tree. `libraries` are by their top-level names, "builtins" among them."""

    def __init__(self, tree: ast.Module, libraries: Mapping[str, Library]) -> None:
        self.libraries = libraries
        self._names: dict[str, str] = {}  # as they are bound here -> full names
        self._imports: list[Call] = []
        self._outermost: list[ast.expr] = []  # names and attributes of which no longer name is made
        self._calls: list[ast.Call] = []
        inner: set[ast.AST] = set()
        for node in ast.walk(tree):  # from the outside in
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._bind(node)
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED.fullmatch(node.value):
                self._outermost.append(node)  # settings name classes by texts
            if isinstance(node, ast.Call):
                self._calls.append(node)
            if isinstance(node, ast.Attribute):
                inner.add(node.value)
            elif is_getattr(node):
                inner.add(node.args[0])  # type: ignore[attr-defined]
            if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript) and node not in inner:
                if isinstance(getattr(node, "ctx", None), ast.Store):
                    continue
                self._outermost.append(node)

    def calls(self) -> list[Call]:
        """All uses of what opens bytes, and all calls with arguments that are never permitted."""
        return [*self._imports, *self._uses(), *self._methods(), *self._faults()]

    def _bind(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                name = f"{node.module}.{alias.name}"
                self._names[alias.asname or alias.name] = name
            else:
                name, top = alias.name, alias.name.partition(".")[0]
                self._names[alias.asname or top] = name if alias.asname else top
            library = self._library(name)
            if library and (library.import_opens(name) or alias.name == "*"):
                self._imports.append(Call(name, node.lineno, is_import=True))

    def imports(self, *libraries: str) -> bool:
        """Whether anything of these is imported."""
        return any(name.partition(".")[0] in libraries for name in self._names.values())

    def _library(self, name: str) -> Library | None:
        return self.libraries.get(name.partition(".")[0])

    def _uses(self) -> Iterator[Call]:
        for node in self._outermost:
            name = self._of_library(node)
            if name and self.libraries[name.partition(".")[0]].opens(name):
                yield Call(name, node.lineno)

    def _methods(self) -> Iterator[Call]:
        methods = {method for library in self.libraries.values() for method in library.methods}
        for call in self._calls:
            method = call.func
            if not isinstance(method, ast.Attribute) or method.attr not in methods:
                continue
            library = self._library(self.full_name(method) or "")
            if library is None and isinstance(method.value, ast.Name) and method.value.id == "int":
                continue  # int.from_bytes
            if library is None or method.attr in library.methods:
                yield Call(f".{method.attr}", call.lineno)

    def _of_library(self, node: ast.AST) -> str | None:
        """The full name, where it is one of a watched library's and opens bytes."""
        name = self.full_name(node)
        return name if name and self._library(name) else None

    def full_name(self, node: ast.AST | None) -> str | None:
        """What an expression names; None where that isn't in the tree."""
        if isinstance(node, ast.Name):
            builtin = f"builtins.{node.id}"
            return self._names.get(node.id) or (builtin if self.libraries["builtins"].opens(builtin) else None)
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.Attribute):
            owner = self.full_name(node.value)
            if owner is None:
                return None
            return owner if node.attr in HIDDEN else f"{owner}.{node.attr}"
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return str(node.slice.value) if self.full_name(node.value) == "sys.modules" else None
        if is_getattr(node):
            owner, chosen = self.full_name(node.args[0]), node.args[1]  # type: ignore[attr-defined]
            return f"{owner}.{chosen.value!s}" if owner and isinstance(chosen, ast.Constant) else owner
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            imports = self.full_name(node.func) in ("importlib.import_module", "builtins.__import__")
            return str(node.args[0].value) if imports else None
        return None

    def _faults(self) -> Iterator[Call]:
        for call in self._calls:
            method = f".{call.func.attr}" if isinstance(call.func, ast.Attribute) else ""
            name = self._of_library(call.func) or method
            for fault in faults_of(name, call, self):
                yield Call(name, call.lineno, fault)


def is_getattr(node: ast.AST) -> bool:
    """`getattr(something, name)`."""
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return False
    return isinstance(node.func, ast.Name) and node.func.id == "getattr"


def faults_of(name: str, call: ast.Call, reader: Reader) -> Iterator[str]:
    """What is wrong with the arguments of a call, whoever makes it."""
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}

    def said(argument: str) -> object:
        value = given.get(argument)
        return value.value if isinstance(value, ast.Constant) else value

    for argument in ("allow_pickle", "trust_remote_code"):
        if argument in given and said(argument) is not False:
            yield f"{argument} is never anything but False"
    if name.startswith(("subprocess.", "asyncio.create_subprocess")) and said("shell") not in (None, False):
        yield "shell=True runs whatever stands in the text"
    if name == "torch.load" and said("weights_only") is not True:
        yield "torch.load needs weights_only=True"
    if name == "numpy.load" and said("allow_pickle") is not False:
        yield "numpy.load needs allow_pickle=False"
    if name == "PIL.Image.open" and "formats" not in given:
        yield "Image.open needs formats: Pillow knows dozens, some of which start other programs"
    if name in ("yaml.load", "yaml.load_all"):
        loaders = [reader.full_name(one) or "" for one in ast.walk(given.get("Loader", ast.Pass()))]
        loaders = [loader for loader in loaders if loader.startswith("yaml.")]
        if not loaders or not all(loader.endswith("SafeLoader") for loader in loaders):
            yield "yaml.load needs a SafeLoader"
    if name.endswith(".from_pretrained"):
        wanted = {"local_files_only": True, "use_safetensors": True, "trust_remote_code": False}
        for argument, value in wanted.items():
            if said(argument) is not value:
                yield f"from_pretrained needs {argument}={value}"
    unpacks = name == ".extractall" or name == ".extract" and reader.imports("zipfile", "tarfile")
    if unpacks and said("filter") != "data":
        yield f"{name[1:]} needs filter='data'; a zip has no such filter, and is read in place"
    if name == ".decompress" and len(call.args) < 2 and "max_length" not in given:
        yield "decompress needs max_length"
    if name.startswith("defusedxml."):
        for argument in ("forbid_entities", "forbid_external"):
            if argument in given and said(argument) is not True:
                yield f"{argument} is never anything but True"
