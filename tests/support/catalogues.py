"""What the pages, the server and the studio say, and what of it a catalogue lacks.

`python -m tests.support.catalogues` brings config/locale up to the source: it adds what is said and missing, with an
empty translation, takes out what nobody says any more, sorts, compiles, and lists what is to be translated. It reads
the source itself, so that neither it nor the tests need gettext's tools.
"""

import ast
import json
import re
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ROOT / "config" / "locale" / "es" / "LC_MESSAGES"
APPS = ("taskers", "projects", "assist", "config")
# Names of functions whose first words are looked up, and of those that have a second form for many.
LOOK_UP = {"_", "gettext", "gettext_lazy", "gettext_noop", "Word", "sentence"}
LOOK_UP_COUNTED = {"ngettext", "ngettext_lazy"}
# Which of their words is a text, of those that begin with others: a code; the place and the code of a row's fault.
TEXT_AT = {"CopilotError": 1, "Fault": 2, "lose": 2}
# Tables whose words are looked up where they are shown: every text in them with a capital letter or a blank is said.
TABLES = {
    "config/navigation.py": {"PLACES", "ACCOUNT", "PROJECT_TABS"},
    "taskers/errors.py": {"PLACES"},
    "assist/errors.py": {"TEXTS"},
    "assist/session/replies.py": {"WANTS_POINTS", "WANTS_TEXT"},
    "assist/registry/lineage.py": {"RESTS_ON_ERASED", "TAUGHT_BY_ERASED", "TAKEN_BACK"},
    "assist/registry/registry.py": {"NO_BASIS", "ON_ITS_WAY"},
    "assist/web/status.py": {"STARTING"},
    "projects/data/deliveries/targets.py": {"TARGETS"},
    "projects/task_types/studio_keys.py": {
        *("EVERYWHERE", "REGIONS", "MASKS", "PAINTED", "OUTLINES", "BY_HAND", "SPANS", "GRID", "FIELDS", "PREFERENCE")
    },
    "projects/queue/leases.py": {"SKIP_REASONS", "SKIPPED_BY_MANY"},
    "projects/configuration/review_rule.py": {"SENTENCES"},
    "projects/quality/consensus.py": {"TOO_LONG"},
    "projects/quality/decision_rule.py": {"ALTERED", "DOUBTS", "HELD_BACK"},
    "projects/inference/outcome.py": {"WHY"},
    "assist/learning/gate.py": {"REASONS"},
    "assist/learning/reasons.py": {"REASONS"},
    "assist/learning/slices.py": {"NAMES"},
    "projects/web/shared/storable.py": {"NUL"},
}
# What is looked up through a name that no pattern here follows: values of choices (projects/queue/eligibility.py), what
# shape.py and classification.py call a value's kind, refusals of image_regions.py that stand in a table, and what of a
# file has no place in a task type (projects/data/importing/readers/homeless.py).
ELSEWHERE = {
    *("paused", "blocked", "banned", "skill", "language", "qualification"),
    *("a list", "an object", "text", "choice", "multiple", "number", "tree"),
    *("spans", "regions", "classes of the whole text", "classes of the whole picture", "relations", "comments"),
    *("events", "equivalences", "normalizations", "notes", "attributes of events and relations"),
    "An answer holds at most %(most)s corners in all, not %(size)s.",
    "The masks of an answer are too ragged to be kept: smooth them.",
}
# What nobody says any more, but older versions kept of files that came in (taskers/errors.py, `told_again`).
KEPT = {
    "%(number)s more parts of this row can't be kept either.",
    "This task type has no place for %(what)s; there are %(number)s%(where)s.",
}
# What formats, task types, recipes and shipped models are called and say of themselves, by path; pages look it up.
TITLES = re.compile(
    r"(projects/(data/exporting|data/importing/readers|task_types)|assist/learning/recipes|assist/adapters/shipped)"
)
TITLED = re.compile(r"^ +(?:title|note|loses|upload|country) ?= ?", re.M)
CHOICES = {"models.TextChoices", "models.IntegerChoices"}
CLASS = re.compile(
    r'^(?P<indent> *)class (?P<name>\w+)\((?P<base>[\w.]+).*\):\n(?: +"""(?P<words>.*?)(?:"""|\n))?', re.M
)
Message = tuple[str, str]  # as said of one, and of many or ""
QUOTED = r'"((?:[^"\\]|\\.)*)"'
CONTEXT = "\4"  # stands between a word's context and the word
TRANSLATE = re.compile(r"{%\s*translate\s+" + QUOTED + r"(?:\s+context\s+" + QUOTED + r")?[^%]*%}|_\(" + QUOTED + r"\)")
BLOCK = re.compile(r"{%\s*blocktranslate\b[^%]*(?:%(?!})[^%]*)*%}(.*?){%\s*endblocktranslate\s*%}", re.S)
PLURAL = re.compile(r"{%\s*plural\s*%}")
VALUE = re.compile(r"{{\s*(\w+)\s*}}")
LITERAL = re.compile(QUOTED)
STRING = re.compile(r"""\"(?:[^"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'""")
ENTRY = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d\]) (".*")$', re.M)


