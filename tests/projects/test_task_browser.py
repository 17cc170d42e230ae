"""The task browser as Mina works with it: words lead to tasks, what she looks for is kept, many are done at once."""

import json
import re

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from projects import queue
from projects.models import Assignment, BulkAction, Correctable, Project, Task, TaskTag, TaskWords, Verdict
from projects.queue.clock import Clock
from projects.reports import agreement_reports, progress, task_lines, task_search, task_words, verdict_index
from projects.reports.task_search import Filters
from projects.workflow import bulk_actions, bulk_preview, task_actions
from projects.workflow.bulk_verbs import ASKED
from taskers.models import Event, Person, Transfer
from taskers.money import ledger
from tests.support import make, owner
from tests.support.projects.judging import said
from tests.support.taskers.money import balance_of

pytestmark = pytest.mark.django_db

TEXTS = ("The São Paulo harbour closed early.", "A ship left OSLO at night.", "Nothing was said of the harbor.")
TERMS = {"tag": {"tag": "Blurred  "}, "untag": {"tag": "old"}, "overlap": {"wanted": 4}, "amend": {"meta": {"city": 7}}}


@pytest.fixture
def project(cast) -> Project:
    """Five tasks of which one is decided, one waits for review, one is held back, one cancelled; two carry a tag."""
    project = make.project(cast.riverside)
    batch = make.batch(project, "Reports")
    decided, unsure, kept, cancelled, _open = make.tasks(batch, 5)
    for tasker in (cast.alice, cast.bob):
        said(tasker, decided, make.MARIA)
    said(cast.alice, unsure, make.MARIA), said(cast.bob, unsure, make.OSLO)
    task_actions.withhold(kept, by=cast.mina)
    task_actions.cancel(cancelled, by=cast.mina)
    for one in (decided, kept):
        TaskTag.objects.create(project=project, task=one, tag="old")
    add_up()
    return project


@pytest.fixture
def mina(cast) -> Client:
    client = Client()
    client.force_login(cast.mina)
    return client


def add_up() -> None:
    for reader in (task_words, verdict_index, progress):
        reader.add(Event.objects.all())


def found(project: Project, **asked) -> list[str]:
    keys = task_search.search(project, Filters(**asked)).keys
    return [one.task.external_id for one in task_lines.lines(keys)]


def texts(project: Project, *said: str) -> list[Task]:
    batch = make.batch(project, "Texts")
    return [make.task(batch, text=text) for text in said]


def run(action: BulkAction) -> BulkAction:
    while bulk_actions.go_on(action.pk) == bulk_actions.PIECE:
        pass
    action.refresh_from_db()
    return action


def stands(project: Project) -> list[tuple]:
    """How each task is, as far as undoing promises to bring it back."""
    rows = Task.objects.filter(project=project).order_by("pk")
    return [
        (
            one.wanted,
            one.withheld,
            json.dumps(one.payload.get("meta") or {}),
            sorted(one.tags.values_list("tag")),
            sorted(one.reservations.values_list("person", "team")),
        )
        for one in rows
    ]


def listed(tasker: Person, project: Project) -> None:
    """Two tasks are on somebody's list."""
    for key in Task.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True)[:2]:
        with transaction.atomic():
            queue.work_lists.put_on(queue.lock(key), [tasker], [], by=None)


# --- words ---------------------------------------------------------------------------------------------


def test_words_are_found_whatever_their_case_and_accents_in_text_metadata_and_id(cast, project) -> None:
    texts(project, *TEXTS)
    other = make.project(cast.hilltop)
    texts(other, *TEXTS)
    add_up()
    assert found(project, words="sao harbour ") == ["Texts-0"]
    assert found(project, words="harbou") == ["Texts-0"], "the last word may be a beginning"
    assert found(project, words="harbou ") == [], "unless a space ends it"
    assert found(project, words="ship, oslo!") == ["Texts-1"]
    assert found(project, words="texts 2") == ["Texts-2"], "by its id"
    assert found(project, words="!!") == []
    task_actions.amend(Task.objects.get(project=project, external_id="Texts-1"), {"city": ["Bergen"]}, by=cast.mina)
    add_up()
    assert found(project, words="bergen") == ["Texts-1"]
    assert found(project, words="oslo", batch=project.batches.get(name="Reports")) == [
        f"Reports-{number}" for number in range(5)
    ]
    assert not set(found(other, words="oslo")) & {"Reports-0"}


