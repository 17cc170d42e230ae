"""Riverside with one of everything that an address can name, and the people who may or may not ask for it.

Who they are and what they may is the table's to say (permissions.py); what each thing is good for stands beside it.
Things of one kind that are in another state have a name of their own ("corrected", "course"): under it lies what they
have instead of the usual ones.
"""

import io
import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.test import Client, override_settings
from django.utils import timezone

from projects import queue
from projects.data.connectors import saved
from projects.data.importing import uploads
from projects.data.media.illustrate import illustrate
from projects.models import (
    BrokenReport,
    Exclusion,
    Import,
    Mistake,
    Project,
    RuleConsequence,
    SecondLook,
    Task,
)
from projects.quality.gold import grading
from projects.quality.qualification import qualification_tests
from projects.workflow import (
    batches,
    bulk_actions,
    corrections,
    project_copies,
    returned_work,
    submission,
    task_actions,
    task_views,
)
from projects.workflow.automatic_rules import running
from projects.workflow.comments import saying
from projects.workforce import conflicts_of_interest, rules
from taskers.credentials import tokens
from taskers.models import Event, Notification, Person
from taskers.models.people import Role
from taskers.people import invitations, service_accounts
from taskers.skills import skills
from tests.support import cast as people
from tests.support import make
from tests.support.cast import Cast
from tests.support.full_project import ANIMALS
from tests.support.organization import kinds, models, money, outside
from tests.support.organization.world import World
from tests.support.projects.judging import given, said

DICE = random.Random(5)
# What nobody from outside may read on any page.
SECRETS = (
    *("Riverside", "secret project", "Secret skill", "Secret reason", "Secret model", "Secret question", "Secret hook"),
    *("Secret file", "Secret place"),
    *("Secret loader", "Secret nightly", "Secret pattern", "Secret view"),
    *("Secret batch", "Pipeline of Mina", "Alice", "alice@example", "carol@example"),
)


# What was found in files that wait for a choice.
PLAN = {
    "format": "jsonl",
    "title": "JSON Lines",
    "note": "",
    "rows": 1,
    "all": True,
    "refused": 0,
    "answered": 1,
    "predicted": 0,
    "by": [],
    "labels": [],
    "columns": [],
    "mapped": {},
    "problem": "",
    "problems": [],
    "lost": 0,
    "losses": [],
    "samples": [{"place": "line 1", "external_id": "a", "answer": {}, "answers": 1, "picture": "AAAA"}],
}


def assemble() -> World:
    """All of it. Needs a database, and a runtime's address where nobody is."""
    cast = people.assemble()
    world = World(cast.riverside, cast.hilltop)
    projects = {
        "": make.project(cast.riverside, "Riverside's secret project", wanted=2),
        "corrected": make.project(cast.riverside, "Corrected", wanted=2, correction_minutes=60),
        "ruled": make.project(cast.riverside, "Ruled", wanted=2, audit_share=1.0),
        "course": make.project(cast.riverside, "Taught", wanted=1),
        "pictures": make.project(cast.riverside, "Animals", "image_regions", labels=ANIMALS),
        "pairs": make.project(cast.riverside, "Answers", "preference", labels=[], wanted=1),
        "grid": make.project(cast.riverside, "Tiles", "classification", labels=ANIMALS, wanted=1, grid=4),
        "deployed": make.project(cast.riverside, "Deployed"),
        "listed": make.project(cast.riverside, "In-house", wanted=1),
        "unpublished": make.project(cast.riverside, "Prepared", wanted=1, draft=True),
    }
    _people(world, cast, projects)
    _work(world, cast, projects[""])
    _gold(world, cast, projects[""])
    _comments(world, cast)
    _office(world, cast, projects[""])
    _patterns(world, cast, projects[""])
    _listed(world, cast, projects["listed"])
    money.money(world, cast)
    _corrected(world, cast, projects["corrected"])
    _ruled(world, cast, projects["ruled"])
    kinds.course(world, cast, projects["course"])
    kinds.pictures(world, cast, projects["pictures"])
    kinds.pairs(world, cast, projects["pairs"])
    kinds.grid(world, cast, projects["grid"])
    models.models(world, cast, projects[""], projects["deployed"])
    models.segmented(world, cast, projects["pictures"])
    outside.webhooks(world, cast, projects[""])
    outside.delivered(world, cast, projects[""])
    _rows_of_the_admin(world)
    _keys(world, cast)
    return world


