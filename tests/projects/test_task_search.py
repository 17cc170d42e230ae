"""The task browser: every filter finds what it says, pages are cut by key, and nothing reads on for ever."""

import base64
import random
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects import queue
from projects.models import Assignment, Project, Task, Verdict, VerdictEntry, limits
from projects.reports import progress, task_lines, task_search, task_totals, verdict_index
from projects.reports.task_search import Filters
from projects.workflow import submission, task_actions
from taskers.models import Event
from tests.support import make, owner
from tests.support.projects.feed import followed, standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    """Two batches: some tasks decided, some in review, one in Carol's hands, one held back, the rest open."""
    project = make.project(cast.riverside)
    first, second = make.batch(project, "First"), make.batch(project, "Second")
    for alices, bobs in ((make.MARIA, make.MARIA), (make.MARIA_AND_OSLO, make.MARIA_AND_OSLO), (make.MARIA, make.OSLO)):
        make.task(first)  # loaded one by one, so that both get this one next
        make.judged(cast.alice, project, alices)
        make.judged(cast.bob, project, bobs)
    rest = make.tasks(first, 3)
    make.tasks(second, 4)
    make.held(cast.carol, project)
    task_actions.withhold(rest[2], by=cast.mina)
    verdict_index.add(Event.objects.all())
    return project


def names(project: Project, filters: Filters) -> list[str]:
    """External ids of everything that fits, page by page."""
    found, after = [], ""
    while True:
        page = task_search.search(project, filters, after=after)
        found += [line.task.external_id for line in task_lines.lines(page.keys)]
        after = page.later
        if not after:
            return found


def test_everything_comes_in_the_order_of_loading(project) -> None:
    assert names(project, Filters()) == [f"First-{i}" for i in range(6)] + [f"Second-{i}" for i in range(4)]


def test_by_external_id(project) -> None:
    assert names(project, Filters(external_id="Sec")) == [f"Second-{i}" for i in range(4)]
    assert names(project, Filters(external_id="First-3")) == ["First-3"]
    assert names(project, Filters(external_id="irst")) == []


def test_external_id_is_taken_as_it_is(project) -> None:
    assert names(project, Filters(external_id="%")) == []
    assert names(project, Filters(external_id="First_")) == []


def test_by_batch(project) -> None:
    assert names(project, Filters(batch=project.batches.get(name="Second"))) == [f"Second-{i}" for i in range(4)]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("decided", ["First-0", "First-1"]),
        ("withheld-review", ["First-2"]),
        ("withheld-manager", ["First-5"]),
        ("withheld-broken", []),
        ("held", ["First-3"]),
        ("open", ["First-3", "First-4", "Second-0", "Second-1", "Second-2", "Second-3"]),
    ],
)
def test_by_state(project, state: str, expected: list[str]) -> None:
    assert names(project, Filters(state=state)) == expected
    whole = {
        line.task.external_id: line.state for line in task_lines.lines(task_search.search(project, Filters()).keys)
    }
    if state != "open":  # a task that is in work may have more to hand out
        assert [name for name, found in whole.items() if found == state] == expected


def test_by_label_in_the_verdict(project) -> None:
    assert names(project, Filters(label=project.labels.get(key="person"))) == ["First-0", "First-1"]
    assert names(project, Filters(label=project.labels.get(key="place"))) == ["First-1"]


def test_by_tasker(cast, project) -> None:
    assert names(project, Filters(tasker=cast.alice)) == ["First-0", "First-1", "First-2"]
    assert names(project, Filters(tasker=cast.carol)) == ["First-3"]
    assert names(project, Filters(tasker=cast.mina)) == []


def test_by_confidence_the_least_sure_first(cast, project) -> None:
    review = queue.claim_review(Task.objects.get(external_id="First-2"), cast.rita)
    submission.decide(review, cast.rita, review.token, make.OSLO)
    verdict_index.add(Event.objects.all())
    assert names(project, Filters(low=0.0)) == ["First-0", "First-1", "First-2"]
    assert names(project, Filters(low=0.99)) == ["First-2"]
    assert names(project, Filters(high=0.99)) == ["First-0", "First-1"]


def test_every_pair_of_filters_is_their_intersection(cast, project) -> None:
    place = project.labels.get(key="place")
    single = {
        "external_id": "First",
        "batch": project.batches.get(name="First"),
        "state": "decided",
        "label": place,
        "tasker": cast.alice,
        "low": 0.1,
    }
    alone = {name: set(names(project, Filters(**{name: value}))) for name, value in single.items()}
    for one, other in combinations(single, 2):
        found = names(project, Filters(**{one: single[one], other: single[other]}))
        assert set(found) == alone[one] & alone[other], (one, other)
        assert len(found) == len(set(found))


