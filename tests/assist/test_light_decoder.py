"""The decoder in fewer steps says what segment_anything's own modules say."""

from pathlib import Path

import numpy as np
import pytest
import torch

from assist.adapters import RUNTIMES, MaskPrompt, Segmenter, sam_frame
from assist.adapters.devices import CPU, Device
from assist.adapters.files import verify
from assist.adapters.half import halved
from assist.adapters.sam_decoder import SamDecoder, load
from assist.adapters.sam_light import LightDecoder
from tests.support.assist.pictures import Picture

RANDOM = np.random.default_rng(5)
PROMPTS = {
    "a click": MaskPrompt(((225.0, 120.0, True),)),
    "a box": MaskPrompt(box=(180.0, 65.0, 90.0, 110.0)),
    "clicks and a box": MaskPrompt(((225.0, 120.0, True), (50.0, 300.0, False)), (20.0, 40.0, 400.0, 380.0)),
    "sixty-four clicks": MaskPrompt(tuple((x, y, x > y) for x, y in RANDOM.uniform(0, 512, (64, 2)).tolist())),
    "a mask to refine": MaskPrompt(((225.0, 120.0, True),), None, RANDOM.normal(0, 8, (256, 256))),
}


@pytest.fixture(scope="module")
def library(model_folder: Path) -> SamDecoder:
    return load(verify(RUNTIMES["mobile-sam@0.2.0"].artifacts[1], model_folder))


@pytest.fixture(scope="module")
def features(model_folder: Path, astronaut: Picture) -> torch.Tensor:
    sam: Segmenter = RUNTIMES["mobile-sam@0.2.0"].load(model_folder)  # type: ignore[assignment]
    return torch.from_numpy(sam.embed(astronaut.pixels).features.astype(np.float32))


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_light_decoder_gives_the_librarys_logits_and_scores(
    library: SamDecoder, features: torch.Tensor, prompt: MaskPrompt
) -> None:
    light = LightDecoder(library.prompt_encoder, library.mask_decoder)
    given = sam_frame.tensors(prompt, (512, 512))
    with torch.inference_mode():
        theirs, their_scores = library(features, *given)
        ours, our_scores = light(features, *given)
    assert ours.shape == theirs.shape == (1, 4, 256, 256)
    assert float((ours - theirs).abs().max()) < 1e-3, "logits run from about -40 to 40"
    assert float((our_scores - their_scores).abs().max()) < 1e-5
    assert int(((ours > 0) != (theirs > 0)).sum()) <= 4, "of 262,144 pixels, those that lie on an edge"


class OnCuda(Device):
    """The processor, playing a device that gains from half precision."""

    @property
    def half(self) -> bool:
        return True


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_decoder_in_half_precision_finds_the_same_masks(
    library: SamDecoder, features: torch.Tensor, prompt: MaskPrompt
) -> None:
    light = LightDecoder(library.prompt_encoder, library.mask_decoder)
    half = halved(light, OnCuda("cpu"))
    given = sam_frame.tensors(prompt, (512, 512))
    with torch.inference_mode():
        whole, scores = light(features, *given)
        ours, our_scores = half(features, *given)
    assert ours.dtype == our_scores.dtype == torch.float32
    assert float((ours - whole).abs().max()) > 0, "it did work in 16 bits"
    both, either = ((ours > 0) & (whole > 0)).sum((2, 3)), ((ours > 0) | (whole > 0)).sum((2, 3))
    assert float((both / either).min()) > 0.995 and float((our_scores - scores).abs().max()) < 0.005
    assert halved(light, CPU) is light
