"""The admin: who sees what, that nothing is edited by hand, and what finance and reviewers do there."""

import html
import re

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.urls import NoReverseMatch, reverse

from projects import queue
from projects.models import Annotation, Task
from projects.workflow import submission
from taskers.models import Event, Grade, Payout, PayTerms, Transfer
from taskers.money import disputes, payouts
from taskers.people import invitations
from taskers.standing import grades
from taskers.web import admin_pages
from tests.support import make
from tests.support.taskers.money import PROJECT, balance_of, earn

pytestmark = pytest.mark.django_db

LISTS = [f"{one._meta.app_label}_{one._meta.model_name}" for one in admin.site._registry]


@pytest.fixture
def rows(cast) -> dict[str, str]:
    """Work, money and trust at Riverside; list name -> the address of one of its rows."""
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 2)
    for tasker in (cast.alice, cast.bob):
        for _each in range(2):
            make.judged(tasker, project, make.MARIA)
    payouts.propose(cast.riverside, cast.finn)
    earn(cast, cast.alice, 777_770_000)
    disputes.open(cast.riverside, cast.alice, subject=f"task:{Task.objects.first().public_id}", text="Unfair to me")
    models = {f"{one._meta.app_label}_{one._meta.model_name}": one for one in admin.site._registry}
    first = {name: models[name].objects.order_by("pk").first().pk for name in LISTS}
    return {name: reverse(f"admin:{name}_change", args=[pk]) for name, pk in first.items()}


def told(answer) -> str:
    return " ".join(str(one) for one in get_messages(answer.wsgi_request))


@pytest.mark.parametrize("person", ["mina", "rita", "finn"])
def test_a_page_asks_once_what_the_asker_is(cast, rows, client, person, django_assert_max_num_queries) -> None:
    client.force_login(getattr(cast, person))
    seen = [url for name in LISTS if client.get(url := reverse(f"admin:{name}_changelist")).status_code == 200]
    assert seen
    for url in ["/admin/", *seen]:
        with django_assert_max_num_queries(10):
            assert client.get(url).status_code == 200


def test_who_is_not_signed_in_signs_in_where_everybody_does(client) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_nothing_is_added_changed_or_deleted_by_hand(cast, rows, client) -> None:
    client.force_login(cast.olga)
    events = Event.objects.count()
    for name, path in rows.items():
        for address in (reverse(f"admin:{name}_add"), path.replace("/change/", "/delete/")):
            assert client.get(address).status_code == 403, address
            assert client.post(address, {"post": "yes"}).status_code == 403, address
        if name not in {"taskers_payout", "taskers_dispute"}:
            assert client.post(path, {"state": "settled"}).status_code == 405, path
    assert Event.objects.count() == events


def test_no_other_packages_rows_are_offered() -> None:
    for name in ("auth_group", "account_emailaddress", "mfa_authenticator", "taskers_person"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:{name}_changelist")


def test_even_a_superuser_stays_within_their_organization(cast, rows, client) -> None:
    root = make.person("Root", cast.hilltop, "owner")
    type(root).objects.filter(pk=root.pk).update(is_superuser=True, is_staff=True)
    client.force_login(root)
    assert client.get(rows["taskers_payout"]).status_code in {302, 404}
    assert "Alice" not in client.get(reverse("admin:projects_annotation_changelist")).content.decode()


def test_a_reviewer_of_one_project_sees_that_one(cast, rows, client) -> None:
    other = make.project(cast.riverside, "Other project")
    make.tasks(make.batch(other, "Second"), 1)
    ruth = make.person("Ruth")
    invitations.grant(cast.riverside, ruth, "reviewer", by=cast.mina, project_key=other.public_id)
    client.force_login(ruth)
    page = client.get(reverse("admin:projects_task_changelist")).content.decode()
    assert "Second-0" in page and "First-0" not in page
    assert client.get(reverse("admin:taskers_dispute_changelist")).status_code == 403  # those aren't of one project


def test_filters_name_only_ones_own_projects(cast, rows, client) -> None:
    make.project(cast.hilltop, "Hilltop secret")
    client.force_login(cast.rita)
    page = client.get(reverse("admin:projects_task_changelist")).content.decode()
    assert "Names in reports" in page and "Hilltop secret" not in page


def test_waiting_tasks_lead_to_their_review(cast, client) -> None:
    project = make.project(cast.riverside)
    task = make.task(make.batch(project))
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.OSLO)
    client.force_login(cast.rita)
    page = client.get(reverse("admin:projects_task_changelist"), {"withheld__exact": "review"}).content.decode()
    assert f'href="/review/{task.public_id}/"' in page


