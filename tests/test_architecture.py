"""The walls: who imports whom, who writes what, and names that say something."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["taskers", "projects", "assist", "config"]  # each may import those before it
SOURCES = [path for app in FLOORS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_imports_run_downwards(path: Path) -> None:
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    above = {module for module in imports(path) if module.split(".")[0] in FLOORS[floor + 1 :]}
    assert not above, f"{named(path)} imports {sorted(above)} from above"


PURE = [
    "projects/inference/geometry.py",
    "projects/inference/agreement.py",
    "projects/inference/gold_check.py",
    "projects/inference",
    "projects/task_types",
    "assist/session/protocol.py",
]


@pytest.mark.parametrize("path", [one for one in SOURCES if named(one).startswith(tuple(PURE))], ids=named)
def test_pure_modules_know_nothing_of_django(path: Path) -> None:
    assert not {module for module in imports(path) if module.split(".")[0] in {"django", "rest_framework"}}


HEAVY = {
    "sentence_transformers",
    "transformers",
    "torch",
    "torchvision",
    "segment_anything",
    "onnxruntime",
    "onnx",
    "spacy",
}


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_models_are_loaded_only_by_runtimes(path: Path) -> None:
    heavy = {module for module in imports(path) if module.split(".")[0] in HEAVY}
    allowed = named(path).startswith(("assist/adapters/runtimes/", "assist/training"))
    assert not heavy or allowed, f"{named(path)} imports {sorted(heavy)}"


# The only writers (DESIGN section 5): anything that creates, updates or deletes these rows lives there.
WRITERS = {
    "Verdict": "projects/quality/consensus.py",
    "Transfer": "taskers/money/ledger.py",
    "Payout": "taskers/money/payouts.py",
    "AuditRecord": "taskers/audit/trail.py",
    "Grade": "taskers/standing/grades.py",
    "Standing": "taskers/standing/grades.py",
    "ThrottleBucket": "taskers/credentials/throttle.py",
    "Suggestion": "assist/suggestions/record.py",
    "ModelVersion": "assist/registry/registry.py",
    "Deployment": "assist/registry/registry.py",
    "Assignment": "projects/queue/",
}
WRITE = (
    r"\b{noun}\.objects(?:\.\w+\([^()]*\))*"
    r"\.(?:create|update|delete|bulk_create|bulk_update|get_or_create|update_or_create)\("
    r"|\b(?:INSERT INTO|UPDATE) (?:assist|projects|taskers)_{table}\b"
)


@pytest.mark.parametrize("noun", WRITERS)
def test_each_noun_has_one_writer(noun: str) -> None:
    pattern = re.compile(WRITE.format(noun=noun, table=noun.lower()))
    writers = {named(path) for path in SOURCES if pattern.search(path.read_text())}
    assert writers, f"nobody writes {noun}: this test looks for the wrong thing"
    strangers = {one for one in writers if not one.startswith(WRITERS[noun])}
    assert not strangers


EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "services", "service", "managers", "misc"}


def test_names_say_something() -> None:
    assert not [named(path) for path in SOURCES if path.stem in EMPTY_NAMES or path.parent.name in EMPTY_NAMES]


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_files_and_functions_stay_readable(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= 400, "cut this file along its subjects"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
            assert length <= 40, f"{node.name} has {length} lines"


def test_no_signals_steer_the_program() -> None:
    assert not [named(path) for path in SOURCES if "post_save" in path.read_text()]
