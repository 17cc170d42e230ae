"""What a manager's program does besides loading: people, labels, copies, words, figures, money."""

import pytest

from projects import queue
from projects.models import Label, Project, ProjectTemplate, Requirement, Task
from projects.quality.qualification import qualification_tests
from projects.queue.qualification import course_items
from projects.workforce import rules
from taskers.models import Dispute, Invitation, Membership
from taskers.skills import skills
from tests.support import make
from tests.support.projects.courses import answered, course
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api, Office, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def mina(cast) -> Office:
    return Office(cast.mina, cast.riverside)


def roles(answer) -> list[str]:
    return [one["role"] for one in answer.json()["roles"]]


def test_people_are_let_in_given_roles_and_shown_out(cast, mina: Office) -> None:
    made = mina.send("POST", "invitations", body={"email": "new@example.org", "role": "tasker"})
    assert made.status_code == 201 and made.json()["link"].startswith("/invitations/")
    assert [one["email"] for one in mina.get("invitations").json()["results"]] == ["new@example.org"]
    assert mina.send("DELETE", "invitation", made.json()["id"]).status_code == 204
    refused(mina.send("DELETE", "invitation", made.json()["id"]), 410, "invitation-gone")
    many = mina.send("POST", "invitations-list", body={"text": "a@example.org,A,tasker\nnobody,B,tasker\n"})
    first, second = many.json()["results"]
    assert first["link"] and not first["problem"] and second["problem"] and not second["link"]
    assert roles(mina.send("POST", "person-roles", cast.bob.public_id, body={"role": "reviewer"})) == [
        "tasker",
        "reviewer",
    ]
    assert roles(mina.send("DELETE", "person-role", cast.bob.public_id, "reviewer")) == ["tasker"]
    refused(mina.send("POST", "person-roles", cast.bob.public_id, body={"role": "owner"}), 403, "not-allowed")
    assert roles(mina.send("POST", "person-deactivate", cast.bob.public_id)) == []
    assert not Membership.objects.live().filter(person=cast.bob).exists()
    assert roles(mina.send("POST", "person-reactivate", cast.bob.public_id, body={"role": "tasker"})) == ["tasker"]
    listed = {one["name"]: one for one in mina.get("people").json()["results"]}
    assert listed["Alice"]["kind"] == "human" and "Ned" not in listed
    refused(mina.get("person", cast.ned.public_id), 404, "not-found")
    assert Invitation.objects.filter(organization=cast.riverside, accepted_at=None, withdrawn_at=None).count() == 1


def test_labels_are_renamed_merged_and_retired(cast, mina: Office, project: Project) -> None:
    keys = [one.key for one in project.labels.in_use()]
    renamed = mina.send("PATCH", "label", project.public_id, keys[0], body={"name": "Human"})
    assert (renamed.json()["key"], renamed.json()["name"]) == ("human", "Human"), "no data names it by its key yet"
    keys[0] = "human"
    make.batch(project)
    renamed = mina.send("PATCH", "label", project.public_id, keys[0], body={"name": "Somebody"})
    assert (renamed.json()["key"], renamed.json()["name"]) == (keys[0], "Somebody")
    assert [one.key for one in project.labels.in_use()] == keys, "each keeps its place"
    kept = mina.send("POST", "label-merge", project.public_id, keys[1], body={"into": keys[0]})
    assert kept.json()["key"] == keys[0]
    gone = Label.objects.get(project=project, key=keys[1])
    assert gone.retired_at and gone.merged_into.key == keys[0]
    refused(mina.send("POST", "label-merge", project.public_id, keys[0], body={"into": keys[0]}), 422, "bad-merge")
    refused(mina.send("DELETE", "label", project.public_id, keys[1]), 404, "not-found")
    assert mina.send("PATCH", "label", project.public_id, keys[0], body={"hotkey": "!"}).status_code == 400


def test_a_project_is_copied_with_its_labels_settings_and_rules(cast, mina: Office) -> None:
    project = make.project(cast.riverside, "First", wanted=3, instructions="Look twice.")
    skill = skills.define(cast.riverside, "Spanish")
    rules.ask_for(project, skill, by=cast.mina)
    rules.revise(project, cast.mina, gold_share=0.2, priority=7)
    made = mina.send("POST", "project-clone", project.public_id, body={"name": "Second"}).json()
    assert made["settings"] == mina.get("project", project.public_id).json()["settings"]
    assert [one["key"] for one in made["labels"]] == [one.key for one in project.labels.in_use()]
    copy = Project.objects.get(public_id=made["id"])
    assert (copy.rules.gold_share, copy.priority) == (0.2, 7)
    assert Requirement.objects.get(project=copy).skill == skill
    refused(mina.send("POST", "project-clone", project.public_id, body={"name": "Second"}), 409, "project-exists")


def test_a_copy_has_the_course_and_none_of_the_data(cast, mina: Office) -> None:
    project = make.project(cast.riverside, "First", wanted=1)
    batch = make.batch(project, "Work")
    skill = skills.define(cast.riverside, "Names")
    items = course(batch, skill, cast, 2, shown=False, training_pass=0.8, training_tries=7)
    qualification_tests.arrange(project, [items[1].pk, items[0].pk], by=cast.mina)
    make.tasks(batch, 3)
    made = mina.send("POST", "project-clone", project.public_id, body={"name": "Second"}).json()
    copy = Project.objects.get(public_id=made["id"])
    assert (copy.rules.training_skill, copy.rules.training_pass, copy.rules.training_tries) == (skill, 0.8, 7)
    rows = [(one.explanation, one.shown, one.gold.answer["spans"]) for one in course_items(copy)]
    assert [one[:2] for one in rows] == [("Names, part 2", False), ("Names, part 1", False)]
    assert rows == [(one.explanation, one.shown, one.gold.answer["spans"]) for one in course_items(project)]
    assert copy.batches.count() == 1 and copy.batches.get().name == "Course"
    assert Task.objects.filter(project=copy).count() == 2, "the items alone"
    make.tasks(make.batch(copy), 1)
    answered(cast.alice, copy, make.MARIA)  # its course comes before the work
    assert queue.audit().breaches == []


