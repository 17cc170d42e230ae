"""What settings and rules come to: each by hand on figures, and those that are being typed beside their fields."""

from typing import Any

import pytest
from django.test import Client

from projects.configuration import configure
from projects.models import Annotation, Assignment, AssignmentRules, Project, ProjectSettings
from projects.queue import broken
from projects.queue import leases as skips
from projects.reports import method_effect, offered_effect, rules_effect, sample_effect, settings_effect, verdict_index
from projects.reports.offered_effect import Offered
from projects.reports.sample_effect import Given, Sample
from projects.reports.settings_effect import TOLD, Lately, Terms
from taskers.models import Event
from tests.support import make
from tests.support.projects import judging
from tests.support.projects.managing import page, signed_in

# Ten tasks that answers decided, four of them less sure, and three that a reviewer did; five timed answers of people.
FOUND = Lately(
    sure=[0.95] * 6 + [0.6] * 4,
    answers=[2] * 8 + [3, 5],
    agreements=[1.0] * 20 + [0.4] * 4,
    of_people=[1.0] * 15 + [0.4] * 3,
    reviewed=3,
    waiting=2,
    active=[10.0, 20.0, 30.0, 40.0, 50.0],
    elapsed=[60.0, 120.0, 600.0, 1200.0, 3600.0],
)


@pytest.mark.parametrize(
    ("name", "terms", "words"),
    [
        ("wanted", {"wanted": 3}, "took 2.4 of them each. With 3 they would have begun with 30 answers, and took 24."),
        ("most", {"most": 5, "target": 0.9}, "the 4 of the last 10 tasks that were less sure"),
        ("most", {"most": 5, "target": 0.9}, "up to 8 answers more"),
        ("most", {}, ""),
        ("target", {"target": 0.9, "most": 5}, "With 90 %, 4 of the last 15 tasks would have been asked of one more"),
        ("target", {"target": 0.5}, "Of the last 15 tasks 0 had less than 50 %; nobody more is asked."),
        ("budget", {"budget": 2.0}, "would have had 4 answers fewer than their 24"),
        ("budget", {"budget": 3.0}, "lie within it: they took 2.4 answers each"),
        ("budget", {}, ""),
        ("agreement", {}, "With 50 %, 4 of 24 answers to the last 13 decided tasks"),
        ("pay_floor", {"pay_floor": 0.3}, "With 30 %, 0 of 18 answers"),
        ("audit_share", {"audit_share": 0.2}, "about 2 of the last 15 tasks would have gone to a reviewer"),
        (
            "rate",
            {"rate": 50_000},
            "took 30 seconds of work or less: at that pace an hour earns $6.00. All of them come",
        ),
        ("rate", {"rate": 50_000}, "come to $0.25."),
        ("rate", {"rate": 0}, ""),
        ("hourly_rate", {"hourly_rate": 12_000_000, "paid_seconds": 40}, "adds $0.10 to the middle one of the last 5"),
        ("hourly_rate", {"hourly_rate": 12_000_000, "paid_seconds": 40}, "and $0.47 to all."),
        ("paid_seconds", {"hourly_rate": 12_000_000, "paid_seconds": 40}, "With 40, 1 of the last 5 answers"),
        ("paid_seconds", {"hourly_rate": 0}, ""),
        ("review_rate", {"review_rate": 100_000}, "decided 3 of the last 13 decided tasks: that comes to $0.30."),
        ("shows_verdicts", {"shows_verdicts": True}, "beside 18 answers of people to the last 13 decided tasks; 3 of"),
        ("shows_verdicts", {"shows_verdicts": False}, "3 of them are unlike the verdict, and may be contested unseen"),
        ("lease_seconds", {"lease_seconds": 900}, "With 15 minutes, 2 of the last 5 answers of people took longer"),
    ],
)
def test_each_setting_says_in_figures_what_it_comes_to(name: str, terms: dict, words: str) -> None:
    said = TOLD[name](FOUND, Terms(ProjectSettings(**terms), {"agreement": 0.5}, "USD"))
    assert words in said and bool(words) == bool(said)


def given(task: int, answer: dict, **more: Any) -> Given:
    terms: dict[str, Any] = {
        "payload": {"text": make.TEXT},
        "active_ms": 20_000,
        "copilot": False,
        "corrected": False,
    } | more
    return Given(task=task, answer=answer, **terms)