def _people(world: World, cast: Cast, projects: dict[str, Project]) -> None:
    """Beside the cast: Emil looks after models, Pia manages these projects and nothing else, Eve may do everything in
    another project of Riverside's, Hugo everything at Hilltop; Dora was shown out, Carol is who pages are about."""
    other = make.project(cast.riverside, "Elsewhere")
    emil = make.person("Emil", cast.riverside, Role.ML_ENGINEER)
    pia, eve = make.person("Pia"), make.person("Eve")
    for one in projects.values():
        invitations.grant(cast.riverside, pia, Role.MANAGER, by=cast.olga, project_key=one.public_id)
    for role in (Role.MANAGER, Role.REVIEWER, Role.TASKER, Role.ML_ENGINEER):
        invitations.grant(cast.riverside, eve, role, by=cast.olga, project_key=other.public_id)
    hugo = make.person("Hugo", cast.hilltop, Role.OWNER, Role.TASKER)
    dora = make.person("Dora", cast.riverside, Role.TASKER)
    invitations.deactivate(cast.riverside, dora, by=cast.olga)
    make.tasks(make.batch(make.project(cast.hilltop, "Hilltop's own")), 2)
    world.people = {name: getattr(cast, name) for name in ("olga", "mina", "rita", "finn", "alice", "bob", "sam")}
    world.people |= {"emil": emil, "pia": pia, "eve": eve, "hugo": hugo}
    world.things |= {name: one.public_id for name, one in world.people.items()}
    world.things |= {"carol": cast.carol.public_id, "person_id": cast.carol.public_id}
    world.things |= {"organization": cast.riverside.public_id}
    world.others["gone"] = {"person_id": dora.public_id}
    for on, one in projects.items():
        world.others.setdefault(on, {})["project_id"] = one.public_id
    world.things["project_id"] = projects[""].public_id


def _work(world: World, cast: Cast, project: Project) -> None:
    """Decided, disputed, in doubt and in a reviewer's hands; withheld, reported, and held by Alice."""
    batch = make.batch(project, "Secret batch")
    _mine, decided, disputed, again, doubt, reviewed, withheld, reported = make.tasks(batch, 8)
    held = make.held(cast.alice, project)  # the first, with the copilot
    make.tasks(batch, 5)
    (settled,) = make.tasks(batch, 1)
    for task in (decided, disputed, again):
        for tasker in (cast.alice, cast.bob):
            said(tasker, task, make.MARIA)
    for task in (doubt, reviewed, settled):
        said(cast.alice, task, make.MARIA)
        said(cast.bob, task, make.OSLO)
    task_actions.withhold(withheld, by=cast.mina, note="Blank")
    read = given(cast.carol, reported)
    queue.report(read, cast.carol, read.token, note="Nothing to see")
    last = queue.claim_review(settled, cast.rita)
    submission.decide(last, cast.rita, last.token, make.MARIA)
    review = queue.claim_review(reviewed, cast.rita)
    returned_work.note_mistake(decided, list(decided.annotations.all()), cast.rita, reason="label", note="Look again.")
    over, draft = make.batch(project, "Over"), make.batch(project, "Later", state="draft")
    make.tasks(over)
    batches.move(over, "cancelled", by=cast.mina)
    world.things |= {
        "batch_id": batch.public_id,
        "place": f"b{batch.public_id.hex}",
        "state": "closed",
        "format": "jsonl",
        "figure": "judgements",
        "task_id": held.task.public_id,
        "assignment_id": held.public_id,
        "token": held.token,
        "annotation_id": decided.annotations.get(tasker=cast.alice).public_id,
        "disputed": disputed.public_id,
        "mistake_id": Mistake.objects.filter(project=project).first().public_id,
    }
    _rules(world, cast, project)
    world.others |= {
        "decided": {"task_id": decided.public_id, "answer": _answer_of(cast.bob, decided)},
        "doubt": {"task_id": doubt.public_id, "assignment_id": _answer_of(cast.alice, doubt)},
        "reviewed": {
            "task_id": reviewed.public_id,
            "token": review.token,
            "answer": reviewed.annotations.get(tasker=cast.bob).public_id,
        },
        "decided by rita": {"task_id": settled.public_id},
        "withheld": {"task_id": withheld.public_id},
        "reported": {"task_id": reported.public_id},
        "over": {"batch_id": over.public_id},
        "draft": {"batch_id": draft.public_id},
    }
    assert BrokenReport.objects.open().exists()


