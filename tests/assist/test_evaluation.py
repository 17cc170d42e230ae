"""A model takes another's place only where it is shown to lose nothing: measured now, on what people found alone. The
database refuses what has no basis."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assist.adapters import RUNTIMES, catalogue
from assist.learning import blind_verdicts, confused, declared, discovered, evaluation, rollout, snapshots, worst_cases
from assist.learning.reasons import REASONS
from assist.models import (
    Deployment,
    Erasure,
    Evaluation,
    EvaluationAnswer,
    ModelVersion,
    Override,
    Tombstone,
    TrainingRun,
)
from assist.registry import registry, resolution
from projects.models import Project, Task
from projects.reports import verdict_index
from projects.workflow import task_actions
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make, owner
from tests.support.assist import work
from tests.support.assist.running import FAKE, SPACY_ONLY, Runtime, running
from tests.support.cast import Cast, assemble
from tests.support.kept import kept
from tests.support.projects.pipeline import Api

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("evaluation")]
NAMES = ("Maria", "Jonas", "Amira", "Pedro", "Ingrid")
NEXT = replace(RUNTIMES[FAKE[1]], version="2", artifacts=())  # the same rule under another version


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Two versions of a rule, and a real model."""
    folder = tmp_path_factory.mktemp("models")
    (folder / catalogue.LISTED).write_text(json.dumps([asdict(NEXT)]))
    with running(FAKE[1], *SPACY_ONLY, weights=folder) as found:
        found.until_ready()
        yield found


@pytest.fixture
def candidate() -> ModelVersion:
    return registry._written(NEXT)


@pytest.fixture(scope="module")
def eighty(django_db_setup, django_db_blocker) -> Iterator[tuple[Cast, Project]]:
    """Everybody, and eighty texts that Alice has read alone; whatever she marked, the rule marks as well."""
    with kept(django_db_blocker):
        with django_db_blocker.unblock():
            people = assemble()
            made = make.project(people.riverside, wanted=1)
            decided(people, made, 80)
        yield people, made


@pytest.fixture
def cast(db, eighty: tuple[Cast, Project]) -> Cast:
    return deepcopy(eighty[0])


@pytest.fixture
def project(eighty: tuple[Cast, Project], runtime: Runtime, settings) -> Project:
    settings.RUNTIME_ADDRESS = runtime.address
    return deepcopy(eighty[1])


def decided(cast: Cast, project: Project, count: int, since: int = 0) -> None:
    batch = make.batch(project, f"Batch {project.batches.count()}")
    said = [(f"on day {number} the ferry took ", NAMES[number % len(NAMES)]) for number in range(since, since + count)]
    make.texts(batch, [f"{before}{name} across" for before, name in said])
    for before, name in said:
        make.judged(cast.alice, project, make.spans((len(before), len(before) + len(name))))
    verdict_index.add(Event.objects.filter(project_key=project.public_id))


def evaluated(project: Project, candidate: ModelVersion, cast: Cast) -> Evaluation:
    made = evaluation.begin(project, candidate, by=cast.mina)
    evaluation.run(made.pk)
    made.refresh_from_db()
    return made


def test_one_that_loses_nothing_passes_and_takes_its_share_from_the_champion(
    cast: Cast, project: Project, candidate: ModelVersion
) -> None:
    champion = registry.model_version(FAKE[1])
    rollout.first(project, champion, share=100, by=cast.mina)
    found = evaluated(project, candidate, cast)
    assert (found.outcome, found.champion, found.tasks) == ("passed", champion, 80), found.reason
    assert found.findings[0]["slice"] == "all" and found.findings[0]["candidate"] == found.findings[0]["champion"]
    for share in (5, 25, 100):
        rollout.promote(found, share=share, by=cast.mina)
        shares = {str(row.version): row.share for row in resolution.deployed(project, "spans")}
        assert shares == {key: kept for key, kept in ((NEXT.key, share), (FAKE[1], 100 - share)) if kept}
    bases = set(Deployment.objects.filter(project=project).values_list("version__version", "basis"))
    assert bases == {("1", "first"), ("2", "passed")}
    assert "model_evaluated" in Event.objects.values_list("kind", flat=True)