# Six tasks with two answers each: half of them with the copilot, one corrected, one pair about other words.
SAMPLE = Sample(
    "text_spans",
    [given(task, make.MARIA, copilot=True, active_ms=10_000) for task in range(6)]
    + [given(task, make.MARIA) for task in range(4)]
    + [given(4, make.OSLO, corrected=True), given(5, {"spans": [], "none": True})],
    people=[(8, 40.0, 1.0), (4, 2.0, 0.0)],
    gold=7,
)


@pytest.mark.parametrize(
    ("name", "terms", "words"),
    [
        ("unit_rate", {"unit_rate": 10_000}, f"12 answers of people have {len(make.TEXT.split())}.0 each: that adds"),
        ("unit_rate", {}, ""),
        (
            "raise_percent",
            {"raise_percent": 20, "raise_from": 0.8, "rate": 100_000},
            "1 of the 2 people whose answers were decided",
        ),
        (
            "raise_percent",
            {"raise_percent": 20, "raise_from": 0.8, "rate": 100_000},
            "would earn it: $0.16 more for 8 answers.",
        ),
        ("raise_percent", {"raise_percent": 0}, ""),
        ("raise_from", {"raise_percent": 20}, "begin between 55 and 90 %"),
        ("copilot", {}, "6 were given with it, half of them within 10 seconds, and 6 without, half within 20."),
        ("empty_usual", {}, "1 of the last 12 answers have no mark: so often the studio asks before."),
        ("span_match", {}, "the last 6 pairs of answers to one task are 67 % alike on average; 4 of them enough"),
        ("grid", {"grid": 4}, "The last 6 tasks would have been 2 screens."),
        ("file_order", {"file_order": True}, "None of the 7 known answers in stock is dealt."),
        (
            "correction_minutes",
            {"correction_minutes": 30},
            "1 of the last 12 answers were corrected. A task is decided 30",
        ),
    ],
)
def test_what_real_answers_tell_is_said_in_figures(name: str, terms: dict, words: str) -> None:
    said = sample_effect.of(SAMPLE, ProjectSettings(**terms), {"agreement": 0.5}, "USD").get(name, "")
    assert words in said and bool(words) == bool(said)


def test_a_least_score_says_what_it_would_have_held_back() -> None:
    """Ten suggestions; those under a label with a least score of its own keep that."""
    offered = [Offered("person", score / 10, score > 4, score == 1) for score in range(8)]
    offered += [Offered("place", 0.1, False, True)] * 2
    said = offered_effect.told(offered, ProjectSettings(minimum_score=0.6, label_minimums={"place": 0}))
    assert "With 60 %, 6 of the last 10 suggestions" in said and "1 were accepted as they were and 1 refused" in said
    assert offered_effect.told(offered[:4], ProjectSettings(minimum_score=0.6)) == ""


def test_a_method_says_how_many_it_decides_otherwise() -> None:
    weighed = method_effect.Weighing(tasks=20, same=15, other=2)
    said = method_effect.told(weighed, ProjectSettings(aggregation="standing_v1"))
    assert "Weighted vote, as people are known now, decides 15 of the last 20" in said and "and 2 otherwise" in said
    assert "leaves 3 open" in said and method_effect.told(weighed._replace(tasks=4), ProjectSettings()) == ""


# Three people, one of whom falls below 60 % and one of whom nobody knows much, on four days of theirs.
SEEN = rules_effect.Lately(
    people=[rules_effect.Worker(50, 30, 1), rules_effect.Worker(40, 5, 10), rules_effect.Worker(10, 0, 2)],
    judgements=[10.0, 20.0, 30.0, 40.0],
    promised=[1e6, 2e6, 3e6, 4e6],
    dealt=[0, 5, 9],
    reported=[1, 1, 2],
    reports=[rules_effect.Reports(1, 3, 10), rules_effect.Reports(1, 5, 40), rules_effect.Reports(2, 12, 90)],
    skips={"unclear": rules_effect.Skips(4, 2)},
    pieces=300,
)


