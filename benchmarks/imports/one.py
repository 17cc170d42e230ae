"""`python -m benchmarks.imports.one KIND FILE ROWS`: loads one file as a worker does, and says what it cost."""

import json
import resource
import sys
import time
from pathlib import Path

import django


def main() -> None:
    django.setup()
    from django.core.files.base import File  # Django's settings are read first

    from projects.configuration import configure
    from projects.data import importing
    from projects.data.importing.choices import Choices, choose
    from projects.models import Import, ImportedPrediction, Task
    from projects.workflow import batches
    from taskers.models import Organization

    kind, path, rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    owner = Organization.objects.create(name=kind)
    labels = [{"name": "Person", "key": "person"}, {"name": "Place", "key": "place"}]
    project = configure.create(owner, None, name=kind, task_type="text_spans", labels=labels, wanted=1)
    batch = batches.create(project, "All", by=None)
    begun, worked = time.monotonic(), time.process_time()
    with path.open("rb") as file:
        made = importing.receive(batch, File(file), name=path.name, by=None)
    found = importing.run(made.pk)
    if found.state == Import.State.PLANNED:
        meanings = {"Person": "person", "Place": "place"}
        choose(found, Choices(Import.Answers.PREDICTION, "Detector", meanings), by=None)
        found = importing.run(made.pk)
    seconds, processor = time.monotonic() - begun, time.process_time() - worked
    assert (found.state, Task.objects.filter(project=project).count()) == ("done", rows), found.reason
    assert ImportedPrediction.objects.filter(task__project=project).count() in (0, rows), "some answers were lost"
    assert (kind == "plain") == (not ImportedPrediction.objects.filter(task__project=project).exists())
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "largest": largest}))


if __name__ == "__main__":
    main()
