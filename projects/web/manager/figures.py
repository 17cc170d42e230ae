"""The figures of a dashboard: each a drawing with the table that it stands for, which is also its file."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from projects.reports import timeline
from projects.reports.dashboard import Dashboard, Graded, Period
from projects.reports.organization import Overview
from projects.reports.shares import Share
from projects.web.shared.charts import Bars, Line, Scale, bars, line, reach, round_up
from taskers.files.csv_cells import plain
from taskers.money import ledger

NOTHING = "–"
# Why a figure has nothing to draw, by its key.
MISSING = {
    "judgements": gettext_lazy("Nothing was handed in during this time."),
    "decisions": gettext_lazy("No task was decided during this time."),
    "progress": gettext_lazy("Nothing was handed in or decided during this time."),
    "quality": gettext_lazy("No task with several answers was decided, and no gold was answered without the copilot."),
    "seconds": gettext_lazy("No judgement of a person was timed during this time."),
    "labels": gettext_lazy("No task is decided."),
    "people-and-models": gettext_lazy(
        "No gold was answered without the copilot, and no model's blind work was graded."
    ),
    "cost": gettext_lazy("Nothing was earned during this time."),
    "budget": gettext_lazy("Nothing was handed in or decided during this time."),
}


@dataclass(frozen=True)
class Lines:
    """Lines over time with the strokes of their intervals, and what the height of the drawing stands for."""

    lines: Sequence[Line]
    strokes: Sequence[Sequence[str]]
    most: str
    half: str

    @property
    def drawn(self) -> list[tuple[int, Line, Sequence[str]]]:
        """Each with its number, from 1."""
        return [(place, one, some) for place, (one, some) in enumerate(zip(self.lines, self.strokes, strict=True), 1)]


@dataclass(frozen=True)
class Ranked:
    """One row of a list of bars: how long its bar is, of 100."""

    name: str
    number: int
    percent: float
    key: str = ""  # of the label, by which the task browser finds its tasks


@dataclass(frozen=True)
class Figure:
    """A drawing and its table. `key` names its file; cells are raw values, which `shown` says for people."""

    key: str
    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    stacks: Bars | None = None
    lines: Lines | None = None
    ranked: Sequence[Ranked] = field(default_factory=list)
    ends: tuple[str, str] = ("", "")  # of the line of time

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.ranked or self.lines or (self.stacks and self.stacks.bars))

    @property
    def missing(self) -> str:
        """Why there is nothing to draw."""
        return str(MISSING[self.key])

    @property
    def shown(self) -> list[list[str]]:
        """The table for people, the newest row first where it is about time."""
        rows = [[said(cell) for cell in row] for row in self.rows]
        return rows[::-1] if self.ends[0] else rows


@dataclass(frozen=True)
class Moment:
    """When a period began, as its unit is told."""

    at: datetime
    unit: str

    def __str__(self) -> str:
        return date_format(self.at, "j M, H:i" if self.unit == "hour" else "j M Y")

    @property
    def plain(self) -> str:
        """For files."""
        return self.at.isoformat(timespec="minutes") if self.unit == "hour" else self.at.date().isoformat()


def said(cell: Any) -> str:
    """A cell for people."""
    if cell is None:
        return NOTHING
    if isinstance(cell, bool | str | Moment):
        return str(cell)
    if isinstance(cell, float):
        return number_format(cell, decimal_pos=2 if cell < 10 else 1, force_grouping=True)
    return intcomma(cell)


def file(drawn: Sequence[Figure], key: str, unit: str) -> HttpResponse:
    """One of these as a CSV file. Raises Http404 where there is none of this name."""
    chosen = next((one for one in drawn if one.key == key), None)
    if chosen is None:
        raise Http404
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"{key}-by-{unit}.csv" if chosen.ends[0] else f"{key}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    lines = csv.writer(answer)
    lines.writerow(chosen.columns)
    lines.writerows([_plain(cell) for cell in row] for row in chosen.rows)
    return answer


def _plain(cell: Any) -> str:
    """A cell for a file."""
    if cell is None:
        return ""
    if isinstance(cell, Moment):
        return cell.plain
    if isinstance(cell, float):
        return f"{cell:.6g}"
    return plain(str(cell))


def all_of(found: Dashboard, shown: Sequence[Period], unit: str, currency: str) -> list[Figure]:
    """Every figure, over the periods that are shown."""
    when = [Moment(one.at, unit) for one in shown]
    return [
        _judgements(shown, when),
        _decisions(shown, when),
        _progress(found, shown, when),
        _quality(shown, when),
        _time(shown, when),
        _labels(found),
        _graded(found.graded),
        *([] if unit == "hour" else [_cost(found, shown, when, currency)]),
        *([] if unit == "hour" or not found.money.budget else [_budget(found, shown, when, currency)]),
    ]


def of_organization(found: Overview, currency: str) -> list[Figure]:
    """What is told of all projects together, day by day, and what each has spent of what it may."""
    days = found.days
    when = [Moment(one.at, "day") for one in days]
    figures = [_judgements(days, when), _decisions(days, when), _quality(days, when), _time(days, when)]
    return [*figures, _budgets(found, currency)] if any(one.budget for one in found.lines) else figures


def _ends(when: Sequence[Moment]) -> tuple[str, str]:
    return (str(when[0]), str(when[-1])) if when else ("", "")


def _judgements(shown: Sequence[Period], when: Sequence[Moment]) -> Figure:
    return Figure(
        "judgements",
        _("Judgements handed in"),
        "",
        [_("From"), _("People"), _("Models"), _("Voided")],
        [[at, one.people, one.machines, one.voided] for at, one in zip(when, shown, strict=True)],
        stacks=bars("judgements", [_("People"), _("Models")], [(one.people, one.machines) for one in shown]),
        ends=_ends(when),
    )


def _decisions(shown: Sequence[Period], when: Sequence[Moment]) -> Figure:
    names = [_("The answers together"), _("Reviewers"), _("Models alone")]
    return Figure(
        "decisions",
        _("Tasks decided, by whom"),
        _("A task that is decided anew counts again."),
        [_("From"), *names, _("Decided anew"), _("Reopened")],
        [
            [at, one.by_answers, one.by_reviewers, one.by_models, one.anew, one.reopened]
            for at, one in zip(when, shown, strict=True)
        ],
        stacks=bars("decisions", names, [(one.by_answers, one.by_reviewers, one.by_models) for one in shown]),
        ends=_ends(when),
    )


def _progress(found: Dashboard, shown: Sequence[Period], when: Sequence[Moment]) -> Figure:
    rows: list[list[Any]] = [[at, *done] for at, done in zip(when, timeline.ends(found, shown), strict=True)]
    wanted, tasks = max(1, found.stands.wanted), max(1, found.stands.tasks)
    values = [[row[1] / wanted for row in rows], [row[2] / tasks for row in rows]]
    names = [_("Judgements, of those wanted now"), _("Tasks decided, of those loaded now")]
    return Figure(
        "progress",
        _("How far it has come"),
        "",
        [_("From"), _("Judgements at its end"), _("Tasks decided at its end")],
        rows,
        lines=_lines(when, names, values, 1.0),
        ends=_ends(when),
    )


def _quality(shown: Sequence[Period], when: Sequence[Moment]) -> Figure:
    both = [(one.agreement, one.accuracy) for one in shown]
    names = [_("Agreement with what was decided"), _("Right on gold, without the copilot")]
    return Figure(
        "quality",
        _("Agreement and blind accuracy"),
        _("Upright strokes are 95 % intervals. Agreement counts decided tasks alone; the agreement report counts all."),
        [_("From"), names[0], _("from"), _("to"), _("Answers"), names[1], _("from"), _("to"), _("Answers")],
        [[at, *_cells(agreed), *_cells(right)] for at, (agreed, right) in zip(when, both, strict=True)],
        lines=_lines(when, names, [[one[side].value for one in both] for side in (0, 1)], 1.0, both),
        ends=_ends(when),
    )


def _cells(one: Share) -> list[Any]:
    return [one.value, one.low, one.high, one.number]


def _time(shown: Sequence[Period], when: Sequence[Moment]) -> Figure:
    names = [_("All"), _("With the copilot"), _("Without it")]
    values = [
        [one.seconds for one in shown],
        [one.seconds_helped for one in shown],
        [one.seconds_alone for one in shown],
    ]
    most = round_up(max((one for some in values for one in some if one is not None), default=1))
    if not any(values[1]):
        names, values = names[:1], values[:1]
    return Figure(
        "seconds",
        _("Seconds for one judgement"),
        _("Active time of people. Who works with the copilot and who doesn't differs: see Copilot for what it saves."),
        [_("From"), _("All"), _("With the copilot"), _("Without it"), _("Judgements")],
        [
            [at, one.seconds, one.seconds_helped, one.seconds_alone, one.timed]
            for at, one in zip(when, shown, strict=True)
        ],
        lines=_lines(when, names, values, most),
        ends=_ends(when),
    )


def _labels(found: Dashboard) -> Figure:
    most = max((one.tasks for one in found.labels), default=0) or 1
    decided = max(1, found.stands.decided)
    return Figure(
        "labels",
        _("Labels of what is decided"),
        _("Tasks that use a label; one task may use several."),
        [_("Label"), _("Tasks"), _("Share")],
        [[one.name, one.tasks, min(1.0, one.tasks / decided)] for one in found.labels],
        ranked=[Ranked(one.name, one.tasks, round(100 * one.tasks / most, 1), one.key) for one in found.labels],
    )


def _graded(graded: Sequence[Graded]) -> Figure:
    names = [one.name or ngettext("%(n)s person", "%(n)s people", one.people) % {"n": one.people} for one in graded]
    rows = [[name, *_cells(one.right)] for name, one in zip(names, graded, strict=True)]
    shares = [
        (name, round(100 * one.right.value))
        for name, one in zip(names, graded, strict=True)
        if one.right.value is not None
    ]
    note = _("People by gold that they answered without the copilot; models by all grades of their blind work.")
    if any(share.kind == "human" and share.right.value is None for share in graded):
        missing = _("How right people are can’t be told yet: none of them answered gold without the copilot.")
        note = f"{note} {missing}"
    return Figure(
        "people-and-models",
        _("People and models: right in a hundred"),
        note,
        [_("Who"), _("Right"), _("from"), _("to"), _("Answers")],
        rows,
        ranked=[Ranked(name, number, number) for name, number in shares],
    )


def _cost(found: Dashboard, shown: Sequence[Period], when: Sequence[Moment], currency: str) -> Figure:
    whole, spent = timeline.spent(found, shown)
    rows: list[list[Any]] = []
    for at, amount in zip(when, spent, strict=True):
        whole += amount
        rows.append([at, amount / ledger.MILLIONTHS, whole / ledger.MILLIONTHS])
    return Figure(
        "cost",
        _("What it cost"),
        _("What was earned that day, less what was taken back, in %(currency)s.") % {"currency": currency},
        [_("From"), _("Earned"), _("Since the beginning")],
        rows,
        stacks=bars("cost", [_("Earned")], [(max(0.0, row[1]),) for row in rows]),
        ends=_ends(when),
    )


def _budget(found: Dashboard, shown: Sequence[Period], when: Sequence[Moment], currency: str) -> Figure:
    budget = found.money.budget
    assert budget is not None
    whole, spent = timeline.spent(found, shown)
    limit = budget.limit / ledger.MILLIONTHS
    rows: list[list[Any]] = []
    for at, amount in zip(when, spent, strict=True):
        whole += amount
        rows.append([at, whole / ledger.MILLIONTHS, limit, whole / budget.limit])
    names = [_("Earned since the beginning"), _("What it may spend")]
    values = [[row[1] for row in rows], [row[2] for row in rows]]
    most = round_up(max((one for some in values for one in some), default=1))
    note = _("In %(currency)s; what it may spend is as of now. Promised for what isn’t decided yet: %(promised)s.")
    promised = ledger.about(budget.promised, currency)
    return Figure(
        "budget",
        _("Spent, of what it may"),
        note % {"currency": currency, "promised": promised},
        [_("From"), *names, _("Share")],
        rows,
        lines=_lines(when, names, values, most),
        ends=_ends(when),
    )


def _budgets(found: Overview, currency: str) -> Figure:
    some = sorted(
        ((one.project.name, one.budget) for one in found.lines if one.budget), key=lambda one: (-one[1].share, one[0])
    )
    note = _("In percent of what each may spend; in %(currency)s in the table. It ends: the middle of what is likely.")
    return Figure(
        "budget",
        _("Spent, of what projects may"),
        note % {"currency": currency},
        [_("Project"), _("Earned"), _("Promised"), _("What it may spend"), _("Share"), _("Ends")],
        [
            [
                name,
                one.earned / ledger.MILLIONTHS,
                one.promised / ledger.MILLIONTHS,
                one.limit / ledger.MILLIONTHS,
                one.share,
                None if one.at is None else Moment(timezone.localtime(one.at), "day"),
            ]
            for name, one in some
        ],
        ranked=[Ranked(name, round(100 * one.share), round(min(100, 100 * one.share), 1)) for name, one in some],
    )


def _lines(
    when: Sequence[Moment],
    names: Sequence[str],
    values: Sequence[Sequence[float | None]],
    most: float,
    intervals: Sequence[Sequence[Share]] | None = None,
) -> Lines | None:
    """None where no period has anything to say; a single one is a point."""
    if not any(value is not None for row in values for value in row):
        return None
    moments, scale = [one.at.timestamp() for one in when], Scale(0.0, most)
    drawn = [
        line(str(place), name, moments, some, scale)
        for place, (name, some) in enumerate(zip(names, values, strict=True))
    ]
    strokes: list[list[str]] = [[] for _name in names]
    if intervals is not None:
        for side in range(len(names)):
            bounds = [_bounds(one[side]) for one in intervals]
            strokes[side] = reach([at + side * 600 for at in moments], bounds, scale)
    return Lines(drawn, strokes, said(most) if most > 1 else "1", said(most / 2) if most > 1 else said(0.5))


def _bounds(one: Share) -> tuple[float, float] | None:
    return None if one.low is None or one.high is None else (one.low, one.high)
