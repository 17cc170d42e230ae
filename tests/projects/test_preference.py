"""Preferences: what is taken and what is refused, how people agree, and who sees what on which side."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from projects import queue
from projects.api.work import _work
from projects.configuration import configure, methods
from projects.data.exporting import export
from projects.data.media import assets
from projects.errors import Refused
from projects.models import Asset, Assignment, Project, Task, Verdict
from projects.queue import side_order
from projects.reports import task_lines
from projects.task_types import TASK_TYPES
from projects.task_types.classification import AskedLabels
from projects.task_types.preference import OWN_LABELS, PAIR, items_of
from projects.web.annotator import work_json
from projects.workflow import batches, submission
from tests.support import make
from tests.support.projects.importing import counts, lines, loaded, media, picture, zipped
from tests.support.projects.preference import pairs, said

__all__ = ["media"]  # a fixture

ROOM = TASK_TYPES["preference"]
PAYLOAD = {"prompt": "Why is the sky blue?", "first": {"text": "Rayleigh."}, "second": {"text": "The sea."}}
IMAGE = {"asset": "a" * 64, "width": 7, "height": 5, "name": "cat.png"}
ASKED = AskedLabels({key: {"field": "preferred", "parent": None} for key in OWN_LABELS}, ROOM.asks([]))  # type: ignore[attr-defined]
REASON = {"name": "Reason", "kind": "text", "required": False}


def batch_of(project: Project, *rows: dict, state: str = "live"):
    made = make.batch(project, state="draft")
    assert counts(loaded(made, lines(*rows))) == ("done", len(rows), 0, 0)
    return batches.move(made, state, by=None)


# --- what a task holds ------------------------------------------------------------------------------------------


def test_a_pair_is_kept_in_one_form() -> None:
    flat = {"prompt": "Q", "first": "A", "second": {"text": "B"}, "first_item": " gpt ", "second_item": ""}
    assert ROOM.check_payload(flat) == {"prompt": "Q", "first": {"text": "A", "item": "gpt"}, "second": {"text": "B"}}
    grouped = {"first": {"text": "A", "item": "gpt/8", "group": "gpt"}, "second": "B", "second_group": "llama"}
    kept = {"first": grouped["first"], "second": {"text": "B", "group": "llama"}}
    assert ROOM.check_payload(grouped) == kept
    assert ROOM.shown(kept) == {"first": {"text": "A"}, "second": {"text": "B"}}, "nobody who judges sees them"
    mixed = {"first": {**IMAGE, "item": "old"}, "second": "A cat.", "meta": {"row": 3}}
    kept = ROOM.check_payload(mixed)
    assert kept == {"first": {**IMAGE, "item": "old"}, "second": {"text": "A cat."}, "meta": {"row": 3}}
    assert ROOM.check_payload(kept) == kept
    assert items_of(kept) == ("old", None)


@pytest.mark.parametrize(
    ("payload", "code", "place"),
    [
        ([], "wrong-shape", ""),
        ({"first": "A"}, "missing-field", "second"),
        ({"first": "A", "second": ""}, "blank", "second.text"),
        ({"first": "A", "second": None}, "wrong-shape", "second"),
        ({"first": "A", "second": {}}, "no-content", "second"),
        ({"first": "A", "second": {"text": "B", **IMAGE}}, "no-content", "second"),
        ({"first": "A", "second": {"text": "B", "width": 7}}, "unknown-field", "second.width"),
        ({"first": {**IMAGE, "asset": "cat.png"}, "second": "B"}, "bad-asset", "first.asset"),
        ({"first": "A", "second": {"text": "B", "item": 7}}, "wrong-shape", "second.item"),
        ({"first": "A", "second": "B", "first_item": "x" * 201}, "too-long", "first.item"),
        ({"first": {"text": "A", "item": "x"}, "second": {"text": "A", "item": "y"}}, "same-candidate", "second"),
        ({"first": IMAGE, "second": {**IMAGE, "name": "copy.png"}}, "same-candidate", "second"),
        ({"prompt": "a\x00b", "first": "A", "second": "B"}, "nul-character", "prompt"),
        ({"first": "A", "second": "B", "third": "C"}, "unknown-field", "third"),
    ],
)
def test_a_pair_that_is_none_is_refused_by_name_and_place(payload: object, code: str, place: str) -> None:
    with pytest.raises(Refused) as refused:
        ROOM.check_payload(payload)
    assert (refused.value.code, refused.value.place) == (code, place)


def test_what_made_the_candidates_is_hidden_from_whoever_judges() -> None:
    payload = ROOM.check_payload({**PAYLOAD, "first_item": "gpt", "meta": {"model": "gpt"}})
    assert ROOM.shown(payload) == PAYLOAD


def test_beside_the_preference_nothing_counts() -> None:
    with pytest.raises(Refused) as refused:
        ROOM.asks([{**REASON, "key": "reason", "counts": True}])  # type: ignore[attr-defined]
    assert refused.value.code == "preference-counts"


# --- what an answer is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code", "place"),
    [
        (said("third"), "unknown-label", "fields[0].value"),
        ({"fields": []}, "missing-answer", "fields.preferred"),
        (said("first", left="tie"), "wrong-shape", "left"),
        (said("first") | {"right": "first"}, "unknown-field", "right"),
        (said("first", mood="good"), "unknown-field", "fields[1].field"),
    ],
)
def test_an_answer_that_is_none_is_refused(answer: dict, code: str, place: str) -> None:
    with pytest.raises(Refused) as refused:
        ROOM.check_answer(answer, PAYLOAD, ASKED)
    assert (refused.value.code, refused.value.place) == (code, place)


choices = st.sampled_from(list(OWN_LABELS))
answers = st.builds(
    lambda value, left: ROOM.check_answer(said(value, **({"left": left} if left else {})), PAYLOAD, ASKED),
    choices,
    st.sampled_from([None, *PAIR]),
)


@given(answers, answers)
def test_answers_agree_by_the_preference_alone(one: dict, other: dict) -> None:
    assert ROOM.check_answer(one, PAYLOAD, ASKED) == one
    assert ROOM.agreement(one, other, {}) == ROOM.agreement(other, one, {}) == float(one["fields"] == other["fields"])
    assert ROOM.gold_check(one, one, {}).score == 1.0
    assert ROOM.gold_check(one, other, {}).score == ROOM.agreement(one, other, {})
    assert ROOM.merge([one, other, one], {})["fields"] == one["fields"]
    assert json.loads(json.dumps(one)) == one


@given(st.lists(st.tuples(choices, st.text(min_size=1, max_size=9)), min_size=1, max_size=7))
def test_reasons_that_differ_disturb_no_agreement(votes: list[tuple[str, str]]) -> None:
    labels = AskedLabels(dict(ASKED), ROOM.asks([{**REASON, "key": "reason"}]))  # type: ignore[attr-defined]
    given_ = [said(value, reason=text) if text.strip() and "\x00" not in text else said(value) for value, text in votes]
    checked = [ROOM.check_answer(one, PAYLOAD, labels) for one in given_]
    first = [one for one in checked if ROOM.agreement(one, checked[0], {}) == 1.0]
    assert len(first) == sum(value == votes[0][0] for value, _ in votes)
    merged = ROOM.merge(first, {})
    assert ROOM.check_answer(merged, PAYLOAD, labels) == merged
    assert ROOM.agreement(merged, checked[0], {}) == 1.0


# --- a project --------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def test_a_project_of_pairs_has_its_labels_and_its_question_by_itself(cast) -> None:
    project = pairs(cast)
    assert [(one.key, one.field) for one in project.labels.in_use()] == [(key, "preferred") for key in OWN_LABELS]
    assert [one["key"] for one in project.settings_now().fields] == ["preferred"]
    assert not project.settings_now().copilot
    assert {one.key for one in methods.fitting("preference", project.settings_now().fields)} == {
        "majority_v1",
        "standing_v1",
        "categorical_v1",
    }
    beside = pairs(cast, "With reasons", fields=[REASON]).settings_now().fields
    assert [one["key"] for one in beside] == ["preferred", "reason"]
    assert methods.estimated_by("majority_v1", "preference", beside) == "categorical_v1"


def test_ties_go_where_the_labels_said_leave_them_out(cast) -> None:
    tone = {"name": "Tone", "kind": "choice", "required": False}
    rude = {"name": "Rude", "field": "Tone"}
    project = pairs(cast, fields=[tone], labels=[rude])
    assert {one.key for one in project.labels.in_use()} == {"rude", *OWN_LABELS}, "none was said, so all stay"
    configure.set_labels(project, [rude, {"key": "first"}, {"key": "second"}], by=cast.mina)
    assert {one.key for one in project.labels.in_use()} == {"rude", *PAIR}
    task = batch_of(project, PAYLOAD).tasks.get()
    mine = make.held(cast.alice, project)
    with pytest.raises(Refused) as refused:
        submission.submit(mine, cast.alice, mine.token, said("tie"))
    assert (refused.value.code, refused.value.place) == ("unknown-label", "fields[0].value")
    configure.set_labels(
        project, [rude, {"key": "first"}, {"key": "second"}, {"key": "tie", "name": "Both bad"}], by=cast.mina
    )
    assert project.labels.in_use().get(key="tie").name == "Both bad"
    assert task.payload["first"] == PAYLOAD["first"]


def test_a_label_that_is_a_choice_of_nothing_else_is_refused(cast) -> None:
    with pytest.raises(Refused) as refused:
        pairs(cast, labels=[{"name": "Rude"}])
    assert (refused.value.code, refused.value.place) == ("no-field", "labels[0].field")
    with pytest.raises(Refused) as grid:
        pairs(cast, grid=12)
    assert grid.value.code == "bad-grid"


def test_rows_come_in_lines_and_tables_and_bad_ones_are_named(cast, media) -> None:
    made = make.batch(pairs(cast), state="draft")
    table = "id,prompt,first,second,first_item,second_item,topic\n1,Q,A,B,gpt,llama,sky\n2,Q,A,A,,,\n3,Q,A,,,,\n"
    done = loaded(made, table, "a.csv")
    assert counts(done) == ("done", 1, 0, 2)
    assert [one["code"] for one in done.errors] == ["same-candidate", "missing-field"]
    assert Task.objects.get().payload == {
        "prompt": "Q",
        "first": {"text": "A", "item": "gpt"},
        "second": {"text": "B", "item": "llama"},
        "meta": {"topic": "sky"},
    }
    strangers = [{"first": {"asset": name}, "second": "B"} for name in ("b" * 64, ["x"])]
    done = loaded(made, lines(*strangers))
    assert [(one["code"], one["place"]) for one in done.errors] == [
        ("unknown-asset", "line 1, first.asset"),
        ("unknown-asset", "line 2, first.asset"),
    ]


def test_pictures_loaded_before_are_compared_and_kept_as_long_as_the_pair(cast, client, media) -> None:
    scans = make.batch(make.project(cast.riverside, "Scans", "classification"), state="draft")
    loaded(scans, zipped(one=picture(), two=picture(20)), "a.zip")
    one, two = (task.asset for task in Task.objects.order_by("external_id"))
    Task.objects.all().update(asset=None)
    project = pairs(cast)
    made = make.batch(project, state="draft")
    row = {"first": {"asset": one.sha256, "name": "one.png"}, "second": {"asset": two.sha256, "item": "new"}}
    other_size = row | {"second": {**row["second"], "width": 1}}
    assert counts(loaded(made, lines(row, other_size))) == ("done", 1, 0, 1)
    task = Task.objects.get(project=project)
    assert (task.asset, task.other_asset) == (one, two)
    assert assets.collect(before=timezone.now() + timedelta(days=2)) == 0
    assert Asset.objects.count() == 2
    batches.move(made, "live", by=None)
    shown = work_json.assignment_json(make.held(cast.alice, project), cast.alice)["task"]
    assert shown["image"] is None and "item" not in shown["payload"]["second"]
    client.force_login(cast.alice)
    sent = {name: client.get(shown["images"][name]["url"]).headers["ETag"] for name in PAIR}
    assert sent == {"first": f'"{one.sha256}"', "second": f'"{two.sha256}"'}
    client.force_login(cast.ned)
    assert client.get(shown["images"]["second"]["url"]).status_code == 404
    api = _work(Assignment.objects.get(task=task, tasker=cast.alice), cast.alice)["task"]["images"]
    assert api["second"]["url"] == f"/api/v1/tasks/{task.public_id}/media/second/"


# --- sides ------------------------------------------------------------------------------------------------------


def test_sides_are_drawn_for_each_person_and_task_and_stay(cast) -> None:
    project = pairs(cast)
    batch_of(project, *({**PAYLOAD, "prompt": f"Q{n}"} for n in range(60)))
    tasks = list(Task.objects.filter(project=project))
    drawn = {who: [side_order.left_of(task, who) for task in tasks] for who in (cast.alice, cast.bob)}
    for lefts in drawn.values():
        assert 10 < lefts.count("first") < 50
    assert drawn[cast.alice] != drawn[cast.bob]
    mine = make.held(cast.alice, project)
    shown = work_json.assignment_json(mine, cast.alice)["task"]
    assert shown["left"] == side_order.left_of(mine.task, cast.alice)
    foreseen = queue.look_ahead(mine, cast.alice, [project])
    assert foreseen is not None
    ahead = work_json.lookahead_json(foreseen, cast.alice)["task"]
    submission.submit(mine, cast.alice, mine.token, said("first", left=shown["left"]))
    held = work_json.assignment_json(make.held(cast.alice, project), cast.alice)["task"]
    assert (held["id"], held["left"]) == (ahead["id"], ahead["left"])


# --- deciding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aggregation", ["majority_v1", "standing_v1", "categorical_v1"])
def test_two_who_prefer_the_same_decide_whichever_side_they_saw_it_on(cast, aggregation: str) -> None:
    terms = {"wanted": 3, "aggregation": aggregation, "fields": [REASON]}
    project = pairs(cast, **terms)
    batch_of(project, PAYLOAD)
    make.judged(cast.alice, project, said("second", left="first", reason="clear"))
    make.judged(cast.bob, project, said("second", left="second", reason="much better"))
    last = make.judged(cast.carol, project, said("first", left="first"))
    verdict = Verdict.objects.current().get()
    assert ROOM.choice(verdict.answer) == "second"  # type: ignore[attr-defined]
    assert "left" not in verdict.answer
    assert verdict.method == aggregation
    assert last.pk not in verdict.rests_on
    (line,) = b"".join(export(project, "jsonl")).decode().splitlines()
    told = json.loads(line)
    assert [one["answer"].get("left") for one in told["judgements"]] == ["first", "second", "first"]
    table = b"".join(export(project, "table")).decode()
    ends = "confidence,method,decided_by,at,answered_at,seconds"
    assert table.splitlines()[0].endswith(f"first_item,second_item,preferred,reason,{ends}")
    assert ",Second," in table


def test_a_work_list_names_of_a_pair_nothing_but_its_prompt(cast) -> None:
    project = pairs(cast)
    asked, unasked = PAYLOAD, {name: PAYLOAD[name] for name in PAIR}
    batch_of(project, {"external_id": "1", **asked}, {"external_id": "2", **unasked})
    keys = list(Task.objects.order_by("external_id").values_list("pk", flat=True))
    mine, managers = task_lines.looks(keys, whose=cast.alice), task_lines.looks(keys)
    assert [mine[key].text for key in keys] == ["Why is the sky blue?", None]
    assert managers[keys[0]].text == "Why is the sky blue?\n\n① Rayleigh.\n\n② The sea."
