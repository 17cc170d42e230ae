"""A model of this installation becomes an annotator: it claims, answers, is audited, decides or stops."""

import random
from collections.abc import Iterator
from importlib import import_module

import numpy as np
import pytest
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from assist.adapters.fake import FakeClasses
from assist.annotators import autonomous_answers
from assist.annotators import work as placing
from assist.learning import label_vectors
from assist.models import AnnotatorVersion, Precomputed
from assist.registry import registry
from assist.suggestions.prototypes import Learnt
from projects import queue
from projects.annotators import lifecycle, outcomes
from projects.annotators.answers import Said
from projects.configuration import configure
from projects.models import Annotation, Assignment, ModelAnnotator, ModelAnswer, Project, Task, Verdict
from projects.quality.gold import grading
from projects.task_types import asked_fields
from projects.workflow import submission
from taskers.errors import StateConflict
from taskers.models import Event, Person, Transfer
from taskers.money import ledger
from tests.support import make
from tests.support.assist import work
from tests.support.assist.running import Runtime, running
from tests.support.cast import Cast
from tests.support.projects.judging import given

SPACY, MINILM, SPANS, CLASSES = "en-core-web-sm@3.8.0", "all-minilm-l6@2", "fake-spans@1", "fake-classes@1"
TOPICS = [{"name": "Cooking and food"}, {"name": "Football and sport"}]


@pytest.fixture(scope="module")
def fakes() -> Iterator[Runtime]:
    with running(SPANS, CLASSES) as runtime:
        runtime.until_ready()
        yield runtime


@pytest.fixture
def project(cast: Cast, fakes: Runtime, settings) -> Project:
    settings.RUNTIME_ADDRESS = fakes.address
    return make.project(cast.riverside, wanted=1, copilot=False)


def placed(cast: Cast, project: Project, model: str = SPANS, mode: str = "watch", **terms: float) -> AnnotatorVersion:
    terms = {"target_error": 0.1, "audit_share": 0.2} | terms
    made = placing.place(project, registry.model_version(model), by=cast.mina, **terms)
    if mode == "decide":
        work.decides(made, by=cast.mina)
    elif mode != "watch":
        lifecycle.move(made.annotator, by=cast.mina, mode=mode)
    return AnnotatorVersion.objects.get(pk=made.pk)


def settled() -> None:
    """What the reader of the outbox does, of the newest events: it sees only what was committed."""
    outcomes.settle(list(Event.objects.order_by("-pk")[:200])[::-1])


def by_hand(answer: dict) -> dict:
    """The same, marked by a person who saw no suggestion."""
    return {key: [one | {"provenance": {"source": "human"}} for one in parts] for key, parts in answer.items()}


def outcomes_of(project: Project) -> set[str]:
    return set(ModelAnswer.objects.filter(annotator__project=project).values_list("outcome", flat=True))


def test_placed_model_answers_every_task_and_counts_for_nothing_at_first(cast: Cast, project) -> None:
    tasks = make.tasks(make.batch(project), 12)
    annotator_version = placed(cast, project)
    assert (
        annotator_version.annotator.tasker.kind == Person.Kind.MODEL
        and not annotator_version.annotator.tasker.tokens.exists()
    )
    assert ProcrastinateJob.objects.filter(task_name=placing.JOB).count() == 1
    assert placing.run(annotator_version.pk) == 12
    assert placing.run(annotator_version.pk) == 0, "it never gets the same task again"
    annotator_version.refresh_from_db()
    assert (annotator_version.answered, annotator_version.skipped, annotator_version.note) == (12, 0, "")
    assert outcomes_of(project) == {"waiting"} and not Verdict.objects.exists() and not Transfer.objects.exists()
    said = Annotation.objects.filter(task=tasks[0]).get()
    assert {one["provenance"]["model"] for one in said.answer["spans"]} == {SPANS}
    assert Assignment.objects.counting().filter(state="open").count() == 12, "people are asked all the same"
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_real_spacy_finds_the_names_and_is_compared_with_people(cast: Cast, project, real_runtime, settings) -> None:
    settings.RUNTIME_ADDRESS = real_runtime.address
    task = make.task(make.batch(project))
    annotator_version = placed(cast, project, SPACY)
    assert placing.run(annotator_version.pk) == 1
    said = Annotation.objects.get(task=task)
    found = {(make.TEXT[one["start"] : one["end"]], one["label"]) for one in said.answer["spans"]}
    assert ("Maria Lopez", "person") in found
    done = ModelAnswer.objects.get(annotation=said)
    assert 0 < done.confidence < 1
    person = given(cast.alice, task)
    submission.submit(person, cast.alice, person.token, by_hand(said.answer))
    settled()
    done.refresh_from_db()
    assert (done.outcome, done.right) == ("known", True) and ModelAnnotator.objects.get().known == 1


