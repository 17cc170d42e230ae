"""What a task asks where answers are decided part by part: is this thing there, and who says so."""

from collections.abc import Sequence

import numpy as np

from projects.configuration.terms import Terms
from projects.inference import BY_PART
from projects.inference.instance_level import Asked
from projects.quality.votes import Vote


def asked(terms: Terms, votes: Sequence[Vote], truth: dict | None) -> Asked:
    """The questions of one task. A true answer asks its own as well: what everybody missed is a question too."""
    answers = [one.answer for one in votes] + ([] if truth is None else [truth])
    text = votes[0].text if votes else ""
    said, where = BY_PART[terms.settings.aggregation].ask(answers, terms.settings.thresholds, text)
    known = np.full(len(said), -1) if truth is None else said[:, -1].astype(np.int64)
    return Asked([one.annotation.tasker_id for one in votes], said[:, : len(votes)], known, text, where)
