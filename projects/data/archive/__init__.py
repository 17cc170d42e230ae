"""What nobody works on any more, moved into Parquet files: batches that are over, and events that all have read.

The rows in the files are the rows of the tables, so exports and pages of archived tasks need no code of their own. The
files lie in Django's storage below `archive/`; the database keeps their names, their sha256 and a line for each task.
"""

from projects.data.archive.events import archive_events, events_of
from projects.data.archive.keeping import Unreadable
from projects.data.archive.moving import archive, end_crashed, request, run
from projects.data.archive.reading import Kept, between, check, find
from projects.data.archive.returning import bring_back

__all__ = [
    "Kept",
    "Unreadable",
    "archive",
    "archive_events",
    "between",
    "bring_back",
    "check",
    "end_crashed",
    "events_of",
    "find",
    "request",
    "run",
]
