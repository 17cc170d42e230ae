"""Classes of texts by a linear head on the sentence model's vectors, one for each field, as a recipe wrote it."""

from collections.abc import Sequence

from assist.adapters import linear_heads, minilm
from assist.adapters.bundle import Bundle
from assist.adapters.devices import Device
from assist.adapters.linear_heads import Head, Shares
from assist.adapters.minilm import MiniLm


def load(bundle: Bundle, device: Device) -> "TextHead":
    """From its file. Raises RuntimeMissing for one that is no such head."""
    heads = linear_heads.read(bundle)
    return TextHead(minilm.load((), device), heads)


class TextHead:
    """Texts in, a share for each label of each field out."""

    def __init__(self, model: MiniLm, heads: Sequence[Head]) -> None:
        self.device = model.device
        self._model, self._heads = model, heads

    def shares(self, subjects: Sequence[str], labels: Sequence[str]) -> list[Shares | None]:
        """`labels` are the project's; the head tells of those that it learnt."""
        return linear_heads.told(self._heads, self._model.vectors(subjects))
