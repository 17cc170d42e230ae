"""Where the model loses is said slice by slice and task by task; what it doubts may be looked at again, by people."""

from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from assist.learning import erasure, gate, improve, likely_wrong
from assist.models import Evaluation, EvaluationScore, LabelCheck
from assist.registry import registry
from assist.templatetags import reasons
from assist.web.slice_names import SliceNames
from projects.models import Asset, Project, SecondLook, Task, Verdict
from projects.quality import second_looks
from projects.reports import verdict_index
from projects.task_types import asked_fields
from taskers.errors import StateConflict
from taskers.models import Event, Notification
from taskers.notifications import inbox
from tests.support import make
from tests.support.assist import work
from tests.support.cast import Cast
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.project(cast.riverside, wanted=1)


def evaluated(
    cast: Cast, project: Project, scores: list[tuple[float, float, list[str]]], **said_of_it: Any
) -> Evaluation:
    """An evaluation in which candidate and champion did so well on each task, in these slices."""
    champion = registry.model_version(work.SPACY)
    candidate = registry.model_version("fake-spans@1")
    made = Evaluation.objects.create(
        project=project,
        candidate=candidate,
        champion=champion,
        margin=gate.MARGIN,
        state="done",
        rules=gate.VERSION,
        begun_by=cast.mina,
        **{"outcome": "passed"} | said_of_it,
    )
    batch = make.batch(project)
    tasks = make.texts(batch, [f"{at}: Maria came by." for at in range(len(scores))])
    for task, (mine, theirs, slices) in zip(tasks, scores, strict=True):
        said(cast.alice, task, make.spans((0, 2)))
        verdict = Verdict.objects.current().get(task=task)
        EvaluationScore.objects.create(
            evaluation=made, task=task.pk, verdict=verdict.pk, candidate=mine, champion=theirs, slices=slices
        )
    return made


def test_the_slice_that_costs_most_comes_first(cast, project) -> None:
    bad, good = ["label ship", "batch A"], ["label person", "batch A"]
    evaluated(cast, project, 12 * [(0.9, 0.2, bad)] + 20 * [(0.5, 0.9, good)] + [(0.1, 0.0, ["label rare"])])
    found = improve.measured(project)
    assert found.side == "champion" and str(found.version) == work.SPACY, "nothing is deployed: the usual one answers"
    first, *rest = improve.weak_slices(found)
    assert first.slice == "label ship" and first.tasks == 12 and first.score == pytest.approx(0.2)
    assert first.lost == pytest.approx(12 * 0.8 / (12 * 0.8 + 20 * 0.1 + 1)) and first.gain > 0.2
    assert "label rare" not in {one.slice for one in rest}, "one task is no evidence"
    ships = improve.worst(found, "label ship", most=5)
    assert len(ships) == 5 and all(one.score == 0.2 and one.other == 0.9 for one in ships)
    assert improve.worst(found)[0].score == 0.0 and len(improve.worst(found, skip=30)) == 3


def test_the_evaluation_leads_to_the_tasks_at_which_its_candidate_loses(cast, project) -> None:
    found = evaluated(cast, project, [(0.5, 0.75, []), (0.0, 1.0, []), (1.0, 0.0, []), (0.5, 0.5, [])])
    lost = improve.lost_by_candidate(found)
    assert [(one.score, one.other) for one in lost] == [(0.0, 1.0), (0.5, 0.75)]
    mina = Client()
    mina.force_login(cast.mina)
    page = mina.get(reverse("copilot-evaluation", args=[project.public_id, found.public_id])).content.decode()
    places = [page.index(reverse("task", args=[one.task.public_id])) for one in lost]
    assert places == sorted(places) and "2: Maria came by." not in page, "what it wins is none of it"


def test_kinds_of_tasks_are_told_by_the_labels_names_and_kept_by_their_keys(cast, project) -> None:
    project.labels.filter(key="person").update(name="Whoever is named")
    worse = gate.REASONS["worse"] % {"slices": "all tasks, label person, label gone"}
    row = dict.fromkeys(("candidate", "champion", "difference", "low", "high"), 0.0) | {"slice": "label person"}
    told = [row | {"tasks": 12, "missing": 0, "outcome": "refused"}]
    scores = 12 * [(0.2, 0.9, ["label person"])] + [(0.5, 0.5, [])]
    found = evaluated(cast, project, scores, reason=worse, outcome="refused", findings=told)
    mina, at = Client(), [project.public_id]
    mina.force_login(cast.mina)
    evaluation = mina.get(reverse("copilot-evaluation", args=[*at, found.public_id])).content.decode()
    assert "all tasks, label Whoever is named, label gone." in evaluation and "label person" not in evaluation
    page = mina.get(reverse("copilot-improve", args=at)).content.decode()
    assert ">label Whoever is named</a>" in page and "?slice=label%20person" in page
    tasks = mina.get(reverse("copilot-improve-tasks", args=at), {"slice": "label person"}).content.decode()
    assert "label Whoever is named</h2>" in tasks and "label person<" not in tasks
    with translation.override("es"):
        told = reasons.reason(worse, SliceNames(project))
        assert told.endswith("todas las tareas, etiqueta Whoever is named, etiqueta gone.")
    (task, *_) = Task.objects.filter(project=project).order_by("pk")
    like = reasons.kind_of_task(f"like task {task.public_id} 0.67 × batch A", SliceNames(project))
    assert like == "like task “0: Maria came by.” (0.67) × batch A", "nobody knows a text by its id"


