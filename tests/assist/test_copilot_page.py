"""The copilot's page of a project, the control arm, traps, and the report that they make possible."""

import math
import random
from itertools import cycle
from statistics import NormalDist
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast as AsType
from django.db.models.functions import Concat, JSONObject
from django.test import Client
from django.urls import reverse

from assist.learning import blind_verdicts
from assist.models import Deployment, Precompute, Suggestion
from assist.registry import registry
from assist.session import replies
from assist.suggestions import planted_errors, precompute, record
from assist.suggestions.bindings import bind
from assist.suggestions.offers import Offer
from assist.web import figures
from projects import queue
from projects.configuration import configure, save_settings
from projects.models import Annotation, Assignment, BatchProgress, Project, Task
from projects.quality.gold import grading
from projects.queue.model_draws import helped
from projects.reports import verdict_index
from projects.workflow import submission
from projects.workforce import rules
from taskers.models import Event
from tests.support import make, owner
from tests.support.assist import work
from tests.support.assist.pictures import Picture, picture
from tests.support.cast import Cast
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db
TERMS = {
    "copilot": "on",
    "suggest": "asked",
    "confidence": "number",
    "minimum_score": "20",
    "control_share": "25",
    "planted_share": "10",
}


class Always(random.Random):
    """Dice that always fall for gold."""

    def random(self) -> float:
        return 0.0


@pytest.fixture
def project(cast: Cast, settings) -> Project:
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"
    return make.project(cast.riverside, wanted=3)


@pytest.fixture
def mina(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.mina)
    return client


def address(name: str, *keys: object) -> str:
    return reverse(name, args=keys)


def seen(project: Project) -> dict[str, str]:
    """The form as a page sends it that shows what holds now."""
    return TERMS | {"seen": save_settings.mark(project)}


def test_an_old_tab_of_the_copilot_changes_nothing_unseen(mina: Client, project: Project) -> None:
    at = address("project-copilot", project.public_id)
    stale = seen(project)
    configure.change(project, None, copilot=False, wanted=2)
    answer = mina.post(at, stale)
    shown = answer.content.decode()
    assert answer.status_code == 412 and not project.settings_now().copilot
    assert "Judgements per task" in shown and "<li>Copilot</li>" in shown
    assert mina.post(at, seen(project)).status_code == 302


def test_manager_sets_the_terms_and_sees_them_again(mina: Client, project: Project) -> None:
    at = address("project-copilot", project.public_id)
    page = mina.get(at)
    assert page.status_code == 200 and "Does it help?" in page.content.decode()
    assert mina.post(at, seen(project)).status_code == 302
    now = project.settings_now()
    assert (now.suggest, now.confidence, now.control_share) == ("asked", "number", 0.25)
    refused = mina.post(at, seen(project) | {"control_share": "80"})
    assert refused.status_code == 422 and "less than or equal to 50" in refused.content.decode()
    assert project.settings_now() == now


def test_least_score_is_asked_for_where_it_does_something_and_says_what(cast: Cast, mina: Client, project) -> None:
    images = work.image_project(cast.riverside)
    at = address("project-copilot", images.public_id)
    page = mina.get(at).content.decode()
    assert 'name="minimum_score"' not in page and "however sure the model is" in page, "masks are clicked for"
    before = images.settings_now().minimum_score
    assert mina.post(at, seen(images)).status_code == 302
    assert (images.settings_now().control_share, images.settings_now().minimum_score) == (0.25, before)
    at = address("project-copilot", project.public_id)
    page = mina.get(at).content.decode()
    assert "by what verdicts say of its scores" in page and "least_person" in page, "spans have scores"
    assert mina.post(at, seen(project) | {"least_person": "70"}).status_code == 302
    assert (project.settings_now().minimum_score, project.settings_now().label_minimums) == (0.2, {"person": 0.7})
    topics = make.project(cast.riverside, "Topics", "classification", labels=[{"name": "Food"}, {"name": "Sport"}])
    at = address("project-copilot", topics.public_id)
    assert "none while its scores aren" in mina.get(at).content.decode()
    assert mina.post(at, seen(topics) | {"least_food": "60"}).status_code == 302
    now = topics.settings_now()
    assert (now.minimum_score, now.label_minimums) == (0.2, {"food": 0.6})


def test_it_says_how_many_images_are_kept_ready_and_that_a_batch_has_more(cast: Cast, mina: Client, settings) -> None:
    images = work.image_project(cast.riverside)
    batch = make.batch(images)
    BatchProgress.objects.update_or_create(batch=batch, defaults={"tasks": 3_000})
    at = address("project-copilot", images.public_id)
    page = mina.get(at).content.decode()
    assert (
        "room to keep what was read of about 2,047 images, of all projects together" in page
        and "A batch here has more" in page
    )
    settings.EMBEDDINGS_MB = 8192
    page = mina.get(at).content.decode()
    assert "of about 4,095 images, of all projects" in page and "A batch here has more" not in page