def test_neighbours_tasks_never_appear(cast, project) -> None:
    other = make.project(cast.hilltop)
    make.tasks(make.batch(other, "First"), 2)
    make.judged(cast.ned, other, make.MARIA)
    for filters in (Filters(), Filters(external_id="First"), Filters(state="open"), Filters(tasker=cast.ned)):
        assert len(names(other, Filters())) == 2
        assert set(names(project, filters)) <= {f"{b}-{i}" for b in ("First", "Second") for i in range(6)}
    assert names(project, Filters(tasker=cast.ned)) == []


# --- pages --------------------------------------------------------------------------------------------


def walk(project: Project, filters: Filters) -> list[list[int]]:
    pages = [task_search.search(project, filters)]
    while pages[-1].later:
        pages.append(task_search.search(project, filters, after=pages[-1].later))
    return [list(page.keys) for page in pages]


@pytest.mark.parametrize("filters", [Filters(), Filters(external_id="F"), Filters(state="open")])
def test_pages_go_forward_and_back_over_the_same_tasks(project, filters: Filters, monkeypatch) -> None:
    monkeypatch.setattr(task_search, "PAGE", 2)
    pages = [task_search.search(project, filters)]
    while pages[-1].later:
        pages.append(task_search.search(project, filters, after=pages[-1].later))
    assert all(len(page.keys) <= 2 for page in pages)
    back = [pages[-1]]
    while back[-1].earlier:
        back.append(task_search.search(project, filters, before=back[-1].earlier))
    assert [page.keys for page in reversed(back)] == [page.keys for page in pages]
    assert pages[0].earlier == ""


def test_same_confidence_is_cut_by_key(project, monkeypatch) -> None:
    monkeypatch.setattr(task_search, "PAGE", 1)
    assert walk(project, Filters(low=0.0)) == [
        [Task.objects.get(external_id="First-0").pk],
        [Task.objects.get(external_id="First-1").pk],
    ]


def test_long_search_stops_and_goes_on(project, monkeypatch) -> None:
    monkeypatch.setattr(task_search, "LOOK_AT", 3)
    # The last task of all, asked for in a way that no index leads to.
    filters = Filters(batch=project.batches.get(name="First"), state="decided")
    first = task_search.search(project, filters)
    assert (len(first.keys), first.stopped, bool(first.later)) == (2, True, True)
    assert names(project, filters) == ["First-0", "First-1"]


def test_broken_cursor_starts_anew(project) -> None:
    whole = task_search.search(project, Filters()).keys
    for cursor in ("!", "bnVsbA", "WzEsIHRydWVd", "W251bGwsIDFd", "a" * 400, "WzFlOTk5LCAxXQ"):
        assert task_search.search(project, Filters(), after=cursor).keys == whole


@pytest.mark.parametrize("depth", [2_000, 40_000])
def test_a_cursor_that_nobody_was_given_starts_anew(project, depth: int) -> None:
    nested = base64.urlsafe_b64encode(b"[" * depth).decode()
    assert task_search.search(project, Filters(), after=nested).keys == task_search.search(project, Filters()).keys


def test_a_cursor_leads_on_from_a_task_with_the_longest_name() -> None:
    at = ("\N{GRINNING FACE}" * limits.EXTERNAL_ID, 2**63 - 1)
    cursor = task_search._encoded(at)
    assert task_search._decoded(cursor, SimpleNamespace(type="text")) == at


@given(cursor=st.text(max_size=40))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_cursor_breaks_a_page(project, cursor: str) -> None:
    task_search.search(project, Filters(low=0.1), after=cursor)


# --- cost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (Filters(), "task_by_project"),
        (Filters(external_id="First-1"), "task_external_id_start"),
        (Filters(state="withheld-review"), "task_withheld"),
        (Filters(state="decided"), "verdict_entry_by_label"),
        (Filters(low=0.2, high=0.9), "verdict_entry_confidence"),
    ],
)
def test_each_search_is_led_by_its_index(project, filters: Filters, index: str) -> None:
    lead = task_search.lead_for(filters)
    query = task_search.compile_search(filters, lead, None, False)
    # Among so many that one way isn't as short as the other: on an empty table the planner takes either.
    for one, number in ((project, 100), (make.project(project.organization, "Another"), 500)):
        make.tasks(make.batch(one, "Many"), number)
    with connection.cursor() as cursor:
        owner.execute("ANALYZE projects_task")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        cursor.execute("EXPLAIN " + query, task_search.terms(project, filters, None))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert index in plan, plan


