"""Each process takes in what it needs: models' libraries and tables' stay out of those that serve pages and do jobs."""

import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command

HEAVY = {
    *("torch", "torchvision", "onnx", "onnxruntime", "spacy", "thinc", "transformers", "sentence_transformers"),
    *("s3fs", "aiobotocore", "botocore", "aiohttp"),
    *("sklearn", "optuna", "sqlalchemy", "pandas", "pyarrow", "datasets", "datumaro", "matplotlib", "playwright"),
    "scipy.stats",
    # What is asked of them waits for whoever asks: they took a third of the time that each process needs to start.
    *("scipy.special", "scipy.optimize", "scipy.ndimage", "scipy.sparse", "scipy.spatial", "httpx"),
    *("scipy.cluster", "scipy.linalg"),
}
PROCESSES = {
    "web": "import config.asgi",
    "worker": "import django; django.setup(); from procrastinate.contrib.django import app; app.perform_import_paths();"
    "import config.management.commands.work",
    "runtime": "import assist.runtime.server",
}
# What libraries of models bring, and takes them longer to start than all that is asked of them.
BROUGHT = {"torchvision", "torch._dynamo", "sympy", "transformers", "sentence_transformers", "sklearn", "pandas"}
USUAL = "import assist.adapters.mobile_sam, assist.adapters.minilm"


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_takes_in_no_library_that_it_has_no_use_for(process: str) -> None:
    found = taken_in(PROCESSES[process])
    assert "asyncio" in found
    assert found & HEAVY == set()
    assert process != "runtime" or "django" not in found


def test_the_usual_models_take_in_of_their_libraries_what_they_use() -> None:
    found = taken_in(USUAL)
    assert {"torch", "onnxruntime", "tokenizers"} <= found
    assert found & BROUGHT == set()


def taken_in(script: str) -> set[str]:
    """The modules of a process that has done this."""
    tell = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", f"{script}\n{tell}"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_django_finds_nothing_wrong_with_the_code() -> None:
    """A start doesn't look again."""
    call_command("check", fail_level="WARNING")


# As a web process does whose first pages are asked for at once, each by a thread of its own.
AT_ONCE = """
import threading, scipy
from taskers.apps import one_part_at_a_time
one_part_at_a_time()
parts, failed = "cluster spatial special optimize ndimage sparse linalg stats".split(), []
together = threading.Barrier(len(parts))
def ask(part):
    together.wait()
    try:
        getattr(scipy, part)
    except ImportError as problem:
        failed.append(problem)
asking = [threading.Thread(target=ask, args=(part,)) for part in parts]
for one in asking: one.start()
for one in asking: one.join()
assert not failed, failed
"""


def test_threads_that_ask_for_parts_of_scipy_at_once_each_get_theirs() -> None:
    subprocess.run([sys.executable, "-c", AT_ONCE], check=True)
