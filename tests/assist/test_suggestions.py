"""What became of what was offered."""

from uuid import uuid4

import numpy as np
import pytest
from pycocotools import mask as coco

from assist.models import ModelVersion, Suggestion
from assist.suggestions import record
from assist.suggestions.bindings import bind
from assist.suggestions.label_map import project_label
from assist.suggestions.offers import Offer
from assist.web import figures
from projects import queue
from projects.models import Annotation, Assignment
from projects.quality.votes import exposed
from projects.workflow import submission
from tests.support import make, owner
from tests.support.assist import work
from tests.support.assist.pictures import Picture, picture
from tests.support.assist.work import SAM, offered, span_offer
from tests.support.cast import Cast
from tests.support.projects.judging import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(cast: Cast) -> Assignment:
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 2)
    return make.held(cast.alice, project)


def taken(suggestion: Suggestion, start: int, end: int, label: str = "person", source: str = "suggestion") -> dict:
    """A span that its tasker says came from a suggestion."""
    provenance = {"source": source, "suggestion": str(suggestion.public_id), "model": str(suggestion.model)}
    return make.span(start, end, label, id=f"s{suggestion.pk}") | {"provenance": provenance}


def submitted(held: Assignment, *spans: dict, refused: tuple = ()) -> Annotation:
    assert held.tasker and held.token
    return submission.submit(held, held.tasker, held.token, {"spans": list(spans)}, refused=refused)


def outcomes(*rows: Suggestion) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [row.outcome for row in rows]


def test_offer_is_kept_with_its_model_and_latency(held: Assignment) -> None:
    row = offered(held, span_offer(0, 11))
    assert (row.outcome, row.latency_ms, row.assignment_key) == ("offered", 9, held.pk)
    assert (row.task_key, row.project_key) == (held.task_id, held.task.project.public_id)
    version = ModelVersion.objects.get()
    assert (str(version), version.capability, version.licence) == ("en-core-web-sm@3.8.0", "spans", "MIT")


def test_a_part_that_comes_from_no_suggestion_of_this_work_is_stored_as_drawn_by_hand(held, cast) -> None:
    """Invented, offered for another task, to another tasker, in another organization, or of another kind."""
    real = offered(held, span_offer(0, 11))
    mask = offered(held, {"masks": [], "label": "person"})
    foreign = make.project(cast.hilltop, "Theirs")
    make.tasks(make.batch(foreign), 1)
    others = [
        offered(make.held(cast.bob, make_other(cast)), span_offer(0, 11)),
        offered(make.held(cast.bob, held.task.project), span_offer(0, 11)),
        offered(make.held(cast.ned, foreign), span_offer(0, 11)),
        mask,
    ]
    forged = [{"source": "suggestion", "suggestion": str(one.public_id), "model": str(one.model)} for one in others]
    forged += [{"source": "edited", "suggestion": str(uuid4()), "model": "gpt-99"}]
    forged += [{"source": "human", "suggestion": None, "model": "gpt-99"}]
    parts = [
        make.span(12 + 3 * place, 14 + 3 * place, id=f"f{place}") | {"provenance": claim}
        for place, claim in enumerate(forged)
    ]
    said = [taken(real, 0, 11), *parts]
    annotation = submitted(held, *said)
    first, *origins = [part["provenance"] for part in annotation.answer["spans"]]
    assert first == {"source": "suggestion", "suggestion": str(real.public_id), "model": str(real.model)}
    assert origins == [{"source": "human", "suggestion": None, "model": None}] * len(forged)
    assert submitted(held, *said) == annotation, "the same answer again is the same"
    record.settle(annotation)
    assert [one.outcome for one in Suggestion.objects.exclude(assignment_key=held.pk)] == ["offered"] * 3