def test_page_never_counts_or_reads_all(project) -> None:
    for filters in (Filters(), Filters(state="open"), Filters(external_id="x", low=0.5)):
        query = task_search.compile_search(filters, task_search.lead_for(filters), None, False)
        assert "count(" not in query.lower()
        assert query.count("LIMIT") >= 3


# --- the index of verdicts -----------------------------------------------------------------------------


def entries(project: Project) -> list[tuple[str, str]]:
    rows = VerdictEntry.objects.filter(project=project).order_by("pk")
    return list(rows.values_list("task__external_id", "label"))


def test_index_holds_current_verdicts_once(project) -> None:
    expected = [("First-0", ""), ("First-0", "person"), ("First-1", ""), ("First-1", "person"), ("First-1", "place")]
    assert entries(project) == expected
    verdict_index.add(Event.objects.all())
    assert entries(project) == expected


def test_index_forgets_what_was_set_aside(cast, project) -> None:
    task_actions.requeue(Task.objects.get(external_id="First-0"), by=cast.mina)
    verdict_index.add(Event.objects.all())
    assert {task for task, _label in entries(project)} == {"First-1"}


def test_feed_gives_a_changed_verdict_once_more(cast, project) -> None:
    last = verdict_index.since(project, 0, 10)[-1].pk
    review = queue.claim_review(Task.objects.get(external_id="First-0"), cast.rita)
    submission.decide(review, cast.rita, review.token, make.OSLO)
    verdict_index.add(Event.objects.all())
    after = verdict_index.since(project, last, 10)
    assert [line.task.external_id for line in after] == ["First-0"]
    assert after[0].verdict == Verdict.objects.current().get(task__external_id="First-0")


def test_who_follows_the_feed_holds_exactly_the_verdicts_that_stand_whatever_becomes_of_them(cast, project) -> None:
    """Decided, reopened, decided anew by a reviewer, in an order drawn by chance."""
    dice, known, after = random.Random(5), dict[str, Any](), 0
    tasks = list(Task.objects.filter(project=project))
    for _step in range(40):
        task = dice.choice(tasks)
        decided = Verdict.objects.current().filter(task=task).exists()
        if decided and dice.random() < 0.7:
            task_actions.requeue(task, by=cast.mina)
        elif not Assignment.objects.filter(task=task, state="held").exists():
            review = queue.claim_review(task, cast.rita)
            submission.decide(review, cast.rita, review.token, make.OSLO)
        if dice.random() < 0.5:
            verdict_index.add(Event.objects.all())
            after = followed(project, known, after)
            assert known == standing(project)


# --- the page ------------------------------------------------------------------------------------------


def shown(client: Client, project: Project, **asked: str) -> str:
    return client.get(reverse("tasks", args=[project.public_id]), asked).content.decode()


def test_page_asks_what_the_form_says(cast, project) -> None:
    mina = Client()
    mina.force_login(cast.mina)
    batch = project.batches.get(name="First")
    html = shown(
        mina,
        project,
        external_id="First",
        state="decided",
        batch=str(batch.public_id),
        label="place",
        tasker="alice@example.org",
        low="10",
        high="100",
    )
    assert "First-1</a>" in html
    assert "First-0</a>" not in html
    assert 'value="alice@example.org"' in html


@pytest.mark.parametrize(
    ("name", "value"),
    [("batch", "nonsense"), ("state", "gone"), ("label", "gone"), ("tasker", "ned@example.org"), ("low", "many")],
)
def test_filter_that_names_nothing_here_is_said(cast, project, name: str, value: str) -> None:
    mina = Client()
    mina.force_login(cast.mina)
    assert "names nothing in this project" in shown(mina, project, **{name: value})


def test_page_keeps_filters_when_it_turns(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(task_search, "PAGE", 2)
    mina = Client()
    mina.force_login(cast.mina)
    html = shown(mina, project, state="open")
    assert 'href="?state=open&amp;after=' in html


@pytest.mark.parametrize("bound", [{"low": 0.0}, {"high": 0.0}])
def test_a_bound_of_nothing_is_asked_and_gets_no_total_of_all(project, bound: dict) -> None:
    progress.add(Event.objects.all())
    found = task_search.search(project, Filters())
    assert task_totals.total(project, Filters(), found, first=False) == (10, "about")
    assert task_totals.total(project, Filters(**bound), found, first=False) is None