def _rules(world: World, cast: Cast, project: Project) -> None:
    """A rule, and what followed from it for Alice: once in silence, once contested."""
    rule = running.make(project, running.Terms("speed", 2.0, 3, "message", 24), by=cast.rita)
    silent, contested = (
        RuleConsequence.objects.create(
            rule=rule, person=cast.alice, measured=1.0, until=timezone.now() + timedelta(days=1)
        )
        for _which in range(2)
    )
    running.contest(contested, cast.alice, "Why?")
    world.things |= {"rule_id": rule.public_id, "consequence_id": silent.public_id}
    world.others["contested"] = {"consequence_id": contested.public_id}


def _answer_of(tasker: Person, task: Task) -> Any:
    return task.assignments.get(tasker=tasker, kind="judge").public_id


def _gold(world: World, cast: Cast, project: Project) -> None:
    """One that is mixed in, one of the course, one that was taken out of it."""
    gold, first, second, out, spare = make.tasks(make.batch(project, "Known"), 5)
    for task in (gold, first, second, out):
        queue.set_aside(task, by=cast.mina)
    grading.stock(gold, make.MARIA, by=cast.mina, dice=DICE)
    for task in (first, second, out):
        kept = qualification_tests.add(task, make.MARIA, by=cast.mina, dice=DICE)
    grading.retire(kept, "taken out of the course", by=cast.mina)
    world.things |= {"second": second.public_id, "spare": spare.public_id}
    world.others |= {"gold": {"task_id": gold.public_id}, "item": {"task_id": first.public_id}}
    world.others |= {"out": {"task_id": out.public_id}}


def _comments(world: World, cast: Cast) -> None:
    held = Task.objects.get(public_id=world.things["task_id"]).assignments.get(tasker=cast.alice)
    asked = saying.say(held, cast.alice, uuid4(), to="manager", words="Secret question")
    told = saying.say(held, cast.alice, uuid4(), to="reviewer", words="Secret question, too")
    world.things["comment_id"] = asked.public_id
    world.others["told"] = {"comment_id": told.public_id}


def _office(world: World, cast: Cast, project: Project) -> None:
    """Invitations, skills, exclusions, pairs, a token, a file that stopped half-way."""
    invited, secret = invitations.invite(cast.riverside, cast.mina, email="new@example.org", role="tasker")
    skill = skills.define(cast.riverside, "Secret skill")
    skills.grant(cast.alice, skill, by=cast.mina)
    pair = conflicts_of_interest.keep_apart(cast.riverside, cast.bob, cast.carol, relation="other", by=cast.mina)
    here = rules.exclude(cast.carol, project=project, reason="Secret reason", by=cast.mina)
    whole: Exclusion = rules.exclude(cast.carol, organization=cast.riverside, reason="Secret reason", by=cast.mina)
    token, _secret = tokens.issue(cast.mina, cast.riverside, name="Pipeline of Mina")
    account = service_accounts.create(cast.riverside, name="Secret loader", role="manager", by=cast.olga)
    loaders, _secret = service_accounts.issue(account, name="Secret nightly", scopes=["people"], by=cast.olga)
    batch = make.batch(project, "Loaded")
    file_import = Import.objects.create(
        batch=batch, name="a.jsonl", format="jsonl", file="a.jsonl", state="failed", started_by=cast.mina
    )
    planned = Import.objects.create(batch=batch, name="Secret file", state="planned", plan=PLAN, started_by=cast.mina)
    coming, sent = [
        uploads.begin(batch, name=f"Secret {name}.txt", size=7, sha256="", by=cast.mina) for name in ("one", "other")
    ]
    uploads.send(sent, 0, io.BytesIO(b"A line."))
    with override_settings(OUTBOUND=["hooks.example.com"]):
        url = {"urls": "https://hooks.example.com/secret-file"}
        connector = saved.add(cast.riverside, "urls", "Secret place", url, by=cast.mina)
    reset = invitations.password_reset_path(cast.riverside, cast.carol, by=cast.mina).split("/")
    world.things |= {
        "invitation_id": invited.public_id,
        "secret": secret,
        "skill_key": skill.key,
        "pair_id": pair.public_id,
        "exclusion_id": here.public_id,
        "token_id": token.public_id,
        "account_id": account.public_id,
        "import_id": file_import.public_id,
        "upload_id": coming.public_id,
        "connector_id": connector.public_id,
        "key": reset[-3],
    }
    world.others |= {"whole": {"exclusion_id": whole.public_id}, "reset": {"token": reset[-2]}}
    world.others["sent"] = {"upload_id": sent.public_id}
    world.others["planned"] = {"import_id": planned.public_id, "number": 0}
    world.others["service"] = {"token_id": loaders.public_id}
    world.others["skilled"] = {"person_id": cast.alice.public_id}


