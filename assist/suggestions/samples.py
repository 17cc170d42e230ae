"""What would be offered in some images or texts of a project under other least scores, before anybody saves them: of
what a detector, a reader or a model of spans said of them ahead. No model is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assist.models import ModelVersion, Precomputed
from assist.registry import registry, resolution
from assist.suggestions import sureness
from assist.suggestions.bindings import SEERS, written_in
from assist.suggestions.label_map import project_label
from assist.suggestions.seen_boxes import named
from projects.models import Label, Project, Task

MOST = 8  # images or texts
NEWEST = 400  # tasks among which they are looked for
EXCERPT = 120  # characters
Known = Callable[[ModelVersion], sureness.Measured | None]


@dataclass(frozen=True)
class Seen:
    """A box of the detector's or a line of the reader's under a label of the project; `score` None: unknown, and
    offered at any least score. `words`: what was read there."""

    box: tuple[float, ...]
    label: Label
    score: float | None
    offered: bool
    words: str = ""


@dataclass(frozen=True)
class Sample:
    """An image with all that the model saw in it, the surest first."""

    task: Task
    seen: Sequence[Seen]

    @property
    def offered(self) -> int:
        """How much of it would be."""
        return sum(one.offered for one in self.seen)


@dataclass(frozen=True)
class SeenSpan:
    """The same of a piece of text."""

    text: str
    label: Label
    score: float | None
    offered: bool


@dataclass(frozen=True)
class TextSample:
    """A text with all that the model found in it, in its order."""

    task: Task
    seen: Sequence[SeenSpan]

    @property
    def offered(self) -> int:
        """How much of it would be."""
        return sum(one.offered for one in self.seen)

    @property
    def excerpt(self) -> str:
        """How it begins."""
        text = str(self.task.payload.get("text", ""))
        return text if len(text) <= EXCERPT else text[:EXCERPT] + "…"


def seer(project: Project) -> ModelVersion | None:
    """What answers most of the project's images with boxes or lines; a detector before a reader. None where nothing
    does."""
    answering = [one for one in resolution.everything(project) if one.version.capability in SEERS]
    best = min(answering, key=lambda one: (SEERS.index(one.version.capability), -one.share), default=None)
    return best.version if best else None


def of(project: Project, least: float, own: Mapping[str, float], measured: Known) -> list[Sample]:
    """Some images, the newest first; `least` and `own` (by the labels' keys) are the scores from which is offered, and
    `measured` says how far a version's scores may be believed here."""
    version = seer(project)
    if version is None:
        return []
    tasks = Task.objects.filter(project=project, asset__isnull=False).select_related("asset").order_by("-pk")[:NEWEST]
    by_key = {one.pk: one for one in tasks}
    rows = Precomputed.objects.filter(version=version, task_key__in=by_key).order_by("-task_key")[:MOST]
    labels, mapping = {one.key: one for one in project.labels.in_use()}, project.settings_now().label_mapping
    minimums, known = {"": least} | dict(own), measured(version)
    return [
        Sample(by_key[row.task_key], _seen(row.output["boxes"], version, mapping, labels, minimums, known))
        for row in rows
    ]


def of_texts(project: Project, least: float, own: Mapping[str, float], measured: Known) -> list[TextSample]:
    """The same of texts. By the version that answers most, or else the one that read the newest of them."""
    by_key = {one.pk: one for one in Task.objects.filter(project=project).order_by("-pk")[:NEWEST]}
    rows = Precomputed.objects.filter(task_key__in=by_key, version__capability="spans").order_by("-task_key")
    deployed = resolution.deployed(project, "spans")
    newest = rows.select_related("version").first()
    if newest is None:
        return []
    version = max(deployed, key=lambda one: one.share).version if deployed else newest.version
    labels, mapping = {one.key: one for one in project.labels.in_use()}, project.settings_now().label_mapping
    map_of, known = registry.label_map_of(str(version)), measured(version)
    minimums = {"": least} | dict(own)

    def seen(task: Task, spans: Sequence[Sequence]) -> TextSample:
        text, found = str(task.payload.get("text", "")), []
        for start, end, theirs, score in spans:
            if key := project_label(theirs, mapping, labels, map_of):
                sure = sureness.of(score, known, key)
                offered = sure is None or sure >= minimums.get(key, least)
                found.append(SeenSpan(text[start:end], labels[key], sure, offered))
        return TextSample(task, found)

    return [seen(by_key[row.task_key], row.output) for row in rows.filter(version=version)[:MOST]]


def _seen(
    boxes: Sequence[Sequence],
    version: ModelVersion,
    mapping: Mapping[str, str],
    labels: Mapping[str, Label],
    least: Mapping[str, float],
    known: sureness.Measured | None,
) -> list[Seen]:
    found, own, written = [], registry.label_map_of(str(version)), written_in(labels.values())
    for one in named(boxes, mapping, labels, own, written):
        sure = sureness.of(one.score, known, one.label)
        offered = sure is None or sure >= least.get(one.label, least[""])
        words = " ".join(one.attributes.values())
        found.append(Seen(one.box, labels[one.label], sure, offered, words))
    return sorted(found, key=lambda one: -(one.score or 0))
