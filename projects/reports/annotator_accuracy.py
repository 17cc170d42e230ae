"""What a project knows of its taskers and of itself, for people: reads only, a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import F

from projects.configuration import methods
from projects.configuration.terms import terms_of
from projects.models import AccuracyModel, AnnotatorParameters, Estimation, Label, MethodCalibration, Project
from projects.quality import audits, calibrating, estimating
from projects.quality.calibrating import Line
from projects.quality.more_people import MorePeople, read
from projects.quality.second_looks import open_in
from taskers.models import LabelStanding, Person, Standing
from taskers.standing import grades

MOST = 200  # taskers that are shown, those of whom most is known
MOST_PAIRS = 50  # of those who may copy each other
MOST_ODDS = 1_000_000_000  # beyond, numbers tell people nothing
FEW = 3  # labels shown of each, the weakest


@dataclass(frozen=True)
class OnLabel:
    """What is known of a tasker where one label is concerned."""

    name: str
    known: grades.Estimate


@dataclass(frozen=True)
class Known:
    """What is known of one tasker."""

    tasker: Person
    known: grades.Estimate
    labels: Sequence[OnLabel] = field(default_factory=list)
    finding: str = ""  # of the last estimate: blind, against, unsure or fine


@dataclass(frozen=True)
class Alike:
    """Two who may copy each other: of `shared` tasks they differed on so many, where independent people would be
    expected to on `expected`; by chance one pair in `odds` differs so little."""

    pair: tuple[Person, Person]
    shared: int
    differed: int
    expected: float
    odds: int

    @property
    def same(self) -> int:
        """Tasks on which they said the same."""
        return self.shared - self.differed


@dataclass(frozen=True)
class Report:
    """All that the page of a project's trust says."""

    method: methods.Method
    taskers: Sequence[Known]
    more: bool
    calibrated: MethodCalibration | None
    lines: Sequence[Line]
    run: Estimation | None
    looks: bool
    audits: audits.Counts
    copies: Sequence[Alike] = ()
    more_people: MorePeople | None = None
    cannot_tell: int = 0  # how many known answers would tell what the people don't; 0 where they do


def of(project: Project) -> Report:
    """The report on a project as it stands."""
    terms = terms_of(project)
    key = terms.settings.aggregation
    taskers = _taskers(project)
    newest = AccuracyModel.objects.filter(project=project).order_by("-version")
    copies, more_people = newest.values_list("copies", "numbers__more_people").first() or ((), None)
    return Report(
        method=methods.TOLD.get(key) or methods.Method(key, key, ""),
        taskers=taskers[:MOST],
        more=len(taskers) > MOST,
        calibrated=calibrating.latest(terms),
        lines=calibrating.lines(terms.calibration),
        run=estimating.latest(project),
        looks=open_in([project]).exists(),
        audits=audits.counts(project, terms.settings.audit_share),
        copies=_copies(copies),
        more_people=read(more_people),
        cannot_tell=terms.accuracy_model.needed,
    )


def _copies(stored: Sequence[dict]) -> list[Alike]:
    found = stored[:MOST_PAIRS]
    people = Person.objects.in_bulk({one[side] for one in found for side in ("who", "of")})
    return [
        Alike(
            (people[one["who"]], people[one["of"]]),
            one["shared"],
            one["differed"],
            one["expected"],
            int(float(f"{1 / max(one['surprise'], 1 / MOST_ODDS):.1e}")),  # two digits are more than is known
        )
        for one in found
        if one["who"] in people and one["of"] in people
    ]


def _taskers(project: Project) -> list[Known]:
    rows = Standing.objects.filter(project_key=project.public_id).select_related("tasker")
    some = list(rows.annotate(weight=F("good") + F("poor")).filter(weight__gt=0).order_by("-weight", "pk")[: MOST + 1])
    keys = [one.tasker_id for one in some]
    names = dict(Label.objects.filter(project=project).values_list("key", "name"))
    labels: dict[int, list[OnLabel]] = defaultdict(list)
    for one in LabelStanding.objects.filter(project_key=project.public_id, tasker__in=keys).order_by("label"):
        if one.label in names:
            labels[one.tasker_id].append(OnLabel(names[one.label], grades.estimate(one.good, one.poor)))
    newest = AnnotatorParameters.objects.filter(accuracy_model__project=project, tasker__in=keys).order_by(
        "tasker", "-accuracy_model__version"
    )
    findings = dict(newest.distinct("tasker").values_list("tasker", "finding"))
    return [
        Known(
            one.tasker,
            grades.estimate(one.good, one.poor),
            sorted(labels[one.tasker_id], key=lambda known: known.known.mean)[:FEW],
            findings.get(one.tasker_id, ""),
        )
        for one in some
    ]
