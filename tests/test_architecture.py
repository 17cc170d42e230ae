"""The walls: who imports whom, who writes what, and names that say something."""

import ast
import sys

import pytest

from tests.support.walls import APPS, CLIENT, FLOORS, ROOT, SOURCES, floor_of, imports, module_of, named, parsed
from tests.support.writes import writes, written_by

pytestmark = pytest.mark.xdist_group("source")  # one process of tests parses it


def test_imports_run_downwards() -> None:
    upwards = []
    for path in SOURCES:
        mine = floor_of(module_of(path))
        for module in imports(path):
            if module.split(".")[0] in {*APPS, *CLIENT} and floor_of(module) > mine:
                upwards.append(f"{named(path)} imports {module}")
    assert not upwards, "from above:\n" + "\n".join(sorted(upwards))


def test_a_queue_that_asked_its_pages_would_import_from_above() -> None:
    assert (
        floor_of("projects.web.manager.task.page") > floor_of("projects.queue.claim") > floor_of("projects.models.work")
    )
    assert floor_of("projects.web.reviewer") > floor_of("projects.web.shared.media") > floor_of("taskers.web.forms")


@pytest.mark.parametrize("app", [*FLOORS, *CLIENT])
def test_each_module_of_an_app_lies_in_a_package_with_a_place(app: str) -> None:
    known = {one.split(".")[0] for floor in (FLOORS | CLIENT)[app].split() for one in floor.split("|")}
    inside = {module.split(".")[1] for module in map(module_of, SOURCES) if module.startswith(f"{app}.")}
    assert inside == known


def test_the_client_stands_alone() -> None:
    """Whoever installs it has Python, httpx and, for files in YAML, PyYAML."""
    imported = {path: {one.split(".")[0] for one in imports(path)} for path in SOURCES}
    of_client = {path: found for path, found in imported.items() if module_of(path).split(".")[0] in CLIENT}
    assert len(of_client) > 20, "nothing was read"
    assert not {named(path) for path in imported.keys() - of_client.keys() if imported[path] & CLIENT.keys()}
    theirs = set().union(*of_client.values()) - CLIENT.keys() - sys.stdlib_module_names
    assert theirs == {"httpx", "yaml"}


PURE = [
    "projects/inference/geometry.py",
    "projects/inference/agreement.py",
    "projects/inference/gold_check.py",
    "projects/inference",
    "projects/task_types",
    "assist/session/protocol.py",
    "assist/learning/gate.py",
    "assist/learning/deciding_gate.py",
    "assist/learning/discovered.py",
    "assist/learning/guardrails.py",
    "assist/learning/paired.py",
]


def test_pure_modules_know_nothing_of_django() -> None:
    pure = [path for path in SOURCES if named(path).startswith(tuple(PURE))]
    assert len(pure) > 40, "nothing was read"
    django = {"django", "rest_framework"}
    assert not [named(path) for path in pure if {module.split(".")[0] for module in imports(path)} & django]


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


def test_models_are_loaded_only_by_adapters() -> None:
    heavy = {path for path in SOURCES if {module.split(".")[0] for module in imports(path)} & HEAVY}
    assert len(heavy) > 5, "nothing was read"
    allowed = ("assist/adapters/", "assist/learning/recipes/")
    assert not [named(path) for path in heavy if not named(path).startswith(allowed)]


# The only writers (DESIGN section 5): anything that creates, updates or deletes these rows lives there; of tasks, what
# changes how many are wanted and what is withheld.
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
    "OrganizationDefault": "assist/registry/defaults.py",
    "TrainingConsent": "taskers/organizations/consent.py",
    "Evaluation": "assist/learning/evaluation.py",
    "Override": "assist/learning/rollout.py",
    "DecidingFloors": "assist/learning/deciding.py",
    "Rollout": "assist/learning/canary.py",
    "RolloutEvent": "assist/learning/canary.py",
    "ShadowAnswer": "assist/learning/shadow.py",
    "EvaluationScore": "assist/learning/evaluation.py",
    "EvaluationAnswer": "assist/learning/",
    "EvaluationConfusions": "assist/learning/evaluation.py",
    "TaskMap": "assist/alike/atlas.py",
    "TaskGroup": "assist/alike/atlas.py",
    "LabelCheck": "assist/learning/likely_wrong.py",
    "DeclaredSlice": "assist/learning/declared.py",
    "Erasure": "assist/learning/erasure.py",
    "ErasedTask": "assist/learning/erasure.py",
    "Tombstone": "assist/learning/erasure.py",
    "Search": "assist/learning/search/",
    "Trial": "assist/learning/search/",
    "Assignment": "projects/queue/",
    "Task": "projects/queue/",
}
# The archive takes rows away whole, once they are written into files and read back, and brings them back whole.
ARCHIVE = "projects/data/archive/"
ARCHIVED = {"Assignment", "Verdict"}


@pytest.mark.parametrize("noun", WRITERS)
def test_each_noun_has_one_writer(noun: str) -> None:
    writers = {named(path) for path in SOURCES if noun in written_by(path)}
    assert any(one.startswith(WRITERS[noun]) for one in writers), f"nobody writes {noun}: looked for the wrong thing"
    strangers = {one for one in writers if not one.startswith(WRITERS[noun])}
    assert not {one for one in strangers if not (noun in ARCHIVED and one.startswith(ARCHIVE))}


def test_a_stranger_is_seen_however_it_writes() -> None:
    ways = {
        "by its model": "Verdict.objects.filter(pk=1).exclude(pk=2).update(at=now)",
        "by a QuerySet with a name": "def end():\n    rows = Verdict.objects.filter(pk=1)\n    rows.delete()",
        "in SQL": 'ask("DELETE FROM projects_verdict WHERE id = 1")',
    }
    for way, source in ways.items():
        assert writes(ast.parse(source), source) == {"Verdict"}, way


EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "services", "service", "managers", "misc"}


def test_names_say_something() -> None:
    assert not [named(path) for path in SOURCES if path.stem in EMPTY_NAMES or path.parent.name in EMPTY_NAMES]


def test_files_and_functions_stay_readable() -> None:
    long = [f"{named(path)}: cut it along its subjects" for path in SOURCES if path.read_text().count("\n") > 400]
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
                if length > 40:
                    long.append(f"{named(path)}: {node.name} has {length} lines")
    assert not long


def test_no_signals_steer_the_program() -> None:
    assert not [named(path) for path in SOURCES if "post_save" in path.read_text()]


TESTS = sorted((ROOT / "tests").rglob("*.py"))


def test_what_tests_share_is_support() -> None:
    known = ("tests.support.", "tests.plugins.", "tests.settings.")
    for path in TESTS:
        shared = [
            f"{node.module}.{alias.name}"
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "tests"
            for alias in node.names
        ]
        strange = [one for one in shared if not one.startswith(known)]
        assert not strange, f"{named(path)}: shared functions live in tests/support"
        # mypy is told to take a missing module for one without types.
        places = [ROOT / one.replace(".", "/") for one in shared]
        missing = [one for one in places if not any(at.with_suffix(".py").exists() for at in (one, one.parent))]
        assert not missing, named(path)


def test_a_page_is_waited_for_by_what_it_shows() -> None:
    timed = [
        f"{named(path)}: {line.strip()}"
        for path in TESTS
        for line in path.read_text().splitlines()
        if ".wait_for_timeout" + "(" in line and "  # " not in line
    ]
    assert not timed, "a time says beside it why it isn't waited for a thing"
