"""Audits: verdicts that chance alone chose, so that it is known how far to believe a project's method."""

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils.html import escape

from projects import queue
from projects.configuration import configure
from projects.configuration.terms import terms_of
from projects.errors import OwnWork, Refused
from projects.inference.calibration import calibrate
from projects.models import AccuracyModel, AnnotatorParameters, Assignment, MethodCalibration, SecondLook, Task, Verdict
from projects.quality import audits, calibrating, consensus, estimating, second_looks
from projects.queue.model_draws import MODELS_AUDITED, VERDICT_AUDITED
from projects.workflow import submission, task_actions
from taskers.errors import StateConflict
from taskers.models.people import Role
from taskers.money import ledger
from tests.support import make
from tests.support.projects.judging import OneLabel, classified, given, known_answers, said, spammed

pytestmark = pytest.mark.django_db

PERSON, PLACE = make.spans((0, 11)), make.spans((0, 11, "place"))


def audited(cast, name="Audited", share=1.0, **terms):
    return make.project(cast.riverside, name, **{"audit_share": share, "wanted": 2} | terms)


def decided(cast, batch, answer=PERSON, people=None) -> Task:
    """A task that these people agree on."""
    task = make.task(batch)
    for tasker in people or (cast.alice, cast.bob):
        said(tasker, task, answer)
    assert Verdict.objects.current().filter(task=task).exists()
    return task


def reviewed(cast, task, answer=PERSON) -> Verdict:
    """Rita decides a task, whatever has become of it."""
    review = queue.claim_review(task, cast.rita)
    return submission.decide(review, cast.rita, review.token, answer)


def estimated(cast, project) -> MethodCalibration:
    estimating.run(estimating.start(project, by=cast.mina).pk)
    method = project.settings_now().aggregation
    return MethodCalibration.objects.filter(project=project, method=method).latest("pk")


def looks(task) -> list[tuple[str, str]]:
    return list(SecondLook.objects.filter(task=task).order_by("pk").values_list("reason", "state"))


class TestDraw:
    def test_the_share_is_kept_and_is_independent_of_the_draw_by_which_models_are_audited(self, db) -> None:
        ours = VERDICT_AUDITED.format(task="t", project="7::bigint", share="0.25")
        theirs = MODELS_AUDITED.format(task="t", project="7::bigint", share="0.25")
        elsewhere = VERDICT_AUDITED.format(task="t", project="8::bigint", share="0.25")
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT avg(({ours})::int), avg(({theirs})::int), avg(({ours} AND {theirs})::int),"
                f" avg(({ours} AND {elsewhere})::int) FROM generate_series(1, 100000) t"
            )
            shares = [float(one) for one in cursor.fetchone()]
        # Within four standard errors of what independent draws give.
        assert shares[:2] == pytest.approx([0.25, 0.25], abs=0.0055)
        assert shares[2:] == pytest.approx([1 / 16, 1 / 16], abs=0.0031)

    def test_no_share_draws_nothing_and_the_whole_share_everything(self, cast) -> None:
        none, every = audited(cast, "None", 0.0), audited(cast, "Every")
        for project in (none, every):
            for _turn in range(3):
                decided(cast, make.batch(project, f"Batch {_turn}"))
        assert set(SecondLook.objects.values_list("project", "reason", "state")) == {(every.pk, "audit", "open")}
        assert SecondLook.objects.count() == 3
        reviewed(cast, decided(cast, make.batch(none, "Last")))
        assert not SecondLook.objects.filter(project=none).exists()

    def test_a_share_outside_of_0_to_1_is_refused_by_us_and_by_the_database(self, cast) -> None:
        project = audited(cast, share=0.02)
        for share in (-0.01, 1.01, True, "much", float("nan")):
            with pytest.raises(Refused) as refused:
                configure.change(project, cast.mina, audit_share=share)
            assert refused.value.place == "audit_share"
        with pytest.raises(Exception, match="settings_audit_share_in_unit"), transaction.atomic():
            project.settings.create(version=99, audit_share=1.01)
        made = configure.create(cast.riverside, cast.mina, name="Usual", task_type="text_spans", labels=make.LABELS)
        assert made.settings_now().audit_share == 0.02


