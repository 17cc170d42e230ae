"""The files for Prometheus and Grafana name only what Tandem tells, and each alert has its heading in the runbook."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

import assist.runtime.metrics
import config.metrics.process
import projects.quality.metrics
import projects.queue.metrics
from config.metrics.figures import Figures
from config.metrics.gather import ANSWERED, merged
from config.metrics.process import Pool
from config.system import runbook
from config.system.checks import CHECKS
from tests.support.walls import ROOT

PLACE = ROOT / "docs" / "monitoring"
RULES = [rule for group in yaml.safe_load((PLACE / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((PLACE / "dashboard.json").read_text())
OURS = (assist.runtime.metrics, config.metrics.process, projects.quality.metrics, projects.queue.metrics)
FIGURE = re.compile(r"\b((?:tandem|process|python)_[a-z_]+)")
LABELS = re.compile(r"\bby \(([a-z, ]+)\)|\{([a-z]+)[=!]|\{\{\s*(?:\$labels\.)?([a-z]+)\s*\}\}")
BY_PROMETHEUS = {"instance", "le"}
# No label may have more values than somebody wrote down, or an operator set up: never people, tasks, addresses.
LABELS_ALLOWED = {
    *("process", "lane", "found", "method", "route", "status", "state", "queue", "job", "ended", "reader", "folder"),
    "where",
}


@pytest.fixture(scope="module")
def told() -> dict[str, set[str]]:
    """The labels of each sample that may be told, by its name."""
    found: dict[str, set[str]] = {ANSWERED: {"process"}}
    registry = CollectorRegistry()
    registry.register(Pool())
    for collector in (registry, REGISTRY):
        for line in merged({"x": generate_latest(collector).decode()}).splitlines():
            if line.startswith("#"):
                continue
            name = line.partition("{")[0]
            found.setdefault(name, set()).update(re.findall(r'([a-z_]+)="', line))
    for module in OURS:  # what was not counted yet has no sample
        for metric in (one for one in vars(module).values() if hasattr(one, "_labelnames")):
            (family,) = metric.describe()
            kinds = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
            for kind in kinds:
                found.setdefault(f"{family.name}{kind}", set()).update({"process", "le", *metric._labelnames})
    for one in figures():
        found.setdefault(one.name, set()).update(one._labelnames)
    return found


def figures() -> Iterator[Any]:
    """The gauges of the database and of disks, without asking either."""
    asked = Figures({}, {})
    asked.database.ask = asked.disks.ask = lambda: {}  # type: ignore[assignment,return-value]
    return asked.collect()


def expressions() -> Iterator[tuple[str, str, str]]:
    """Where each stands, what it asks, and what is said beside it."""
    for rule in RULES:
        yield rule["alert"], rule["expr"], rule["annotations"]["summary"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"], target["legendFormat"]


@pytest.mark.parametrize("where, asked, said", list(expressions()))
def test_only_what_is_told_is_asked_for(where: str, asked: str, said: str, told: dict[str, set[str]]) -> None:
    names = set(FIGURE.findall(asked))
    assert names and names <= told.keys(), where
    labels = {one.strip() for found in LABELS.findall(f"{asked} {said}") for one in ",".join(found).split(",")} - {""}
    assert labels - BY_PROMETHEUS <= set().union(*(told[name] for name in names)), where


def test_everything_that_tandem_tells_is_looked_at_by_somebody(told: dict[str, set[str]]) -> None:
    asked = " ".join(expression for _where, expression, _said in expressions())
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in told if name.startswith("tandem_")}
    left_out = {"tandem_database_figures_age_seconds", "tandem_pool_waited_seconds_total"}
    assert {one for one in families if one not in asked} == left_out


def test_no_label_grows_with_people_tasks_or_organizations(told: dict[str, set[str]]) -> None:
    own = {label for name, labels in told.items() if name.startswith("tandem_") for label in labels}
    assert own - {"le"} == LABELS_ALLOWED


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_has_its_heading_in_the_runbook(rule: dict) -> None:
    assert rule["annotations"]["runbook"] in runbook.sections()
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_runbook_has_no_heading_that_nobody_names() -> None:
    by_alerts = {rule["annotations"]["runbook"] for rule in RULES}
    source = Path(CHECKS[0].__code__.co_filename).read_text()
    assert {one for one in runbook.sections() if one not in by_alerts and f'"{one}"' not in source} == set()


def test_panels_have_numbers_and_places_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({one["id"] for one in panels}) == len(panels)
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in panels]
    assert len(set(places)) == len(places)
