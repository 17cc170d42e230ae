"""The API: work by program, and what came of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.models import Annotation, Draft, Project, Verdict
from projects.reports import progress, verdict_index
from projects.workflow import corrections, task_actions
from taskers.models import Event, Transfer
from tests.support import make
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db


def claimed(alice: Api, project: Project) -> dict:
    return alice.post("claim", project.public_id).json()["assignment"]


def test_tasker_works_by_program(cast, alice, project, batch) -> None:
    make.tasks(batch, 2)
    work = claimed(alice, project)
    assert work["task"]["payload"]["text"] == make.TEXT
    assert work["pay"] == "$0.05"
    assert alice.post("heartbeat", work["id"], body={"token": work["token"]}).json()["deadline"] >= work["deadline"]
    draft = {"token": work["token"], "version": 0, "answer": {"spans": []}}
    assert alice.put("draft", work["id"], body=draft).json() == {"version": 1}
    answer = {"token": work["token"], "answer": make.MARIA, "active_ms": 1200}
    done = alice.post("submit", work["id"], body=answer).json()
    assert Annotation.objects.get().active_ms == 1200
    assert done["assignment"]["id"] != work["id"]
    assert not Draft.objects.exists()


def test_submitting_again_is_taken_once(alice, project, batch) -> None:
    make.tasks(batch, 2)
    work = claimed(alice, project)
    answer = {"token": work["token"], "answer": make.MARIA}
    first, second = (alice.post("submit", work["id"], body=answer).json() for _ in range(2))
    assert first["submitted"] == second["submitted"]
    assert first["assignment"]["id"] == second["assignment"]["id"]
    corrections.catch_up()
    assert (Annotation.objects.count(), Transfer.objects.count()) == (1, 1)
    refused(alice.post("submit", work["id"], body=answer | {"answer": make.OSLO}), 409, "already-submitted")


def test_when_nothing_is_left_it_is_said(alice, project, batch) -> None:
    answer = alice.post("claim", project.public_id).json()
    assert answer["assignment"] is None
    assert answer["nothing"]["code"] == "empty"


def test_bad_answer_is_refused_with_the_place(alice, project, batch) -> None:
    make.task(batch)
    work = claimed(alice, project)
    wrong = {"token": work["token"], "answer": make.spans((0, 999))}
    refused(alice.post("submit", work["id"], body=wrong), 422, "span-outside-text", "spans[0].end")
    unknown = {"token": work["token"], "answer": make.spans((0, 5, "ghost"))}
    refused(alice.post("submit", work["id"], body=unknown), 422, "unknown-label", "spans[0].label")


@pytest.mark.parametrize("text", ["a\u0000b", "\ud800"])
def test_draft_that_cannot_be_stored_is_refused(alice, project, batch, text: str) -> None:
    make.task(batch)
    work = claimed(alice, project)
    draft = {"token": work["token"], "version": 0, "answer": {"note": text}}
    refused(alice.put("draft", work["id"], body=draft), 422, "bad-text")


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"token": "7"}, "token"),
        ({"active_ms": -1}, "active_ms"),
        ({"active_ms": True}, "active_ms"),
        ({"rejected": "s1"}, "rejected"),
        ({"rejected": [1]}, "rejected[0]"),
        ({"rejected": ["x" * 41]}, "rejected[0]"),
        ({"confidence": 1.1}, "confidence"),
        ({"any": "yes"}, "any"),
    ],
)
def test_what_comes_with_an_answer_has_its_shape_or_is_refused_with_the_place(
    alice, project, batch, wrong: dict, place: str
) -> None:
    make.task(batch)
    work = claimed(alice, project)
    sent = {"token": work["token"], "answer": make.MARIA} | wrong
    refused(alice.post("submit", work["id"], body=sent), 422, "wrong-shape", place)
    assert not Annotation.objects.exists()


def test_skip_asks_somebody_else(cast, alice, project, batch) -> None:
    make.task(batch)
    work = claimed(alice, project)
    refused(
        alice.post("skip", work["id"], body={"token": work["token"], "reason": "lazy"}),
        400,
        "bad-skip-reason",
        "reason",
    )
    done = alice.post("skip", work["id"], body={"token": work["token"], "reason": "unclear"}).json()
    assert done["assignment"] is None
    assert make.held(cast.bob, project)


def test_release_gives_back(alice, project, batch) -> None:
    make.task(batch)
    work = claimed(alice, project)
    assert alice.post("release", work["id"], body={"token": work["token"]}).status_code == 204
    refused(alice.post("release", work["id"], body={"token": work["token"]}), 409, "lease-lost")


# --- verdicts -------------------------------------------------------------------------------------------


def test_verdicts_are_followed(cast, mina, project, batch) -> None:
    tasks = make.tasks(batch, 3)
    for _ in range(2):
        make.judged(cast.alice, project, make.MARIA)
    verdict_index.add(Event.objects.all())
    page = mina.get("verdicts", project.public_id, limit=1).json()
    assert (page["results"][0]["external_id"], page["more"]) == (tasks[0].external_id, True)
    rest = mina.get("verdicts", project.public_id, after=page["next"]).json()
    assert [one["external_id"] for one in rest["results"]] == [tasks[1].external_id]
    make.judged(cast.alice, project, make.MARIA)
    verdict_index.add(Event.objects.all())
    later = mina.get("verdicts", project.public_id, after=rest["next"]).json()
    assert [one["external_id"] for one in later["results"]] == [tasks[2].external_id]
    assert mina.get("verdicts", project.public_id, after=later["next"]).json()["next"] == later["next"]


def test_who_begins_at_the_end_is_told_what_comes_from_then_on(cast, mina, project, batch) -> None:
    tasks = make.tasks(batch, 3)
    assert mina.get("verdicts", project.public_id, after="end").json() == {"next": "0", "more": False, "results": []}
    for _ in range(2):
        make.judged(cast.alice, project, make.MARIA)
    verdict_index.add(Event.objects.all())
    end = mina.get("verdicts", project.public_id, after="end").json()
    assert (end["results"], end["more"]) == ([], False)
    assert mina.get("verdicts", project.public_id, after=end["next"]).json()["results"] == []
    task_actions.requeue(tasks[0], by=cast.mina)
    make.judged(cast.alice, project, make.MARIA)
    verdict_index.add(Event.objects.all())
    told = mina.get("verdicts", project.public_id, after=end["next"]).json()["results"]
    assert {(one["external_id"], one["state"]) for one in told} == {
        (tasks[0].external_id, "reopened"),
        (tasks[2].external_id, "decided"),
    }
    refused(mina.get("verdicts", project.public_id, after="begin"), 400, "invalid", "after")


def test_task_tells_its_verdict(cast, mina, project, batch) -> None:
    task = make.task(batch)
    assert mina.get("task", task.public_id).json()["verdict"] is None
    make.judged(cast.alice, project, make.MARIA)
    shown = mina.get("task", task.public_id).json()
    assert [span["label"] for span in shown["verdict"]["answer"]["spans"]] == ["person"]
    assert mina.get("task-verdicts", task.public_id).json()["results"][0]["id"] == shown["verdict"]["id"]


@pytest.mark.parametrize("query", [{"after": "x"}, {"limit": "0"}, {"limit": "201"}, {"after": "9" * 19}])
def test_odd_pages_are_refused(mina, project, query: dict) -> None:
    assert refused(mina.get("verdicts", project.public_id, **query), 400, "invalid")["place"] in query


def test_export_in_another_types_format_is_refused(mina, project) -> None:
    refused(mina.get("export", project.public_id, "coco"), 422, "wrong-format", "format")


def test_a_cycle_of_a_program_is_eleven_statements(cast, alice, project, batch) -> None:
    make.tasks(batch, 3)
    mine = claimed(alice, project)
    body = {"token": mine["token"], "answer": make.MARIA}
    mine = alice.post("submit", mine["id"], body=body).json()["assignment"]  # and what is known from then on
    with CaptureQueriesContext(connection) as asked:
        assert claimed(alice, project)["id"] == mine["id"]
    assert statements(asked) == 4, "who asks, the project, what is held, what is around it"
    with CaptureQueriesContext(connection) as asked:
        alice.post("submit", mine["id"], body=body | {"token": mine["token"]})
    assert statements(asked) == 7, "who asks, the work, two that take it in, choice, walk, around it"
    corrections.catch_up()
    assert Verdict.objects.count() == 2


def test_what_each_cycle_writes_anew_is_cleaned_before_a_fiftieth_of_it_is_dead(cast, alice, project, batch) -> None:
    """A fifth, as PostgreSQL has it, is millions of rows of a large table, which every index leads to until then."""
    make.tasks(batch, 3)
    mine = claimed(alice, project)
    body = {"token": mine["token"], "answer": make.MARIA}
    before = written_anew()
    alice.post("submit", mine["id"], body=body)
    progress.add(Event.objects.all())
    found = {name: share for name, (rows, share) in written_anew().items() if rows > before[name][0]}
    assert {"projects_assignment", "projects_batchprogress"} <= set(found)
    assert {name: share for name, share in found.items() if share > 0.02} == {}


def written_anew() -> dict[str, tuple[int, float]]:
    """Of each table how many rows this connection has updated or deleted and not told of yet, tests before this one
    among it; and which share of it is dead before it is cleaned."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT s.relname, n_tup_upd + n_tup_del, coalesce((
              SELECT option_value::float FROM pg_options_to_table(c.reloptions)
              WHERE option_name = 'autovacuum_vacuum_scale_factor'), 0.2)
            FROM pg_stat_xact_user_tables s JOIN pg_class c ON c.oid = s.relid""")
        return {name: (rows, share) for name, rows, share in cursor.fetchall()}


def statements(asked: CaptureQueriesContext) -> int:
    """How many, the transaction's own left out."""
    return sum("SAVEPOINT" not in (one["sql"] or "") for one in asked)