class TestOpening:
    @pytest.mark.parametrize("method", ["majority_v1", "standing_v1", "spans_v1"])
    def test_each_task_that_the_method_decides_is_audited_once(self, cast, method) -> None:
        project = audited(cast, aggregation=method)
        batch = make.batch(project)
        tasks = [decided(cast, batch) for _turn in range(3)]
        for task in tasks:
            look = SecondLook.objects.get(task=task)
            verdict = Verdict.objects.current().get(task=task)
            assert (look.reason, look.state, look.verdict, look.estimation) == ("audit", "open", verdict, None)
            assert look.before == look.now == verdict.confidence
            with transaction.atomic():
                assert consensus.consider(queue.lock(task.pk)) == verdict  # asked again, it stands
        assert SecondLook.objects.count() == 3
        assert ledger.audit() == [] and queue.audit().breaches == []
        assert sum(amount for _who, amount in ledger.owed(cast.riverside)) == 6 * 50_000, "paid meanwhile"

    def test_classes_are_audited_too(self, cast, choices) -> None:
        project = audited(cast, aggregation="categorical_v1")
        assert looks(decided(cast, make.batch(project))) == [("audit", "open")]

    def test_what_a_reviewer_decides_first_is_an_audit_that_is_answered(self, cast) -> None:
        task = make.task(make.batch(audited(cast)))
        said(cast.alice, task, PERSON)
        said(cast.bob, task, PLACE)
        assert looks(task) == []
        reviewed(cast, task)
        assert looks(task) == [("audit", "answered")]

    def test_what_a_model_decided_alone_has_other_audits(self, cast) -> None:
        task = make.task(make.batch(audited(cast, wanted=1)))
        model = make.person("Max", cast.riverside, Role.TASKER)
        mine = given(model, task)
        with transaction.atomic():
            queue.lock(task.pk)
            answer = queue.deliver(mine, model, mine.token, PERSON, event="submitted").annotation
            consensus.accept(queue.lock(task.pk), answer, 0.9)
        assert looks(task) == []
        reviewed(cast, task, PLACE)
        assert looks(task) == [], "it was chosen by doubt"

    def test_a_task_that_was_drawn_stays_so_when_it_is_asked_again(self, cast) -> None:
        project = audited(cast)
        task = decided(cast, make.batch(project))
        assert looks(task) == [("audit", "open")]
        configure.change(project, cast.mina, audit_share=0.0)
        task_actions.requeue(task, by=cast.mina)
        assert audits.reviewed([task]) == {}
        said(cast.carol, task, PERSON)
        assert [reason for reason, _state in looks(task)] == ["audit", "audit"]
        assert (second_looks.of_task(task).verdict, audits.reviewed([task])) == (
            Verdict.objects.current().get(task=task),
            {},
        )

    def test_one_that_was_not_drawn_does_not_become_so(self, cast) -> None:
        project = audited(cast, share=0.0)
        task = decided(cast, make.batch(project))
        configure.change(project, cast.mina, audit_share=1.0)
        task_actions.requeue(task, by=cast.mina)
        said(cast.carol, task, PERSON)
        assert Verdict.objects.filter(task=task).count() == 2 and looks(task) == []