def test_a_part_names_the_model_that_made_its_suggestion_and_says_that_it_was_edited(held) -> None:
    row = offered(held, span_offer(0, 11))
    claim = {"source": "suggestion", "suggestion": str(row.public_id), "model": "gpt-99"}
    moved = make.span(0, 5) | {"provenance": claim}
    (span,) = submitted(held, moved).answer["spans"]
    assert span["provenance"] == claim | {"source": "edited", "model": str(row.model)}


def test_a_part_of_several_suggestions_names_none_of_them(held) -> None:
    merged = make.span(0, 11) | {"provenance": {"source": "edited", "suggestion": None, "model": None}}
    offered(held, span_offer(0, 5))
    offered(held, span_offer(6, 11))
    assert submitted(held, merged).answer["spans"][0]["provenance"]["source"] == "edited"


@pytest.mark.parametrize("kind", ["judge", "gold"])
def test_work_without_the_copilot_comes_from_no_suggestion_and_refuses_none(cast, held, kind: str) -> None:
    work = given(cast.bob, make.task(held.task.batch), kind)
    claim = {"provenance": {"source": "edited", "suggestion": None, "model": "gpt-99"}}
    annotation = submission.submit(
        work, cast.bob, work.token, {"spans": [make.span(0, 11) | claim]}, refused=[str(uuid4())]
    )
    assert annotation.answer["spans"][0]["provenance"] == {"source": "human", "suggestion": None, "model": None}
    assert not exposed([Annotation.objects.select_related("assignment", "tasker").get(pk=annotation.pk)])


def make_other(cast: Cast):
    project = make.project(cast.riverside, "Other")
    make.tasks(make.batch(project), 1)
    return project


def test_same_offer_twice_is_written_once(held: Assignment) -> None:
    assert held.tasker and held.token
    binding = bind(held.tasker.pk, held.public_id, held.token)
    offer = Offer({"text": True}, span_offer(0, 11), None, 9)
    for _ in range(2):
        record.keep(binding, work.SPACY, [offer])
    assert Suggestion.objects.count() == 1
    assert record.kept_of_whole(binding, work.SPACY, {"text": True}) == [offer]


def test_model_version_names_its_files_by_hash(db: None) -> None:
    artifacts = record.model_version(SAM).artifacts
    assert len(artifacts) == 2 and all(len(sha256) == 64 for sha256 in artifacts.values())


def test_four_outcomes(held: Assignment) -> None:
    kept, changed, refused, left = (
        offered(held, span_offer(*place)) for place in ((0, 11), (15, 30), (39, 43), (47, 58))
    )
    annotation = submitted(
        held,
        taken(kept, 0, 11),
        taken(changed, 19, 30, source="edited"),
        refused=[str(refused.public_id)],  # type: ignore[arg-type]
    )
    record.settle(annotation)
    assert outcomes(kept, changed, refused, left) == ["accepted", "edited", "refused", "ignored"]
    assert all(row.settled_at for row in (kept, changed, refused, left))


def test_settling_twice_changes_nothing(held: Assignment) -> None:
    row = offered(held, span_offer(0, 11))
    annotation = submitted(held, taken(row, 0, 11))
    assert record.settle(annotation) == 1
    before = Suggestion.objects.get()
    assert record.settle(annotation) == 0
    assert Suggestion.objects.get().settled_at == before.settled_at


@pytest.mark.parametrize("place", [(0, 5, "person"), (0, 11, "place")])
def test_changed_span_that_claims_to_be_as_offered_counts_as_edited(held: Assignment, place: tuple) -> None:
    row = offered(held, span_offer(0, 11))
    record.settle(submitted(held, taken(row, *place)))
    assert outcomes(row) == ["edited"]


def test_taken_and_refused_at_once_counts_as_taken(held: Assignment) -> None:
    row = offered(held, span_offer(0, 11))
    record.settle(submitted(held, taken(row, 0, 11), refused=(str(row.public_id),)))
    assert outcomes(row) == ["accepted"]