def test_one_that_is_worse_is_refused_and_says_where(cast: Cast, project: Project) -> None:
    """The rule finds every name; a model that was never told of this ferry's passengers may not. Asked the other way
    round it is the rule that has nothing to fear."""
    spacy = registry.model_version(SPACY_ONLY[0])
    rollout.first(project, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    found = evaluated(project, spacy, cast)
    whole = found.findings[0]
    assert whole["candidate"] < whole["champion"] - 0.05
    assert found.outcome == "refused" and "all tasks" in found.reason
    strict, relaxed = (
        [row for row in found.figures if row["figure"] == one] for one in ("spans-strict", "spans-relaxed")
    )
    assert strict[0]["slice"] == "all" and strict[0]["champion"] == 1.0 and strict[0]["high"] < 0
    assert all(one["candidate"] <= other["candidate"] < 1 for one, other in zip(strict, relaxed, strict=True))
    with pytest.raises(StateConflict, match="not passed"):
        rollout.promote(found, share=5, by=cast.mina)


def test_one_that_was_trained_on_what_was_erased_is_refused_by_name(
    cast: Cast, project: Project, candidate: ModelVersion, settings, tmp_path
) -> None:
    home = make.project(cast.riverside, "Where it learnt")
    settings.MEDIA_ROOT = tmp_path
    snapshot = snapshots.take(home, by=cast.mina)
    assert snapshots.run(snapshot.pk) == "ready"
    snapshot.refresh_from_db()
    learnt = {"recipe": "spacy-entities", "seed": 0, "code": "", "packages": "", "asked_by": cast.mina}
    mine = ModelVersion.objects.create(name="mine", version="1", capability="spans", organization=cast.riverside)
    TrainingRun.objects.create(project=home, snapshot=snapshot, state="done", version=mine, **learnt)
    with owner.unguarded("assist_modelversion"):
        ModelVersion.objects.filter(pk=candidate.pk).delete()
    again = ModelVersion.objects.create(
        name=candidate.name, version="2", capability="spans", organization=cast.riverside, parent=mine
    )
    erased = Erasure.objects.create(project=home, reason="Asked to", asked_by=cast.mina)
    Tombstone.objects.create(erasure=erased, snapshot=snapshot, rows=1, learnt=1, sha256=snapshot.sha256)
    rollout.first(project, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    found = evaluated(project, again, cast)
    assert (found.outcome, found.reason) == ("refused", REASONS["erased"])
    assert {one["outcome"] for one in found.findings} == {"passed"}, "what it does is told all the same"
    with pytest.raises(StateConflict, match="not passed"):
        rollout.promote(found, share=5, by=cast.mina)


def at_night(cast: Cast, project: Project, count: int, first: int) -> None:
    """Texts in which Alice marks what no rule finds."""
    batch, seen = make.batch(project, f"Batch {project.batches.count()}"), Event.objects.latest("pk").pk
    numbers = range(first, first + count)
    for task in make.texts(batch, [f"on day {number} the ferry took Maria across" for number in numbers]):
        task_actions.amend(task, {"site": "north", "shift": "night"}, by=cast.mina)
        make.judged(cast.alice, project, make.spans((0, 2)))
    verdict_index.add(Event.objects.filter(project_key=project.public_id, pk__gt=seen))


def test_a_kind_of_task_that_nobody_declared_is_proposed_and_gates_once_it_is(
    cast: Cast, project: Project, candidate: ModelVersion, client: Client
) -> None:
    for at, task in enumerate(Task.objects.filter(project=project).order_by("pk")):
        site, shift = (("north", "day"), ("south", "night"), ("south", "day"))[at % 3]
        task_actions.amend(task, {"site": site, "shift": shift}, by=cast.mina)
    rollout.first(project, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    found = evaluation.begin(project, candidate, by=cast.mina)
    at_night(cast, project, 25, 200)  # before it is run: these discover it too
    evaluation.run(found.pk)
    found.refresh_from_db()
    assert found.outcome == "passed", "it gates nothing"
    (one,) = found.proposed
    assert one["traits"] == [["meta", "shift: night"], ["meta", "site: north"]]
    assert (one["tasks"], one["score"], one["elsewhere"]) == (25, 0.0, 1.0)
    name = "metadata shift: night × metadata site: north"
    assert name not in {row["slice"] for row in found.findings}
    client.force_login(cast.mina)
    page = reverse("copilot-evaluation", args=[project.public_id, found.public_id])
    assert name in client.get(page).content.decode()
    assert client.post(reverse("copilot-declare", args=[project.public_id, found.public_id, 0])).status_code == 302
    assert "Declared" in client.get(page).content.decode()
    with pytest.raises(StateConflict, match="already"):
        declared.declare(found, 0, by=cast.mina)
    at_night(cast, project, 12, 300)
    rows = {row["slice"]: row["tasks"] for row in evaluated(project, candidate, cast).findings}
    assert rows[name] == 12, "what discovered it says nothing of it"


def test_what_cant_be_proposed_takes_nothing_from_what_was_measured_and_an_unread_slice_holds_back(
    cast: Cast, project: Project, candidate: ModelVersion, monkeypatch
) -> None:
    monkeypatch.setattr(discovered, "propose", None)
    made = evaluation.begin(project, candidate, by=cast.mina)
    like = [{"traits": [["like", f"{Task.objects.filter(project=project)[0].public_id} 0.50"]]}]
    told = Evaluation(pk=made.pk, project=project, proposed=like, ended_at=timezone.now())
    declared.declare(told, 0, by=cast.mina)  # where its middle lies was never kept
    evaluation.run(made.pk)
    made.refresh_from_db()
    assert (made.state, made.proposed, made.outcome) == ("done", [], "cannot-tell")
    assert {one["outcome"] for one in made.findings} == {"passed"}
    assert "can tell any more which tasks are in like task" in made.reason


def test_what_a_model_missed_is_drawn_beside_the_verdict(cast: Cast, project: Project) -> None:
    spacy = registry.model_version(SPACY_ONLY[0])
    rollout.first(project, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    found = evaluated(project, spacy, cast)
    rows = worst_cases.listed(found, "lost")
    assert 2 <= len(rows) <= worst_cases.MOST and rows[0].candidate < rows[0].champion == 1.0
    first = worst_cases.case(rows[0])
    assert first.champion["spans"] and first.verdict is not None
    assert first.champion["spans"][0].items() <= first.verdict.answer["spans"][0].items()
    assert first.candidate.get("spans") != first.champion["spans"], "it lost here"
    mina = Client()
    mina.force_login(cast.mina)
    page = reverse("copilot-worst", args=[project.public_id, found.public_id])
    assert page in mina.get(reverse("copilot-evaluation", args=[project.public_id, found.public_id])).content.decode()
    shown = mina.get(page).content.decode()
    assert [shown.count(f'data-answer="{one}"') for one in ("verdict", "candidate", "champion")] == [1, 1, 1]
    assert f"1 of {len(rows)}" in shown and "Score 100" in shown and 'rel="next"' in shown and 'rel="prev"' not in shown
    assert "The model in place misses nothing." in mina.get(page, {"order": "champion"}).content.decode()
    last = mina.get(page, {"at": len(rows)}).content.decode()
    assert 'rel="prev"' in last and 'rel="next"' not in last
    told = Api(cast.mina, cast.riverside).get("evaluation-worst", project.public_id, found.public_id).json()
    assert told["total"] == len(rows) and told["results"][0]["task"] == str(first.task and first.task.public_id)
    missed = found.confusions.candidate[0]
    assert missed["decided"] == "person" and missed["number"] >= len(missed["tasks"]) > confused.FEW
    assert found.confusions.champion == [], "the rule finds all of them"
    whole = mina.get(reverse("copilot-evaluation", args=[project.public_id, found.public_id])).content.decode()
    assert "What is taken for what" in whole and f"{page}?order=candidate-0" in whole and "champion-0" not in whole
    second = mina.get(page, {"order": "candidate-0", "at": 2}).content.decode()
    listed = Task.objects.filter(pk__in=missed["tasks"])
    assert all(reverse("task", args=[one.public_id]) in second for one in listed) and "2 of " in second
    assert "order=candidate-0&amp;at=1" in second
    assert f"1 of {len(rows)}" in mina.get(page, {"order": "candidate-99"}).content.decode()
    EvaluationAnswer.objects.all().delete()  # as those of evaluations from before answers were kept
    assert "answers weren’t kept" in mina.get(page).content.decode()


def test_too_little_evidence_says_how_much_is_missing(cast: Cast, project: Project, candidate: ModelVersion) -> None:
    rollout.first(project, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    keep = Task.objects.filter(project=project).order_by("pk")[:40]
    helped = Task.objects.filter(project=project).exclude(pk__in=list(keep.values_list("pk", flat=True)))
    for task in helped:
        mine = task.assignments.get(state="submitted")
        work.offered_then(mine)
    found = evaluated(project, candidate, cast)
    assert (found.outcome, found.tasks) == ("cannot-tell", 40)
    assert found.findings[0]["missing"] > 20 and "more tasks" in found.reason


def test_verdicts_that_a_suggestion_led_to_are_not_blind(cast: Cast, project: Project) -> None:
    assert all(one.blind for one in blind_verdicts.newest(project, 200))
    first = Task.objects.filter(project=project).order_by("pk")[0]
    work.offered_then(first.assignments.get(state="submitted"))
    found = {one.task.pk: one.blind for one in blind_verdicts.newest(project, 200)}
    assert not found.pop(first.pk) and all(found.values())


def test_an_evaluation_is_stale_once_another_model_has_begun(
    cast: Cast, project: Project, candidate: ModelVersion
) -> None:
    champion = rollout.first(project, registry.model_version(FAKE[1]), share=60, by=cast.mina)
    found = evaluated(project, candidate, cast)
    assert found.outcome == "passed"
    work.deployed(project, registry.model_version(SPACY_ONLY[0]), share=40, by=cast.mina)
    with pytest.raises(StateConflict, match="evaluate it again"):
        rollout.promote(found, share=5, by=cast.mina)
    registry.withdraw(champion, by=cast.mina)
    with pytest.raises(StateConflict, match="evaluate it again"):
        rollout.promote(found, share=5, by=cast.mina)


def test_looking_again_at_the_same_tasks_is_counted_and_fresh_ones_renew_as_much_as_they_are(
    cast: Cast, project: Project, candidate: ModelVersion
) -> None:
    decided(cast, project, 40, since=80)
    looks = [evaluated(project, candidate, cast).looks for _ in range(3)]
    decided(cast, project, 1, since=120)
    looks.append(evaluated(project, candidate, cast).looks)
    assert looks == [0, 1, 2, 3], "one fresh verdict of a hundred and twenty-one makes nothing new"
    found = evaluated(project, candidate, cast)
    assert (found.looks, found.bet_looks) == (3, 4), "the fourth had too few for any to pass but one much better"
    decided(cast, project, 121)
    found = evaluated(project, candidate, cast)
    assert found.looks == 2, "half of three: the last two had too few"
    waited = {"begun_at": timezone.now() - timedelta(days=9), "state": "done", "outcome": "refused", "margin": 0.05}
    told = {"candidate": candidate, "champion": found.champion, "begun_by": cast.mina, "rules": found.rules}
    Evaluation.objects.create(project=project, ended_at=timezone.now(), findings=[{"groups": 1000}], **waited, **told)
    assert evaluated(project, candidate, cast).looks == 4, "one that waited looked at all there was by then"


def test_an_evaluation_is_run_once_and_never_rewritten(cast: Cast, project: Project, candidate: ModelVersion) -> None:
    assert evaluation.run((found := evaluated(project, candidate, cast)).pk) == ""
    with pytest.raises(Exception, match="evaluation_said_once|Cannot update"), transaction.atomic():
        Evaluation.objects.filter(pk=found.pk).update(outcome="passed")


def test_a_runtime_that_is_away_fails_the_evaluation_in_words(
    cast: Cast, project: Project, candidate: ModelVersion, settings
) -> None:
    made = evaluation.begin(project, candidate, by=cast.mina)
    with pytest.raises(StateConflict, match="already"):
        evaluation.begin(project, candidate, by=cast.mina)
    settings.RUNTIME_ADDRESS = "unix:/nowhere/at.all"
    assert evaluation.run(made.pk) == ""
    made.refresh_from_db()
    assert (made.state, made.outcome) == ("failed", "") and "not running" in made.reason
    with pytest.raises(StateConflict, match="not running"):
        evaluation.begin(project, candidate, by=cast.mina)


INSERT = """INSERT INTO assist_deployment (project_id, version_id, share, basis, evaluation_id, reason, seconded_by_id,
    started_by_id) VALUES (%s, %s, 100, %s, %s, %s, %s, %s)"""


def test_the_database_itself_refuses_a_deployment_without_its_basis(
    cast: Cast, project: Project, candidate: ModelVersion
) -> None:
    rollout.first(project, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    found = evaluated(project, candidate, cast)
    elsewhere = make.project(cast.riverside, "Elsewhere")
    spacy = registry.model_version(SPACY_ONLY[0])
    mina, olga = cast.mina.pk, cast.olga.pk
    never = [
        (project.pk, candidate.pk, "first", None, "", None, mina),  # another one answers here
        (project.pk, candidate.pk, "passed", None, "", None, mina),
        (project.pk, spacy.pk, "passed", found.pk, "", None, mina),  # somebody else's evaluation
        (elsewhere.pk, candidate.pk, "passed", found.pk, "", None, mina),  # another project's
        (project.pk, candidate.pk, "override", None, "Trust me", None, mina),
        (project.pk, candidate.pk, "override", None, "Trust me", mina, mina),  # one and the same
        (project.pk, candidate.pk, "override", None, "", olga, mina),
        (project.pk, candidate.pk, "override", found.pk, "Trust me", olga, mina),
        (project.pk, candidate.pk, "", None, "", None, mina),
    ]
    with connection.cursor() as cursor:
        for values in never:
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(INSERT, values)
        cursor.execute(INSERT, (project.pk, candidate.pk, "passed", found.pk, "", None, mina))
        with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
            owner.execute("UPDATE assist_deployment SET share = 1")


def test_overriding_takes_two_people_and_their_names_stay(
    cast: Cast, project: Project, candidate: ModelVersion
) -> None:
    rollout.first(project, registry.model_version(FAKE[1]), share=60, by=cast.mina)
    ask = {"override-version": candidate.public_id, "override-share": 40}
    mina, pia = Client(), Client()
    mina.force_login(cast.mina)
    pia.force_login(make.person("Pia", cast.riverside, "manager"))
    page = reverse("project-copilot", args=[project.public_id])
    assert mina.post(reverse("copilot-override", args=[project.public_id]), ask).status_code == 422, "without a reason"
    ask["override-reason"] = "The customer's own"
    assert mina.post(reverse("copilot-override", args=[project.public_id]), ask).status_code == 302
    wish = Override.objects.get()
    confirm = reverse("override-confirm", args=[project.public_id, wish.public_id])
    assert mina.post(confirm).status_code == 409 and confirm not in mina.get(page).content.decode()
    assert confirm in pia.get(page).content.decode()
    told = pia.post(confirm, follow=True).content.decode()
    assert "answers in 40 %" in told and "The customer&#x27;s own (Mina" in told and "Two people" in told
    assert pia.post(confirm).status_code == 409, "it was answered"


def test_the_page_takes_a_candidate_from_evaluation_to_deployment(
    cast: Cast, project: Project, candidate: ModelVersion
) -> None:
    mina = Client()
    mina.force_login(cast.mina)
    sent = {"version": registry.model_version(FAKE[1]).public_id, "share": 100}
    page = reverse("project-copilot", args=[project.public_id])
    assert reverse("copilot-deploy", args=[project.public_id]) in mina.get(page).content.decode()
    assert mina.post(reverse("copilot-deploy", args=[project.public_id]), sent).status_code == 302
    assert reverse("copilot-deploy", args=[project.public_id]) not in mina.get(page).content.decode()
    sent["version"] = candidate.public_id
    refused = mina.post(reverse("copilot-deploy", args=[project.public_id]), sent)
    assert refused.status_code == 422 and 'aria-label="Terms of the copilot"' in refused.content.decode(), "on its page"
    begun = mina.post(reverse("copilot-evaluate", args=[project.public_id]), sent, follow=True)
    assert "Under way" in begun.content.decode()
    found = Evaluation.objects.get()
    evaluation.run(found.pk)
    shown = mina.get(begun.redirect_chain[-1][0]).content.decode()
    assert "Passed" in shown and "All tasks" in shown and "Nothing lost" in shown
    promote = reverse("copilot-promote", args=[project.public_id, found.public_id])
    assert mina.post(promote, {"share": 0}).status_code == 422
    assert "answers in 5 %" in mina.post(promote, {"share": 5}, follow=True).content.decode()
    elsewhere = make.project(cast.riverside, "Elsewhere")
    assert mina.get(reverse("copilot-evaluation", args=[elsewhere.public_id, found.public_id])).status_code == 404
