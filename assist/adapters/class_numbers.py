"""What a model of images says in numbers, checked: shares of its labels, or where an image lies. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from assist.adapters.bundle import Bundle
from assist.errors import CopilotError

BROKEN = "The model's answer is not made of numbers. Go on without it."


def shares_of(reply: Any, bundle: Bundle, usual: str = "softmax") -> dict[str, float | None]:
    """A share for each label of the manifest, by `activation` or the `usual` one. Raises CopilotError "no-answer"."""
    numbers, labels = np.asarray(reply, np.float64).ravel(), bundle.terms.labels
    if len(numbers) != len(labels):
        text = f"{bundle.key} answers with {len(numbers)} numbers for {len(labels)} labels."
        raise CopilotError("no-answer", text)
    if not np.isfinite(numbers).all():
        raise CopilotError("no-answer", BROKEN)
    if bundle.terms.options.get("activation", usual) == "softmax":
        numbers = np.exp(numbers - numbers.max())
        numbers = numbers / numbers.sum()
    elif numbers.min() < 0 or numbers.max() > 1:
        raise CopilotError("no-answer", "The model's shares are not from 0 to 1. Go on without it.")
    return {label: round(float(share), 4) for label, share in zip(labels, numbers, strict=True)}


def unit_rows(said: Sequence[Any]) -> np.ndarray:
    """float32, a unit row for each. Raises CopilotError "no-answer"."""
    rows = np.array([np.asarray(one, np.float32).ravel() for one in said], np.float32)
    if not np.isfinite(rows).all():
        raise CopilotError("no-answer", BROKEN)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
