"""Which verdicts a model may learn from, which choose between models, and which judge them. Pure.

A group (copies of a text, one image) lies whole in one split, and in the same one for as long as its project lives: no
model ever learns from what judges it, also not from a later snapshot.
"""

from hashlib import sha256

TRAIN, VALIDATION, GATE = "train", "validation", "gate"
SHARES = {TRAIN: 0.7, VALIDATION: 0.15, GATE: 0.15}  # projects/queue/model_draws.py knows the first as well
CALIBRATES = 0.5  # of all groups


def split_of(project_key: str, group: str) -> str:
    """By a hash of the group under the project's public id."""
    lot = _lot(project_key, group)
    for split, share in SHARES.items():
        if lot < share:
            return split
        lot -= share
    return GATE


def calibrates(project_key: str, group: str) -> bool:
    """Whether a group says how far scores may be believed, so that it judges no model which goes by them: half of all,
    the validation split among them and none of the gate's."""
    return split_of(project_key, group) == VALIDATION or _lot(project_key, group) < CALIBRATES - SHARES[VALIDATION]


def _lot(project_key: str, group: str) -> float:
    return int.from_bytes(sha256(f"split\n{project_key}\n{group}".encode()).digest()[:6]) / 2**48