def test_tasker_cannot_settle_what_was_offered_to_another(cast: Cast, held: Assignment) -> None:
    bobs = make.held(cast.bob, held.task.project)
    to_bob = offered(bobs, span_offer(0, 11))
    record.settle(submitted(held, taken(to_bob, 0, 11), refused=(str(to_bob.public_id),)))
    assert outcomes(to_bob) == ["offered"]


def test_made_up_ids_settle_nothing(held: Assignment) -> None:
    row = offered(held, span_offer(0, 11))
    annotation = submitted(held, make.span(0, 11), refused=("not a uuid", str(uuid4())))
    record.settle(annotation)
    assert outcomes(row) == ["ignored"]


def test_work_that_is_given_back_leaves_ignored_offers_that_a_late_submit_corrects(held: Assignment) -> None:
    row = offered(held, span_offer(0, 11))
    assert record.ignore(held.pk) == 1
    assert outcomes(row) == ["ignored"]
    record.settle(submitted(held, taken(row, 0, 11)))
    assert outcomes(row) == ["accepted"]


def region(row: Suggestion, size: list[int], counts: str) -> dict:
    """A mask that its tasker says came from a suggestion, as it was."""
    provenance = {"source": "suggestion", "suggestion": str(row.public_id), "model": SAM}
    shape = {"type": "mask", "size": size, "counts": counts}
    return {"id": f"r{row.pk}", "label": "cat", "shape": shape, "attributes": {}, "provenance": provenance}


def at_a_picture(cast: Cast, file: bytes) -> Assignment:
    project = work.image_project(cast.riverside)
    work.image_task(make.batch(project), file)
    return make.held(cast.alice, project)


def handed_in(held: Assignment, *regions: dict) -> None:
    assert held.tasker and held.token
    record.settle(submission.submit(held, held.tasker, held.token, {"regions": list(regions)}))


def test_mask_taken_as_offered_and_mask_retouched(cast: Cast, cat: Picture) -> None:
    held, size = at_a_picture(cast, cat.file), list(cat.size)
    # Two pixels and three, somewhere in the first column.
    masks: list[dict] = [{"size": size, "counts": runs(size, start, 2), "score": 0.9} for start in (0, 10, 20)]
    output = {"masks": masks, "best": 0, "image_size": size}
    whole, retouched = offered(held, output, SAM), offered(held, output, SAM)
    handed_in(held, region(whole, size, masks[2]["counts"]), region(retouched, size, runs(size, 10, 3)))
    assert outcomes(whole, retouched) == ["accepted", "edited"]


def test_mask_that_was_brought_up_to_a_large_image_is_compared_by_its_pixels(cast: Cast) -> None:
    """Half the image's size on the way: doubled it is as it was, and something else is something else."""
    held = at_a_picture(cast, picture(np.zeros((2048, 1024, 3), np.uint8)).file)
    small, large = [1024, 512], [2048, 1024]
    half = np.zeros(small, bool)
    half[100:300, 200:400] = True
    output = {"masks": [{"size": small, "counts": encoded(half), "score": 0.9}], "best": 0, "image_size": large}
    kept, other = offered(held, output, SAM), offered(held, output, SAM)
    doubled = np.kron(half, np.ones((2, 2), bool))
    handed_in(held, region(kept, large, encoded(doubled)), region(other, large, encoded(~doubled)))
    assert outcomes(kept, other) == ["accepted", "edited"]
    assert (kept.edit, other.edit) == (0.0, 1.0)