def test_real_classifier_picks_the_label_that_means_most_alike(cast: Cast, settings, real_runtime) -> None:
    settings.RUNTIME_ADDRESS = real_runtime.address
    project = make.project(cast.riverside, "Topics", "classification", labels=TOPICS, wanted=1)
    batch = make.batch(project)
    soup = make.task(batch, text="Chop the onions, fry them in butter and simmer the soup for an hour.")
    match = make.task(batch, text="The striker scored twice and the team won the match in extra time.")
    assert placing.run(placed(cast, project, MINILM).pk) == 2
    said = {one.task_id: one.answer["fields"][0]["value"] for one in Annotation.objects.all()}
    assert (said[soup.pk], said[match.pk]) == ("cooking_and_food", "football_and_sport")
    assert all(0.5 <= one.confidence <= 1 for one in ModelAnswer.objects.all())


def test_a_seated_classifier_goes_by_what_verdicts_taught(cast: Cast, monkeypatch) -> None:
    """The labels' names tell nothing; decided texts do. Until there are some it goes by the names."""
    project = make.project(cast.riverside, "Codes", "classification", labels=[{"name": "K1"}, {"name": "K2"}], wanted=1)
    make.tasks(make.batch(project), 2, text="fry the onions")
    fake = FakeClasses()
    seen = fake.vectors(["boil the onions", "score a goal"])

    def ask(op: str, **fields) -> dict:
        if op == "classify":
            return {"scores": fake.classify(fields["text"], fields["labels"])}
        rows = fake.vectors(fields["texts"])
        return {"vectors": rows.astype("<f4").tobytes(), "width": rows.shape[1]}

    version = placed(cast, project, CLASSES).version
    mine = make.held(cast.alice, project)
    answer, _sure = placing._answer(version, mine, ask)
    assert answer["fields"][0]["value"] == "k1", "nothing tells them apart"
    sums = np.stack([20 * seen[1], 20 * seen[0]])
    monkeypatch.setattr(label_vectors, "learnt", lambda *_: {"label": Learnt(("k1", "k2"), sums, 0.1)})
    answer, sure = placing._answer(version, mine, ask)
    assert answer["fields"][0]["value"] == "k2" and sure > 0.6


def test_counted_it_is_weighed_with_a_person_and_never_alone(cast: Cast, project) -> None:
    make.tasks(make.batch(project), 60)  # so many that chance draws one for an audit
    placing.run(placed(cast, project, mode="count").pk)
    assert outcomes_of(project) == {"waiting", "counted"} and not Verdict.objects.exists()
    counted = ModelAnswer.objects.filter(outcome="counted").select_related("annotation__task").first()
    assert counted is not None
    mine = given(cast.alice, counted.annotation.task)
    submission.submit(mine, cast.alice, mine.token, by_hand(counted.annotation.answer))
    assert counted.annotation_id in Verdict.objects.get().rests_on
    assert queue.audit().breaches == []


def says(text: str) -> dict:
    """What the fake says to a text, as an answer."""
    found = [[0, 5, "PERSON", 0.5], [6, 11, "PERSON", 0.5]]
    return autonomous_answers.of_spans(found, SPANS, {}, {"person": "Person"})[0] if text else {}


