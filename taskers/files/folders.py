"""The folders of an installation, as the environment says: absolute, for whoever asks, with settings or without."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def data_folder() -> Path:
    """`TANDEM_DATA`, else `var` in the checkout."""
    return Path(os.environ.get("TANDEM_DATA") or CHECKOUT / "var").resolve()


def media_folder(data: Path) -> Path:
    """`TANDEM_MEDIA`, else `media` in the data folder."""
    return Path(os.environ.get("TANDEM_MEDIA") or data / "media").resolve()


def models_folder() -> Path:
    """`TANDEM_MODELS`, else `models` in the data folder."""
    return Path(os.environ.get("TANDEM_MODELS") or data_folder() / "models").resolve()


def spool_folder() -> Path:
    """`TANDEM_SPOOL`, else `spool` in the data folder: on a disk of this machine, since its processes share it."""
    return Path(os.environ.get("TANDEM_SPOOL") or data_folder() / "spool").resolve()
