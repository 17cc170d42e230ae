"""One export, written to nowhere, and what it cost."""

import resource
import time

from projects.data import exporting
from projects.data.exporting.source import standing
from projects.data.exporting.terms import Terms
from projects.models import Project


def cost(key: str, project: int) -> dict[str, float]:
    """MB sent, seconds by the clock and of processor, and the most MB that this process ever had."""
    of = Project.objects.get(pk=project)
    terms = Terms(media=exporting.FORMATS[key].media)
    found = exporting.fitting(of, key, terms)
    begun, worked = time.monotonic(), time.process_time()
    sent = sum(len(piece) for piece in exporting.packed(found, standing(of, terms)))
    seconds, processor = time.monotonic() - begun, time.process_time() - worked
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"sent": sent / 1e6, "seconds": seconds, "processor": processor, "largest": largest}