def _patterns(world: World, cast: Cast, project: Project) -> None:
    """A template, two labels, something that is being done to many tasks."""
    template = project_copies.keep_template(project, "Secret pattern", by=cast.mina)
    last = Task.objects.filter(project=project).latest("pk")
    action = bulk_actions.start(project, "hold", [last.pk], by=cast.mina)
    first, other = project.labels.in_use()[:2]
    tagged = bulk_actions.start(project, "tag", [last.pk], by=cast.mina, terms={"tag": "secret"})
    bulk_actions.go_on(tagged.pk)
    view = task_views.keep(project, "Secret view", "state=open", by=cast.mina)
    told = Notification.objects.create(
        organization=cast.riverside,
        person=cast.alice,
        kind="work_available",
        thing="work",
        values={"project": "Secret"},
        address="/my-work/",
    )
    world.things |= {"template_id": template.public_id, "action_id": action.public_id, "view_id": view.public_id}
    world.things["preset_key"] = "sentiment"
    picture = illustrate(project, make.bitmap(2, 2), name="secret-spot", alt="A secret spot", by=cast.mina)
    world.things |= {"illustration_name": picture.name, "picture_id": picture.public_id, "name": picture.name}
    world.others["illustrated"] = {"picture_id": picture.public_id, "name": picture.name}
    world.things |= {"notification_id": told.public_id}
    world.others["tagged"] = {"action_id": tagged.public_id}
    world.things |= {"label_key": first.key, "other_label": other.key}


def _listed(world: World, cast: Cast, project: Project) -> None:
    """Where people work by list, and may choose besides."""
    rules.change(project, cast.mina, mode="choice")
    task = make.task(make.batch(project))
    queue.work_lists.put_on(task, [cast.alice], by=cast.mina)
    world.things["listed_task"] = task.public_id


def _corrected(world: World, cast: Cast, project: Project) -> None:
    """Handed in by Alice, who begins to correct it."""
    made = said(cast.alice, make.task(make.batch(project)), make.OSLO)
    corrections.reopen(made.assignment)
    world.others["corrected"] |= {
        "annotation_id": made.public_id,
        "assignment_id": made.assignment.public_id,
        "token": made.assignment.token,
    }


def _ruled(world: World, cast: Cast, project: Project) -> None:
    """Decided, and to be looked at once more since a rule asks for it."""
    task = make.task(make.batch(project))
    for tasker in (cast.alice, cast.bob):
        said(tasker, task, make.MARIA)
    SecondLook.objects.filter(task=task).update(reason=SecondLook.Reason.RULE)
    world.others["ruled"] |= {"task_id": task.public_id}


def _rows_of_the_admin(world: World) -> None:
    """The first of Riverside's rows in each of the admin's lists."""
    for model, shown in admin.site._registry.items():
        rows = model.objects.filter(**{shown.organization_path: world.riverside.pk})  # type: ignore[attr-defined]
        if shown.project_path:  # type: ignore[attr-defined]
            rows = rows.filter(**{shown.project_path: world.things["project_id"]})  # type: ignore[attr-defined]
        found = rows.order_by("pk").first()
        assert found is not None, f"Riverside has no {model._meta.verbose_name}"
        world.others[f"{model._meta.app_label}_{model._meta.model_name}"] = {"object_id": found.pk}


def _keys(world: World, cast: Cast) -> None:
    """A session of everybody's, fresh enough for what asks for that, and a token of everybody's for programs.

    Mina manages at Hilltop too, and has a token for there; Sam once had one for Riverside.
    """
    for name, person in world.people.items():
        client = Client()
        answer = client.post("/accounts/login/", {"login": person.email, "password": make.PASSWORD})
        assert answer.status_code == 302, f"{name} can't sign in"
        session = client.session
        for one in session["account_authentication_methods"]:
            one["at"] += 3600  # however slow the machine is
        session.save()
        world.sessions[name] = session.session_key or ""
        home = cast.hilltop if name == "hugo" else cast.riverside
        _token, world.secrets[name] = tokens.issue(person, home, name=f"Program of {name}")
    double = make.person("Mina elsewhere", cast.hilltop, Role.OWNER, Role.TASKER)
    for role in Role.values:
        invitations.grant(cast.riverside, double, role, by=cast.olga)
    _token, world.secrets["hilltops"] = tokens.issue(double, cast.hilltop, name="Program at Hilltop")
    world.things["newest"] = Event.objects.latest("pk").pk
