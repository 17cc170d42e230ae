"""A model behind a plain HTTP contract, `POST /predict` (docs/models.md), or behind Label Studio's own.

The host is asked through the operator's guard alone, nothing it says is believed before it was checked, and it must say
that it is the version that the manifest names: answers of another would be taken for this one's.
"""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from assist.adapters import Boxes, FoundSpan, answers, label_studio
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.outside import Host


def load(bundle: Bundle, device: Device) -> "HttpModel":
    """Nothing is asked yet: a host that is away now may be back when it is needed."""
    return HttpModel(bundle)


class HttpModel:
    """Spans, boxes, shares or words, whichever the manifest says."""

    device = "another host"

    def __init__(self, bundle: Bundle) -> None:
        self._contract = Contract(bundle, bundle.capability)
        self._labels = list(bundle.terms.labels)
        self._studio = None
        if bundle.terms.options.get("protocol") == "label-studio":
            host, version = self._contract.host, self._contract.version
            self._studio = label_studio.Backend(host, bundle.capability, self._labels, version)

    def spans(self, text: str) -> list[FoundSpan]:
        """Raises CopilotError."""
        found = self._outputs([{"text": text}], ())[0]
        return answers.spans(found.get("spans"), text)

    def spans_of(self, texts: Sequence[str]) -> list[list[FoundSpan] | None]:
        """None for a text that got no answer that can be used; a host that is away is an error for all."""
        return [answers.or_none(self.spans, text) for text in texts]

    def shares(self, subjects: Sequence[Any], labels: Sequence[str]) -> list[dict[str, float | None] | None]:
        """One text or image at a time: an answer that can't be used costs no other."""
        return [answers.or_none(lambda subject: self._shares(subject, labels), one) for one in subjects]

    def write(self, text: str, asked: str, longest: int) -> str:
        """Raises CopilotError."""
        (found,) = self._outputs([{"text": text, "asked": asked, "most_characters": longest}], ())
        return answers.words(found.get("text"), longest)

    def boxes(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Boxes:
        """Raises CopilotError."""
        seen = (int(image.shape[0]), int(image.shape[1]))
        found = self._outputs([pictured(image)], ())[0].get("boxes")
        height, width = size or seen
        rows = [_larger(one, width / seen[1], height / seen[0]) for one in answers.a_list(found, "boxes")]
        return answers.boxes(rows, (height, width), self._labels)

    def _shares(self, subject: Any, labels: Sequence[str]) -> dict[str, float | None]:
        asked = {"text": subject} if isinstance(subject, str) else pictured(subject)
        return answers.shares(self._outputs([asked], labels)[0].get("shares"))

    def _outputs(self, inputs: list[dict[str, Any]], labels: Sequence[str]) -> list[Any]:
        """An object for each input. Raises CopilotError."""
        if self._studio is not None:
            return self._studio.outputs(inputs)
        return self._contract.outputs(inputs, self._labels or labels)


class Contract:
    """`POST /predict` of one host."""

    def __init__(self, bundle: Bundle, capability: str) -> None:
        self.host, self._capability = Host.of(bundle), capability
        self._name, _, version = bundle.key.rpartition("@")
        self.version = bundle.terms.options.get("version", version)

    def outputs(self, inputs: list[Any], labels: Sequence[str] = ()) -> list[Any]:
        """An object for each input. Raises CopilotError."""
        asked = {
            "model": self._name,
            "version": self.version,
            "capability": self._capability,
            "labels": list(labels),
            "inputs": inputs,
        }
        reply = answers.a_table(self.host.ask("/predict", asked), "the answer")
        check_version(reply.get("version"), self.version)
        outputs = answers.a_list(reply.get("outputs"), "outputs")
        if len(outputs) != len(inputs):
            raise answers.broken(f"{len(outputs)} outputs for {len(inputs)} inputs")
        return [answers.a_table(one, "an output") for one in outputs]


def check_version(said: Any, wanted: str) -> None:
    """Raises CopilotError "no-answer" where another model answers."""
    if said != wanted:
        raise answers.broken(f"its host says that it is version {str(said)[:40]!r}, not {wanted!r}")


def _larger(row: Any, across: float, down: float) -> Any:
    """A box in pixels of the whole image: what was sent may be smaller."""
    if not isinstance(row, dict) or (across == 1 and down == 1):
        return row
    by = {"x": across, "width": across, "y": down, "height": down}
    return {name: value * by[name] if name in by and answers.is_number(value) else value for name, value in row.items()}


def pictured(image: np.ndarray) -> dict[str, Any]:
    """An image as an input: a PNG in base64, and its size."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=1)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return {"image": content, "width": int(image.shape[1]), "height": int(image.shape[0])}