def said_by_pages() -> Iterator[Message]:
    """What templates say, as Django looks it up."""
    for file in sorted((ROOT / "templates").rglob("*")):
        if file.suffix not in {".html", ".txt"}:
            continue
        source = file.read_text(encoding="utf-8")
        for match in TRANSLATE.finditer(source):
            context = match[2] + CONTEXT if match[2] else ""
            yield context + json.loads(f'"{match[1] or match[3]}"').replace("%", "%%"), ""
        for match in BLOCK.finditer(source):
            forms = [VALUE.sub(r"%(\1)s", form.replace("%", "%%")) for form in PLURAL.split(match[1])]
            yield forms[0], forms[1] if len(forms) > 1 else ""


@cache
def modules() -> dict[str, str]:
    """The source of the server, by path."""
    files = [file for app in APPS for file in sorted((ROOT / app).rglob("*.py")) if "migrations" not in file.parts]
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


@cache
def errors() -> dict[tuple[str, str], str]:
    """Named errors by path and name: the first line of the docstring, which a person reads, or "" without one."""
    classes = [(path, match) for path, source in modules().items() for match in CLASS.finditer(source)]
    names = made_from({"Problem"}, [match for _path, match in classes])
    return {(path, one["name"]): (one["words"] or "").strip() for path, one in classes if one["name"] in names}


def said_by_the_server() -> Iterator[Message]:
    """What Python says: looked up by name, in refusals and their docstrings, in choices and in the tables above."""
    yield from ((text, "") for text in [*ELSEWHERE, *KEPT, *filter(None, errors().values())])
    raised = {*(name for _path, name in errors()), *TEXT_AT, r"super\(\)\.__init__"}
    calls = re.compile(rf"(?<!def )(?<!class )\b({'|'.join(LOOK_UP | LOOK_UP_COUNTED | raised)})\(")
    for path, source in modules().items():
        for match in CLASS.finditer(source):
            if match["base"] in CHOICES:
                yield from choices(match)
        for match in calls.finditer(source):
            given = [parsed(one, source[: match.start()]) for one in arguments(source, match.end())[:3]]
            if match[1] in LOOK_UP_COUNTED:
                yield from zip(*given[:2], strict=True)
            else:
                at = TEXT_AT.get(match[1], 0)
                plain = match[1] in LOOK_UP  # while a refusal may begin with a code
                yield from ((text, "") for words in given[at : at + 1] for text in words if plain or " " in text)
        for table in TABLES.get(path, ()):
            yield from ((text, "") for text in in_table(source, table))
        if TITLES.match(path):
            yield from ((text, "") for text in in_formats(source))


def in_formats(source: str) -> Iterator[str]:
    """The titles and notes of formats and their like."""
    for match in TITLED.finditer(source):
        yield from parsed(arguments(source, match.end(), "," if match[0].endswith("=") else "\n")[0], "")


def made_from(names: set[str], classes: list[re.Match[str]]) -> set[str]:
    """The names of these classes and of all that are made from them, however far down."""
    more = {match["name"] for match in classes if match["base"].rpartition(".")[2] in names} - names
    return made_from(names | more, classes) if more else names


def choices(kind: re.Match[str]) -> Iterator[Message]:
    """The words of a field's choices, which pages show."""
    block = re.compile(rf"(?:\n|{kind['indent']}[ ]+.*\n)+").match(
        kind.string, kind.string.index("\n", kind.start()) + 1
    )
    for line in re.finditer(r"^ +[A-Z_0-9]+ = .*?, (.*?)(?:  #.*)?$", block[0] if block else "", re.M):
        yield from ((text, "") for text in parsed(line[1], ""))


def parsed(given: str, before: str) -> list[str]:
    """The texts that an argument may be, through a name to what it stood for last."""
    if given.isidentifier():
        last = [*re.finditer(rf"\b{given} = ", before)]
        given = arguments(before, last[-1].end(), "\n")[0] if last else ""
    try:
        return texts(ast.parse(f"({given})", mode="eval").body)
    except SyntaxError:
        return []


def in_table(source: str, name: str) -> Iterator[str]:
    """The words of a table of a module: keys and codes have neither a capital letter nor a blank."""
    begun = re.search(rf"^{name}\b.*?= ", source, re.M)
    table = arguments(source, begun.end(), "\n")[0] if begun else ""
    for text in (one.value for one in ast.walk(ast.parse(table)) if isinstance(one, ast.Constant)):
        if isinstance(text, str) and (text != text.lower() or " " in text):
            yield text


