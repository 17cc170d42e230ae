"""`python -m benchmarks.exports.one FORMAT PROJECT`: writes one export to nowhere and says what it cost, as JSON."""

import json
import resource
import sys
import time

import django


def main() -> None:
    django.setup()
    from projects.data import exporting  # Django's settings are read first
    from projects.data.exporting.source import standing
    from projects.data.exporting.terms import Terms
    from projects.models import Project

    key, project = sys.argv[1], Project.objects.get(pk=sys.argv[2])
    terms = Terms(media=exporting.FORMATS[key].media)
    found = exporting.fitting(project, key, terms)
    begun = time.process_time()
    sent = sum(len(piece) for piece in exporting.packed(found, standing(project, terms)))
    seconds = time.process_time() - begun
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"sent": sent / 1e6, "seconds": seconds, "largest": largest}))


if __name__ == "__main__":
    main()