@pytest.mark.parametrize(
    ("name", "terms", "words"),
    [
        ("standing_floor", {"standing_floor": 0.6, "standing_evidence": 5}, "With 60 %, 1 of the 3 people"),
        ("standing_floor", {"standing_floor": 0.6, "standing_evidence": 2}, "With 60 %, 2 of the 3 people"),
        ("standing_floor", {"standing_floor": 0.6, "standing_evidence": 5}, "2 have that much evidence."),
        ("daily_tasks", {"daily_tasks": 25}, "With 25, 2 of the 4 days"),
        ("daily_tasks", {"daily_tasks": 25}, "by 20 tasks in all"),
        ("daily_tasks", {}, ""),
        ("daily_earnings", {"daily_earnings": 3_000_000}, "1 of the 4 days that one of them worked here"),
        ("daily_earnings", {}, ""),
        (
            "gold_uses",
            {"gold_uses": 10},
            "3 known answers in stock can be dealt 16 times more; 1 of them once more only.",
        ),
        ("gold_uses", {"gold_uses": 4}, "can be dealt 6 times more; 2 of them once more only."),
        (
            "reporters",
            {"reporters": 2},
            "Of 3 tasks that are reported and wait for somebody to look, so many people reported 1.",
        ),
        (
            "reports_daily",
            {"reports_daily": 10, "reports_share": 0.1},
            "20, from so many people: 2. With these limits 1 of them would have come to their limit on a day, and 2 of",
        ),
        ("reports_share", {"reports_daily": 5, "reports_share": 0.1}, "report 4 to 12 a day, which is less than the"),
        ("reports_share", {"reports_daily": 5, "reports_share": 0.1}, "the number before on 1 of them."),
        ("skip_unclear", {}, "among the newest 300 pieces of work: 4, by so many people: 2. Each would be"),
        ("skip_unclear", {"skip_modes": {"unclear": "review"}}, "For a reviewer that makes 4 more."),
        ("skip_later", {}, "300 pieces of work: 0, by so many people: 0."),
        ("gold_share", {"gold_share": 0.2}, "With 20 %, about 25 pieces of gold come on top of 100 answers"),
        ("gold_share", {"gold_share": 0.2, "mode": "lists"}, ""),
    ],
)
def test_each_rule_says_in_figures_what_it_comes_to(name: str, terms: dict, words: str) -> None:
    said = rules_effect.TOLD[name](SEEN, AssignmentRules(**terms))
    assert words in said and bool(words) == bool(said)


@pytest.fixture
def project(cast) -> Project:
    """Five tasks that two people decided, each in a minute of which half was work."""
    project = make.project(cast.riverside, "Names in reports", wanted=2, rate=50_000)
    make.tasks(make.batch(project), 5)
    for tasker in [cast.alice, cast.bob] * 5:
        make.judged(tasker, project, make.MARIA)
    verdict_index.add(Event.objects.all())
    return project


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def typed(client: Client, project: Project, name: str, of: str = "settings", **values: str) -> dict[str, str]:
    """What stands beside each field after that."""
    asks = {"HX-Request": "true", "HX-Trigger-Name": name}
    answer = client.get(page(f"{of}-effects", project.public_id), values, headers=asks)
    assert answer.status_code == 200
    found = {one.field: one.fault or one.said for one in answer.context["effects"]}
    assert answer.context["aloud"] == found[name] and found[name] in answer.content.decode()
    return found


@pytest.mark.django_db
def test_what_is_typed_is_told_by_the_function_that_tells_what_is_saved_and_nothing_is_saved(
    mina, project, django_assert_max_num_queries
) -> None:
    saved = settings_effect.of(project, project.settings_now(), configure.THRESHOLDS)
    assert typed(mina, project, "wanted", wanted="2")["wanted"] == saved["wanted"]
    with django_assert_max_num_queries(10):
        found = typed(mina, project, "pay_floor", wanted="3", pay_floor="70", lease_minutes="1")
    assert "A task is decided" not in found["correction_minutes"] and "No known answer" in found["file_order"]
    assert "aggregation" not in found, "what stands there stays"
    method = typed(mina, project, "aggregation", aggregation="standing_v1")["aggregation"]
    assert "Weighted vote, as people are known now, decides 5 of the last 5 decided tasks as they were" in method
    assert "beside 10 answers" in typed(mina, project, "shows_verdicts", shows_verdicts="on")["shows_verdicts"]
    assert "may be contested unseen" in typed(mina, project, "shows_verdicts", wanted="2")["shows_verdicts"]
    assert "No known answer" in typed(mina, project, "file_order", wanted="2", file_order="on")["file_order"]
    assert "With 70 %, 0 of 10 answers" in found["pay_floor"] and "With 3 they would have begun" in found["wanted"]
    assert project.settings.count() == 1
    shown = mina.get(page("project-settings", project.public_id)).content.decode()
    assert f'hx-get="{page("settings-effects", project.public_id)}"' in shown and 'id="id_wanted_figures"' in shown


