"""Where an installation keeps its files, and cells that people open in a spreadsheet."""

from pathlib import Path

import pytest
from django.conf import settings

from taskers.files.csv_cells import plain
from taskers.files.folders import CHECKOUT, data_folder, media_folder, models_folder


def test_the_environment_says_where_the_data_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path))
    monkeypatch.delenv("TANDEM_MEDIA", raising=False)
    monkeypatch.delenv("TANDEM_MODELS", raising=False)
    assert (data_folder(), media_folder(tmp_path), models_folder()) == (
        tmp_path,
        tmp_path / "media",
        tmp_path / "models",
    )
    monkeypatch.setenv("TANDEM_MEDIA", str(tmp_path / "pictures"))
    monkeypatch.setenv("TANDEM_MODELS", str(tmp_path / "weights"))
    assert (media_folder(tmp_path), models_folder()) == (tmp_path / "pictures", tmp_path / "weights")


def test_without_it_the_data_lies_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TANDEM_DATA")
    assert data_folder() == (CHECKOUT / "var").resolve()
    assert (CHECKOUT / "manage.py").is_file()


def test_the_settings_and_programs_without_settings_mean_the_same_folders() -> None:
    assert (data_folder(), models_folder()) == (settings.DATA_DIR, settings.MODELS_DIR)


@pytest.mark.parametrize("typed", ["=1+1", "+49", "-3", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_compute_stays_text(typed: str) -> None:
    assert plain(typed) == "'" + typed


@pytest.mark.parametrize("typed", ["", "Zoë", "a=b", "1"])
def test_everything_else_stays_as_it_is(typed: str) -> None:
    assert plain(typed) == typed
