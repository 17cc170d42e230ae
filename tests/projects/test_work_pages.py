"""A manager's pages of who works: rules and who meets them, what is in people's hands, who is kept out or apart."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from projects import queue
from projects.models import ConflictOfInterest, Exclusion, Requirement
from projects.queue import Nothing, eligibility
from projects.web.manager import rules as rules_page
from projects.web.manager.forms.rules import RulesForm, rules_initial
from projects.workflow import void_work
from projects.workforce import conflicts_of_interest, qualified_people, rules
from taskers.models import Grade, Qualification, Skill
from taskers.skills import skills
from taskers.standing import grades
from tests.support import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=2)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 6)
    return made


@pytest.fixture
def mina(client, cast):
    client.force_login(cast.mina)
    return client


def page(project, part: str) -> str:
    return f"/projects/{project.public_id}/{part}/"


def typed(project, **changes) -> dict:
    """What the rules page sends when nothing but these is changed."""
    initial = rules_initial(project, rules.in_force(project))
    fields = {name: "" if value is None else value for name, value in initial.items()}
    rows = {"asked-TOTAL_FORMS": 2, "asked-INITIAL_FORMS": 0, "asked-0-comparator": "exists"}
    return fields | rows | changes


def test_rules_are_set_in_peoples_units_and_shown_again(mina, cast, project) -> None:
    spanish = skills.define(cast.riverside, "Spanish", kind=Skill.Kind.LANGUAGE)
    sent = typed(
        project,
        standing_floor=70,
        daily_tasks=40,
        daily_earnings="12.50",
        gold_share=10,
        gold_uses=150,
        priority=3,
        lease_minutes=5,
        skip_later="review",
    )
    sent |= {"asked-0-skill": spanish.pk, "asked-0-comparator": "at_least", "asked-0-value": "4"}
    assert mina.post(page(project, "rules"), sent).status_code == 302
    row = rules.in_force(project)
    assert (row.standing_floor, row.daily_tasks, row.daily_earnings, row.gold_share) == (0.7, 40, 12_500_000, 0.1)
    assert row.skip_modes["later"] == "review"
    project.refresh_from_db()
    assert (project.priority, project.settings_now().lease_seconds) == (3, 300)
    asked = Requirement.objects.get()
    assert (asked.skill, asked.comparator, asked.value) == (spanish, "at_least", 4)
    shown = mina.get(page(project, "rules")).content.decode()
    assert 'value="12.50"' in shown and "Lack a skill that is asked for" in shown and "language Spanish" in shown
    sent = typed(project) | {"asked-TOTAL_FORMS": 3, "asked-INITIAL_FORMS": 1, "asked-0-skill": ""}
    mina.post(page(project, "rules"), sent)
    assert not Requirement.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("gold_share", 51), ("standing_floor", 101), ("daily_tasks", 0), ("daily_earnings", "-1"), ("priority", "x")],
)
def test_rules_out_of_range_change_nothing_and_are_marked(mina, project, field, value) -> None:
    before = typed(project)
    answer = mina.post(page(project, "rules"), typed(project, **{field: value}))
    assert answer.status_code == 422 and "field__error" in answer.content.decode()
    project.refresh_from_db()
    assert typed(project) == before


def test_at_least_without_a_number_is_asked_for(mina, cast, project) -> None:
    knots = skills.define(cast.riverside, "Knots")
    sent = typed(project) | {"asked-0-skill": knots.pk, "asked-0-comparator": "at_least"}
    assert "How much?" in mina.post(page(project, "rules"), sent).content.decode()
    theirs = skills.define(cast.hilltop, "Hilltop only")
    sent = typed(project) | {"asked-0-skill": theirs.pk, "asked-0-comparator": "exists"}
    assert mina.post(page(project, "rules"), sent).status_code == 422
    assert not Requirement.objects.exists()


def test_every_field_says_what_it_does(cast) -> None:
    form = RulesForm(organization=cast.riverside)
    plain = [name for name, field in form.fields.items() if not field.help_text and not name.startswith("skip_")]
    assert plain == []


def told_apart(cast, project) -> list:
    """Five taskers, each in another state; Alice and Carol may work."""
    dora, emil = (make.person(name, cast.riverside, "tasker") for name in ("Dora", "Emil"))
    spanish = skills.define(cast.riverside, "Spanish")
    rules.revise(
        project,
        cast.mina,
        standing_floor=0.7,
        standing_evidence=2,
        daily_tasks=1,
        requirements=[{"skill": spanish, "comparator": "at_least", "value": 2.0}],
    )
    for one in (cast.alice, cast.carol, dora, emil):
        skills.grant(one, spanish, 3, by=cast.mina)
    skills.grant(cast.bob, spanish, 1, by=cast.mina)  # too little
    rules.exclude(dora, project=project, reason="Too fast", by=cast.mina)
    for number in range(3):
        grades.record(
            key=f"g{number}",
            subject=f"s{number}",
            organization=cast.riverside,
            project_key=project.public_id,
            tasker=emil,
            source=Grade.Source.GOLD,
            value=0.0,
            blind=True,
        )
    return [cast.alice, cast.bob, cast.carol, dora, emil]


def test_who_qualifies_is_what_a_claim_would_say(cast, project, batch) -> None:
    people = told_apart(cast, project)
    make.judged(cast.alice, project, make.MARIA)  # and her day's cap is reached
    seen = qualified_people.look_over(project)
    codes = {person.name: kept.code for kept in seen.kept for person, _said in kept.who}
    for one in people:
        found = queue.claim(one, project)
        assert codes.get(one.name) == (found.code if isinstance(found, Nothing) else None)
        said = {person.name: said for kept in seen.kept for person, said in kept.who}
        assert said.get(one.name) == (found.text if isinstance(found, Nothing) else None)
    assert (seen.number, seen.may) == (5, 1)


def test_unmet_compares_like_the_claim() -> None:
    asked = [eligibility.Asked(1, "A", "skill", comparator, 2.0, [2.0, 5.0]) for comparator in Requirement.Comparator]
    met = {
        value: [one for one in asked if not eligibility.unmet([one], {} if value is None else {1: value})]
        for value in (None, 1.0, 2.0, 5.0)
    }
    names = {value: {one.comparator for one in found} for value, found in met.items()}
    assert names == {None: {"missing"}, 1.0: {"exists"}, 2.0: {"at_least", "in", "exists"}, 5.0: names[2.0]}


def test_who_qualifies_takes_as_many_queries_for_many_as_for_few(
    cast, project, batch, django_assert_num_queries
) -> None:
    told_apart(cast, project)
    for number in range(20):
        make.person(f"More{number}", cast.riverside, "tasker")
    with django_assert_num_queries(8):
        qualified_people.look_over(project)


def test_a_batch_gets_its_place(mina, cast, project, batch) -> None:
    path, prefix = f"/projects/batches/{batch.public_id}/arrange/", f"b{batch.public_id.hex}"
    mina.post(path, {f"{prefix}-priority": 7, f"{prefix}-deadline": "2100-05-03T09:30"})
    batch.refresh_from_db()
    assert batch.priority == 7 and batch.deadline and batch.deadline.year == 2100
    assert mina.post(path, {f"{prefix}-priority": "high"}).status_code == 422


def test_every_batch_can_be_given_its_place_however_many(mina, cast, project, batch, monkeypatch) -> None:
    monkeypatch.setattr(rules_page, "BATCHES", 2)
    for number in range(3):
        make.batch(project, f"More {number}")
    address = reverse("project-rules", args=[project.public_id])
    assert "More 2" not in mina.get(address).content.decode()
    assert "Page 1 of 2" in mina.get(address).content.decode()
    assert "More 2" in mina.get(address, {"page": 2}).content.decode()


def test_hands_are_seen_and_emptied(mina, cast, project, batch) -> None:
    hers, his = make.held(cast.alice, project), make.held(cast.bob, project)
    queue.claim_group(cast.carol, project, 2)
    shown = mina.get(page(project, "in-progress")).content.decode()
    assert all(name in shown for name in ("Alice", "Bob", "Carol", hers.task.external_id))
    mina.post(page(project, "in-progress/release"), {"assignment": hers.public_id})
    hers.refresh_from_db()
    assert (hers.state, hers.reason) == ("released", "by-manager")
    answer = mina.post(page(project, "in-progress/release"), {"assignment": hers.public_id}, follow=True)
    assert "Nobody holds this work any more." in answer.content.decode()
    mina.post(page(project, "in-progress/release"), {"person": cast.carol.public_id})
    assert list(queue.held(project)) == [his]
    assert queue.audit().breaches == []
    part = mina.get(page(project, "in-progress"), headers={"HX-Request": "true"}).content.decode()
    assert "Bob" in part and "<html" not in part


def test_hands_of_another_project_are_out_of_reach(mina, cast, project, batch) -> None:
    other = make.project(cast.riverside, "Other")
    make.task(make.batch(other))
    theirs = make.held(cast.alice, other)
    assert mina.post(page(project, "in-progress/release"), {"assignment": theirs.public_id}).status_code == 404
    assert mina.post(page(project, "in-progress/release"), {"person": cast.alice.public_id}).status_code == 404
    assert mina.post(page(project, "in-progress/release"), {"assignment": "x"}).status_code == 404


def test_somebody_is_paused_reads_why_and_is_let_back(mina, cast, project, batch) -> None:
    sent = {"tasker": cast.alice.public_id, "kind": "paused", "reason": "Read rule 3 again", "until": ""}
    assert mina.post(page(project, "excluded"), sent).status_code == 302
    assert "Read rule 3 again" in queue.claim(cast.alice, project).text
    shown = mina.get(page(project, "excluded")).content.decode()
    assert "Read rule 3 again" in shown and "Paused" in shown
    mina.post(f"/projects/exclusions/{Exclusion.objects.get().public_id}/lift/")
    make.held(cast.alice, project)


def test_a_ban_takes_back_what_is_held_and_a_job_the_rest(mina, cast, project, batch) -> None:
    done, mine = make.judged(cast.alice, project, make.MARIA), make.held(cast.alice, project)
    sent = {"tasker": cast.alice.public_id, "kind": "banned", "reason": "Answers at random", "until": ""}
    mina.post(page(project, "excluded"), sent)
    mine.refresh_from_db()
    assert mine.state == "released"
    void_work.void_work(Exclusion.objects.get(), by=cast.mina)  # what the job does
    done.assignment.refresh_from_db()
    assert done.assignment.voided_at and queue.audit().breaches == []


def test_nobody_is_kept_out_without_a_reason_or_from_outside(mina, cast, project) -> None:
    sent = {"tasker": cast.alice.public_id, "kind": "paused", "reason": " ", "until": ""}
    assert mina.post(page(project, "excluded"), sent).status_code == 422
    sent |= {"tasker": cast.ned.public_id, "reason": "x"}
    assert mina.post(page(project, "excluded"), sent).status_code == 422
    sent |= {"tasker": cast.alice.public_id, "until": "2001-01-01T00:00"}
    assert "over already" in mina.post(page(project, "excluded"), sent).content.decode()
    assert not Exclusion.objects.exists()


def test_pairs_and_exclusions_of_the_whole_house(mina, cast, project, batch) -> None:
    one, other = cast.alice.public_id, cast.bob.public_id
    sent = {"form": "pair", "pair-one": one, "pair-other": other, "pair-relation": "household", "pair-note": "Oak 3"}
    assert mina.post("/people/conflicts/", sent).status_code == 302
    assert mina.post("/people/conflicts/", sent).status_code == 422  # they are already
    shown = mina.get("/people/conflicts/").content.decode()
    assert "Alice, Bob" in shown and "They live together" in shown and "Oak 3" in shown
    mina.post(f"/people/conflicts/{ConflictOfInterest.objects.get().public_id}/end/")
    assert not conflicts_of_interest.pairs_of(cast.riverside).exists()
    sent = {"form": "exclusion", "tasker": one, "kind": "blocked", "reason": "A contract ended", "until": ""}
    assert mina.post("/people/conflicts/", sent).status_code == 302
    assert queue.claim(cast.alice, project).code == "blocked"


def test_skills_are_defined_given_with_an_end_and_taken_away(mina, cast) -> None:
    answer = mina.post("/people/skills/", {"name": "Spanish", "kind": "language"})
    assert answer["Location"] == "/people/skills/spanish/"
    sent = {"person": cast.alice.public_id, "value": "4.5", "expires_at": "2100-01-01T00:00", "note": "Exam"}
    assert mina.post("/people/skills/spanish/", sent).status_code == 302
    given = Qualification.objects.get()
    assert (given.value, given.granted_by, given.expires_at.year) == (4.5, cast.mina, 2100)
    shown = mina.get("/people/skills/spanish/").content.decode()
    assert "Alice" in shown and "4.5" in shown and "Exam" in shown
    assert re.search(r'data-label="People">1<', mina.get("/people/skills/").content.decode())
    Qualification.objects.update(expires_at=timezone.now())
    assert "ran out" in mina.get("/people/skills/spanish/").content.decode()
    assert mina.post("/people/skills/spanish/withdraw/", {"person": cast.alice.public_id}).status_code == 302
    assert not Qualification.objects.exists()
    assert mina.post("/people/skills/spanish/", sent | {"person": cast.ned.public_id}).status_code == 422
    assert mina.post("/people/skills/", {"name": "!!", "kind": "language"}).status_code == 422


def test_a_skill_may_be_named_in_any_script(mina, cast) -> None:
    keys = {skills.define(cast.riverside, name).key for name in ("日本語", "العربية", "Español")}
    assert len(keys) == 3
    for key in keys:
        assert mina.get(f"/people/skills/{key}/").status_code == 200
