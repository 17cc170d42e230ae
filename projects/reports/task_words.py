"""The words that lead to tasks: of their texts, their metadata and their external ids, kept by workers.

Tasks come into a project in the order of their keys, one load after the other, so whatever lies behind the last indexed
one is still to be indexed. Nobody who works waits for it; a task is found some seconds after it was loaded.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from projects.inference import text_words
from projects.models import Project, Task, TaskWords
from projects.task_types.preference import words_of
from taskers.database.prepared import ask
from taskers.models import Event
from taskers.outbox.events import follow

READER = "task_words"
PIECE = 2000  # tasks of one transaction
MOST_WORDS = 2000  # of one task; what comes later in a longer text isn't found
LONGEST = 40  # characters of a word
READ = 200_000  # characters of one text
LOADED, AMENDED, RETURNED = "loaded", "task_amended", "batch_returned"

BEHIND = """
SELECT t.id, t.external_id, t.payload::text FROM projects_task t
WHERE t.project_id = %(project)s::bigint AND t.id > %(after)s::bigint ORDER BY t.id LIMIT %(most)s::int
"""
KEEP = """
INSERT INTO projects_taskwords AS w (task_id, project_id, words)
SELECT n.task, %(project)s::bigint, array_to_tsvector(string_to_array(n.words, ' '))
FROM unnest(%(tasks)s::bigint[], %(words)s::text[]) AS n(task, words) ORDER BY n.task
ON CONFLICT (task_id) DO UPDATE SET words = excluded.words
RETURNING w.task_id
"""


def catch_up() -> int:
    """Index what was loaded or changed since the last look; returns how many events there were."""
    return follow(READER, add, limit=200)


def add(events: Iterable[Event]) -> None:
    """Bring the words of what these events speak of up to date, one piece of each project at most."""
    events = list(events)
    loaded = {one.project_key for one in events if one.kind == LOADED and one.project_key}
    for project in Project.objects.filter(public_id__in=loaded).order_by("pk"):
        _index_piece(project.pk)
    _index(Task.objects.filter(pk__in={one.data["task"] for one in events if one.kind == AMENDED}))
    batches = {one.data["batch"] for one in events if one.kind == RETURNED}
    if batches:
        _index(Task.objects.filter(batch__in=batches).exclude(pk__in=TaskWords.objects.values("task")))


def index_all() -> int:
    """Index whatever isn't yet, such as what was loaded by an earlier version; returns how many tasks."""
    done = 0
    for project in Project.objects.exclude(state=Project.State.ARCHIVED).order_by("pk"):
        while found := _index_piece(project.pk):
            done += found
            if found < PIECE:
                break
    return done


@transaction.atomic
def _index_piece(project_key: int) -> int:
    """The next tasks of a project; how many."""
    last = TaskWords.objects.filter(project=project_key).aggregate(last=Max("task"))["last"] or 0
    rows = ask(BEHIND, {"project": project_key, "after": last, "most": PIECE})
    _keep(project_key, [(key, name, json.loads(payload)) for key, name, payload in rows])
    return len(rows)


def _index(tasks: Any) -> None:
    by_project: dict[int, list[tuple[int, str, Mapping[str, Any]]]] = {}
    for key, project, name, payload in tasks.values_list("pk", "project", "external_id", "payload").order_by("pk"):
        by_project.setdefault(project, []).append((key, name, payload))
    for project, rows in by_project.items():
        _keep(project, rows)


def _keep(project: int, rows: Iterable[tuple[int, str, Mapping[str, Any]]]) -> None:
    rows = list(rows)
    if rows:
        words = [" ".join(lexemes(project, name, payload)) for _key, name, payload in rows]
        ask(KEEP, {"project": project, "tasks": [key for key, _name, _payload in rows], "words": words})


def lexemes(project: int, external_id: str, payload: Mapping[str, Any]) -> list[str]:
    """What a task is found by, each once."""
    texts = [external_id, words_of(payload) or "", *_scalars(payload.get("meta"))]
    found = dict.fromkeys(word for text in texts for word in words(text[:READ]))
    return [f"{project}:{word}" for word in list(found)[:MOST_WORDS]]


def words(text: str) -> list[str]:
    """The words of a text as they are looked for: no case, no accents, no signs."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return [
        piece[:LONGEST]
        for word in text_words.words_of(plain)
        for piece in word.casefold().split("_")
        if piece and piece[0].isalnum()
    ]


def query(project: int, said: str) -> str:
    """What finds all that hold each of these words, the last as a beginning: text of a tsquery, "" for nothing."""
    found = words(said)
    open_end = found[-1:] if found and not said[-1:].isspace() else []
    quoted = [f"'{project}:{word}'" for word in dict.fromkeys(found[: len(found) - len(open_end)])]
    return " & ".join([*quoted, *(f"'{project}:{word}':*" for word in open_end)])


def _scalars(value: Any) -> list[str]:
    """Everything in metadata that can be read, however deep."""
    if isinstance(value, Mapping):
        return [one for part in value.values() for one in _scalars(part)]
    if isinstance(value, list):
        return [one for part in value for one in _scalars(part)]
    return [str(value)] if isinstance(value, (str, int, float)) and not isinstance(value, bool) else []