def test_what_many_hold_is_walked_and_what_few_hold_is_led_to_by_its_index(project, monkeypatch) -> None:
    make.tasks(make.batch(project, "Many"), 30, text="common words")
    (seldom,) = texts(project, "a seldom word")
    add_up()
    monkeypatch.setattr(task_search, "LOOK_AT", 10)
    led: list[str] = []
    page = task_search._page

    def watched(of, filters, lead, *terms):
        led.append("words" if lead is task_search.WORDS else "walk")
        return page(of, filters, lead, *terms)

    monkeypatch.setattr(task_search, "_page", watched)
    monkeypatch.setattr(task_search, "PAGE", 3)
    assert task_search.search(project, Filters(words="oslo")).keys and led == ["walk"]
    led.clear()
    assert task_search.search(project, Filters(words="seldom")).keys == [seldom.pk] and led == ["walk", "words"]


def test_the_index_of_words_answers_without_reading_tasks(project) -> None:
    make.tasks(make.batch(project, "Many"), 300)
    task_words.index_all()
    query = task_search.compile_search(Filters(words="maria"), task_search.WORDS, None, False)
    with connection.cursor() as cursor:
        owner.execute("ANALYZE projects_taskwords")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        cursor.execute("EXPLAIN " + query, task_search.terms(project, Filters(words="maria"), None))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "task_words" in plan, plan


def test_a_load_is_indexed_piece_by_piece_and_once(project, monkeypatch) -> None:
    monkeypatch.setattr(task_words, "PIECE", 2)
    texts(project, *TEXTS, "and one", "more")
    assert task_words.index_all() == 5
    assert task_words.index_all() == 0 and TaskWords.objects.filter(project=project).count() == 10


# --- the page ------------------------------------------------------------------------------------------


def test_mina_sees_what_tasks_are_about_chooses_columns_and_keeps_the_view(
    cast, mina: Client, project, django_assert_max_num_queries
) -> None:
    address = reverse("tasks", args=[project.public_id])
    with django_assert_max_num_queries(10):
        html = mina.get(address, {"words": "oslo", "tag": "old"}).content.decode()
    (told,) = re.findall(r'<script id="tasks-view"[^>]*>(.*?)</script>', html)
    looks = json.loads(told)["tasks"]
    first, kept = Task.objects.filter(tags__tag="old").order_by("pk")
    assert set(looks) == {str(first.pk), str(kept.pk)}
    assert looks[str(first.pk)]["answer"]["spans"][0]["label"] == "person", "the verdict is drawn"
    assert "2 tasks fit." in html and f'data-look="{kept.pk}"' in html
    asked = {"state": "withheld-manager", "sort": "-external_id", "column": ["state", "meta.city"], "name": "Kept back"}
    assert mina.post(reverse("task-view-keep", args=[project.public_id]), asked).status_code == 302
    html = mina.get(address).content.decode()
    (link,) = re.findall(r'href="([^"]*)">Kept back</a>', html)
    shown = mina.get(link.replace("&amp;", "&")).content.decode()
    assert "Reports-2</a>" in shown and "Reports-0</a>" not in shown
    assert "<th>city</th>" in shown and ">Judgements</th>" not in shown


def test_metadata_is_found_as_a_text_or_a_number_and_orders_go_both_ways(cast, mina: Client, project) -> None:
    first, second, *_rest = Task.objects.filter(project=project).order_by("pk")
    task_actions.amend(first, {"page": 7}, by=cast.mina), task_actions.amend(second, {"page": "7"}, by=cast.mina)
    address = reverse("tasks", args=[project.public_id])

    def names(**asked: str) -> list[str]:
        return re.findall(r">(Reports-\d)</a>", mina.get(address, asked).content.decode())

    assert names(meta="page=7") == ["Reports-0", "Reports-1"]
    assert names(meta="Page=7") == ["Reports-0", "Reports-1"], "as the heading of a table writes it"
    assert names(meta="page=7", sort="-external_id") == ["Reports-1", "Reports-0"]
    assert names(sort="-created")[0] == "Reports-4"
    assert "names nothing in this project" in mina.get(address, {"meta": "page"}).content.decode()


