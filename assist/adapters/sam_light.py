"""The arithmetic of SAM's mask decoder for one prompt, in fewer and larger steps than segment_anything takes.

The same sums: what all of an image's 4096 places go through at once is one matrix product, the place's own part of it
is worked out once and not for each prompt, attention is one call, and each doubling of the picture is a product
instead of a convolution. Kirillov and others, "Segment Anything", 2023, describe the decoder.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from assist.adapters.sam_modules import MaskDecoder, PromptEncoder

Weights = tuple[Tensor, Tensor]  # of a linear step: in×out, and what is added


class LightDecoder:
    """One prompt's masks. Built from the library's two modules, whose weights are read once, and never changed."""

    def __init__(self, prompts: PromptEncoder, masks: MaskDecoder) -> None:
        with torch.inference_mode():
            self._prompts = prompts
            self._masks = masks
            self._side = prompts.image_embedding_size[0]
            places = prompts.get_dense_pe().flatten(2)[0].T.contiguous()  # 4096×256
            transformer = masks.transformer
            self._layers = transformer.layers
            self._last = transformer.final_attn_token_to_image
            self._norm = transformer.norm_final_attn
            self._steps = [
                _side_by_side([to.k_proj, to.v_proj, back.q_proj], [True, False, True], places)
                for to, back in ((one.cross_attn_token_to_image, one.cross_attn_image_to_token) for one in self._layers)
            ]
            self._last_step = _side_by_side([self._last.k_proj, self._last.v_proj], [True, False], places)
            first, norm, _, second, _ = masks.output_upscaling
            self._first, self._second, self._first_norm = _doubling(first), _doubling(second), norm
            self._own = torch.cat([masks.iou_token.weight, masks.mask_tokens.weight])

    def __call__(
        self, features: Tensor, points: tuple[Tensor, Tensor] | None, boxes: Tensor | None, masks: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Logits 1×4×256×256 and scores 1×4, as SamDecoder gives them for the same prompt."""
        sparse, dense = self._prompts(points=points, boxes=boxes, masks=masks)
        start = torch.cat([self._own, sparse[0]])  # the decoder's own tokens, then the prompt's
        keys = (features + dense).flatten(2)[0].T.contiguous()
        tokens, keys = self._two_ways(start, keys)
        hyper = torch.stack([mlp(tokens[1 + i]) for i, mlp in enumerate(self._masks.output_hypernetworks_mlps)])
        return self._grown(keys, hyper), self._masks.iou_prediction_head(tokens[:1])

    def _two_ways(self, start: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens look at the image and the image at the tokens, twice; then the tokens look once more."""
        tokens = start
        for layer, (weight, added) in zip(self._layers, self._steps, strict=True):
            own, to, back = layer.self_attn, layer.cross_attn_token_to_image, layer.cross_attn_image_to_token
            asked = tokens if layer.skip_first_layer_pe else tokens + start
            seen = _look(own, own.q_proj(asked), own.k_proj(asked), own.v_proj(tokens))
            tokens = layer.norm1(seen if layer.skip_first_layer_pe else tokens + seen)
            wide = to.k_proj.out_features
            k, v, q = torch.addmm(added, keys, weight).split([wide, wide, back.q_proj.out_features], 1)
            tokens = layer.norm2(tokens + _look(to, to.q_proj(tokens + start), k, v))
            tokens = layer.norm3(tokens + layer.mlp(tokens))
            keys = layer.norm4(keys + _look(back, q, back.k_proj(tokens + start), back.v_proj(tokens)))
        weight, added = self._last_step
        k, v = torch.addmm(added, keys, weight).chunk(2, 1)
        return self._norm(tokens + _look(self._last, self._last.q_proj(tokens + start), k, v)), keys

    def _grown(self, keys: Tensor, hyper: Tensor) -> Tensor:
        """From 64×64 places to 256×256 pixels, one layer for each of the four masks."""
        wide = self._first[0].shape[1] // 4
        once = torch.addmm(self._first[1], keys, self._first[0]).view(-1, wide)
        norm = self._first_norm  # over the channels, which lie together here
        once = functional.gelu(functional.layer_norm(once, (wide,), norm.weight, norm.bias, norm.eps))
        twice = functional.gelu(torch.addmm(self._second[1], once, self._second[0])).view(-1, hyper.shape[1])
        side = self._side
        pixels = torch.mm(hyper, twice.T).view(-1, side, side, 2, 2, 2, 2)  # mask, y, x, then y and x twice doubled
        return pixels.permute(0, 1, 3, 5, 2, 4, 6).reshape(1, -1, 4 * side, 4 * side)


def _side_by_side(steps: Sequence[torch.nn.Linear], placed: Sequence[bool], places: Tensor) -> Weights:
    """Linear steps from the same input as one; those that are also told the place have its part in what is added."""
    weight = torch.cat([step.weight for step in steps]).T.contiguous()
    parts = [
        functional.linear(places, step.weight, step.bias) if with_place else step.bias.expand(len(places), -1)
        for step, with_place in zip(steps, placed, strict=True)
    ]
    return weight, torch.cat(parts, 1).contiguous()


def _doubling(step: torch.nn.ConvTranspose2d) -> Weights:
    """A transposed convolution of 2×2 in steps of 2: each place becomes four, by a product."""
    weight = step.weight.permute(0, 2, 3, 1).reshape(step.in_channels, -1).contiguous()
    assert step.bias is not None
    return weight, step.bias.repeat(4)


def _look(attention: torch.nn.Module, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention in heads, from projections that were made already."""
    heads = attention.num_heads
    q, k, v = (one.unflatten(1, (heads, -1)).transpose(0, 1)[None] for one in (q, k, v))
    seen = functional.scaled_dot_product_attention(q, k, v)[0]
    return attention.out_proj(seen.transpose(0, 1).flatten(1))  # type: ignore[operator]
