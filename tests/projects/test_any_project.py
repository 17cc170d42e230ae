"""The most useful work of any project, and why there is none: in the studio, by program, and before asking."""

from datetime import timedelta

import pytest
from django.utils import timezone

from projects import queue
from projects.configuration import configure
from projects.models import BatchPace
from projects.reports import earnings, progress
from projects.workflow import batches, submission
from projects.workforce import availability, conflicts_of_interest, rules
from taskers.skills import skills
from tests.support import make
from tests.support.projects.courses import answered, course

pytestmark = pytest.mark.django_db


@pytest.fixture
def plain(cast):
    made = make.project(cast.riverside, "Plain", rate=10_000, wanted=1)
    make.tasks(make.batch(made), 3)
    return made


@pytest.fixture
def paid(cast):
    made = make.project(cast.riverside, "Paid", rate=90_000, wanted=1)
    make.tasks(make.batch(made), 1)
    return made


@pytest.fixture
def alice(client, cast):
    client.force_login(cast.alice)
    return client


def post(client, path: str, body: dict | None = None) -> dict:
    answer = client.post(path, body or {}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_studio_goes_on_from_project_to_project(alice, cast, plain, paid) -> None:
    make.task(make.batch(make.project(cast.hilltop, "Hilltop's", rate=10**6)))
    page = alice.get("/studio/any/").content.decode()
    assert 'data-project="any"' in page and "Any project" in page
    first = post(alice, "/studio/any/claim")["assignment"]
    assert first["project"]["name"] == "Paid"
    work = {"token": first["token"], "answer": make.MARIA, "active_ms": 10, "rejected": [], "any": True}
    second = post(alice, f"/studio/assignments/{first['id']}/submit", work)["assignment"]
    assert second["project"]["name"] == "Plain"
    third = post(
        alice, f"/studio/assignments/{second['id']}/skip", {"token": second["token"], "reason": "too-hard", "any": True}
    )["assignment"]
    assert third["project"]["name"] == "Plain" and third["task"]["id"] != second["task"]["id"]


def test_whoever_came_for_one_project_stays_in_it(alice, cast, plain, paid) -> None:
    first = post(alice, f"/studio/{paid.public_id}/claim")["assignment"]
    work = {"token": first["token"], "answer": make.MARIA, "active_ms": 10, "rejected": []}
    assert post(alice, f"/studio/assignments/{first['id']}/submit", work)["nothing"]["code"] == "all-done"


def test_any_says_why_there_is_nothing(alice, cast, plain) -> None:
    rules.ask_for(plain, skills.define(cast.riverside, "Spanish"), by=cast.mina)
    nothing = post(alice, "/studio/any/claim")["nothing"]
    assert nothing["code"] == "lacks-skill" and "Spanish" in nothing["text"]
    configure.move(plain, "paused", by=cast.mina)
    assert post(alice, "/studio/any/claim")["nothing"]["code"] == "all-done"


@pytest.mark.parametrize("who", ["mina", "rita", "sam"])
def test_who_does_no_tasks_gets_none(client, cast, plain, who) -> None:
    client.force_login(getattr(cast, who))
    assert client.get("/studio/any/").status_code in (403, 404)
    answer = client.post("/studio/any/claim", {}, content_type="application/json")
    assert "assignment" not in answer.json()


def test_home_offers_any_and_says_why_a_project_is_closed(alice, cast, plain, paid) -> None:
    progress.catch_up()
    rules.exclude(cast.alice, project=paid, reason="Please read rule 3", by=cast.mina)
    page = alice.get("/").content.decode()
    assert "Give me the most useful work" in page and 'href="/studio/any/"' in page
    assert "You are paused here: Please read rule 3." in page
    rules.change(plain, cast.mina, daily_tasks=1)
    make.judged(cast.alice, plain, make.MARIA)
    assert "You have done the 1 task that one person may do here in a day." in alice.get("/").content.decode()


def test_home_says_what_others_hold_and_what_is_all_done(alice, cast, plain, paid) -> None:
    for tasker in (cast.bob, cast.carol, make.person("Dora", cast.riverside, "tasker")):
        make.held(tasker, plain)
    make.judged(cast.alice, paid, make.MARIA)
    page = alice.get("/").content.decode()
    assert "it comes back in about 15 min." in page
    assert "You have done everything there is for you here." in page


def test_home_counts_tasks_that_one_may_still_do_and_not_judgements(alice, cast) -> None:
    many = make.project(cast.riverside, "Many", wanted=3)
    make.tasks(make.batch(many), 4)
    assert "<dd>4 tasks</dd>" in alice.get("/").content.decode(), "12 judgements of 4 tasks"
    for _ in range(2):
        make.judged(cast.alice, many, make.MARIA)
    mine = make.held(cast.alice, many)
    queue.skip(mine, cast.alice, mine.token, reason="too-hard")
    assert "<dd>1 task</dd>" in alice.get("/").content.decode()
    make.judged(cast.alice, many, make.MARIA)
    page = alice.get("/").content.decode()
    assert "You have done everything there is for you here." in page, "others may still do all four"
    new = make.tasks(many.batches.get(), 5)
    conflicts_of_interest.keep_apart(cast.riverside, cast.alice, cast.bob, relation="other", by=cast.mina)
    his = {make.judged(cast.bob, many, make.MARIA).task for _ in range(3)}
    hers = len(set(new) - his)
    assert hers < 5 and f"<dd>{hers} tasks</dd>" in alice.get("/").content.decode(), "she is kept apart from Bob"
    make.tasks(many.batches.get(), 400)
    assert "300 tasks or more" in alice.get("/").content.decode()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("no batch", "There are no tasks here yet."),
        ("an empty batch", "There are no tasks here yet."),
        ("a draft", "Nothing is handed out here at the moment."),
        ("paused", "Nothing is handed out here at the moment."),
        ("closed", "Nothing is handed out here at the moment."),
        ("done by others", "Everything here is done already."),
        ("done by her", "You have done everything there is for you here."),
        ("left to others", "What is left here is for others."),
    ],
)
def test_whoever_finds_nothing_reads_why_as_it_is(alice, cast, state, words) -> None:
    project = make.project(cast.riverside, wanted=2 if state == "left to others" else 1)
    if state != "no batch":
        batch = make.batch(project, state="draft" if state == "a draft" else "live")
        if state != "an empty batch":
            make.task(batch)
        if state in ("paused", "closed"):
            batches.move(batch, state, by=cast.mina)
    if state == "left to others":
        conflicts_of_interest.keep_apart(cast.riverside, cast.alice, cast.bob, relation="other", by=cast.mina)
    if state in ("done by others", "left to others"):
        make.judged(cast.bob, project, make.MARIA)
    if state == "done by her":
        make.judged(cast.alice, project, make.MARIA)
    assert words in alice.get("/").content.decode(), "before she asks"
    nothing = post(alice, f"/studio/{project.public_id}/claim")["nothing"]
    assert nothing["text"].startswith(words) and nothing["code"] in ("empty", "all-done"), "and when she does"


