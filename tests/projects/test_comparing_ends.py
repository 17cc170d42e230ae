"""Two taskers can't keep a process busy: what an answer may hold, and who compares what takes long (issue: two answers
of 5,000 overlapping spans took 105 s and 3.3 GB; 100 polygons of 2,000 points twice over 240 s; noise masks 34 s)."""

import math

import pytest
import shapely
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import jobs, queue
from projects.errors import Refused
from projects.inference import deadline, vector_shapes
from projects.models import Verdict
from projects.quality import consensus
from projects.task_types import TASK_TYPES, effort
from projects.workflow import submission
from taskers.models import Grade
from tests.support import make
from tests.support.slow_answers import SIDE, comb, drawn, nested, noise, star

pytestmark = pytest.mark.slow

SPANS, REGIONS = TASK_TYPES["text_spans"], TASK_TYPES["image_regions"]
PICTURE = {"asset": "a" * 64, "width": SIDE, "height": SIDE, "name": "a.png"}
SQUARE = PICTURE | {"width": 1500, "height": 1500}


@pytest.mark.parametrize(
    ("room", "answer", "payload", "code"),
    [
        (SPANS, lambda: nested(5000), {"text": "a" * 20_000}, "too-many-overlaps"),
        (REGIONS, lambda: drawn(*(star(2000, n) for n in range(100))), PICTURE, "too-many-points"),
        (REGIONS, lambda: drawn(*[star(900)] * 55), PICTURE, "too-much-overlap"),
        (REGIONS, lambda: drawn(*(noise(1500, n) for n in range(8))), SQUARE, "too-much-mask"),
    ],
    ids=["5,000 spans in each other", "100 polygons of 2,000 corners", "55 polygons at one place", "eight noise masks"],
)  # fmt: skip
def test_an_answer_made_to_be_slow_is_refused_by_name(room, answer, payload, code) -> None:
    with pytest.raises(Refused) as refused:
        room.check_answer(answer(), payload, {"person": {}, "thing": {}})
    assert refused.value.code == code


def test_what_people_draw_is_far_from_these_bounds() -> None:
    """A text with a thousand spans in sentences, a map with three hundred outlines beside each other."""
    text = "a" * 50_000
    spans = make.spans(*((50 * n + 3 * k, 50 * n + 40 - k) for n in range(200) for k in range(5)))
    assert len(SPANS.check_answer(spans, {"text": text}, {"person": {}})["spans"]) == 1000
    rings = [[[200 * x + px, 200 * y + py] for px, py in _ring(150)] for x in range(20) for y in range(15)]
    outlined = drawn(*({"type": "polygon", "points": ring} for ring in rings))
    checked = REGIONS.check_answer(outlined, PICTURE, {"thing": {}})
    assert REGIONS.effort([checked, checked, checked], 1000) < consensus.AT_MOST / 4
    assert (
        REGIONS.effort([drawn(*({"type": "polygon", "points": ring} for ring in rings[:20]))] * 3, 1)
        < consensus.AT_ONCE
    )


def _ring(corners: int) -> list[list[float]]:
    turns = (2 * math.pi * n / corners for n in range(corners))
    return [[round(100 + 95 * math.cos(a), 2), round(100 + 95 * math.sin(a), 2)] for a in turns]


def test_outlines_are_compared_exactly_wherever_their_sides_do_not_cross_without_end() -> None:
    """Shapes that lie apart aren't looked at, the others are cut; combs across each other are counted in pixels."""
    [ring, *others] = [star(1000, seed) for seed in range(3)]
    small = {"type": "polygon", "points": [[10, 10], [30, 10], [30, 30]]}
    table = vector_shapes.polygon_likeness([ring, small], [*others, small])
    assert table[0, 2] == table[1, 0] == table[1, 1] == 0 and table[1, 2] == 1
    assert table[0, :2] == pytest.approx([_iou(ring, one) for one in others], abs=1e-12)
    [[across]] = vector_shapes.polygon_likeness([comb(900)], [comb(900, lying=True)])
    assert across == pytest.approx(1 / 3, abs=0.02), "either fills half of the square, and they share a quarter of it"


def _iou(first: dict, second: dict) -> float:
    a, b = (shapely.Polygon(one["points"]) for one in (first, second))
    return a.intersection(b).area / a.union(b).area


def test_lines_further_apart_than_far_have_nothing_in_common_and_nearer_ones_what_they_had() -> None:
    line, near, far = ({"type": "polyline", "points": [[x, 0], [x, 100]]} for x in (0, 12, 3000))
    assert vector_shapes.line_likeness([line], [line, near, far]).tolist() == [[1.0, 0.5, 0.0]]
    assert vector_shapes.line_likeness([], [line]).shape == (0, 1)


def test_effort_grows_with_what_meets_and_not_with_what_lies_apart() -> None:
    apart, together = (make.spans(*((step * n, step * n + 5) for n in range(400))) for step in (10, 1))
    assert SPANS.effort([apart, apart], 9) < SPANS.effort([together, together], 9)
    assert SPANS.effort([nested(300), nested(300, off=1)], 1) > 1 > SPANS.effort([nested(10), nested(10)], 1)
    boxes = drawn(*({"type": "box", "x": n, "y": 0, "width": 2, "height": 2} for n in range(1000)))
    assert REGIONS.effort([boxes] * 7, 1) == math.inf, "their table alone would fill the memory"
    assert effort.regions([]) == 0


def test_comparing_stops_when_its_time_is_over() -> None:
    shapes = [star(300, seed) for seed in range(30)]
    with pytest.raises(deadline.TooLong), deadline.within(0):
        vector_shapes.polygon_likeness(shapes, shapes)
    with deadline.within(60):
        with pytest.raises(deadline.TooLong), deadline.within(0):
            deadline.check()
        deadline.check()


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=2)


@pytest.fixture
def task(project):
    return make.tasks(make.batch(project), 1, text="a" * 2_000)[0]


def waiting() -> list[dict]:
    return list(ProcrastinateJob.objects.filter(task_name=consensus.JOB, status="todo").values_list("args", flat=True))


@pytest.mark.django_db
def test_answers_that_take_long_to_compare_are_kept_at_once_and_decided_by_a_worker(cast, project, task) -> None:
    answer = nested(300, 2_000)
    make.judged(cast.alice, project, answer)
    assert not waiting(), "one answer alone decides nothing"
    make.judged(cast.bob, project, answer)
    assert not Verdict.objects.exists()
    [args] = waiting()
    assert args == {"task_key": task.pk}
    for _twice in range(2):
        jobs.consider_later(**args)
        verdict = Verdict.objects.get(task=task)
        assert len(verdict.answer["spans"]) == 300
        assert Grade.objects.count() == 2
    assert queue.audit().breaches == []


@pytest.mark.django_db
def test_what_even_a_worker_cannot_compare_a_reviewer_decides(cast, project, task, monkeypatch) -> None:
    for who in (cast.alice, cast.bob):
        make.judged(who, project, nested(300, 2_000))
    monkeypatch.setattr(consensus, "AT_MOST", 0.5)
    jobs.consider_later(task_key=task.pk)
    task.refresh_from_db()
    assert (task.withheld, Verdict.objects.exists()) == ("review", False)
    review = queue.claim_review(task, cast.rita)
    verdict = submission.decide(review, cast.rita, review.token, make.spans((0, 11)))
    assert set(verdict.agreements.values()) == {0.0}
    assert queue.audit().breaches == []