def test_an_ml_engineer_has_a_page_of_models_and_only_looks(cast: Cast, project: Project) -> None:
    emil = make.person("Emil", cast.riverside, "ml_engineer")
    client = Client()
    client.force_login(emil)
    assert client.get("/", follow=True).request["PATH_INFO"] == address("models-overview")
    page = client.get(address("models-overview")).content.decode()
    assert project.name in page and f'{address("project-copilot", project.public_id)}"' not in page
    assert client.get(address("project-copilot", project.public_id)).status_code == 403
    client.force_login(cast.mina)
    seen = client.get(address("models-overview"))
    assert address("project-copilot", project.public_id) in seen.content.decode()
    assert [one["label"] for one in seen.context["nav"] if one["current"]] == ["Models"], "managers find it in the menu"
    for who, status in ((cast.alice, 403), (cast.sam, 404)):
        client.force_login(who)
        assert client.get(address("models-overview")).status_code == status
    client.force_login(cast.nora)
    assert project.name not in client.get(address("models-overview")).content.decode()
    configure.move(project, "archived", by=cast.mina)
    client.force_login(cast.mina)
    assert project.name not in client.get(address("models-overview")).content.decode()


def test_version_is_deployed_and_withdrawn_from_the_page(
    mina: Client, project: Project, real_runtime, settings
) -> None:
    settings.RUNTIME_ADDRESS = real_runtime.address
    mina.get(address("project-copilot", project.public_id))
    version = str(record.model_version(work.SPACY).public_id)
    told = mina.post(address("copilot-deploy", project.public_id), {"version": version, "share": 40}, follow=True)
    assert "answers in 40 % of new work" in told.content.decode()
    registry.measured(record.model_version(work.SPACY), {"f1": 0.7, "text seconds": 0.01})
    registry.measured(record.model_version(work.SPACY), {"f1": 0.84})
    assert "f1: 0.84 · text seconds: 0.01" in mina.get(address("project-copilot", project.public_id)).content.decode()
    assert Deployment.objects.live().get().share == 40
    masks = str(record.model_version(work.SAM).public_id)
    wrong = mina.post(address("copilot-deploy", project.public_id), {"version": masks, "share": 40})
    assert wrong.status_code == 422, "a model of masks can't answer for texts"
    mina.post(address("copilot-withdraw", project.public_id), {"version": version})
    assert not Deployment.objects.live().exists()
    assert mina.post(address("copilot-withdraw", project.public_id), {"version": "x"}).status_code == 422


def test_batch_is_made_ready_from_the_page_or_it_is_said_why_not(
    mina: Client, project: Project, fake_runtime, settings
) -> None:
    batch = make.batch(project)
    make.tasks(batch, 3)
    refused = mina.post(address("batch-prepare", batch.public_id))
    assert refused.status_code == 409 and "not running" in refused.content.decode()
    settings.RUNTIME_ADDRESS = fake_runtime.address
    page = mina.post(address("batch-prepare", batch.public_id), follow=True).content.decode()
    assert "Under way" in page and "Stop" in page
    page = mina.post(address("batch-prepare-stop", batch.public_id), follow=True).content.decode()
    assert "Stopped" in page and "Go on" in page
    assert mina.post(address("batch-prepare-stop", batch.public_id)).status_code == 409


def test_progress_of_what_is_made_ready_renews_itself_and_goes_on_for_what_was_loaded_since(
    cast: Cast, mina: Client, project: Project, fake_runtime, settings
) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    batch = make.batch(project)
    make.tasks(batch, 3)
    BatchProgress.objects.update_or_create(batch=batch, defaults={"tasks": 3})
    at = address("copilot-prepared", project.public_id)
    assert "hx-trigger" not in mina.get(at).content.decode(), "nothing is under way"
    mina.post(address("batch-prepare", batch.public_id))
    page = mina.get(at).content.decode()
    assert f'hx-get="{at}" hx-trigger="every' in page and "of 3" in page and "fake-spans@1" in page
    row = Precompute.objects.get()
    assert precompute.run(row.pk) == 3
    page = mina.get(at).content.decode()
    assert "Done" in page and "hx-trigger" not in page and "<button" not in page
    make.tasks(batch, 2)
    assert "Go on" in mina.get(at).content.decode()
    mina.post(address("batch-prepare", batch.public_id))
    assert precompute.run(row.pk) == 2