def test_reasons_before_asking_are_those_of_asking(cast, plain, paid) -> None:
    rules.ask_for(paid, skills.define(cast.riverside, "Spanish"), by=cast.mina)
    make.judged(cast.bob, plain, make.MARIA)
    known = availability.of(cast.alice, [plain, paid])
    asked = queue.claim(cast.alice, paid)
    assert (known[paid.pk].nothing.code, known[paid.pk].nothing.text) == (asked.code, asked.text)
    assert known[plain.pk].nothing is None
    assert availability.of(cast.alice, []) == {}


def test_home_asks_no_more_for_more_projects(cast, plain, paid, django_assert_num_queries) -> None:
    for number in range(6):
        make.task(make.batch(make.project(cast.riverside, f"More {number}")))
    every = list(type(plain).objects.of(cast.riverside))
    with django_assert_num_queries(4):
        assert len(earnings.openings(cast.alice, every)) == 8


def test_a_strict_project_cannot_starve_the_others(cast, plain, paid) -> None:
    """Ten steps of priority are ten times ten minutes: then the patient one is served once, and waits anew."""
    rules.revise(plain, cast.mina, priority=10)
    every = [type(plain).objects.get(pk=one.pk) for one in (plain, paid)]
    now = timezone.now()
    for one in every:
        BatchPace.objects.create(batch=one.batches.get(), served_at=now)
    assert queue.claim_any(cast.alice, cast.riverside, every).task.project == plain
    BatchPace.objects.filter(batch__project=paid).update(served_at=now - timedelta(minutes=99))
    assert queue.claim_any(cast.bob, cast.riverside, every).task.project == plain
    BatchPace.objects.filter(batch__project=paid).update(served_at=now - timedelta(minutes=111))
    assert queue.claim_any(cast.carol, cast.riverside, every).task.project == paid


def test_pairs_hold_in_any_too(cast, plain, paid) -> None:
    every = [plain, paid]
    configure.change(paid, None, wanted=2)
    conflicts_of_interest.keep_apart(cast.riverside, cast.alice, cast.bob, relation="relatives", by=cast.mina)
    hers = queue.claim_any(cast.alice, cast.riverside, every)
    his = queue.claim_any(cast.bob, cast.riverside, every)
    assert hers.task != his.task


def test_a_course_of_another_project_is_asked_for_when_the_first_has_nothing_more(cast, plain, paid) -> None:
    """Work of the first was once followed by work of the second, course or not."""
    configure.change(paid, None, wanted=2)
    make.tasks(make.batch(paid, "For two"), 1)
    course(plain.batches.get(), skills.define(cast.riverside, "Course"), cast)
    every = [plain, paid]
    assert [done_any(cast.alice, every).task.project for _ in range(2)] == [paid, paid]
    assert queue.claim_any(cast.bob, cast.riverside, every).task.project == paid, "it still has something, for others"
    mine = queue.claim_any(cast.alice, cast.riverside, every)
    assert (mine.task.project, mine.kind) == (plain, "training")


def test_who_failed_a_course_goes_on_with_the_projects_behind_it(cast, plain, paid) -> None:
    last = make.project(cast.riverside, "Last", rate=5_000, wanted=1)
    later = make.task(make.batch(last))
    configure.change(paid, None, wanted=2)
    make.tasks(make.batch(paid, "For two"), 1)
    skill = skills.define(cast.riverside, "Course")
    course(plain.batches.get(), skill, cast, training_tries=1)
    for _item in range(2):
        answered(cast.alice, plain, make.OSLO)
    every = [plain, paid, last]
    assert [done_any(cast.alice, every).task.project for _ in range(2)] == [paid, paid]
    assert queue.claim_any(cast.alice, cast.riverside, every).task == later


def done_any(tasker, projects):
    mine = queue.claim_any(tasker, projects[0].organization, projects)
    submission.submit(mine, tasker, mine.token, make.MARIA)
    return mine
