"""A customer's pipeline, by token and without a page: it makes a project and loads it, taskers' programs work with
suggestions, two of three decide one task after the other, and what was decided is taken away, as often as wanted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

from tandem_client import Answers, Label, Settings, Tandem
from tests.support.browser.programs import program, secret_of
from tests.support.browser.site import ROOT, Site
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")

TASKERS = ["leo", "amina", "jun"]
TEXT = "Maria Lopez met Ingrid Olsen in Oslo. Report {}."
MADE, ROWS_REFUSED = 0, 6  # exit codes of `tandem push`


def push(site: Site, secret: str, file: Path, project: str, *more: str) -> subprocess.CompletedProcess[str]:
    """`tandem push`, as a shell runs it."""
    command = [sys.executable, "-m", "tandem_client", "push", str(file), "--project", project, *more]
    environment = os.environ | {"TANDEM_SERVER": site.url, "TANDEM_TOKEN": secret, "PYTHONPATH": str(ROOT / "client")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_a_customers_pipeline(site: Site, tmp_path: Path) -> None:
    secret = secret_of(site, "maya", "all")
    with Tandem(site.url, secret) as maya:
        project = maya.projects.create(
            "Pipeline reports", "text_spans",
            labels=[Label("Place", key="loc"), Label("Human", key="per")],
            settings=Settings(
                wanted=2, most=3, depth_first=True, copilot=True, file_order=True,
                label_mapping={"PERSON": "per", "GPE": "loc"},
            ),
        )  # fmt: skip
        assert project.state == "live", "a program has no checklist to look at"
        load(site, secret, tmp_path)
        work(site, project.id)
        take_away(maya, project.id, tmp_path)


def load(site: Site, secret: str, folder: Path) -> None:
    """Rows that hold nothing are refused by their line and the exit code tells so; sent again, all is known."""
    rows = [{"external_id": f"report-{number}", "payload": {"text": TEXT.format(number)}} for number in range(2)]
    file = folder / "reports.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"external_id": "empty", "payload": {}}]))
    first = push(site, secret, file, "Pipeline reports", "--batch", "March", "--live")
    assert first.returncode == ROWS_REFUSED, first.stderr
    assert "line 3" in first.stdout + first.stderr
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    again = push(site, secret, file, "Pipeline reports", "--batch", "March")
    assert again.returncode == MADE, again.stdout + again.stderr


def work(site: Site, project: str) -> None:
    """Leo and Amina disagree about the first report and Jun decides it; of the second two agree at once."""
    programs = {name: program(site, name, "label") for name in TASKERS}
    answer_next(programs["leo"], project, takes_suggestions=True)
    answer_next(programs["amina"], project, takes_suggestions=False)
    until(lambda: wanted(site, project) == [("report-0", 3), ("report-1", 2)], why=lambda: wanted(site, project))
    answer_next(programs["jun"], project, takes_suggestions=True)
    until(lambda: decided(site, project) == ["report-0"], why=lambda: decided(site, project))
    for name in ("leo", "amina"):  # to whom it came with the answer to their submit
        answer_next(programs[name], project, takes_suggestions=True)
    until(lambda: decided(site, project) == ["report-0", "report-1"], why=lambda: decided(site, project))
    for opened in programs.values():
        opened.close()


def answer_next(tasker: Tandem, project: str, *, takes_suggestions: bool) -> None:
    claim = tasker.ask("POST", f"projects/{project}/claim/", query={"suggestions": "true"})
    assignment = claim["assignment"]
    assert claim["suggestions"], claim
    (message,) = claim["suggestions"]["results"]
    assert {span["label"] for span in message["spans"]} == {"per", "loc"}, claim["suggestions"]["problem"]
    again = tasker.ask("GET", f"assignments/{assignment['id']}/suggestions/")
    assert again["results"][0]["spans"] == message["spans"]
    spans = [
        {
            **{name: span[name] for name in ("start", "end", "label")},
            "id": f"s{number}",
            "provenance": {"source": "suggestion", "suggestion": span["suggestion"], "model": span["model"]},
        }
        for number, span in enumerate(message["spans"])
    ]
    other = [{"id": "s0", "start": 0, "end": 5, "label": "loc", "provenance": {"source": "human"}}]
    body = {"token": assignment["token"], "answer": {"spans": spans if takes_suggestions else other}}
    tasker.ask("POST", f"assignments/{assignment['id']}/submit/", json=body)


def wanted(site: Site, project: str) -> list[tuple[str, int]]:
    return site.query(
        "SELECT t.external_id, t.wanted FROM projects_task t JOIN projects_project p ON p.id = t.project_id"
        " WHERE p.public_id = %s ORDER BY t.external_id",
        project,
    )


def decided(site: Site, project: str) -> list[str]:
    rows = site.query(
        "SELECT t.external_id FROM projects_verdict v JOIN projects_task t ON t.id = v.task_id"
        " JOIN projects_project p ON p.id = t.project_id WHERE p.public_id = %s AND v.superseded_at IS NULL"
        " ORDER BY t.external_id",
        project,
    )
    return [name for (name,) in rows]


def take_away(maya: Tandem, project: str, folder: Path) -> None:
    """The verdicts are followed and exported; each format is whole both times, and says labels by their names."""
    answers = Answers()
    followed: list[str] = []

    def both_followed() -> bool:
        followed.extend(line.external_id for line in maya.follow_verdicts(project, answers))
        return sorted(followed) == ["report-0", "report-1"]

    until(both_followed, why=lambda: followed)
    for attempt in ("first", "second"):
        into = folder / attempt
        into.mkdir()
        conll = maya.exports.download(project, "conll", into).read_text()
        assert "B-Human" in conll and "B-Place" in conll and "B-per" not in conll
        corpus = DocBin().from_disk(maya.exports.download(project, "docbin", into))
        documents = list(corpus.get_docs(spacy.blank("en").vocab))
        assert len(documents) == 2 and {span.label_ for text in documents for span in text.ents} == {"Human", "Place"}
        rows = [json.loads(row) for row in maya.exports.download(project, "jsonl", into).read_text().splitlines()]
        assert sorted(row["external_id"] for row in rows) == ["report-0", "report-1"]