class TestAnswering:
    def test_whatever_is_decided_is_known(self, cast) -> None:
        project = audited(cast)
        batch = make.batch(project)
        right, wrong, left = (decided(cast, batch) for _turn in range(3))
        reviewed(cast, right, PERSON)
        reviewed(cast, wrong, PLACE)
        assert looks(right) == looks(wrong) == [("audit", "answered")]
        told = audits.reviewed([right, wrong, left])
        assert {task: (one.drawn, one.anew) for task, one in told.items()} == dict.fromkeys(
            (right.pk, wrong.pk), (True, True)
        )
        assert audits.counts(project, 1.0) == audits.Counts(answered=2, open=1, in_review=0)
        kept = estimated(cast, project)
        assert (kept.known, kept.right, kept.sources) == (2, 1, {"audit": 2, "contradictory": 0})

    def test_what_waits_for_review_and_was_drawn_is_counted(self, cast) -> None:
        project = audited(cast)
        task = make.task(make.batch(project))
        said(cast.alice, task, PERSON)
        said(cast.bob, task, PLACE)
        assert audits.counts(project, 1.0) == audits.Counts(answered=0, open=0, in_review=1)
        reviewed(cast, task)
        assert audits.counts(project, 1.0) == audits.Counts(answered=1, open=0, in_review=0)

    def test_nobody_says_of_their_own_work_that_it_is_right(self, cast) -> None:
        task = decided(cast, make.batch(audited(cast)))
        SecondLook.objects.update(reason=SecondLook.Reason.RULE)
        with pytest.raises(OwnWork):
            second_looks.dismiss(task, by=cast.alice)
        review = queue.claim_review(task, cast.rita)
        second_looks.dismiss(task, by=cast.rita)
        assert Assignment.objects.get(pk=review.pk).state == "released", "she needs it no more"
        with pytest.raises(StateConflict):
            second_looks.dismiss(task, by=cast.rita)

    def test_what_was_left_as_it_stood_before_audits_had_to_be_decided_still_counts(self, cast) -> None:
        task = decided(cast, make.batch(audited(cast)))
        SecondLook.objects.update(state=SecondLook.State.DISMISSED)
        assert audits.reviewed([task])[task.pk] == audits.Reviewed(
            Verdict.objects.get(task=task).answer, drawn=True, anew=False
        )
        assert audits.counts(task.project, 1.0) == audits.Counts(answered=1, open=0, in_review=0)

    def test_after_an_audit_comes_the_next_that_rita_may_answer(self, cast, client) -> None:
        batch = make.batch(audited(cast))
        first = decided(cast, batch)
        decided(cast, batch, people=(cast.rita, cast.bob))
        queue.claim_review(decided(cast, batch), cast.olga)
        last = decided(cast, batch)
        client.force_login(cast.rita)
        for task, then in ((first, reverse("review", args=[last.public_id])), (last, None)):
            review = queue.claim_review(task, cast.rita)
            body = {"token": str(review.token), "answer": PERSON}
            there = reverse("review-decide", args=[task.public_id])
            assert client.post(there, body, content_type="application/json").json() == {"next": then}

    def test_review_of_one_projects_audits_stays_in_them_until_none_is_left(self, cast, client) -> None:
        make.batch(audited(cast))
        project = audited(cast, "Other")
        batch = make.batch(project)
        first, last = decided(cast, batch), decided(cast, batch)
        decided(cast, make.batch(audited(cast, "Third")))  # has an audit too, that isn't hers to do now
        chosen = f"?project={project.public_id}&why=audit"
        client.force_login(cast.rita)
        shown = client.get(reverse("second-looks") + chosen).content.decode()
        assert escape(reverse("review", args=[first.public_id]) + chosen) in shown
        page = client.get(reverse("review", args=[first.public_id]) + chosen)
        data = page.context["data"]
        body = {"token": data["review"]["token"], "answer": PERSON}
        following = client.post(data["urls"]["decide"], body, content_type="application/json").json()["next"]
        assert following == reverse("review", args=[last.public_id]) + chosen

    def test_rita_is_told_neither_the_verdict_nor_that_it_is_doubted(self, cast, client) -> None:
        project = audited(cast, wanted=3)
        task = make.task(make.batch(project))
        for tasker, answer in ((cast.alice, PERSON), (cast.bob, PERSON), (cast.carol, PLACE)):
            said(tasker, task, answer)
        SecondLook.objects.update(now=0.31)
        client.force_login(cast.rita)
        shown = client.get(reverse("second-looks"), {"why": "audit"}).content.decode()
        assert "Drawn for an audit" in shown and "31 %" not in shown
        assert "Dismiss" not in shown and reverse("second-look-dismiss", args=[task.public_id]) not in shown
        page = client.get(reverse("review", args=[task.public_id]))
        data = page.context["data"]
        assert (data["review"]["blind"], data["verdict"], page.context["parts"]) == (True, None, [])
        assert [one["agreement"] for one in data["answers"]] == [None] * 3
        assert "as if nothing had been decided" in page.content.decode()
        there = reverse("second-look", args=[task.public_id])
        assert there not in page.content.decode()
        for told in (client.get(there), client.post(reverse("second-look-dismiss", args=[task.public_id]))):
            assert told.status_code == 409 and "Maria" not in told.content.decode()
        assert looks(task) == [("audit", "open")]

    def test_mina_reads_what_calibration_rests_on(self, cast, client) -> None:
        project = audited(cast)
        batch = make.batch(project)
        reviewed(cast, decided(cast, batch))
        decided(cast, batch)
        estimated(cast, project)
        client.force_login(cast.mina)
        shown = client.get(reverse("project-quality", args=[project.public_id])).content.decode()
        assert "1 was told by an audit" in shown and "1 is open" in shown and "1 is answered" in shown