def texts(words: ast.expr) -> list[str]:
    """The texts that an expression may be."""
    if isinstance(words, ast.Constant):
        return [words.value] if isinstance(words.value, str) and words.value else []
    if isinstance(words, ast.IfExp):
        return texts(words.body) + texts(words.orelse)
    if isinstance(words, ast.Call) and words.args and getattr(words.func, "id", "") in LOOK_UP:
        return texts(words.args[0])
    return []


def said_by_the_studio() -> Iterator[Message]:
    """What the modules of static/js say through `say` and `sayCount`."""
    for file in sorted((ROOT / "static" / "js").rglob("*.js")):
        source = file.read_text(encoding="utf-8")
        for match in re.finditer(r"\bsay(Count)?\(", source):
            given = arguments(source, match.end())
            found = [[json.loads(f'"{text}"') for text in LITERAL.findall(one)] for one in given]
            if match[1]:
                yield from zip(found[1], found[2], strict=True) if len(found) > 2 else ()
            elif found and not given[0].startswith("REGRETS"):  # its words are said where they stand
                yield from ((text, "") for text in found[0])


def arguments(source: str, start: int, end: str = "") -> list[str]:
    """What stands between the brackets of a call, split at its commas; or up to `end`, outside all brackets."""
    found, depth, at, begun = [], 0, start, start
    while depth >= 0 and at < len(source):
        if source[at] in "\"'" and (text := STRING.match(source, at)):
            at = text.end()
            continue
        depth += (source[at] in "([{") - (source[at] in ")]}")
        if depth < 0 or (depth == 0 and source[at] == (end or ",")):
            found.append(source[begun:at].strip())
            begun = at + 1
            if end:
                break
        at += 1
    return [one for one in found if one]


SAID = {"django": (said_by_pages, said_by_the_server), "djangojs": (said_by_the_studio,)}


@cache
def said(catalogue: str) -> dict[str, str]:
    """All that is to stand in a catalogue: what is said, with its form for many or ""."""
    found: dict[str, str] = {}
    for one, many in sorted(message for source in SAID[catalogue] for message in source()):
        found[one] = many or found.get(one, "")
    return found


def written(catalogue: str) -> tuple[str, dict[str, list[str]]]:
    """A catalogue's head, and its translations: of one, and of many where there is a form for it.

    Lines that are no entries are passed over, so that the marks of a merge do no harm.
    """
    head, _, body = (CATALOGUES / f"{catalogue}.po").read_text(encoding="utf-8").partition("\n\n")
    there: dict[str, list[str]] = {}
    context = ""
    for kind, text in ENTRY.findall(body):
        if kind == "msgctxt":
            context = ast.literal_eval(text) + CONTEXT
        elif kind == "msgid":
            forms = there[context + ast.literal_eval(text)] = []
            context = ""
        elif kind.startswith("msgstr"):
            forms.append(ast.literal_eval(text))
    return head, there


def missing(catalogue: str) -> list[str]:
    """What is said and has no translation, or not one for each of its forms."""
    _head, there = written(catalogue)
    forms = {one: there.get(one, []) for one in said(catalogue)}
    return [one for one, many in said(catalogue).items() if len(list(filter(None, forms[one]))) != 1 + bool(many)]


def write(catalogue: str) -> None:
    """Bring both files of a catalogue up to the source: what is new has an empty translation, what is old is gone."""
    head, there = written(catalogue)
    blocks = [head]
    for one, many in said(catalogue).items():
        forms = (there.get(one, []) + ["", ""])[: 1 + bool(many)]
        context, _, word = one.rpartition(CONTEXT)
        lines = [("msgctxt", context)] if context else []
        lines += [("msgid", word)] + ([("msgid_plural", many)] if many else [])
        lines += [(f"msgstr[{at}]" if many else "msgstr", text) for at, text in enumerate(forms)]
        blocks.append("\n".join(f"{kind} {json.dumps(text, ensure_ascii=False)}" for kind, text in lines))
    (CATALOGUES / f"{catalogue}.po").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    (CATALOGUES / f"{catalogue}.mo").write_bytes(compiled(catalogue))


def compiled(catalogue: str) -> bytes:
    """What is translated in a catalogue as gettext reads it: two tables of lengths and places, then the texts."""
    head, there = written(catalogue)
    plurals = said(catalogue)
    pairs = {"": "".join(ast.literal_eval(line) for line in head.splitlines() if line.startswith('"'))}
    for one, forms in there.items():
        if all(forms):
            pairs["\0".join(filter(None, (one, plurals.get(one))))] = "\0".join(forms)
    coded = sorted((one.encode(), forms.encode()) for one, forms in pairs.items())
    begin, tables, body = 28 + 16 * len(coded), b"", b""
    for text in [one for one, _forms in coded] + [forms for _one, forms in coded]:
        tables += struct.pack("<2I", len(text), begin + len(body))
        body += text + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(coded), 28, 28 + 8 * len(coded), 0, 0) + tables + body


if __name__ == "__main__":
    for name in SAID:
        write(name)
        for text in missing(name):
            print(f"{name}.po: {text.replace(CONTEXT, ': ')}")
