"""Data on its way in: pure readers that turn files into rows, and the verbs that make tasks of them."""

from projects.intake.formats import ENDINGS, READERS
from projects.intake.loading import Loaded, load, load_all
from projects.intake.receive import all_faults, go_on, guess_format, is_stuck, keep, receive, run
from projects.intake.rows import Fault, Item, Reader, Row

__all__ = [
    "ENDINGS",
    "READERS",
    "Fault",
    "Item",
    "Loaded",
    "Reader",
    "Row",
    "all_faults",
    "go_on",
    "guess_format",
    "is_stuck",
    "keep",
    "load",
    "load_all",
    "receive",
    "run",
]
