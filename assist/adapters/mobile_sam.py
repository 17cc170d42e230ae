"""The default mask model: MobileSAM's encoder in onnxruntime, SAM's own decoder in torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from assist.adapters import Embedding, MaskPrompt, Masks, sam_frame
from assist.adapters.cores import Cores
from assist.adapters.devices import CPU, Device
from assist.adapters.familiar import Familiar
from assist.adapters.half import halved
from assist.adapters.priority import Aside
from assist.adapters.sam_decoder import SamDecoder
from assist.adapters.sam_decoder import load as load_decoder
from assist.adapters.sam_light import LightDecoder

PROVIDERS = {
    "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"],
    "mps": ["CoreMLExecutionProvider", "CPUExecutionProvider"],
    "cpu": ["CPUExecutionProvider"],
}
# What is encoded in advance leaves no memory held: it is a twentieth slower, and nobody waits for it.
GIVING_BACK = onnxruntime.RunOptions()
GIVING_BACK.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")


def load(files: Sequence[Path], device: Device) -> "MobileSam":
    """The model from its two files, encoder and decoder, which the registry has verified."""
    encoder_file, decoder_file = files
    return put_together(encoder_file, load_decoder(decoder_file), device)


def put_together(
    encoder_file: Path,
    decoder: SamDecoder,
    device: Device,
    elsewhere: "Elsewhere | None" = None,
) -> "MobileSam":
    """The encoder of this file with a decoder."""
    providers = [one for one in PROVIDERS[device.name] if one in onnxruntime.get_available_providers()]

    def encoder(*, ahead: bool = False) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.enable_mem_pattern = False  # one block for all steps: 200 MB more, and no quicker
        # Threads that wait in a loop take the cores from the decoder, which answers clicks: those of an encode that
        # somebody waits for may do so until it ends, those of one made in advance never.
        entry = ("session.intra_op.allow_spinning", "0") if ahead else ("session.force_spinning_stop", "1")
        options.add_session_config_entry(*entry)
        return onnxruntime.InferenceSession(str(encoder_file), options, providers=providers)

    decoder = decoder.to(device.name)
    if device.name != "cpu":  # elsewhere it isn't threads that they share
        return MobileSam(encoder(), decoder, device, elsewhere=elsewhere)
    aside = Aside()
    ahead = aside, aside.run(partial(encoder, ahead=True))
    return MobileSam(encoder(), decoder, device, ahead, elsewhere)


def _place(device: Device, used: Sequence[str]) -> str:
    """Where the two halves run, for people: onnxruntime falls back to the processor without a word."""
    if device == CPU or PROVIDERS[device.name][0] in used:
        return device.name
    wanted = "install onnxruntime-gpu" if device.name == "cuda" else "install an onnxruntime with CoreML"
    return f"{device.name}, encoder on cpu: {wanted}"


class MobileSam:
    """Both halves. Nothing about any image is kept here: what `embed` makes is the caller's.

    `ahead`: the encoder once more, with threads that step back: a click may come while the next image is encoded.
    """

    def __init__(
        self,
        encoder: onnxruntime.InferenceSession,
        decoder: SamDecoder,
        device: Device = CPU,
        ahead: tuple[Aside, onnxruntime.InferenceSession] | None = None,
        elsewhere: "Elsewhere | None" = None,
    ) -> None:
        self._encoder = encoder
        self._ahead = ahead
        self._decoder = halved(LightDecoder(decoder.prompt_encoder, decoder.mask_decoder), device)
        self._elsewhere = elsewhere
        if elsewhere is not None:
            other = elsewhere.decoder.to(device.name)
            self._other = halved(LightDecoder(other.prompt_encoder, other.mask_decoder), device)
        self._cores = Cores()
        self._decodes_on = device.name
        self.device = _place(device, encoder.get_providers())

    def embed(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """Half a second or more on a few cores. Half precision is what is stored, so it is what everybody uses."""
        return embedding_of(self._encoder, image, size)

    def embed_ahead(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """The same, in the way of clicks as little as can be."""
        if self._ahead is None:
            return self.embed(image, size)
        aside, encoder = self._ahead
        return aside.run(lambda: embedding_of(encoder, image, size, GIVING_BACK))

    def nearer(self, logits: np.ndarray, image_size: tuple[int, int], part: tuple[int, int, int, int]) -> np.ndarray:
        """What it said of an image as the `previous` of a part of it: x, y, width, height."""
        return sam_frame.nearer(logits, image_size, part)

    def decode(self, embedding: Embedding, prompt: MaskPrompt) -> Masks:
        """Thirty milliseconds or so on a few cores."""
        if not prompt.points and prompt.box is None:
            raise ValueError("a prompt needs a point or a box")
        with self._cores.share(), torch.inference_mode():
            features = torch.from_numpy(embedding.features.astype(np.float32))
            size, decoder = embedding.image_size, self._decoder
            if self._elsewhere is not None and not self._elsewhere.familiar(features, size):
                decoder = self._other
            logits, scores = decoder(
                features.to(self._decodes_on),
                *sam_frame.tensors(prompt, size, self._decodes_on),
            )
            return sam_frame.masks(logits, scores[0].tolist(), prompt, size)


@dataclass(frozen=True)
class Elsewhere:
    """What answers on pictures that aren't familiar to a decoder."""

    familiar: Familiar
    decoder: SamDecoder


def embedding_of(
    encoder: onnxruntime.InferenceSession,
    image: np.ndarray,
    size: tuple[int, int] | None,
    options: onnxruntime.RunOptions | None = None,
) -> Embedding:
    """What the encoder makes of an image, in half precision."""
    (features,) = encoder.run(None, {"input": sam_frame.preprocess(image, size)}, options)
    return Embedding(np.asarray(features, np.float16), size or (int(image.shape[0]), int(image.shape[1])))
