"""The network of all-MiniLM-L6-v2: a BERT of six layers and the middle of what it says of a text's pieces.

Devlin and others, "BERT", 2019; Reimers and Gurevych, "Sentence-BERT", 2019. sentence-transformers has the same, and
takes in pandas, scikit-learn and what torch compiles with: two thirds of the processor time of a start, and half of the
memory (docs/decisions/0075).
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Encoding, Tokenizer
from torch import Tensor
from torch.nn import functional

LAYERS, HEADS = 6, 12
EPSILON = 1e-12
PIECES = 256  # that it reads of one text, with the two that mark where it begins and ends
AT_ONCE = 32  # texts


class Encoder:
    """Texts in, unit vectors out; weights as its file names them."""

    def __init__(self, folder: Path, device: str, *, half: bool) -> None:
        kind = torch.float16 if half else torch.float32
        self._weights = {
            name: tensor.to(device, kind)
            for name, tensor in load_file(folder / "model.safetensors").items()
            if tensor.is_floating_point()
        }
        self._device = device
        self._whole, self._cut = (Tokenizer.from_file(str(folder / "tokenizer.json")) for _ in range(2))
        self._whole.no_truncation()
        self._whole.no_padding()
        self._cut.enable_truncation(PIECES)
        self._cut.no_padding()

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where each piece of the text begins and ends, however long it is."""
        return self._whole.encode(text, add_special_tokens=False).offsets

    @torch.inference_mode()
    def vectors(self, texts: Sequence[str]) -> Tensor:
        """A row for each text, on the processor, float32. Those of one length go together: none waits for a longer."""
        read = self._cut.encode_batch(list(texts))
        order = sorted(range(len(read)), key=lambda n: len(read[n].ids))
        rows = torch.empty((len(read), self._weights["embeddings.LayerNorm.weight"].shape[0]))
        for start in range(0, len(order), AT_ONCE):
            some = order[start : start + AT_ONCE]
            rows[some] = self._rows([read[n] for n in some]).float().cpu()
        return rows

    def _rows(self, texts: Sequence[Encoding]) -> Tensor:
        longest = max(len(one.ids) for one in texts)
        pieces = torch.zeros((len(texts), longest), dtype=torch.long)
        there = torch.zeros((len(texts), longest), dtype=torch.bool)
        for n, one in enumerate(texts):
            pieces[n, : len(one.ids)] = torch.tensor(one.ids)
            there[n, : len(one.ids)] = True
        pieces, there = pieces.to(self._device), there.to(self._device)
        x = self._embedded(pieces)
        for n in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{n}", there[:, None, None, :])
        shown = there[:, :, None].to(x.dtype)
        return functional.normalize((x * shown).sum(1) / shown.sum(1))

    def _embedded(self, pieces: Tensor) -> Tensor:
        words, places, kinds = (
            self._weights[f"embeddings.{of}_embeddings.weight"] for of in ("word", "position", "token_type")
        )
        return self._normal(words[pieces] + kinds[0] + places[: pieces.shape[1]], "embeddings.LayerNorm")

    def _layer(self, x: Tensor, name: str, there: Tensor) -> Tensor:
        asked, answers, worth = (
            self._through(x, f"{name}.attention.self.{part}").unflatten(2, (HEADS, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        seen = functional.scaled_dot_product_attention(asked, answers, worth, there).transpose(1, 2).flatten(2)
        x = self._normal(
            x + self._through(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        wide = functional.gelu(self._through(x, f"{name}.intermediate.dense"))
        return self._normal(x + self._through(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _through(self, x: Tensor, name: str) -> Tensor:
        return functional.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normal(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(x, weight.shape, weight, bias, EPSILON)
