"""Data on its way in: pure readers that turn files into rows, and the verbs that make tasks of them."""

from projects.data.importing.predictions import Prediction, PredictionsKept, keep_predictions, read_predictions
from projects.data.importing.quarantine import end_crashed
from projects.data.importing.receive import all_faults, keep, receive, receive_from, run
from projects.data.importing.resuming import drop, give_up, go_on, is_stuck, take_up
from projects.data.importing.storing import Loaded, load, load_all
from projects.data.reading.formats import FORMATS
from projects.data.reading.rows import Fault, Item, Row

__all__ = [
    "FORMATS",
    "Fault",
    "Item",
    "Loaded",
    "Prediction",
    "PredictionsKept",
    "Row",
    "all_faults",
    "drop",
    "end_crashed",
    "give_up",
    "go_on",
    "is_stuck",
    "keep",
    "keep_predictions",
    "load",
    "load_all",
    "read_predictions",
    "receive",
    "receive_from",
    "run",
    "take_up",
]
