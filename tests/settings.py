"""The real settings, on a database and a data folder of the test session's own."""

from tests.plugins.place import point_environment

point_environment()

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES  # noqa: E402

# Passwords are hashed hundreds of times in tests, and nobody steals them.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Tables are emptied between tests as quickly as may be.
DATABASES = {**DATABASES, "default": {**DATABASES["default"], "ENGINE": "tests.plugins.postgresql"}}

# Static files straight from where they are written, so that no test waits for them to be collected.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
PACKED = False

# Readers of the outbox wait until what was written may be read, however many tests run beside.
OUTBOX_READ = "tests.support.outbox.settled_in_time"

# Stories go on at once; tests/projects/test_gold_in_my_work.py is about the moments.
SHOWN_EVERY = 0
