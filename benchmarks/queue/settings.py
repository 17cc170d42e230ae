"""The real settings, with the bare view beside the site."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.queue.site"
