"""The whole loop on images: Fashion-MNIST (Zalando, MIT) where the Debian package `dataset-fashion-mnist` is, or its
folder is named by TANDEM_FASHION_MNIST; else scikit-learn's handwritten digits stand in."""

import gzip
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from assist.adapters import RUNTIMES, files
from assist.learning.recipes.image_classes import EMBEDDER
from benchmarks.loop.class_people import ClassPeople
from benchmarks.loop.row import Row
from benchmarks.loop.whole import Material, Terms, Thing, rows_of
from taskers.files.folders import models_folder

FOLDER = "/usr/share/datasets/fashion-mnist"  # the package's
CLOTHES = ("T-shirt", "Trousers", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot")
DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
SIDE = 56  # pixels of a picture


def fashion() -> Path | None:
    """Where its files lie, or None."""
    place = Path(os.environ.get("TANDEM_FASHION_MNIST", FOLDER))
    return place if (place / "train-images-idx3-ubyte.gz").is_file() else None


def known() -> tuple[np.ndarray, np.ndarray, Sequence[str]]:
    """Grey pictures, the place of each one's class, and what the classes are called."""
    place = fashion()
    if place is None:
        digits = load_digits()
        return (digits.images * 15.9).astype(np.uint8), digits.target, DIGITS
    pixels, places = (
        gzip.decompress((place / f"train-{name}-ubyte.gz").read_bytes()) for name in ("images-idx3", "labels-idx1")
    )
    return (
        np.frombuffer(pixels, np.uint8, offset=16).reshape(-1, 28, 28),
        np.frombuffer(places, np.uint8, offset=8),
        CLOTHES,
    )


def _things(number: int, seed: int) -> list[Thing]:
    pixels, places, names = known()
    chosen = np.random.default_rng(seed).choice(len(places), number, replace=False)
    return [Thing(key(names[places[at]]), image=_file(pixels[at])) for at in chosen]


def key(name: str) -> str:
    """Of a class."""
    return name.lower().replace("-", "_")


def _file(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    grey = Image.fromarray(pixels)
    grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC).convert("RGB").save(file, "PNG")
    return file.getvalue()


def material() -> Material:
    """By what is here."""
    names = CLOTHES if fashion() else DIGITS
    return Material(
        name="Clothes" if fashion() else "Digits",
        task_type="classification",
        labels={key(name): name for name in names},
        people=ClassPeople,
        recipe="image-classes",
        model=EMBEDDER,
        things=_things,
        first=True,
    )


def rows(tasks: int = 1_350, seed: int = 5, **terms: int) -> Iterator[Row]:
    """The rounds, and what the whole cost."""
    files.fetch(models_folder(), lambda said: None, artifacts=RUNTIMES[EMBEDDER].artifacts)
    told = "Fashion-MNIST" if fashion() else "scikit-learn's digits (no Fashion-MNIST here)"
    yield Row("what is labelled", "", told)
    yield from rows_of(material(), tasks, seed, Terms(**terms))
