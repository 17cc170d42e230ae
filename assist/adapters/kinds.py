"""The kinds of adapters by which a brought model may be read. A new one is one file here and one line below.

What each takes is said here, so that a manifest can be checked without importing what loads it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

TEXT, IMAGE = "text", "image"
ALL = frozenset(
    {"segment", "detect", "spans", "classify", "classify-image", "embed", "embed-image", "read", "generate"}
)


@dataclass(frozen=True)
class Option:
    """One setting of an adapter."""

    kind: type | tuple[type, ...]
    required: bool = False
    choices: Collection[Any] = ()
    least: float | None = None
    most: float | None = None
    length: int = 0  # of a list; 0: it is none


@dataclass(frozen=True)
class Kind:
    """`files`: how their names may end; none: it has no files. `one`: the ending of which there is exactly one."""

    loader: str  # "file:function" in this package, given a Bundle and a device
    capabilities: frozenset[str]
    files: tuple[str, ...] = ()
    one: str = ""
    labels: Collection[str] = ()  # the capabilities that need a list of labels
    accelerated: bool = False
    outside: bool = False  # it asks another host
    encoder: str = ""  # the model whose encoder it uses: what that made of an image is what this would make
    longest: int = 0  # characters of a text that it takes at once; longer ones are read in parts. 0: any number
    memory_mb: int = 0  # that it takes beside its files, where that is more than usual (memory_allowance.py)
    lays: bool = False  # it says where texts lie (`embed`): their classes are told by labels' words and by verdicts
    options: Mapping[str, Option] = field(default_factory=dict)


NUMBERS = (int, float)
IMAGES = {
    "width": Option(int, required=True, least=8, most=4096),
    "height": Option(int, required=True, least=8, most=4096),
    "colours": Option(str, choices=("rgb", "bgr")),
    "mean": Option(NUMBERS, length=3),  # of pixels in 0..255
    "std": Option(NUMBERS, length=3),
    "layout": Option(str, choices=("nchw", "nhwc")),
    "input": Option(str),
}
ASKED = {
    "url": Option(str, required=True),
    "seconds": Option(NUMBERS, least=0.1, most=120),
    "most_bytes": Option(int, least=1024, most=64 << 20),
}
VECTORS = {
    "width": Option(int, least=1, most=8192),
    "batch": Option(int, least=1, most=256),
    "prefix": Option(str),
}

KINDS: dict[str, Kind] = {
    "spacy": Kind(
        "spacy_folder:load",
        frozenset({"spans", "classify"}),
        files=("", ".cfg", ".json", ".jsonl", ".txt", ".msgpack", ".bin", ".npy", ".md", ".spacy"),
    ),
    "text-head": Kind(
        "text_head:load",
        frozenset({"classify"}),
        files=(".safetensors",),
        one=".safetensors",
        accelerated=True,
        memory_mb=1_000,
    ),
    "image-head": Kind(
        "image_head:load",
        frozenset({"classify-image"}),
        files=(".safetensors", ".onnx"),
        one=".safetensors",
        options=IMAGES,
    ),
    "sam-decoder": Kind(
        "tuned_sam:load",
        frozenset({"segment"}),
        files=(".safetensors",),
        one=".safetensors",
        accelerated=True,
        encoder="mobile-sam@0.2.0",
        memory_mb=2_000,
    ),
    "onnx-detector": Kind(
        "onnx_detector:load",
        frozenset({"detect"}),
        files=(".onnx", ".data", ".bin"),
        one=".onnx",
        labels=("detect",),
        options=IMAGES
        | {
            "decode": Option(str, required=True, choices=("yolo", "yolo-v5", "rt-detr", "ssd", "nanodet")),
            "fit": Option(str, choices=("letterbox", "stretch")),
            "score": Option(NUMBERS, least=0, most=1),
            "overlap": Option(NUMBERS, least=0, most=1),
            "first_label": Option(int, least=0, most=1),
            "strides": Option(int, length=-1, least=1, most=256),
            "bins": Option(int, least=2, most=64),
            "offset": Option(NUMBERS, least=0, most=1),
            "corners": Option(str, choices=("xyxy", "yxyx")),
            "scale": Option(str, choices=("unit", "pixels")),
            "outputs": Option(str, length=-1),
        },
    ),
    "onnx-classifier": Kind(
        "onnx_classifier:load",
        frozenset({"classify-image"}),
        files=(".onnx", ".data", ".bin"),
        one=".onnx",
        labels=("classify-image",),
        options=IMAGES | {"activation": Option(str, choices=("softmax", "none"))},
    ),
    "onnx-embedder": Kind(
        "onnx_classifier:load_embedder",
        frozenset({"embed-image"}),
        files=(".onnx", ".data", ".bin"),
        one=".onnx",
        options=IMAGES,
    ),
    "torchvision": Kind(
        "torch_image:load",
        frozenset({"classify-image", "embed-image"}),
        files=(".safetensors", ".pth", ".pt"),
        labels=("classify-image",),
        accelerated=True,
        options={name: one for name, one in IMAGES.items() if name not in {"layout", "input"}}
        | {
            "architecture": Option(str, required=True),
            "fit": Option(str, choices=("stretch", "letterbox", "crop")),
            "activation": Option(str, choices=("softmax", "none")),
        },
    ),
    "onnx-text": Kind(
        "onnx_text:load",
        frozenset({"spans", "classify"}),
        files=(".onnx", ".data", ".bin", ".json"),
        one=".onnx",
        labels=("spans", "classify"),
        options={
            "activation": Option(str, choices=("softmax", "sigmoid")),
            "window": Option(int, least=8, most=8192),
        },
    ),
    "onnx-text-pipeline": Kind(
        "onnx_text_pipeline:load",
        frozenset({"classify"}),
        files=(".onnx", ".data", ".bin"),
        one=".onnx",
        labels=("classify",),
        options={"activation": Option(str, choices=("softmax", "none")), "output": Option(str)},
    ),
    "transformers": Kind(
        "torch_text:load",
        frozenset({"spans", "classify"}),
        files=(".safetensors", ".json", ".txt", ".model"),
        one=".safetensors",
        labels=("spans", "classify"),
        accelerated=True,
        options={
            "activation": Option(str, choices=("softmax", "sigmoid")),
            "window": Option(int, least=8, most=8192),
        },
    ),
    "onnx-text-embedder": Kind(
        "onnx_text_embedder:load",
        frozenset({"embed"}),
        files=(".onnx", ".data", ".bin", ".json"),
        one=".onnx",
        lays=True,
        options={
            "pooling": Option(str, choices=("mean", "first")),
            "prefix": Option(str),
            "window": Option(int, least=8, most=8192),
        },
    ),
    "rapidocr": Kind("rapid_ocr:load", frozenset({"read"}), files=(".onnx",), labels=("read",), memory_mb=1_000),
    "http": Kind(
        "http_contract:load",
        frozenset({"detect", "spans", "classify", "classify-image", "generate"}),
        outside=True,
        options=ASKED | {"protocol": Option(str, choices=("tandem", "label-studio")), "version": Option(str)},
    ),
    "http-embedder": Kind(
        "outside_embedder:load_http",
        frozenset({"embed", "embed-image"}),
        outside=True,
        lays=True,
        options=ASKED | VECTORS | {"version": Option(str)},
    ),
    "openai-embedder": Kind(
        "outside_embedder:load_openai",
        frozenset({"embed"}),
        outside=True,
        lays=True,
        options=ASKED | VECTORS | {"model": Option(str, required=True), "budget_tokens": Option(int, least=1)},
    ),
    "openai": Kind(
        "openai_chat:load",
        frozenset({"spans", "classify", "detect", "generate"}),
        labels=("spans", "detect"),
        outside=True,
        longest=20_000,
        options=ASKED
        | {
            "model": Option(str, required=True),
            "instructions": Option(str),
            "most_tokens": Option(int, least=1, most=32_768),
            "coordinates": Option(str, choices=("thousandths", "pixels")),
            "picture_tokens": Option(int, least=1, most=1_000_000),
            "budget_tokens": Option(int, least=1),
        },
    ),
    "sam2-onnx": Kind("sam2_onnx:load", frozenset({"segment"}), (".onnx", ".data", ".bin"), memory_mb=4_000),
    "sam-vit-b": Kind(
        "meta_sam:brought_b", frozenset({"segment"}), (".pth", ".pt"), ".pth", accelerated=True, memory_mb=4_000
    ),
    "sam-vit-l": Kind(
        "meta_sam:brought_l", frozenset({"segment"}), (".pth", ".pt"), ".pth", accelerated=True, memory_mb=6_000
    ),
    "sam-vit-h": Kind(
        "meta_sam:brought_h", frozenset({"segment"}), (".pth", ".pt"), ".pth", accelerated=True, memory_mb=8_000
    ),
}


def outside(terms: Mapping[str, Any]) -> bool:
    """Whether a model with such a manifest is asked on another host."""
    kind = KINDS.get(terms.get("adapter", ""))
    return kind is not None and kind.outside


def lays(terms: Mapping[str, Any]) -> bool:
    """Whether a model with such a manifest says where texts lie."""
    kind = KINDS.get(terms.get("adapter", ""))
    return kind is not None and kind.lays
