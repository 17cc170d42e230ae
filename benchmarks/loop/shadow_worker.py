"""`python -m benchmarks.loop.shadow_worker ROLLOUT ADDRESS`: a worker that compares both versions of a rollout on the
same verdicts, again and again, until somebody ends it. It says so on standard output after each time."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 (needs Django)

from assist.learning import shadow  # noqa: E402
from assist.models import Rollout  # noqa: E402


def main() -> None:
    """As if all of it had just been decided."""
    key, settings.RUNTIME_ADDRESS = int(sys.argv[1]), sys.argv[2]
    print("begins", flush=True)
    while True:
        Rollout.objects.filter(pk=key).update(verdicts_upto=0)
        print(shadow.run(key), flush=True)


if __name__ == "__main__":
    main()