def test_known_answers_let_it_decide_and_audits_go_to_people(cast: Cast, project) -> None:
    """The fake marks two names of every text; that is right on all that is known."""
    batch = make.batch(project)
    annotator_version = placed(cast, project, mode="decide", target_error=0.3)
    for index, task in enumerate(make.tasks(batch, 60, text="Maria Lopez came here.")):
        queue.set_aside(task, by=cast.mina)
        grading.stock(task, says(task.payload["text"]), by=cast.mina, dice=random.Random(index))
        mine = given(annotator_version.annotator.tasker, task, "gold")
        submission.submit(
            mine, annotator_version.annotator.tasker, mine.token, says(task.payload["text"]), confidence=0.25
        )
    settled()
    assert ModelAnnotator.objects.get().known == 60
    make.tasks(batch, 45, text="Maria Lopez came here.")  # chance draws one for an audit; after 50 it waits for one
    assert placing.run(annotator_version.pk) == 45
    assert outcomes_of(project) == {"known", "alone", "waiting"}
    alone = ModelAnswer.objects.filter(outcome="alone")
    assert Verdict.objects.filter(method="auto_v1").count() == alone.count() > 10
    waiting = ModelAnswer.objects.filter(outcome="waiting").select_related("annotation__task")
    assert all(not Verdict.objects.filter(task=one.annotation.task).exists() for one in waiting)
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_what_was_learnt_before_spacy_gave_scores_lets_it_decide_nothing_now(cast: Cast, project) -> None:
    """Forty of its answers were right; they were told with another confidence than its new answers are."""
    batch, another_scale = make.batch(project), import_module("assist.migrations.0011_raised_audits").ANOTHER_SCALE
    for model in (SPANS, SPACY):
        tasker = placed(cast, project, model, mode="decide", target_error=0.3).annotator.tasker
        for index, task in enumerate(make.tasks(batch, 40, text="Maria Lopez came here.")):
            queue.set_aside(task, by=cast.mina)
            grading.stock(task, says(task.payload["text"]), by=cast.mina, dice=random.Random(index))
            mine = given(tasker, task, "gold")
            submission.submit(mine, tasker, mine.token, says(task.payload["text"]), confidence=0.9)
        Precomputed.objects.create(task_key=task.pk, version=registry.model_version(model), output=[[0, 5, "X", None]])
        settled()
    with connection.cursor() as cursor:
        cursor.execute(another_scale)
    settled()
    other, spacy = ModelAnnotator.objects.order_by("pk")
    assert (other.known, spacy.known) == (40, 0)
    assert [Said(one, 0.99, False).accepted for one in (other, spacy)] == [True, False]
    assert [str(one.version) for one in Precomputed.objects.all()] == [SPANS], "spaCy is asked anew"


def test_it_switches_itself_off_when_audits_say_so_and_works_no_more(cast: Cast, project) -> None:
    batch = make.batch(project)
    annotator_version = placed(cast, project, mode="decide", target_error=0.3, audit_share=1.0)
    terms = {"task_id": 0, "confidence": 0.25, "at_least": 0.5, "accepted": False, "drawn": False, "mode": "watch"}
    record = [
        ModelAnswer(annotator=annotator_version.annotator, annotation_id=-i - 1, outcome="known", right=True, **terms)
        for i in range(300)
    ]
    ModelAnswer.objects.bulk_create(record)
    ModelAnnotator.objects.filter(pk=annotator_version.annotator_id).update(
        **outcomes.taught(annotator_version.annotator)
    )
    make.tasks(batch, 40, text="Maria Lopez came here.")
    placing.run(annotator_version.pk)
    for task in Task.objects.filter(batch=batch):  # people see something else everywhere
        mine = given(cast.alice, task)
        submission.submit(mine, cast.alice, mine.token, make.spans((12, 16)))
    settled()
    annotator = ModelAnnotator.objects.get()
    assert annotator.mode == "off" and annotator.stopped_at is not None
    make.tasks(batch, 5)
    assert placing.run(annotator_version.pk) == 0 and placing.start_due() == 0


def test_copilot_that_is_away_gives_the_work_back_and_says_so(cast: Cast, project) -> None:
    make.tasks(make.batch(project), 3)
    annotator_version = placed(cast, project)
    with override_settings(RUNTIME_ADDRESS="unix:/nowhere/runtime.sock"):
        assert placing.run(annotator_version.pk) == 0
    annotator_version.refresh_from_db()
    assert "not running" in annotator_version.note
    assert not Assignment.objects.filter(state="held").exists() and queue.audit().breaches == []
    assert placing.run(annotator_version.pk) == 3
    annotator_version.refresh_from_db()
    assert annotator_version.note == ""