# --- many at once --------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ASKED)
def test_what_is_foreseen_is_what_happens_and_undoing_brings_it_back(cast, project, verb: str) -> None:
    listed(cast.bob, project)
    keys = list(Task.objects.filter(project=project).order_by("pk").values_list("pk", flat=True))
    alice, bob = (str(one.public_id) for one in (cast.alice, cast.bob))
    whose = {"void": {"tasker": alice, "note": "Guessed"}, "list": {"people": [alice]}, "unlist": {"people": [bob]}}
    if verb == "in-turn":
        queue.prioritize(Task.objects.get(pk=keys[-1]), Task.Priority.FIRST, by=cast.mina)
    terms, before = (TERMS | whose).get(verb, {}), stands(project)
    decided = task_search.all_keys(project, Filters(state="decided"), 10)
    told = bulk_preview.of(keys, verb, terms)
    action = run(bulk_actions.start(project, verb, keys, by=cast.mina, terms=terms))
    assert (action.done, action.skipped) == (told.would, sum(told.left.values())), (told, action.faults)
    assert action.done, "nothing was tried"
    assert queue.audit().breaches == []
    if verb == "void":
        assert action.done == 2 and not bulk_actions.undoable(action)
        return
    undone = run(bulk_actions.undo(action, by=cast.mina))
    assert undone.skipped == 0 and queue.audit().breaches == []
    after = stands(project)
    if verb == "requeue":  # whoever was asked more stays asked: of the decided task, and of the one in review
        before, after = [[one[1:] for one in some] for some in (before, after)]
    assert after == before or verb == "release", undone.faults
    assert decided == [keys[0]]


@pytest.mark.parametrize("back", ["undo", "release", "requeue"])
def test_what_is_cancelled_and_brought_back_is_paid_once_when_its_answers_decide_it(cast, back: str) -> None:
    task = make.task(make.batch(make.project(cast.riverside, "Paid once", wanted=2, rate=50_000)))
    said(cast.alice, task, make.MARIA)
    gone = run(bulk_actions.start(task.project, "cancel", [task.pk], by=cast.mina))
    assert balance_of(cast.alice, "owed") == 50_000, "what came in is paid at once"
    theirs = 1  # answers: no more are wanted than came in
    if back == "undo":  # as many as before
        run(bulk_actions.undo(gone, by=cast.mina))
        said(cast.bob, task, make.MARIA)
        theirs = 2
    else:
        run(bulk_actions.start(task.project, back, [task.pk], by=cast.mina))
    assert Verdict.objects.get(task=task).decided_by is None
    assert [balance_of(one, "owed") for one in (cast.alice, cast.bob)] == [50_000, 50_000 * (theirs - 1)]
    assert Transfer.objects.count() == theirs and ledger.audit() == [] == queue.audit().breaches


def test_what_a_verdict_paid_is_not_paid_again_where_its_task_is_opened_and_then_cancelled(cast) -> None:
    task = make.task(make.batch(make.project(cast.riverside, "Paid once", wanted=2, rate=50_000)))
    said(cast.alice, task, make.MARIA)
    said(cast.bob, task, make.MARIA)
    task_actions.requeue(task, by=cast.mina)
    task_actions.cancel(task, by=cast.mina)
    assert [balance_of(one, "owed") for one in (cast.alice, cast.bob)] == [50_000, 50_000]
    assert ledger.audit() == []


def test_mina_does_it_from_the_page_watches_and_undoes_it(cast, mina: Client, project) -> None:
    html = mina.get(reverse("tasks", args=[project.public_id]), {"state": "open"}).content.decode()
    (query,) = re.findall(r'name="query" value="([^"]*)"', html)
    body = {"which": "all", "query": query, "verb": "tag", "tag": "Blurred"}
    shown = mina.post(reverse("bulk-preview", args=[project.public_id]), body).content.decode()
    assert "1 task is meant." in shown and not BulkAction.objects.exists()
    went = mina.post(reverse("bulk-start", args=[project.public_id]), body)
    action = run(BulkAction.objects.get())
    page = mina.get(went["Location"]).content.decode()
    assert "Undo it" in page and list(TaskTag.objects.filter(tag="blurred").values_list("task__external_id")) == [
        ("Reports-4",)
    ]
    mina.post(reverse("bulk-undo", args=[project.public_id, action.public_id]))
    run(BulkAction.objects.get(verb="undo"))
    assert not TaskTag.objects.filter(tag="blurred").exists()
    assert "It was undone." in mina.get(went["Location"]).content.decode()
    again = mina.post(reverse("bulk-undo", args=[project.public_id, action.public_id]), follow=True)
    assert "It was undone already." in again.content.decode()
    marked = Task.objects.get(external_id="Reports-4", project=project)
    body = {"which": "marked", "task": [str(marked.public_id), "nonsense"], "verb": "hold", "note": "dark"}
    assert "1 task is meant." in mina.post(reverse("bulk-preview", args=[project.public_id]), body).content.decode()


