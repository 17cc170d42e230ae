"""A project in which a recipe may learn anew by itself."""

import pytest

from assist.registry import registry
from projects.models import Project
from tests.support import make
from tests.support.assist import work
from tests.support.assist.running import FAKE
from tests.support.cast import Cast

VESSELS = [{"name": "Vessel", "key": "vessel", "hotkey": "v"}]
RECIPE = "spacy-entities"
TERMS = {"every_days": 3, "minutes": 5, "most_failures": 2}


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> None:
    settings.MEDIA_ROOT, settings.MODELS_DIR = tmp_path / "media", tmp_path / "models"


@pytest.fixture
def project(cast: Cast) -> Project:
    """Where a rule answers all of the work."""
    made = make.project(cast.riverside, "Ships", wanted=1, labels=VESSELS, copilot=True)
    work.deployed(made, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    return made