class TestDoubt:
    def test_a_doubt_that_comes_and_goes_leaves_the_audit_in_its_place_by_likelihood(self, cast, spammers) -> None:
        project, task = spammed(cast, spammers, audit_share=1.0)
        before = SecondLook.objects.get(task=task).now
        done = estimating.run(estimating.start(project, by=cast.mina).pk)
        look = SecondLook.objects.get(task=task)
        assert (look.reason, look.state, done.proposed) == ("audit", "open", 0) and look.now < before
        sure = decided(cast, task.batch, people=(cast.alice, cast.bob, cast.carol))
        assert [one.task for one in second_looks.open_in([project])] == [task, sure]
        estimating.run(estimating.start(project, by=cast.mina).pk)
        assert looks(sure) == looks(task) == [("audit", "open")], "nothing is withdrawn where nothing is doubted"
        reviewed(cast, task)
        estimating.run(estimating.start(project, by=cast.mina).pk)
        assert looks(task) == [("audit", "answered")]


def moved(project) -> list[float]:
    return [line.low for line in calibrating.lines(terms_of(project).calibration)]


class TestCalibration:
    def test_what_reviewers_chose_teaches_of_the_taskers_and_not_of_the_method(self, cast, choices) -> None:
        project = audited(cast, aggregation="categorical_v1", share=0.0)
        batch = make.batch(project)
        for _turn in range(6):
            reviewed(cast, decided(cast, batch, PLACE), PERSON)
        kept = estimated(cast, project)
        assert (kept.known, kept.sources) == (0, {"contradictory": 0})
        accuracy_model = AccuracyModel.objects.filter(project=project).latest("version")
        parameters = {one.tasker: one.finding for one in accuracy_model.parameters.all()}
        assert parameters[cast.alice] == parameters[cast.bob] != "fine", "told what is right, the estimate knows them"

    @pytest.mark.parametrize("method", ["majority_v1", "standing_v1", "spans_v1", "categorical_v1"])
    def test_a_sample_that_reviewers_chose_leaves_it_unmoved_and_audits_set_it_right(
        self, cast, method, monkeypatch
    ) -> None:
        """The method errs on two tasks of twenty, and reviewers look only there."""
        if method == "categorical_v1":
            monkeypatch.setitem(consensus.aggregation.TASK_TYPES, "text_spans", OneLabel())
        before = {}
        for share in (0.0, 1.0):
            project = audited(cast, f"{share:.0%}", share, aggregation=method)
            batch = make.batch(project)
            tasks = [decided(cast, batch, PLACE if index < 2 else PERSON) for index in range(20)]
            at_first = moved(project)
            for task in tasks[:2]:
                reviewed(cast, task, PERSON)
            for task in tasks[2:] if share else ():
                reviewed(cast, task)
            kept = estimated(cast, project)
            before[share] = (kept.known, kept.right)
            assert (moved(project) == at_first) == (share == 0)
        assert before == {0.0: (0, 0), 1.0: (20, 18)}

    def test_the_calibration_is_that_of_the_audits(self, cast) -> None:
        project = audited(cast)
        batch = make.batch(project)
        tasks = [decided(cast, batch) for _turn in range(10)]
        reviewed(cast, tasks[0], PLACE)
        for task in tasks[1:]:
            reviewed(cast, task)
        sure = (2 * 0.7 + 2 - 1) / (2 + 2 - 1)
        kept = estimated(cast, project)
        learnt = calibrate([sure] * 10, [False] + [True] * 9)
        assert kept.known == 10 and kept.mean == pytest.approx(learnt.mean)

    def test_a_renamed_label_is_known_by_its_new_name(self, cast) -> None:
        labels = [{"key": key, "name": key.title()} for key in ("cat", "dog")]
        project = audited(cast, task_type="classification", labels=labels)
        batch = make.batch(project)
        task = decided(cast, batch, classified("cat"))
        reviewed(cast, task, classified("cat"))
        configure.set_labels(project, [labels[1]], by=cast.mina)
        project.labels.filter(key="cat").update(merged_into=project.labels.get(key="dog"))
        kept = estimated(cast, project)
        assert (kept.known, kept.right, kept.sources["audit"]) == (1, 1, 1)

    def test_the_taskers_of_an_audited_task_are_known_by_it(self, cast) -> None:
        project = audited(cast, aggregation="standing_v1")
        batch = make.batch(project)
        for _turn in range(4):
            reviewed(cast, decided(cast, batch))
        estimated(cast, project)
        assert set(AnnotatorParameters.objects.values_list("tasker", flat=True)) == {cast.alice.pk, cast.bob.pk}

    def test_gold_counts_beside_audits(self, cast) -> None:
        project = audited(cast)
        batch = make.batch(project)
        known_answers(cast, project, batch, [(cast.alice, PERSON), (cast.bob, PERSON)], number=3)
        reviewed(cast, decided(cast, batch))
        assert estimated(cast, project).sources == {"gold": 3, "audit": 1, "contradictory": 0}