def test_mask_whose_islands_the_studio_left_out_is_as_it_was(cast: Cast, cat: Picture) -> None:
    """A large part, an island that was clicked on, and one that nobody clicked on: only the last goes by itself."""
    held, size = at_a_picture(cast, cat.file), list(cat.size)
    large, clicked, island = (np.zeros(size, bool) for _ in range(3))
    large[50:100, 50:100], clicked[10:14, 10:14], island[200:204, 300:304] = True, True, True
    output = {"masks": [{"size": size, "counts": encoded(large | clicked | island), "score": 0.9}], "best": 0}
    prompt = {"points": [[60.0, 60.0, True], [11.0, 12.0, True], [301.0, 201.0, False]], "box": None}
    tidied, cut, shrunk = (offered(held, output, SAM, prompt) for _ in range(3))
    less = large.copy()
    less[99, 99] = False
    answers = ((tidied, large | clicked), (cut, large), (shrunk, less | clicked))
    handed_in(held, *(region(row, size, encoded(pixels)) for row, pixels in answers))
    assert outcomes(tidied, cut, shrunk) == ["accepted", "edited", "edited"]


def test_clicks_that_refine_one_mask_are_one_offer(cast: Cast, cat: Picture) -> None:
    held, size = at_a_picture(cast, cat.file), list(cat.size)
    chain = []
    for click in range(3):
        row = offered(held, {"masks": [{"size": size, "counts": runs(size, click, 9), "score": 0.9}]}, SAM)
        points = [[40, 30, 1], [60, 30, 0], [70, 30, 1]][: click + 1]
        prompt = {"points": points, "box": None, "previous": f"h{click}" if click else None}
        with owner.unguarded("assist_suggestion"):
            Suggestion.objects.filter(pk=row.pk).update(prompt=prompt)
        chain.append(row)
    alone = offered(held, {"masks": [{"size": size, "counts": runs(size, 50, 9), "score": 0.9}]}, SAM)
    handed_in(held, region(chain[2], size, runs(size, 2, 9)))
    assert outcomes(*chain, alone) == ["refined", "refined", "accepted", "ignored"]
    (figure,) = figures.acceptance(held.task.project)
    assert (figure.taken_percent, figure.settled) == (50, 2)


def test_offer_that_is_written_down_after_the_work_had_ended_is_settled_by_the_sweep(cast: Cast, held) -> None:
    """The page has its masks before the record is made, and may be quicker than the record with handing in."""
    other = make.held(cast.bob, held.task.project)
    late, given_back = offered(held, span_offer(0, 11)), offered(other, span_offer(0, 11))
    open_still = offered(make.held(cast.carol, held.task.project), span_offer(0, 11))
    assert other.tasker and other.token
    queue.release(other, other.tasker, other.token)
    submitted(held, taken(late, 0, 11))
    assert record.sweep() == 2
    assert outcomes(late, given_back, open_still) == ["accepted", "ignored", "offered"]
    assert record.sweep() == 0


def encoded(pixels: np.ndarray) -> str:
    return coco.encode(np.asfortranarray(pixels.astype(np.uint8)))["counts"].decode()


def runs(size: list[int], start: int, length: int) -> str:
    """COCO's string for `length` marked pixels after `start` unmarked ones."""
    counts = [start, length, size[0] * size[1] - start - length]
    return coco.frPyObjects({"size": size, "counts": counts}, *size)["counts"].decode()


@pytest.mark.parametrize(
    ("model_label", "mapping", "in_use", "wanted"),
    [
        ("PERSON", {}, {"person", "place"}, "person"),
        ("GPE", {}, {"person", "place"}, "place"),
        ("LOC", {}, {"location"}, "location"),
        ("ORG", {}, {"organisation"}, "organisation"),
        ("DATE", {}, {"date"}, "date"),
        ("ORG", {}, {"person"}, None),
        ("CARDINAL", {}, {"person"}, None),
        ("NORP", {"NORP": "group"}, {"group", "person"}, "group"),
        ("PERSON", {"NORP": "group"}, {"group", "person"}, None),
        ("PERSON", {"PERSON": "retired"}, {"person"}, None),
    ],
)
def test_labels_of_models_become_labels_of_projects(
    model_label: str, mapping: dict, in_use: set, wanted: str | None
) -> None:
    assert project_label(model_label, mapping, in_use) == wanted
