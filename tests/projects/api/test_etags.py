"""Two who look at the same settings and change them: one succeeds, the other is told and looks again."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse

from projects.models import AssignmentRules, Project
from projects.quality.qualification import qualification_tests
from projects.workforce import rules
from taskers.skills import skills
from tests.support import make
from tests.support.projects.hooks import subscribed
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db


def change(api: Api, name: str, *keys: object, body: object, seen: str | None = None):
    headers = {} if seen is None else {"If-Match": seen}
    path = reverse(f"api-{name}", args=keys)
    return api.client.patch(path, json.dumps(body), "application/json", headers=headers)


def test_rules_are_changed_by_who_saw_them_as_they_are(cast, mina: Api, project: Project) -> None:
    seen = mina.get("rules", project.public_id)["ETag"]
    rules.change(project, cast.olga, gold_share=0.1)
    problem = change(mina, "rules", project.public_id, body={"gold_share": 0.2}, seen=seen)
    refused(problem, 412, "changed-meanwhile")
    assert AssignmentRules.objects.get(project=project).gold_share == 0.1
    now = mina.get("rules", project.public_id)["ETag"]
    done = change(mina, "rules", project.public_id, body={"gold_share": 0.2}, seen=now)
    assert done.status_code == 200 and done["ETag"] == mina.get("rules", project.public_id)["ETag"] != now
    several = f'"x", {done["ETag"]}'
    assert change(mina, "rules", project.public_id, body={"gold_share": 0.3}, seen=several).status_code == 200
    assert change(mina, "rules", project.public_id, body={"gold_share": 0.4}, seen="*").status_code == 200
    assert change(mina, "rules", project.public_id, body={"gold_share": 0.5}).status_code == 200


def test_settings_and_labels_are_changed_by_who_saw_them(cast, mina: Api, project: Project) -> None:
    seen = mina.get("project", project.public_id)["ETag"]
    first = change(mina, "project", project.public_id, body={"wanted": 3}, seen=seen)
    assert first.status_code == 200 and first.json()["settings"]["wanted"] == 3
    refused(change(mina, "project", project.public_id, body={"wanted": 4}, seen=seen), 412, "changed-meanwhile")
    labels = [{"key": one["key"], "name": f"{one['name']}!"} for one in first.json()["labels"]]
    told = change(mina, "project", project.public_id, body={"labels": labels}, seen=first["ETag"])
    assert [one["name"] for one in told.json()["labels"]] == [one["name"] for one in labels]
    refused(
        change(mina, "project", project.public_id, body={"name": "X"}, seen=first["ETag"]), 412, "changed-meanwhile"
    )


def test_a_course_keeps_its_tag_while_people_take_it(cast, mina: Api, project: Project) -> None:
    batch = make.batch(project)
    qualification_tests.add(make.task(batch), make.MARIA, by=cast.mina, dice=random.Random(5))
    make.task(batch)
    rules.change(project, cast.mina, training_tasks=1, training_skill=skills.define(cast.riverside, "Names"))
    seen = mina.get("course", project.public_id)["ETag"]
    make.judged(cast.bob, project, make.OSLO)
    assert mina.get("course", project.public_id)["ETag"] == seen
    assert change(mina, "course", project.public_id, body={"pass_mark": 0.5}, seen=seen).status_code == 200
    refused(change(mina, "course", project.public_id, body={"pass_mark": 0.6}, seen=seen), 412, "changed-meanwhile")


def test_a_webhook_is_changed_by_who_saw_it(cast, mina: Api, project: Project, settings) -> None:
    settings.OUTBOUND = ["hooks.example.com"]
    hook, _secret = subscribed(project, "https://hooks.example.com/in", cast.mina)
    seen = mina.get("webhook", hook.public_id)["ETag"]
    assert change(mina, "webhook", hook.public_id, body={"name": "Other"}, seen=seen).status_code == 200
    refused(change(mina, "webhook", hook.public_id, body={"name": "Third"}, seen=seen), 412, "changed-meanwhile")
    hook.refresh_from_db()
    assert hook.name == "Other"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_succeeds(cast) -> None:
    project = make.project(cast.riverside)
    programs = [Api(one, cast.riverside) for one in (cast.mina, cast.olga, cast.mina, cast.olga)]
    seen = programs[0].get("rules", project.public_id)["ETag"]
    together = Barrier(len(programs))

    def ask(place: int) -> int:
        try:
            together.wait(30)
            body = {"priority": place + 1}
            return change(programs[place], "rules", project.public_id, body=body, seen=seen).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(programs)) as pool:
        answers = list(pool.map(ask, range(len(programs))))
    assert sorted(answers) == [200, 412, 412, 412]
    project.refresh_from_db()
    assert project.priority == answers.index(200) + 1


UNKNOWN = [
    ({"fields": [{"name": "Mood", "kind": "text"}]}, "fields"),
    ({"labels": [{"name": "Port", "color": "#ff0000"}]}, "labels[0].color"),
    ({"fields_asked": [{"name": "Mood", "kind": "text", "weigth": 2}]}, "fields_asked[0].weigth"),
    ({"thresholds": {"iuo": 0.5}}, "thresholds.iuo"),
]


def test_a_setting_that_is_not_known_is_refused_by_its_name(cast, mina: Api, project: Project) -> None:
    begun = {"name": "Moods", "task_type": "classification"}
    for body, place in UNKNOWN:
        refused(mina.post("projects", body=begun | body), 422, "unknown-field", place)
        refused(change(mina, "project", project.public_id, body=body), 422, "unknown-field", place)
    assert not Project.objects.filter(name="Moods").exists()
    label = mina.get("project", project.public_id).json()["labels"][0]
    again = change(mina, "label", project.public_id, label["key"], body=label | {"name": "As it was answered"})
    assert again.status_code == 200 and again.json()["key"] == label["key"]
