"""Numbered, immutable results of a project: ordered, made by a worker, handed to where they were wanted."""

from projects.data.deliveries import retention
from projects.data.deliveries.making import TooManyDeliveries, newest, one_of, order, run
from projects.data.deliveries.resuming import end_crashed, give_up, go_on, is_stuck, take_up
from projects.data.deliveries.targets import DOWNLOAD, TARGETS, Target, places

__all__ = [
    "DOWNLOAD",
    "TARGETS",
    "Target",
    "TooManyDeliveries",
    "end_crashed",
    "give_up",
    "go_on",
    "is_stuck",
    "newest",
    "one_of",
    "order",
    "places",
    "retention",
    "run",
    "take_up",
]
