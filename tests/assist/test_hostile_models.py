"""Models of strangers: hundreds that reach for files, hosts or memory. Each is refused when it is brought, or fails its
first question, with an error that names the reason and shows nothing of any file; nothing outside is touched.
"""

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from assist.adapters.library_faults import reason
from assist.models import ModelVersion
from assist.registry import intake, registry
from assist.registry.intake import BadModel
from tests.support.assist import brought, hostile_at_work, hostile_models, hostile_spacy
from tests.support.assist.lures import Lures, lures
from tests.support.cast import Cast
from tests.support.rounds import rounds

MOST_MB = 300  # of memory that a hostile model may take beyond what a good one takes
PLACELESS = frozenset(
    {"zip: no zip", "zip: damage", "zip: a password", "zip: ten thousand files", "zip: an endless list"}
)


@pytest.fixture
def lured(tmp_path: Path) -> Iterator[Lures]:
    with lures(tmp_path / "outside") as made:
        yield made


@pytest.fixture
def store(tmp_path: Path, settings) -> Path:
    settings.MODELS_DIR = str(tmp_path / "models")
    return tmp_path / "models"


def test_there_are_more_than_two_hundred_of_them() -> None:
    assert len(hostile_models.refused()) + len(hostile_at_work.all_of()) > 500


@pytest.mark.rounds
def test_each_is_refused_when_it_is_brought_and_reaches_nothing(
    cast: Cast, store: Path, lured: Lures, tmp_path: Path
) -> None:
    every = hostile_models.refused()
    # Evenly out of all families.
    step = max(1, len(every) // rounds(len(every)))
    chosen = {name: write for n, (name, write) in enumerate(every.items()) if n % step == 0 or "ConsoleLogger" in name}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number, (name, write) in enumerate(chosen.items()):
        source = write(tmp_path / f"m{number}", lured)
        with pytest.raises(BadModel) as problem:
            pytest.fail(f"{name} was taken in as {intake.bring(cast.riverside, source, by=cast.mina)}")
        text = problem.value.template % problem.value.values
        assert problem.value.code != "bad-model" and (problem.value.place or name in PLACELESS), name
        assert text.endswith(".") and lured.token not in text and str(tmp_path) not in text, name
        assert not lured.taken(), name
    assert not ModelVersion.objects.filter(organization=cast.riverside).exists()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown >> 10 <= MOST_MB


def test_a_pipeline_that_would_read_or_write_files_is_refused_again_before_it_is_loaded(
    db: None, store: Path, lured: Lures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been taken in before there was such a check."""
    reading = hostile_spacy.PLACES["before_creation"]({"@readers": "srsly.read_yaml.v1", "path": str(lured.secret)})
    with monkeypatch.context() as careless:
        careless.setattr("assist.adapters.contents.check", lambda *given: None)
        version = registry.bring(store, hostile_spacy.pipeline(tmp_path / "m", reading))
    finding = hostile_at_work.asked(str(version), store)
    (line,) = finding.lines
    assert not finding.well and line.startswith(
        "config.cfg [nlp.before_creation] @readers: “srsly.read_yaml.v1” is none"
    )
    assert not lured.taken()


def test_a_lost_file_of_a_brought_model_is_told_without_its_path(db: None, store: Path, tmp_path: Path) -> None:
    version = registry.bring(store, brought.detector_folder(tmp_path / "m"))
    for file in store.glob("?" * 64):
        file.unlink()
    (line,) = hostile_at_work.asked(str(version), store).lines
    assert "is not in the store of models: add the model again" in line and str(tmp_path) not in line


@pytest.mark.torture
def test_each_that_looks_well_ends_its_first_question_and_reaches_nothing(
    cast: Cast, store: Path, lured: Lures, tmp_path: Path
) -> None:
    usual = {
        adapter: hostile_at_work.asked(str(registry.bring(store, source)), store)
        for adapter, source in hostile_at_work.good(tmp_path / "good").items()
    }
    assert all(finding.well for finding in usual.values()), usual
    wrong = []
    for number, (name, write) in enumerate(hostile_at_work.all_of().items()):
        source = write(tmp_path / f"m{number}", lured)
        page = (source / "model.toml").read_text()
        (source / "model.toml").write_text(page.replace('version = "1"', f'version = "{number}"'))
        version = intake.bring(cast.riverside, source, by=cast.mina)
        endless = name in hostile_at_work.ENDLESS
        seconds = hostile_at_work.ENDLESS_SECONDS if endless else hostile_at_work.SECONDS
        finding = hostile_at_work.asked(str(version), store, seconds)
        text = " ".join(finding.lines)
        shown = lured.token in text or str(tmp_path) in text or "Traceback" in text
        grown = finding.megabytes - usual[version.terms["adapter"]].megabytes
        if finding.well or not text or shown or grown > MOST_MB or lured.taken():
            wrong.append((name, finding, grown))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("kind", [ValueError, KeyError, RuntimeError, OSError, UnicodeError, Exception])
def test_what_a_library_throws_is_told_without_its_words(kind: type[Exception]) -> None:
    text = reason(kind("secret-token at /srv/tandem/var/secret in config.cfg"), ["config.cfg", "meta.json"])
    assert kind.__name__ in text and "config.cfg" in text and "secret" not in text and "/" not in text
    try:
        json.loads("{\n\nsecret")
    except ValueError as problem:
        assert "line 3" in reason(problem) and "secret" not in reason(problem)