def test_books_payouts_and_disputes_say_names_and_no_keys(cast, rows, client) -> None:
    """A project by its name, a payout and a dispute by their day."""
    project = Task.objects.first().project
    client.force_login(cast.olga)
    paid = Transfer.objects.filter(source__project_key=project.public_id).first()
    books = (reverse("admin:taskers_transfer_changelist"), reverse("admin:taskers_transfer_change", args=[paid.pk]))
    for path in books:
        page = client.get(path).content.decode()
        assert project.name in page and str(project.public_id) not in page, path
    for path in (rows["taskers_payout"], rows["taskers_dispute"]):
        page = client.get(path).content.decode()
        assert not re.search(r">[^<]*[0-9a-f]{8}-[0-9a-f]{4}-", page), path
    verdict = client.get(rows["projects_verdict"]).content.decode()
    assert "Majority" in verdict and "majority_v1" not in verdict


@pytest.mark.parametrize(("language", "called"), [("en", "Grades"), ("es", "Calificaciones")])
def test_no_list_and_no_row_shows_json_python_or_keys(cast, rows, client, language: str, called: str) -> None:
    """What is looked up is read in words, also what an answer, an event or a grade keeps as a value."""
    type(cast.olga).objects.filter(pk=cast.olga.pk).update(language=language)
    client.force_login(cast.olga)
    for name, path in rows.items():
        for address in (reverse(f"admin:{name}_changelist"), path):
            answer = client.get(address)
            assert answer.status_code == 200, address
            shown = re.sub(r"<[^>]+>", " ", re.search(r"<main.*</main>", answer.content.decode(), re.S)[0])
            said = html.unescape(shown)
            assert called in said, address
            raw = re.findall(r"\{['\"]|\[[{'\"]|\bNone\b|\bTrue\b|<\w+[: ]|datetime|[0-9a-f]{8}-[0-9a-f]{4}-", said)
            assert raw == [], address
    answered = client.get(rows["projects_annotation"]).content.decode()
    assert "<dd>person</dd>" in answered


def test_a_verdict_tells_reviewers_no_names(cast, rows, client) -> None:
    """They judge answers without names; managers see whose it rests on."""
    client.force_login(cast.rita)
    page = client.get(rows["projects_verdict"]).content.decode()
    assert "<dt>Answers it rests on</dt><dd>2</dd>" in page and "Alice" not in page
    client.force_login(cast.mina)
    assert "<dd>Alice, Bob</dd>" in client.get(rows["projects_verdict"]).content.decode()


def test_order_and_search_keep_what_the_list_was_narrowed_to(cast, rows, client) -> None:
    client.force_login(cast.olga)
    project = Task.objects.first().project
    tasks = client.get(reverse("admin:projects_task_changelist"), {"project__id__exact": project.pk}).content.decode()
    assert f'<a href="?o=5&amp;project__id__exact={project.pk}">Loaded</a>' in tasks
    books = client.get(reverse("admin:taskers_transfer_changelist"), {"target__kind__exact": "owed", "q": "none"})
    form = re.search(r'<form class="toolbar".*?</form>', books.content.decode(), re.S)[0]
    assert '<input type="hidden" name="target__kind__exact" value="owed">' in form and form.count('name="q"') == 1