def test_a_template_stays_as_it_was_kept(cast, mina: Office) -> None:
    project = make.project(cast.riverside, "First", wanted=3)
    template = mina.send("POST", "project-template", project.public_id, body={"name": "Pattern"}).json()
    refused(mina.send("POST", "project-template", project.public_id, body={"name": "Pattern"}), 409, "template-exists")
    mina.send("PATCH", "project", project.public_id, body={"wanted": 5})
    made = mina.send("POST", "template", template["id"], body={"name": "After it"}).json()
    assert made["settings"]["wanted"] == 3
    assert [one["name"] for one in mina.get("templates").json()["results"]] == ["Pattern"]
    assert Api(cast.nora, cast.hilltop).get("templates").json()["results"] == []
    assert mina.send("DELETE", "template", template["id"]).status_code == 204 and not ProjectTemplate.objects.exists()


def test_a_project_is_archived_and_comes_back(mina: Office, project: Project) -> None:
    assert (
        mina.send("POST", "project-move", project.public_id, body={"state": "archived"}).json()["state"] == "archived"
    )
    refused(mina.send("POST", "project-move", project.public_id, body={"state": "archived"}), 409, "state-conflict")
    assert mina.send("POST", "project-move", project.public_id, body={"state": "live"}).json()["state"] == "live"


def test_taskers_ask_and_the_office_answers_once(cast, mina: Office, alice: Api, project: Project) -> None:
    make.tasks(make.batch(project), 1)
    mine = make.held(cast.alice, project)
    body = {"to": "manager", "words": "Is this a name?", "id": "0b4a2c6e-9d57-4b5f-8f0f-0a3c9a9d7d11"}
    thread = alice.post("comments-mine", mine.public_id, body=body).json()
    assert alice.post("comments-mine", mine.public_id, body=body).json()["id"] == thread["id"], "said once"
    (question,) = mina.get("questions", project.public_id).json()["results"]
    assert (question["words"], question["task"]) == ("Is this a name?", str(mine.task.public_id))
    answered = mina.send("POST", "comment-answer", question["id"], body={"words": "It is."}).json()
    assert [one["words"] for one in answered["answers"]] == ["It is."]
    assert mina.get("questions", project.public_id).json()["results"] == []
    assert alice.get("comments-mine", mine.public_id).json()["results"][0]["answers"][0]["words"] == "It is."
    assert alice.post("comment-more", thread["id"], body={"words": "And this?"}).status_code == 200
    assert len(mina.get("questions", project.public_id).json()["results"]) == 1


def test_figures_standings_and_agreement_are_told(cast, mina: Office, project: Project) -> None:
    task = make.task(make.batch(project))
    said(cast.alice, task, make.MARIA)
    told = mina.get("figures", project.public_id).json()
    assert told["batches"] == 1 and told["stuck"] == 0
    assert mina.get("agreement", project.public_id).json()["numbers"] is None
    assert mina.send("POST", "agreement", project.public_id).json()["asked_at"]
    quality = mina.get("quality", project.public_id).json()
    assert quality["method"] and {one["name"] for one in quality["taskers"]} <= {"Alice", "Bob", "Carol"}
    begun = mina.send("POST", "quality", project.public_id)
    assert (begun.status_code, begun.json()["state"]) == (202, "waiting")


def test_money_is_read_by_finance_alone(cast, mina: Office) -> None:
    project = make.project(cast.riverside, wanted=1, rate=50_000)
    work = said(cast.alice, make.task(make.batch(project)), make.MARIA)
    finn = Api(cast.finn, cast.riverside, "finance")
    owed = finn.get("money-owed").json()
    assert owed["results"] == [{"person": str(cast.alice.public_id), "name": "Alice", "amount": "0.05"}]
    (moved,) = finn.get("money-transfers").json()["results"]
    assert (moved["source"], moved["target"], moved["amount"]) == ("labelling", "owed", "0.05")
    assert (moved["project"], moved["person"]) == (str(project.public_id), str(cast.alice.public_id))
    assert finn.get("money-payouts").json()["results"] == []
    for name in ("money-owed", "money-transfers", "money-payouts"):
        refused(mina.get(name), 403, "not-allowed")
    alice = Api(cast.alice, cast.riverside, "label")
    body = {"annotation": str(work.public_id), "text": "It is a name."}
    assert alice.post("disputes", body=body).json()["state"] == "open"
    refused(alice.post("disputes", body=body), 409, "already-contested")
    refused(Api(cast.bob, cast.riverside).post("disputes", body=body), 404, "not-found")
    assert Dispute.objects.get().tasker == cast.alice


def test_many_batches_are_placed_together_or_not_at_all(cast, mina: Office, project: Project) -> None:
    one, other = make.batch(project, "One"), make.batch(project, "Other")
    body = {"batches": [str(one.public_id), str(other.public_id)], "priority": 9, "deadline": None}
    placed = mina.send("PUT", "batches-place", project.public_id, body=body).json()["results"]
    assert [row["priority"] for row in placed] == [9, 9]
    mina.send("POST", "batch-move", other.public_id, body={"state": "cancelled"})
    refused(mina.send("PUT", "batches-place", project.public_id, body=body | {"priority": 1}), 409, "batch-closed")
    one.refresh_from_db()
    assert one.priority == 9
    assert mina.get("batch-closing", one.public_id).json()["untouched"] == 0
