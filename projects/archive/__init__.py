"""What nobody works on any more, moved into Parquet files: batches that are over, and events that all have read.

The rows in the files are the rows of the tables, so exports and pages of archived tasks need no code of their own. The
files lie in Django's storage below `archive/`; the database keeps their names, their sha256 and a line for each task.
"""

from projects.archive.events import archive_events, events_of
from projects.archive.keeping import Unreadable
from projects.archive.moving import archive, request, run
from projects.archive.reading import Kept, between, check, find
from projects.archive.returning import bring_back

__all__ = [
    "Kept",
    "Unreadable",
    "archive",
    "archive_events",
    "between",
    "bring_back",
    "check",
    "events_of",
    "find",
    "request",
    "run",
]