def test_a_list_ends_where_its_rows_do(cast, rows, client, monkeypatch) -> None:
    """Two pages, both full: the second is the last, and whoever goes past it finds the way back."""
    make.tasks(Task.objects.first().batch, 4)
    monkeypatch.setattr(admin.site._registry[Task], "list_per_page", Task.objects.count() // 2)
    path = reverse("admin:projects_task_changelist")
    client.force_login(cast.olga)
    pages = [client.get(path, {"p": p}).content.decode() for p in (1, 2, 3, 199_999_999)]
    assert ["Next</a>" in one for one in pages] == [True, False, False, False]
    assert ["Previous</a>" in one for one in pages] == [False, True, True, True]
    assert ["No more rows" in one for one in pages] == [False, False, True, True]
    assert "Page 200<" in pages[3] and "?p=199" in pages[3]
    monkeypatch.setattr(admin_pages, "PAGES", 1)
    page = client.get(path).content.decode()
    assert "narrow it with a filter" in page and "Next</a>" not in page


def test_events_and_grades_lead_to_what_they_are_about(cast, rows, client) -> None:
    task = Task.objects.order_by("pk").first()
    work = task.annotations.first()
    grades.record(
        key="g2", subject=f"annotation:{work.pk}", organization=cast.riverside, project_key=task.project.public_id,
        tasker=work.tasker, source="review", value=0.9, blind=True,
    )  # fmt: skip
    client.force_login(cast.mina)
    events = client.get(reverse("admin:taskers_event_changelist"), {"q": f"task:{task.public_id}"}).content.decode()
    assert f'<a href="{reverse("admin:projects_task_change", args=[task.pk])}">{task.external_id}</a>' in events
    address = reverse("admin:projects_annotation_change", args=[work.pk])
    assert (
        address
        in client.get(reverse("admin:taskers_grade_change", args=[Grade.objects.get(key="g2").pk])).content.decode()
    )
    assert client.get(address).status_code == 200


def test_a_grade_of_work_that_went_into_the_archive_leads_nowhere(cast, rows, client) -> None:
    """Its grade stays for ever, the work itself lies in a file."""
    gone = Annotation.objects.order_by("-pk").first().pk + 1
    grades.record(
        key="g3", subject=f"annotation:{gone}", organization=cast.riverside, project_key=PROJECT, tasker=cast.alice,
        source="review", value=0.9, blind=True,
    )  # fmt: skip
    client.force_login(cast.mina)
    page = client.get(reverse("admin:taskers_grade_change", args=[Grade.objects.get(key="g3").pk])).content.decode()
    assert "Alice" in page and "The work that was graded" not in page


def test_grades_and_standings_are_told(cast, client) -> None:
    grades.record(
        key="g1", subject="annotation:1", organization=cast.riverside, project_key=PROJECT, tasker=cast.alice,
        source="review", value=0.9, blind=True,
    )  # fmt: skip
    client.force_login(cast.mina)
    assert "Alice" in client.get(reverse("admin:taskers_standing_changelist")).content.decode()
    page = client.get(reverse("admin:taskers_grade_changelist")).content.decode()
    assert "Alice" in page and "A reviewer&#x27;s decision" in page and "90" in page


def test_finance_pays_from_the_admin(cast, client) -> None:
    """Owed, proposed by Finn, refused to Finn, approved by Fay, exported, settled; every step again changes nothing."""
    fay = type(client)()
    client.force_login(cast.finn)
    fay.force_login(cast.fay)
    earn(cast, cast.alice, 12_345_678)
    page = client.get(reverse("admin:taskers_payout_owed")).content.decode()
    assert "$12.345678" in page and "A run pays $12.34 now." in page and "alice@example.org" in page
    for terms in ({"hold_days": 7}, {"minimum_cents": 2000}):
        PayTerms.objects.update_or_create(organization=cast.riverside, defaults=terms)
        page = client.get(reverse("admin:taskers_payout_owed")).content.decode()
        assert "$12.345678" in page and "A run pays nothing now." in page and "Make a payout run" not in page
        PayTerms.objects.all().delete()

    answer = client.post(reverse("admin:taskers_payout_propose"))
    payout = Payout.objects.get()
    at = {step: reverse(f"admin:taskers_payout_{step}", args=[payout.pk]) for step in ("approve", "settle", "cancel")}
    assert answer["Location"] == reverse("admin:taskers_payout_change", args=[payout.pk])
    assert "Nobody is owed" in told(client.post(reverse("admin:taskers_payout_propose")))
    assert Payout.objects.count() == 1

    csv = reverse("admin:taskers_payout_processor", args=[payout.pk])
    assert "Only an approved payout" in told(client.get(csv))
    assert "can't approve it" in told(client.post(at["approve"]))
    payout.refresh_from_db()
    assert payout.state == "proposed"
    fay.post(at["approve"])
    payout.refresh_from_db()
    assert (payout.state, payout.approved_by) == ("approved", cast.fay)

    table = client.get(csv)
    assert table["Content-Disposition"] == f'attachment; filename="payout-{payout.public_id}.csv"'
    assert table.content.decode().splitlines()[1].endswith(",Alice,alice@example.org,12.34,USD")

    client.post(at["settle"], {"reference": "ACH 17"})
    count = Transfer.objects.count()
    for step in ("approve", "settle", "cancel"):
        assert "Settled" in told(fay.post(at[step]))
    payout.refresh_from_db()
    assert (payout.state, payout.reference) == ("settled", "ACH 17")
    assert Transfer.objects.count() == count
    assert balance_of(cast.alice, "paid") == 12_340_000 and balance_of(cast.alice, "owed") == 5_678


def test_in_the_admin_two_people_call_off_a_run_whose_table_was_taken_away(cast, client) -> None:
    fay = type(client)()
    client.force_login(cast.finn)
    fay.force_login(cast.fay)
    earn(cast, cast.alice, 1_000_000)
    client.post(reverse("admin:taskers_payout_propose"))
    payout = Payout.objects.get()
    page = reverse("admin:taskers_payout_change", args=[payout.pk])
    at = {step: reverse(f"admin:taskers_payout_{step}", args=[payout.pk]) for step in ("approve", "settle", "cancel")}
    fay.post(at["approve"])
    assert "Cancel this run" in client.get(page).content.decode()
    assert client.get(reverse("admin:taskers_payout_processor", args=[payout.pk])).status_code == 200
    assert "Ask to cancel this run" in client.get(page).content.decode()
    assert "reference" in told(client.post(at["settle"], {"reference": ""}))
    assert "A second person" in told(client.post(at["cancel"]))
    assert "Finn asks to cancel this run" in fay.get(page).content.decode()
    assert "can't" in told(client.post(at["cancel"]))
    assert "owed again" in told(fay.post(at["cancel"]))
    assert balance_of(cast.alice, "owed") == 1_000_000


def test_steps_with_money_take_a_post_and_its_token(cast, client) -> None:
    earn(cast, cast.alice, 1_000_000)
    payout = payouts.propose(cast.riverside, cast.finn)
    strict = type(client)(enforce_csrf_checks=True)
    client.force_login(cast.fay)
    strict.force_login(cast.fay)
    paths = [reverse(f"admin:taskers_payout_{step}", args=[payout.pk]) for step in ("approve", "settle", "cancel")]
    for path in (*paths, reverse("admin:taskers_payout_propose")):
        assert client.get(path).status_code == 405
        assert strict.post(path).status_code == 403
    payout.refresh_from_db()
    assert payout.state == "proposed"


def test_a_dispute_is_answered_in_the_admin(cast, client) -> None:
    task = make.task(make.batch(make.project(cast.riverside)))
    dispute = disputes.open(cast.riverside, cast.alice, subject=f"task:{task.public_id}", text="Look at rule 3.")
    path = reverse("admin:taskers_dispute_change", args=[dispute.pk])
    client.force_login(cast.rita)
    page = client.get(path).content.decode()
    assert "Look at rule 3." in page and reverse("dispute", args=[dispute.public_id]) in page
    assert f"/review/{task.public_id}/" not in page, "its own page knows what of it may be looked at"
    answer_at = reverse("admin:taskers_dispute_answer", args=[dispute.pk])
    assert client.get(answer_at).status_code == 405
    assert client.post(answer_at, {"state": "upheld", "answer": " "}).status_code == 422
    client.post(answer_at, {"state": "upheld", "answer": "You are right."})
    dispute.refresh_from_db()
    assert (dispute.state, dispute.answered_by) == ("upheld", cast.rita)
    assert client.post(answer_at, {"state": "refused", "answer": "No."}).status_code == 409
    assert "You are right." in client.get(path).content.decode()


def test_a_dispute_is_answered_by_somebody_who_had_not_judged_the_work(cast, client) -> None:
    """What the tasker is promised. Rita decided it; Ravi did not, decides it anew, and may answer then."""
    ravi = make.person("Ravi", cast.riverside, "reviewer")
    project = make.project(cast.riverside, wanted=1)
    task = make.task(make.batch(project))
    make.judged(cast.alice, project, make.MARIA)
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.OSLO)
    dispute = disputes.open(cast.riverside, cast.alice, subject=f"task:{task.public_id}", text="Look at rule 3.")
    answer_at = reverse("admin:taskers_dispute_answer", args=[dispute.pk])
    client.force_login(cast.rita)
    page = client.get(reverse("admin:taskers_dispute_change", args=[dispute.pk])).content.decode()
    assert "You judged this work yourself" in page and answer_at not in page
    assert client.post(answer_at, {"state": "refused", "answer": "No."}).status_code == 403
    again = queue.claim_review(task, ravi)
    submission.decide(again, ravi, again.token, make.MARIA)
    client.force_login(ravi)
    client.post(answer_at, {"state": "upheld", "answer": "You are right."})
    dispute.refresh_from_db()
    assert (dispute.state, dispute.answered_by) == ("upheld", ravi)


def test_finance_answers_too_but_is_not_led_to_the_review(cast, client) -> None:
    dispute = disputes.open(cast.riverside, cast.alice, subject="task:x", text="Where is my cent?")
    client.force_login(cast.finn)
    page = client.get(reverse("admin:taskers_dispute_change", args=[dispute.pk])).content.decode()
    assert "Where is my cent?" in page and "/review/" not in page


def test_the_admin_is_under_the_same_strict_policy(cast, client) -> None:
    client.force_login(cast.olga)
    policies = [
        client.get(path)["Content-Security-Policy"]
        for path in ("/admin/", reverse("admin:taskers_payout_owed"), "/people/")
    ]
    assert "script-src 'self'" in policies[0] and "unsafe" not in policies[0] and len(set(policies)) == 1
