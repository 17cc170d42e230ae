"""How much memory an import takes, whatever the size of its file: watched from outside, in a process of its own."""

import time

import psutil
import pytest

from projects.models import Task
from tests.support import cast as people
from tests.support import make
from tests.support.commands import start

pytestmark = pytest.mark.django_db(transaction=True)

MB = 2**20
LINE = '{{"external_id": "r-{}", "text": "' + "A line of text to be labelled. " * 32 + '"}}\n'  # 1 kB


def most_memory_of_loading(folder, project, rows: int) -> int:
    """The most bytes that `manage.py import_tasks` ever held while it loaded so many rows of 1 kB."""
    path = folder / f"{rows}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(LINE.format(f"{rows}-{number}") for number in range(rows))
    before, most = Task.objects.count(), 0
    process = start("import_tasks", "--skip-checks", project.public_id, path)
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            most = max(most, watched.memory_info().rss)
        except psutil.Error:  # it has just ended
            break
        time.sleep(0.01)
    assert process.wait(60) == 0
    assert Task.objects.count() - before == rows
    return most


@pytest.mark.torture
def test_an_import_takes_no_more_memory_for_twelve_times_the_rows(tmp_path) -> None:
    project = make.project(people.assemble().riverside, wanted=1)
    one, few, many = (most_memory_of_loading(tmp_path, project, rows) for rows in (1, 5_000, 60_000))
    assert many - one < 200 * MB, "what a server may spend on it"
    assert many - few < 25 * MB, "60 MB of rows went through: none of them stayed"