def test_everything_can_be_found_until_it_is_and_again_for_what_was_loaded_since(
    cast: Cast, mina: Client, square: Picture, fake_runtime, settings
) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    project = make.project(cast.riverside, "Parts", "image_regions", labels=[{"name": "Part"}])
    batch = make.batch(project)
    work.image_task(batch, square.file)
    at, begin = address("copilot-prepared", project.public_id), address("batch-prepare-everything", batch.public_id)

    def offered(words: str) -> bool:
        return words in mina.get(at).content.decode()

    assert mina.post(begin).status_code == 302 and not offered("Find everything")
    row = Precompute.objects.get()
    precompute.stop(row)
    assert offered("Find everything") and offered("Precompute") and not offered("Go on"), "the usual has yet to begin"
    mina.post(begin)
    assert precompute.run(row.pk) == 1 and not offered("Find everything") and offered("Precompute")
    work.image_task(batch, picture(square.pixels[1:]).file, "later.png")
    assert offered("Find everything")


def each_its_own_text(project: Project) -> None:
    """Copies of one text are drawn alike: all of them judge models, or none."""
    numbered = Concat(Value(f"{make.TEXT} "), AsType("pk", CharField()))
    Task.objects.filter(project=project).update(payload=JSONObject(text=numbered))


def test_control_arm_is_drawn_by_hash_and_written_down(cast: Cast, project: Project) -> None:
    configure.change(project, cast.mina, control_share=0.3)
    make.tasks(make.batch(project), 400)
    each_its_own_text(project)
    draw = helped(copilot="true", control="0.3", task="t.id", key=f"'{project.public_id}'")
    arms: dict[tuple[int, int], bool] = {}
    with connection.cursor() as cursor:
        for tasker in (cast.alice, cast.bob, cast.carol):
            cursor.execute(f"SELECT t.id, {draw} FROM projects_task t", {"tasker": tasker.pk})
            arms |= {(tasker.pk, task): arm for task, arm in cursor.fetchall()}
    share = sum(not arm for arm in arms.values()) / len(arms)
    assert 0.2 < share < 0.4
    by_task = {task: {arms[who, task] for who, of in arms if of == task} for _, task in arms}
    assert any(len(arm) == 2 for arm in by_task.values()), "the same task falls into both arms for different people"
    assert sum(arm == {False} for arm in by_task.values()) > 5, "of three judgements a chance one in forty"
    written = set()
    for tasker in (cast.alice, cast.bob, cast.carol):
        for _ in range(25):
            mine = make.held(tasker, project)
            assert bool(mine.copilot) is arms[tasker.pk, mine.task_id]
            written.add(bool(mine.copilot))
            assert mine.token
            submission.submit(mine, tasker, mine.token, make.MARIA)
    assert written == {True, False}


def test_what_all_answer_without_help_is_decided_blind(cast: Cast, project: Project) -> None:
    configure.change(project, cast.mina, control_share=0.5)
    make.tasks(make.batch(project), 30)
    each_its_own_text(project)
    arms: dict[int, set[bool]] = {}
    for tasker in (cast.alice, cast.bob, cast.carol):
        for _ in range(30):
            done = make.judged(tasker, project, make.MARIA).assignment
            arms.setdefault(done.task_id, set()).add(bool(done.copilot))
            if done.copilot:
                work.offered_then(done)
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    blind = {one.task.pk for one in blind_verdicts.newest(project, 100) if one.blind}
    assert blind == {task for task, helped in arms.items() if helped == {False}} and blind


def offer(held: Assignment, model: str = work.SPACY) -> Offer:
    """One span that a model offered; of a known answer with a trap, a wrong one."""
    assert held.tasker and held.token
    binding = bind(held.tasker.pk, held.public_id, held.token)
    (made,) = replies.span_offers(binding, model, [[0, 11, "PERSON", None]], 5)
    record.keep(binding, model, [made])
    return made


def test_who_takes_a_trap_as_it_is_shows_in_the_report(cast: Cast, project: Project, monkeypatch) -> None:
    turns: dict[UUID, int] = {}  # every second assignment, where life draws: of twenty by chance all or none may be
    monkeypatch.setattr(planted_errors, "drawn", lambda one, share: bool(turns.setdefault(one, len(turns)) % 2))
    configure.change(project, cast.mina, planted_share=0.5)
    batch = make.batch(project)
    make.tasks(batch, 30)
    said(cast.carol, make.task(batch, wanted=1), make.MARIA)  # without anything decided, no error is planted
    for task in make.tasks(batch, 20):
        queue.set_aside(task, by=None)
        grading.stock(task, make.MARIA, by=None, dice=random.Random(1))
    rules.change(project, cast.mina, gold_share=0.5)
    shown = 0
    for _ in range(20):
        mine = queue.claim(cast.alice, project, rng=Always())
        assert isinstance(mine, Assignment) and mine.kind == "gold"
        made = offer(mine)
        shown += made.planted
        taken = {**made.output, "id": "s1", "provenance": {"source": "suggestion", "suggestion": str(made.public_id)}}
        taken.pop("model_label")
        assert mine.token
        answer = submission.submit(mine, cast.alice, mine.token, {"spans": [taken]})
        record.settle(answer)
    (row,) = figures.help_of(project).planted_errors
    assert shown == 10 and (row.shown, row.taken, row.flagged) == (shown, shown, True)
    assert Suggestion.objects.filter(planted=True).count() == shown
    rules.change(project, cast.mina, gold_share=0.0)
    judged = make.held(cast.bob, project)
    assert not offer(judged).planted, "never on work that decides something"


