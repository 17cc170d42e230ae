"""What pages, readiness checks and operators are told."""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from assist.adapters import DEFAULTS, RUNTIMES, SHIPPED, Offer
from assist.models import ModelVersion
from assist.runtime import doctor
from assist.runtime.client import status_now
from assist.web import status
from projects.reports import notices
from tests.support import make
from tests.support.assist import weights, work
from tests.support.assist.running import SPACY_ONLY, Runtime, running
from tests.support.cast import Cast


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    status._Asked.at = -status.FRESH_SECONDS
    yield
    status._Asked.at = -status.FRESH_SECONDS


@pytest.fixture
def untouched(tmp_path: Path) -> Path:
    """The models that come along, and none that somebody added to this machine."""
    return weights.linked(tmp_path / "untouched")


def said_of(project) -> str:
    return status.of_project(project, project.settings_now())


def once_started(sentence_now: Callable[[], str]) -> str:
    """The sentence that comes after "The copilot is starting"."""
    sentence = sentence_now()
    for _ in range(400):
        if not sentence.startswith("The copilot is starting"):
            break
        status._Asked.at = -status.FRESH_SECONDS
        time.sleep(0.05)
        sentence = sentence_now()
    return sentence


def test_dead_runtime_is_said_on_the_projects_page(cast: Cast, settings) -> None:
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"
    project = make.project(cast.riverside)
    sentence = "The copilot is off: its runtime is not running. Annotating works without it."
    assert said_of(project) == sentence
    assert sentence in [speak(project, project.settings_now()) for speak in notices.SPEAKERS]


def test_project_that_wants_no_copilot_hears_nothing(cast: Cast, settings) -> None:
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"
    assert said_of(make.project(cast.riverside, copilot=False)) == ""


def test_live_runtime_says_nothing(cast: Cast, settings, fake_runtime: Runtime) -> None:
    project = make.project(cast.riverside)
    settings.RUNTIME_ADDRESS = fake_runtime.address
    assert said_of(project) == ""
    assert said_of(work.image_project(cast.riverside)) == ""


def test_missing_weights_are_said_with_what_to_do(cast: Cast, settings, tmp_path: Path) -> None:
    project = work.image_project(cast.riverside)
    with running(work.SAM, weights=tmp_path) as runtime:
        settings.RUNTIME_ADDRESS = runtime.address
        assert "python -m assist.adapters fetch" in once_started(lambda: said_of(project))


def test_capability_that_nobody_serves_is_said(settings) -> None:
    with running(*SPACY_ONLY) as runtime:
        settings.RUNTIME_ADDRESS = runtime.address
        assert "not installed" in once_started(lambda: status.of_capability("segment"))


def test_page_asks_the_runtime_once_in_a_while(settings, fake_runtime: Runtime, monkeypatch) -> None:
    asked: list[str] = []

    def ask(address: str):
        asked.append(address)
        return status_now(address)

    monkeypatch.setattr(status, "status_now", ask)
    settings.RUNTIME_ADDRESS = fake_runtime.address
    for _ in range(5):
        status.of_capability("spans")
    assert len(asked) == 1


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("models", *arguments, stdout=out)
    return out.getvalue()


def test_list_names_every_model_and_whether_it_is_there(settings, untouched: Path, tmp_path: Path) -> None:
    settings.MODELS_DIR = untouched
    lines = said("list").splitlines()
    assert len(lines) == len(RUNTIMES)
    assert any(work.SAM in line and "installed" in line and "default" in line for line in lines)
    settings.MODELS_DIR = tmp_path
    assert any(work.SAM in line and "missing" in line for line in said("list").splitlines())


def test_verify_and_fetch_agree(settings, untouched: Path, tmp_path: Path) -> None:
    settings.MODELS_DIR = untouched
    all_of_them = 2 + sum(len(RUNTIMES[key].artifacts) for key in SHIPPED)
    assert said("fetch").count(": right") == all_of_them
    assert said("verify").count(": right") == all_of_them
    settings.MODELS_DIR = tmp_path
    with pytest.raises(CommandError) as caught:
        said("verify")
    assert "fetch" in str(caught.value)


def test_doctor_finds_the_real_models_well(settings, untouched: Path) -> None:
    settings.MODELS_DIR, settings.RUNTIME_ADDRESS = untouched, "unix:/nowhere/runtime.sock"
    report = said("doctor")
    assert all(f"{key}: well" in report for key in DEFAULTS)
    assert "device cpu" in report and "masks in" in report and "Denver" in report and "MB" in report
    assert "runtime process: not running" in report


def test_what_the_doctor_measured_is_kept_where_that_is_asked_for(db: None, settings) -> None:
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"
    said("doctor", "fake-masks@1")
    assert not ModelVersion.objects.exists()
    said("doctor", "fake-masks@1", "--record")
    assert {"encode seconds", "decode seconds", "load seconds", "memory MB"} == set(ModelVersion.objects.get().metrics)


def test_doctor_says_what_to_do_about_a_missing_file(settings, tmp_path: Path) -> None:
    settings.MODELS_DIR = tmp_path
    (finding,) = doctor.examine([RUNTIMES[work.SAM]], tmp_path)
    assert not finding.well and "python -m assist.adapters fetch" in finding.lines[0]
    with pytest.raises(CommandError):
        said("doctor")


def test_doctor_notices_a_model_that_answers_wrongly_or_falls_over(tmp_path: Path) -> None:
    wrong, broken = RUNTIMES["fake-masks@1"], Offer("broken", "1", "segment", "fake:nothing_of_this_name")
    dull, sick = doctor.examine([RUNTIMES["fake-spans@1"], broken], tmp_path)
    assert doctor.examine([wrong], tmp_path)[0].well, "its mask is the box, and the face lies in the box"
    assert not dull.well and any("Reinstall" in line for line in dull.lines)
    assert not sick.well and "AttributeError" in sick.lines[0]
