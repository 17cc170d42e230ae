"""What a model's process says of itself, as far as it can be believed: it may have been taken over by its model."""

from math import isfinite
from typing import Any

from assist.adapters import Offer
from assist.errors import CopilotError

STATES = ("ready", "loading", "failed")
MAX_TEXT = 600  # characters
MAX_COUNT = 2**53  # of whatever is counted
STORE_FIGURES = frozenset(
    ("memory_bytes", "disk_bytes", "memory_limit", "disk_limit", "pinned", "pinned_kept", "pinned_most")
) | frozenset(("in_memory", "on_disk", "made", "out_of_memory", "off_disk"))
NUMBERS = {"load_seconds": 0.0, "waiting": 0, "memory_mb": 0}


def read(answer: dict[str, Any], offer: Offer) -> dict[str, Any]:
    """How this model is, with `faults` of its disk and the figures of its `store`. Raises CopilotError "no-answer"."""
    try:
        said, store = answer["models"][offer.key], answer.get("store")
        status: dict[str, Any] = {"capability": offer.capability}
        status |= {name: _text(said[name]) for name in ("state", "text", "device")}
        status |= {name: _number(said.get(name, usual)) for name, usual in NUMBERS.items()}
        status |= {"faults": _number(answer["disk_faults"]), "store": None if store is None else _figures(store, offer)}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _none(offer) from None
    if status["state"] not in STATES:
        raise _none(offer)
    return status


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value[:MAX_TEXT]


def _number(value: object) -> int | float:
    if type(value) not in (int, float) or not isfinite(value) or not 0 <= value <= MAX_COUNT:  # type: ignore[arg-type,operator]
        raise ValueError
    return value  # type: ignore[return-value]


def _figures(store: dict[str, Any], offer: Offer) -> dict[str, Any] | None:
    """Only a model of masks keeps embeddings, and only of such ones are they added up, name by name."""
    if offer.capability != "segment":
        return None
    figures = {_text(name): _number(value) for name, value in store.items()}
    if set(figures) != STORE_FIGURES:
        raise ValueError
    return figures


def _none(offer: Offer) -> CopilotError:
    return CopilotError("no-answer", f"{offer.key} says something of itself that can't be read.")