def test_tasks_without_a_text_are_skipped_and_it_stops_after_some(cast: Cast, project) -> None:
    pictures = make.project(cast.riverside, "Topics", "classification", labels=TOPICS, wanted=1)
    make.tasks(make.batch(pictures), placing.MOST_SKIPPED + 5)
    Task.objects.filter(project=pictures).update(payload={"asset": "a" * 64, "width": 4, "height": 4, "name": "a.png"})
    annotator_version = placed(cast, pictures, CLASSES)
    assert placing.run(annotator_version.pk) == 0
    annotator_version.refresh_from_db()
    assert annotator_version.skipped == placing.MOST_SKIPPED and "could make nothing" in annotator_version.note
    assert queue.audit().breaches == []


def test_what_was_prepared_is_not_asked_again(cast: Cast, project) -> None:
    task = make.task(make.batch(project))
    version = registry.model_version(SPANS)
    Precomputed.objects.create(task_key=task.pk, version=version, output=[[0, 11, "PERSON", 0.8]])
    placing.run(placed(cast, project).pk)
    assert [one["end"] for one in Annotation.objects.get().answer["spans"]] == [11]
    assert ModelAnswer.objects.get().confidence == 0.8


@pytest.mark.parametrize("type_and_fields", [("preference", None), ("classification", "Legs (number 0 to 8)")])
def test_what_no_model_can_answer_alone_is_refused_by_name(cast: Cast, project, type_and_fields) -> None:
    kind, fields = type_and_fields
    terms: dict = {"fields": asked_fields.read(fields)} if fields else {"labels": []}
    other = make.project(cast.riverside, "Others", kind, **terms)
    with pytest.raises(StateConflict, match=r"of this type by itself|a single field"):
        placing.place(other, registry.model_version(CLASSES), by=cast.mina)
    with pytest.raises(StateConflict, match="can't do what these tasks need"):
        placing.place(project, registry.model_version(CLASSES), by=cast.mina)
    assert not ModelAnnotator.objects.exists()


def test_no_model_answers_where_marks_need_what_it_does_not_say(cast: Cast, project) -> None:
    asked = [{"name": "Role", "kind": "text"}]
    for more, able in [({}, True), ({"required": True}, False), ({"counts": True}, False)]:
        configure.set_labels(project, [{"name": "Person", "attributes": [asked[0] | more]}], by=cast.mina)
        assert (placing.hindrance(project, project.settings_now()) == "") is able


def test_a_model_at_work_is_not_removed(cast: Cast, project, tmp_path) -> None:
    annotator_version = placed(cast, project)
    with pytest.raises(StateConflict, match="still works in Names in reports"):
        registry.remove(tmp_path, SPANS)
    assert annotator_version.version.removed_at is None


def test_a_job_is_asked_for_once_and_each_task_is_answered_once(cast: Cast, project) -> None:
    make.tasks(make.batch(project), 6)
    annotator_version = placed(cast, project)
    assert placing.start_due() == 0, "the first job waits already"
    assert placing.run(annotator_version.pk) + placing.run(annotator_version.pk) == 6
    assert Annotation.objects.count() == 6


def test_mina_makes_spacy_an_annotator_on_the_page_and_strangers_cant(cast: Cast, project) -> None:
    mina, bob = Client(), Client()
    mina.force_login(cast.mina)
    bob.force_login(cast.bob)
    page = reverse("project-copilot", args=[project.public_id])
    assert "Model annotators" in mina.get(page).content.decode()
    at = reverse("copilot-place", args=[project.public_id])
    version = {"annotator-version": str(registry.model_version(SPACY).public_id)}
    assert bob.post(at, version).status_code == 403 and not ModelAnnotator.objects.exists()
    told = mina.post(at, version, follow=True).content.decode()
    assert "is an annotator now. It is watched" in told and SPACY in told
    assert "Watched" in mina.get(page).content.decode()
    assert mina.post(at, version).status_code == 422, "one of a name is enough"
    masks = {"annotator-version": str(registry.model_version(work.SAM).public_id)}
    assert mina.post(at, masks).status_code == 422