SAVING = 0.2


def timed(cast: Cast, project: Project, number: int) -> None:
    """Work of three people, each at a pace of their own; the copilot saves a fifth of it.

    Each arm of each person goes through the same even spread of luck, in turns: which tasks fall into which arm is a
    hash of keys that differ from run to run, and must not decide what is found.
    """
    spread = [math.exp(0.35 * NormalDist().inv_cdf((place + 0.5) / 5)) for place in (2, 0, 4, 1, 3)]
    make.tasks(make.batch(project), number)
    each_its_own_text(project)
    for tasker, pace in ((cast.alice, 1.0), (cast.bob, 2.5), (cast.carol, 0.5)):
        luck = {True: cycle(spread), False: cycle(spread)}
        for _ in range(number):
            mine = make.held(tasker, project)
            seconds = 2 * pace * next(luck[bool(mine.copilot)]) * (1 - SAVING if mine.copilot else 1)
            assert mine.token
            submission.submit(mine, tasker, mine.token, make.MARIA, active_ms=round(1000 * seconds))


def test_the_report_says_in_how_much_work_anything_was_suggested_and_compares_both_arms_whole(
    cast: Cast, project: Project, mina: Client
) -> None:
    """The model had nothing to say of most of Alice's texts: they stay in the arm they were drawn for, and are not
    called work with the copilot's help."""
    configure.change(project, cast.mina, control_share=0.4)
    make.tasks(make.batch(project), 20)
    each_its_own_text(project)
    suggested = 0
    for _ in range(20):
        held = make.held(cast.alice, project)
        if held.copilot and suggested < 2:
            offer(held)
            suggested += 1
        submission.submit(held, cast.alice, held.token, make.MARIA, active_ms=2000)
    on = Annotation.objects.filter(assignment__copilot=True)
    whole = figures.help_of(project).whole
    assert on.count() > 4 and (whole.suggested, whole.helped) == (2, on.count())
    page = mina.get(address("copilot-report", project.public_id)).content.decode()
    assert f"with the copilot on: {on.count()}, of which 2 were shown a suggestion; with it off:" in page
    assert "Pieces of work with the copilot:" not in page


@pytest.mark.parametrize(
    ("mapping", "unmapped"), [({}, False), ({"PERSON": "person"}, False), ({"PERSON": "organization"}, True)]
)
def test_the_page_says_that_no_label_is_mapped_and_where_that_is_done(
    cast: Cast, project: Project, mina: Client, mapping: dict[str, str], unmapped: bool
) -> None:
    configure.change(project, cast.mina, label_mapping=mapping)
    page = mina.get(address("project-copilot", project.public_id)).content.decode()
    assert ("No label is mapped to a name that the model uses" in page) is unmapped
    assert (f"{address('project-settings', project.public_id)}#labels" in page) is unmapped


def test_labels_without_a_usual_name_in_models_are_shown_as_unmapped(cast: Cast, mina: Client, settings) -> None:
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"
    project = make.project(cast.riverside, "Poems", labels=[{"name": "Metaphor"}, {"name": "Rhyme"}])
    page = mina.get(address("project-copilot", project.public_id)).content.decode()
    assert "No label is mapped to a name that the model uses" in page


def test_report_finds_a_planted_saving_and_none_where_none_was_planted(
    cast: Cast, project: Project, mina: Client
) -> None:
    configure.change(project, cast.mina, control_share=0.4)
    timed(cast, project, 75)
    assert Annotation.objects.count() == 225
    for saving, finding in ((SAVING, "saves"), (0.0, "unclear")):
        found = figures.help_of(project)
        assert found.whole.finding == finding and found.whole.people == 3
        assert found.whole.saved is not None and found.whole.saved.low < saving < found.whole.saved.high
        assert set(found.taskers) == {str(cast.alice), str(cast.bob), str(cast.carol)}
        page = mina.get(address("copilot-report", project.public_id)).content.decode()
        assert f"{found.whole.saved.percent} %" in page
        assert ("may be chance" in page) == (finding == "unclear")
        with owner.unguarded("projects_annotation"):  # the same work, had nothing been saved
            with_it = Annotation.objects.filter(assignment__copilot=True)
            with_it.update(active_ms=F("active_ms") / (1 - SAVING))
