"""The same, with the copilot taken out: what is below must not miss it."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "assist"]
PROCRASTINATE_IMPORT_PATHS = ["projects.jobs"]
