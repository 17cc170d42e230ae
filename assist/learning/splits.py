"""Which verdicts a model may learn from, which choose between models, and which judge them. Pure.

A group (copies of a text, one image) lies whole in one split, and in the same one for as long as its project lives: no
model ever learns from what judges it, also not from a later snapshot.
"""

from hashlib import sha256

TRAIN, VALIDATION, GATE = "train", "validation", "gate"
SHARES = {TRAIN: 0.7, VALIDATION: 0.15, GATE: 0.15}


def split_of(project_key: str, group: str) -> str:
    """By a hash of the group under the project's public id."""
    lot = int.from_bytes(sha256(f"split\n{project_key}\n{group}".encode()).digest()[:6]) / 2**48
    for split, share in SHARES.items():
        if lot < share:
            return split
        lot -= share
    return GATE
