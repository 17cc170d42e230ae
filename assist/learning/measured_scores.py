"""What verdicts teach about how far a model's scores of spans, boxes or lines may be believed. The only writer of
MeasuredScores.

The model is asked about texts or images that people answered without any help: of each span that it finds there it is
known whether it was decided just so, place and label, of each box whether something is marked there under its label
that shares at least half with it, and of each line whether the region that it lies in says so (line_matches.py). From
that its scores are calibrated (projects/inference/calibration.py), and those of each label of which enough is known by
themselves; again whenever a fifth more has been decided, or labels or what they are mapped to are others. Nothing is
asked about that ever judges it (blind_verdicts.calibrating).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from assist.errors import CopilotError
from assist.learning import blind_verdicts, term_memory
from assist.learning.blind_verdicts import Decided
from assist.learning.box_matches import matched
from assist.learning.line_matches import right_lines, written_down
from assist.learning.region_masks import AREAS, as_box
from assist.models import MeasuredScores, ModelVersion, Precomputed
from assist.registry import registry, resolution
from assist.registry.registry import WHOLE, model_version
from assist.runtime.client import serving, status_now
from assist.suggestions import asked_ahead, leading_words, score_bands, seen_boxes, sureness
from assist.suggestions.bindings import SEERS, capability_of, written_in
from assist.suggestions.label_map import project_label
from assist.suggestions.score_bands import Finding, Thresholds
from assist.suggestions.seen_boxes import Seen
from assist.suggestions.sureness import Measured
from projects.inference.calibration import Calibration, calibrate
from projects.models import Label, Project, VerdictEntry

# By what models do here by themselves, whose scores are measured.
OF = {"spans": ("spans",), "segment": SEERS}
SPANS, READS = "spans", "read"
NEWEST = 1_000  # verdicts
PICTURES = 300  # of those: one takes as long as a hundred texts
LEAST = 10  # fresh ones that are worth beginning for
ENOUGH = 50  # finds: before that nobody knows how far a score may be believed
ENOUGH_TEXTS = 20  # or images, that differ: a single one says the same again and again
PORTION = 64  # texts at once, so that people's own questions come in between
SAID = (0.5, 0.7, 0.9, 0.99)  # what a page speaks of


class Known(NamedTuple):
    """What the model said of what it found, whether it was decided so, the group of its task, and its label."""

    said: float
    right: bool
    group: str
    label: str


def of_what(project: Project) -> tuple[str, ...]:
    """Of models of which capabilities scores are measured here."""
    terms = project.settings_now()
    return OF.get(capability_of(project.task_type, terms), ()) if terms.copilot else ()


def of(project_key: UUID, model: str) -> Measured | None:
    """What is known of this model's scores in a project; None where too little is decided under the labels of today."""
    name, _, version = model.rpartition("@")
    rows = MeasuredScores.objects.filter(project__public_id=project_key, known__gte=ENOUGH)
    row = rows.filter(version__name=name, version__version=version).select_related("project", "version").first()
    return _measured(row, _terms(row.project).of(row.version)) if row else None


def standing(project: Project) -> list[dict[str, Any]]:
    """What has been measured so far, for the page: what a score is worth, where enough is decided to tell."""
    found, terms, names = [], _terms(project), dict(project.labels.values_list("key", "name"))
    for row in MeasuredScores.objects.filter(project=project).select_related("version").order_by("version"):
        measured = _measured(row, terms.of(row.version))
        found.append(
            {
                "version": row.version,
                "verdicts": row.verdicts,
                "known": row.known,
                "right_percent": round(100 * row.right / row.known) if row.known else None,
                "measured": measured,
                "lines": _lines(measured.of_all) if measured else [],
                # What is of one label alone is said once.
                "labels": [
                    (names.get(key, key), one.known, _lines(one))
                    for key, one in (measured.of_labels if measured else {}).items()
                    if one.known < row.known
                ],
                "high": [
                    (names.get(key, key), round(100 * scores.high))
                    for key, scores in (measured.thresholds if measured else {}).items()
                    if scores.high is not None
                ],
            }
        )
    return found


def _lines(calibration: Calibration) -> list[tuple[int, int]]:
    return [(round(100 * one), round(100 * float(calibration(one)))) for one in SAID]


