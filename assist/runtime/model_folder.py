"""The folder that a model's sandboxed process is given: its own files by hard link, and who it is.

offer.json      which model this is
<sha256>        each file that it reads, by content
bundle/NAME     the same files by their places in the folder that was brought
"""

import json
import os
import shutil
from pathlib import Path

from assist.adapters import RUNTIMES, Offer, catalogue
from assist.adapters.bundle import BUNDLE
from assist.adapters.files import PINNED, path_of

OFFER = "offer.json"
STATE = ".state"
# What adapters on other hosts kept in the folder of model files before each had a folder of its own.
FORMER_STATE = ((".spent", "{key}.json"), (".answers", "{key}"), (".widths", "{key}.json"))


def lay(offer: Offer, store: Path, place: Path) -> None:
    """Make `place` hold all that this model may read. What is missing in the store is left out: loading names it.

    Raises OSError.
    """
    place.mkdir(parents=True)
    place.chmod(0o755)  # whatever this process's mask is: the model may run as another user
    row = None if offer.key in RUNTIMES else catalogue.row_of(offer)
    (place / OFFER).write_text(json.dumps({"key": offer.key, "row": row}))
    for path in files_of(offer, store):
        _link(path, place / path.name)
    if offer.terms:
        for artifact in offer.artifacts:
            if (path := path_of(artifact, store)).exists():
                _link(path, place / BUNDLE / artifact.member)


def files_of(offer: Offer, store: Path) -> list[Path]:
    """The files in the store that the model reads, as far as they are there: its own, and the encoder it shares."""
    shared = PINNED if offer.capability == "segment" else ()
    paths = {path_of(artifact, store) for artifact in (*offer.artifacts, *shared)}
    return sorted(path for path in paths if path.exists())


def read_offer(place: Path) -> Offer:
    """Which model the folder holds."""
    fields = json.loads((place / OFFER).read_text())
    return RUNTIMES[fields["key"]] if fields["row"] is None else catalogue.offer_of(fields["row"])


def remove(place: Path) -> None:
    """The folder goes; the files stay in the store."""
    shutil.rmtree(place, ignore_errors=True)


def state_of(offer: Offer, store: Path) -> Path:
    """The folder where a model on another host keeps its budget and answers between two starts, made if need be."""
    state = store / STATE / offer.key
    if not state.exists():
        state.mkdir(parents=True)
        for folder, name in FORMER_STATE:
            former = store / folder / name.format(key=offer.key)
            if former.exists():
                (state / folder).mkdir()
                os.replace(former, state / folder / former.name)
    return state


def _link(source: Path, target: Path) -> None:
    """A hard link, or a symbolic one where the two lie on different file systems."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        target.symlink_to(source)