REFUSED = [
    ("pay_floor", {"pay_floor": "101"}, "less than or equal to 100"),
    ("wanted", {"wanted": ""}, "This field is required."),
    ("rate", {"rate": "much"}, "Enter a number."),
    ("most", {"most": "1"}, "“most” is a number from 2 to 50."),
    ("target", {"target": "99.9", "most": "3"}, "every task would go to a reviewer"),
]


@pytest.mark.django_db
def test_a_value_that_saving_would_refuse_has_its_reason_and_no_figure(mina, project) -> None:
    for name, values, words in REFUSED:
        found = typed(mina, project, name, **values)
        assert words in found[name] and "of the last" not in found[name]
        assert "of the last" in found["audit_share"] and "to the last" in found["agreement"], "others keep theirs"


@pytest.mark.django_db
def test_times_come_from_peoples_answers(cast, project) -> None:
    """Those of whom nobody knows how long they worked are left out."""
    assert settings_effect.lately(project).active == []
    assert len(settings_effect.lately(project).elapsed) == 10
    assert Annotation.objects.count() == Assignment.objects.filter(state="submitted").count() == 10


@pytest.mark.django_db
def test_no_more_of_real_answers_is_read_for_a_page_than_there_is_room_for(project, monkeypatch) -> None:
    whole = sample_effect.sample(project, project.settings_now()).answers
    monkeypatch.setattr(sample_effect, "STORED", 1_500)
    some = sample_effect.sample(project, project.settings_now()).answers
    assert len(whole) == 10 and 0 < len(some) < 10 and some == whole[: len(some)], "the newest"


@pytest.mark.django_db
def test_rules_that_are_typed_say_whom_they_would_meet(cast, mina, project) -> None:
    make.tasks(project.batches.get(), 1)
    for tasker in (cast.alice, cast.carol):
        make.judged(tasker, project, make.MARIA)
    verdict_index.add(Event.objects.filter(kind="decided").order_by("-pk")[:1])
    seen = rules_effect.lately(project)
    assert sorted(one.answers for one in seen.people) == [1, 5, 6] and sorted(seen.judgements) == [1.0, 5.0, 6.0]
    found = typed(mina, project, "daily_tasks", "rules", daily_tasks="5", standing_floor="90", standing_evidence="0")
    assert (
        "With 5, 1 of the 3 days" in found["daily_tasks"] and "With 90 %, 3 of the 3 people" in found["standing_floor"]
    )
    found = typed(mina, project, "skip_unclear", "rules", skip_unclear="review", reports_daily="1")
    assert found["skip_unclear"] == "Skipped so among the newest 12 pieces of work: 0, by so many people: 0."
    assert found["reports_daily"] == "", "nobody reported any"
    skipped, others = judging.given(cast.alice, make.task(project.batches.get())), make.task(project.batches.get())
    skips.skip(skipped, cast.alice, skipped.token, reason="unclear")
    reported = judging.given(cast.bob, others)
    broken.report(reported, cast.bob, reported.token, note="Torn.")
    found = typed(mina, project, "skip_unclear", "rules", skip_unclear="review", reports_daily="1")
    assert "For a reviewer that makes 1 more." in found["skip_unclear"]
    assert "1, from so many people: 1. With these limits 1 of them would have come" in found["reports_daily"]
    found = typed(mina, project, "gold_share", "rules", gold_share="51")
    assert "less than or equal to 50" in found["gold_share"]
    shown = mina.get(page("project-rules", project.public_id)).content.decode()
    assert "about 0 pieces of gold come on top of 12 answers" in shown and 'id="id_gold_share_figures"' in shown