def due(project: Project) -> bool:
    """Whether enough was decided since they were last measured, or a model answers whose scores never were as things
    stand today."""
    capabilities = of_what(project)
    answering = _answering(project, capabilities)
    if not answering and SPANS not in capabilities:
        return False  # boxes and lines come from a model that was brought, or not at all
    now = _terms(project)
    rows = list(MeasuredScores.objects.filter(project=project).select_related("version").order_by("-upto"))
    today = {row.version_id for row in rows if row.terms == now.of(row.version) and row.thresholds is not None}
    if rows and (rows[0].version_id not in today or any(one.version.pk not in today for one in answering)):
        return True
    wanted = max(LEAST, max((row.read for row in rows), default=0) // 5)
    decided = VerdictEntry.objects.filter(project=project, label="")
    last = rows[0].upto if rows else 0
    return decided.filter(pk__gt=last)[:wanted].count() >= wanted


def learn(project: Project) -> int:
    """Measure the scores of every version that answers here; returns how many verdicts there were. Raises CopilotError
    where the runtime doesn't answer."""
    # Before the verdicts: what comes or changes meanwhile is read next time.
    read, terms = {"upto": blind_verdicts.newest_key(project)}, _terms(project)
    decided = blind_verdicts.newest(project, NEWEST)
    for version in _versions(project):
        blind = blind_verdicts.calibrating(project, version, decided)
        if version.capability in SEERS:
            told = [one for one in blind if one.task.asset_id][:PICTURES]
            known = _known_regions(project, version, told)
        else:
            told = [one for one in blind if one.task.payload.get("text")]
            known = _known(project, version, told)
        kept = read | {"terms": terms.of(version), "verdicts": len(told), "read": len(decided)}
        _write(project, version, known, kept)
    return len(decided)


def _versions(project: Project) -> list[ModelVersion]:
    capabilities = of_what(project)
    rows = _answering(project, capabilities)
    found = [row.version for row in rows]
    if SPANS in capabilities and sum(row.share for row in rows) < WHOLE:
        status = status_now(settings.RUNTIME_ADDRESS, 5.0)
        if status is None:
            raise CopilotError("copilot-down")
        found.append(model_version(serving(status, SPANS)))
    return list(dict.fromkeys(found))


def _answering(project: Project, capabilities: Collection[str]) -> list[resolution.Answer]:
    return [row for row in resolution.everything(project) if row.version.capability in capabilities]


def _known(project: Project, version: ModelVersion, blind: Sequence[Decided]) -> list[Known]:
    labels, mapping = _labels(project), project.settings_now().label_mapping
    own, found = registry.label_map_of(str(version)), list[Known]()
    leading = term_memory.leading(project.public_id)
    for one, spans in zip(blind, _found(version, blind), strict=True):
        decided = {(span["start"], span["end"], span["label"]) for span in one.answer["spans"]}
        named = [
            (start, end, label, score)
            for start, end, theirs, score in spans or ()
            if (label := project_label(theirs, mapping, labels, own))
        ]
        for start, end, label, score in leading_words.trimmed(one.task.payload["text"], named, leading):
            score_of_model = sureness.UNSAID if score is None else float(score)
            found.append(Known(score_of_model, (start, end, label) in decided, one.group, label))
    return found


def _known_regions(project: Project, version: ModelVersion, blind: Sequence[Decided]) -> list[Known]:
    labels, mapping = _labels(project), project.settings_now().label_mapping
    own, written, found = registry.label_map_of(str(version)), _written(project, version), list[Known]()
    for one, boxes in zip(blind, _seen(version, blind), strict=True):
        for each, right in _rightness(seen_boxes.named(boxes, mapping, labels, own, written), one, written):
            said = sureness.UNSAID if each.score is None else float(each.score)
            found.append(Known(said, right, one.group, each.label))
    return found


def _rightness(found: Sequence[Seen], one: Decided, written: Mapping[str, str]) -> list[tuple[Seen, bool]]:
    """Whether each is right: a line by what it says, where its label keeps that, and what has no words by its place."""
    regions = one.answer["regions"]
    marked = [(part["label"], box) for part in regions if (box := as_box(part["shape"]))]
    boxes = [each for each in found if not each.attributes]
    lines = [each for each in found if each.attributes]
    by_place = [(each, overlap > 0) for each, overlap in matched(boxes, marked)]
    return by_place + right_lines(lines, written_down(regions, written))


def _written(project: Project, version: ModelVersion) -> dict[str, str]:
    """By label the attribute that holds what a reader reads there; nothing of what reads nothing."""
    return written_in(project.labels.in_use()) if version.capability == READS else {}


def _labels(project: Project) -> set[str]:
    """Those that a span or a box may be of."""
    return _areas(project.labels.in_use())


def _areas(labels: Iterable[Label]) -> set[str]:
    return {one.key for one in labels if not one.shapes or AREAS.intersection(one.shapes)}


def _found(version: ModelVersion, blind: Sequence[Decided]) -> list[Any]:
    """What the model finds in each text: by what was prepared, or by asking."""
    tasks = [one.task for one in blind]
    rows = Precomputed.objects.filter(version=version, task_key__in=[task.pk for task in tasks])
    known = dict(rows.values_list("task_key", "output"))
    fresh = [task for task in tasks if task.pk not in known]
    for at in range(0, len(fresh), PORTION):
        some = fresh[at : at + PORTION]
        answers = asked_ahead.of_texts(version, some, None)
        known |= {task.pk: spans for task, spans in zip(some, answers, strict=True)}
    return [known[task.pk] for task in tasks]


def _seen(version: ModelVersion, blind: Sequence[Decided]) -> list[Sequence[Any]]:
    """The same of the boxes in each image; none of what it can make nothing of."""
    tasks = [one.task for one in blind]
    rows = Precomputed.objects.filter(version=version, task_key__in=[task.pk for task in tasks])
    known = dict(rows.values_list("task_key", "output"))
    if fresh := [task for task in tasks if task.pk not in known]:
        known |= {task.pk: said for task, said in asked_ahead.of_images(version, fresh)}
    return [known[task.pk]["boxes"] if task.pk in known else () for task in tasks]


def _write(project: Project, version: ModelVersion, known: Sequence[Known], read: dict[str, Any]) -> None:
    by_label = {label: [one for one in known if one.label == label] for label in sorted({one.label for one in known})}
    values = _learnt(known) | {
        "right": sum(one.right for one in known),
        "texts": len(_groups(known)),
        "by_label": {
            label: _learnt(some)
            for label, some in by_label.items()
            if len(some) >= ENOUGH and len(_groups(some)) >= ENOUGH_TEXTS
        },
    }
    values["thresholds"] = _thresholds(values, by_label)
    MeasuredScores.objects.update_or_create(project=project, version=version, defaults=values | read | {"at": Now()})


def _thresholds(values: Mapping[str, Any], by_label: Mapping[str, Sequence[Known]]) -> dict[str, dict[str, Any]]:
    """Of each label of which enough is known the least scores of its bands, by the scores that people are shown."""
    measured = Measured(_calibration(values), {label: _calibration(one) for label, one in values["by_label"].items()})
    derived = {
        label: score_bands.thresholds(
            [Finding(sureness.of(find.said, measured, label) or 0.0, find.right, find.group) for find in finds]
        )
        for label, finds in by_label.items()
    }
    return {label: asdict(thresholds) for label, thresholds in derived.items() if thresholds is not None}


def _learnt(known: Sequence[Known]) -> dict[str, Any]:
    learnt = calibrate([one.said for one in known], [one.right for one in known])
    return {"mean": list(learnt.mean), "covariance": [list(row) for row in learnt.covariance], "known": len(known)}


def _groups(known: Sequence[Known]) -> set[str]:
    return {one.group for one in known}


class Terms(NamedTuple):
    """What says which finds are meant: another text once labels come or go, or are mapped otherwise; of what is read
    also once it is kept elsewhere. Labels are no part of a version of the settings."""

    usual: str
    reading: str

    def of(self, version: ModelVersion) -> str:
        """Those under which this version's scores are measured."""
        return self.reading if version.capability == READS else self.usual


def _terms(project: Project) -> Terms:
    labels, mapping = project.labels.in_use(), project.settings_now().label_mapping
    usual = [mapping, sorted(_areas(labels))]
    return Terms(_digest(usual), _digest([*usual, written_in(labels)]))


def _digest(said: list[Any]) -> str:
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _measured(row: MeasuredScores, terms: str) -> Measured | None:
    if row.known < ENOUGH or row.texts < ENOUGH_TEXTS or row.terms != terms:
        return None
    of_all = _calibration({"mean": row.mean, "covariance": row.covariance, "known": row.known})
    thresholds = {label: Thresholds(**scores) for label, scores in (row.thresholds or {}).items()}
    return Measured(of_all, {label: _calibration(one) for label, one in row.by_label.items()}, thresholds)


def _calibration(learnt: Mapping[str, Any]) -> Calibration:
    mean, ((a, b), (c, d)) = learnt["mean"], learnt["covariance"]
    return Calibration((mean[0], mean[1]), ((a, b), (c, d)), learnt["known"])