def test_another_managers_tasks_are_never_meant(cast, mina: Client, project) -> None:
    nora: Person = cast.nora
    theirs = make.task(make.batch(make.project(cast.hilltop), "Theirs"))
    body = {"which": "marked", "task": [str(theirs.public_id)], "verb": "cancel"}
    went = mina.post(reverse("bulk-preview", args=[project.public_id]), body, follow=True).content.decode()
    assert "Mark some tasks first." in went
    mina.force_login(nora)
    assert mina.post(reverse("bulk-start", args=[project.public_id]), body).status_code == 404


# --- what is taken for what ----------------------------------------------------------------------------


def test_a_cell_of_the_confusions_leads_to_its_tasks(cast, mina: Client, project) -> None:
    """Alice takes Maria for a place where Bob and Carol say person, and overlooks Oslo where they don't."""
    batch = make.batch(make.project(cast.riverside, "Three", wanted=3), "Cells")
    taken, missed = make.tasks(batch, 2)
    place, both = make.spans((0, 11, "place")), make.MARIA_AND_OSLO
    for task, answers in ((taken, (place, make.MARIA, make.MARIA)), (missed, (make.MARIA, both, both))):
        for tasker, answer in zip((cast.alice, cast.bob, cast.carol), answers, strict=True):
            said(tasker, task, answer)
    add_up()
    agreement_reports.make(batch.project_id)
    html = mina.get(reverse("agreement", args=[batch.project.public_id])).content.decode()
    cells = re.findall(r'href="([^"]*confused=[^"]*)">(\d+)<', html)
    assert {link.partition("confused=")[2]: number for link, number in cells} == {
        "person~person": "5",
        "person~place": "1",
        "place~place": "2",
        "place~": "1",
    }
    link = next(link for link, _number in cells if link.endswith("person~place"))
    shown = mina.get(link).content.decode()
    assert ">Cells-0</a>" in shown and ">Cells-1</a>" not in shown and "1 task fits." in shown
    assert "names nothing in this project" in mina.get(link.replace("~place", "~gone")).content.decode()


def test_mina_sees_that_a_task_is_answered_and_until_when_it_may_be_corrected(cast, mina: Client) -> None:
    """Both answers are in, and nothing is decided while their authors may still change them."""
    project = make.project(cast.riverside, "Careful", correction_minutes=30)
    answered, begun, apart = make.tasks(make.batch(project), 3)
    said(cast.alice, answered, make.MARIA), said(cast.bob, answered, make.OSLO), said(cast.alice, begun, make.MARIA)
    Assignment.objects.filter(task=apart).delete()
    lines = {line.task.pk: line for line in task_lines.lines([answered.pk, begun.pk, apart.pk])}
    assert [(lines[task.pk].state, lines[task.pk].state_text) for task in (answered, begun, apart)] == [
        ("answered", "Fully answered"),
        ("open", "Waiting for taskers"),
        ("", "Not handed out"),
    ]
    until = Correctable.objects.filter(assignment__task=answered).latest("until").until
    assert lines[answered.pk].correctable_until == until and lines[begun.pk].correctable_until is None
    listed = mina.get(reverse("tasks", args=[project.public_id])).content.decode()
    assert f"may be corrected until {date_format(timezone.localtime(until), 'j M, H:i')}" in listed
    shown = mina.get(reverse("task", args=[answered.public_id])).content.decode()
    assert "Fully answered" in shown and "may be corrected until" in shown

    Correctable.objects.update(until=Clock())  # the time is over, and no worker has come to it yet
    (line,) = task_lines.lines([answered.pk])
    assert (line.state, line.correctable_until) == ("answered", None)
