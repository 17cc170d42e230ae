"""Workforce, by program: rules, skills, exclusions, conflicts of interest, leases, gold, work of any project."""

from uuid import uuid4

import pytest

from projects import queue
from projects.models import Requirement
from projects.workforce import rules
from taskers.skills import skills
from tests.support import make
from tests.support.projects.gold import stocked
from tests.support.projects.pipeline import Api, Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def mina(cast) -> Office:
    return Office(cast.mina, cast.riverside)


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=2)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 4)
    return made


def test_rules_are_changed_piece_by_piece(cast, mina, project) -> None:
    skills.define(cast.riverside, "Spanish", kind="language")
    body = {
        "daily_earnings": "2.5",
        "gold_share": 0.1,
        "priority": 4,
        "lease_seconds": 120,
        "skip_modes": {"later": "review"},
        "requirements": [{"skill": "spanish", "comparator": "at_least", "value": 3}],
    }
    said = mina.send("PATCH", "rules", project.public_id, body=body).json()
    assert said["daily_earnings"] == "2.50" and said["priority"] == 4 and said["lease_seconds"] == 120
    assert said["requirements"] == [{"skill": "spanish", "comparator": "at_least", "value": 3.0, "values": []}]
    said = mina.send("PATCH", "rules", project.public_id, body={"daily_earnings": None}).json()
    assert (said["daily_earnings"], said["gold_share"]) == (None, 0.1) and said["requirements"]
    assert mina.get("rules", project.public_id).json() == said
    counts = mina.get("qualifying", project.public_id).json()
    assert (counts["taskers"], counts["may"], counts["excluded"][0]["code"]) == (3, 0, "lacks-skill")


@pytest.mark.parametrize(
    "body",
    [
        {"gold_share": 0.6},
        {"daily_tasks": 0},
        {"skip_modes": {"later": "nobody"}},
        {"skip_modes": {"moon": "me"}},
        {"requirements": [{"skill": "hilltops"}]},
        {"requirements": [{"skill": "spanish", "comparator": "at_least"}]},
        {"requirements": [{"skill": "spanish"}, {"skill": "spanish"}]},
    ],
)
def test_wrong_rules_change_nothing(cast, mina, project, body) -> None:
    skills.define(cast.riverside, "Spanish")
    skills.define(cast.hilltop, "Hilltops")
    before = mina.get("rules", project.public_id).json()
    assert mina.send("PATCH", "rules", project.public_id, body={"priority": 9} | body).status_code in (400, 422)
    assert mina.get("rules", project.public_id).json() == before and not Requirement.objects.exists()


def test_skills_people_and_their_end(cast, mina) -> None:
    assert mina.post("skills", body={"name": "Spanish", "kind": "language"}).json()["key"] == "spanish"
    path = ("skill-person", "spanish", cast.alice.public_id)
    assert mina.send("PUT", *path, body={"value": 4}).json()["value"] == 4.0
    (held,) = mina.get("skill-people", "spanish").json()["results"]
    assert held["person"]["id"] == str(cast.alice.public_id)
    assert mina.send("PUT", "skill-person", "spanish", cast.ned.public_id).status_code == 404
    assert mina.send("DELETE", *path).status_code == 204
    assert mina.send("DELETE", *path).status_code == 409
    assert [one["key"] for one in mina.get("skills").json()["results"]] == ["spanish"]


def test_somebody_is_kept_out_and_let_back(cast, mina, project, batch) -> None:
    body = {"tasker": str(cast.alice.public_id), "project": str(project.public_id), "kind": "paused", "reason": "Rest"}
    made = mina.post("exclusions", body=body).json()
    assert queue.claim(cast.alice, project).code == "paused"
    assert mina.get("exclusions").json()["results"] == [made]
    assert mina.send("DELETE", "exclusion", made["id"]).status_code == 204
    assert mina.get("exclusions").json()["results"] == []
    assert mina.post("exclusions", body=body | {"tasker": str(cast.ned.public_id)}).status_code == 404
    assert mina.post("exclusions", body=body | {"reason": ""}).status_code == 400


def test_a_pair_is_made_and_ended(cast, mina) -> None:
    body = {"one": str(cast.bob.public_id), "other": str(cast.alice.public_id), "relation": "training"}
    made = mina.post("conflicts", body=body).json()
    assert {one["name"] for one in made["people"]} == {"Alice", "Bob"}
    assert mina.post("conflicts", body=body).json()["code"] == "conflict-exists"
    assert mina.get("conflicts").json()["results"] == [made]
    assert mina.send("DELETE", "conflict", made["id"]).status_code == 204
    assert mina.send("DELETE", "conflict", made["id"]).status_code == 409