def test_where_neither_model_says_what_was_decided_people_may_look_again(cast, project) -> None:
    evaluated(cast, project, [(0.0, 0.0, []), (0.0, 1.0, []), (1.0, 1.0, [])])
    check = likely_wrong.begin(project, by=cast.mina)
    with pytest.raises(StateConflict, match="already"):
        likely_wrong.begin(project, by=cast.mina)
    with pytest.raises(StateConflict, match="not done"):
        likely_wrong.open_looks(check, 5, by=cast.mina)
    assert likely_wrong.run(check.pk) == 3 and likely_wrong.run(check.pk) == 0
    inbox.tell(Event.objects.order_by("pk"))
    told = Notification.objects.filter(kind="likely_wrong")
    assert cast.mina.pk in told.values_list("person", flat=True) and not told.filter(person=cast.alice).exists()
    assert "likelier wrong than right" in inbox.said(told[0]) and told[0].address.endswith("/copilot/improve/")
    check.refresh_from_db()
    (doubted,) = check.found
    before = list(Verdict.objects.order_by("pk").values())
    assert likely_wrong.open_looks(check, 5, by=cast.mina) == 1 and likely_wrong.open_looks(check, 5, by=cast.mina) == 0
    look = SecondLook.objects.get()
    assert (look.verdict_id, look.reason, look.state) == (doubted["verdict"], "model", "open")
    assert list(Verdict.objects.order_by("pk").values()) == before, "nothing is changed by it"
    assert list(second_looks.open_in([project])) == [look]
    second_looks.dismiss(Task.objects.get(pk=look.task_id), by=cast.rita)
    assert likely_wrong.open_looks(check, 5, by=cast.mina) == 0, "dismissed once, it isn't asked again"
    assert likely_wrong.doubted(check) == [doubted]
    task = Task.objects.get(pk=doubted["task"])
    erasure.begin(project, [task.public_id], reason="The customer asked for it", by=cast.mina)
    assert not likely_wrong.doubted(check), "what was erased is listed no more"
    again = likely_wrong.begin(project, by=cast.mina)
    assert likely_wrong.run(again.pk) == 2


def test_nothing_to_doubt_with_is_said(cast, project) -> None:
    labels = [{"key": key, "name": key, "field": "Kind"} for key in ("cat", "dog")]
    animals = make.project(
        cast.riverside, "Animals", "classification", labels=labels, fields=asked_fields.read("Kind (choice)"), wanted=1
    )
    task = make.task(make.batch(animals))
    Task.objects.filter(pk=task.pk).update(
        asset=Asset.objects.create(organization=cast.riverside, sha256="a" * 64, size=1, media_type="image/png")
    )
    of_images = likely_wrong.begin(animals, by=cast.mina)
    likely_wrong.run(of_images.pk)
    of_images.refresh_from_db()
    assert "Evaluate a model first" in of_images.reason, "of images other models are asked than of texts"
    check = likely_wrong.begin(project, by=cast.mina)
    likely_wrong.run(check.pk)
    check.refresh_from_db()
    assert check.state == "failed" and "Evaluate a model first" in check.reason


def test_texts_of_a_class_that_look_like_another_are_doubted(cast, monkeypatch) -> None:
    labels = [{"key": key, "name": key.title(), "field": "Tone"} for key in ("praise", "defect")]
    terms = {"labels": labels, "fields": asked_fields.read("Tone (choice)"), "wanted": 1}
    project = make.project(cast.riverside, "Letters", "classification", **terms)
    rng, rows, wrong = np.random.default_rng(2), [], set()
    tasks = make.texts(make.batch(project), [f"A text of number {at}." for at in range(60)])
    for at, task in enumerate(tasks):
        label = "defect" if at % 2 else "praise"
        rows.append(rng.normal(3.0 if at % 2 else -3.0, 1.0, 8))
        given = label if at not in (7, 30) else ("praise" if label == "defect" else "defect")
        said(cast.alice, task, {"fields": [{"field": "tone", "value": given}]})
        if given != label:
            wrong.add(task.pk)
    verdict_index.add(Event.objects.order_by("pk"))
    monkeypatch.setattr(
        likely_wrong, "_vectors", lambda texts: np.array([rows[int(t.split()[-1][:-1])] for t in texts])
    )
    check = likely_wrong.begin(project, by=cast.mina)
    likely_wrong.run(check.pk)
    check = LabelCheck.objects.get()
    assert check.state == "done" and check.checked == 60, check.reason
    assert {one["task"] for one in check.found} == wrong and len(check.curve) == 4
    client = Client()
    client.force_login(cast.mina)
    page = client.get(reverse("copilot-improve", args=[project.public_id])).content.decode()
    assert "Tone: Defect" in page and "tone: defect" not in page, "by the names that people read"