def test_leases_are_listed_and_taken_back(cast, mina, project, batch) -> None:
    hers = make.held(cast.alice, project)
    queue.claim_group(cast.bob, project, 2)
    rows = mina.get("leases", project.public_id).json()["results"]
    assert len(rows) == 3 and rows[0]["tasker"]["name"] == "Alice"
    assert mina.post("leases", project.public_id, body={"assignment": str(hers.public_id)}).json() == {"released": 1}
    assert mina.post("leases", project.public_id, body={"person": str(cast.bob.public_id)}).json() == {"released": 2}
    assert mina.post("leases", project.public_id, body={"assignment": str(hers.public_id)}).status_code == 409
    assert mina.post("leases", project.public_id).status_code == 400
    assert mina.post("leases", project.public_id, body={"assignment": str(uuid4())}).status_code == 404
    assert mina.get("leases", project.public_id).json()["results"] == [] and queue.audit().breaches == []


def test_known_answers_are_listed_retired_and_restored(mina, project, batch) -> None:
    (kept,) = stocked(batch)
    key = kept.gold.task.public_id
    assert mina.post("gold-move", project.public_id, key, body={"move": "retire", "why": "Old"}).status_code == 204
    (line,) = mina.get("gold", project.public_id).json()["results"]
    assert (line["task"], line["retired_why"], line["scored"], line["mean"]) == (str(key), "Old", 0, None)
    assert mina.post("gold-move", project.public_id, key, body={"move": "restore"}).status_code == 204
    assert mina.post("gold-move", project.public_id, key, body={"move": "restore"}).status_code == 409


def test_a_batch_is_put_in_its_place(mina, batch) -> None:
    body = {"priority": 7, "deadline": "2100-05-03T09:30:00Z"}
    said = mina.send("PUT", "batch-place", batch.public_id, body=body).json()
    assert (said["priority"], said["deadline"]) == (7, "2100-05-03T09:30:00Z")


def test_a_program_goes_on_with_any_project(cast, project, batch) -> None:
    alice = Api(cast.alice, cast.riverside)
    other = make.project(cast.riverside, "Other", rate=90_000)
    make.task(make.batch(other))
    first = alice.post("claim-any").json()["assignment"]
    assert first["project"]["name"] == "Other"
    body = {"token": first["token"], "answer": make.MARIA, "any": True}
    second = alice.post("submit", first["id"], body=body).json()["assignment"]
    assert second["project"]["name"] == project.name
    rules.exclude(cast.alice, organization=cast.riverside, reason="Rest", by=cast.mina)
    queue.force_release(queue.held(project).select_related("task__project").get(), by=cast.mina)
    assert alice.post("claim-any").json()["nothing"]["code"] == "paused"


def test_a_program_says_that_empty_answers_are_usual(cast, mina) -> None:
    body = {"name": "Rare ships", "task_type": "image_regions", "labels": [{"name": "Ship"}]}
    made = mina.send("POST", "projects", body=body).json()
    assert made["settings"]["empty_usual"] is False
    said = mina.send("POST", "projects", body=body | {"name": "Rarer ships", "empty_usual": True}).json()
    assert said["settings"]["empty_usual"] is True


def test_a_program_chooses_how_answers_become_a_verdict(cast, mina) -> None:
    body = {"name": "Boxes", "task_type": "image_regions", "labels": [{"name": "Cat"}], "wanted": 2}
    plain = mina.send("POST", "projects", body=body).json()
    assert plain["settings"]["aggregation"] == "majority_v1"
    body |= {"name": "Names", "task_type": "text_spans", "aggregation": "spans_v1", "most": 5, "target": 0.95}
    made = mina.send("POST", "projects", body=body).json()["settings"]
    assert (made["aggregation"], made["most"], made["target"]) == ("spans_v1", 5, 0.95)
    wrong = mina.send("POST", "projects", body=body | {"name": "Others", "aggregation": "regions_v1"})
    assert wrong.status_code == 422 and wrong.json()["place"] == "aggregation"
    unknown = mina.send("POST", "projects", body=body | {"name": "Others", "aggregation": "magic_v1"})
    assert unknown.status_code == 400
