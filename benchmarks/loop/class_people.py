"""People who choose a class for a text or an image."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.loop.people import ALONE, FOOLED, LEAST_ANSWERS, Answered, Offer, People, Rates, Score, taken
from benchmarks.truth import data

CROWD = "labelme"  # eight classes; its workers' error rates
WITHOUT_CROWD = (0.12, 0.18, 0.24, 0.28, 0.33, 0.4)  # where the crowd's data isn't there: about its quantiles


class ClassPeople(People):
    """Each is wrong as often as their one rate says, and then by any other class."""

    # Choosing a class, confirming a right (or overlooked wrong) offer, refusing one and choosing.
    COSTS = {"choosing": 4.0, "confirming": 1.2, "refusing": 5.0}

    def answered(self, true: str, rates: Rates, offers: Sequence[Offer]) -> Answered:
        """The first offer alone is looked at: there is one for a field."""
        wrong = self.rng.random() < rates[0]
        alone = str(self.rng.choice([one for one in self.labels if one != true])) if wrong else true
        said, kind, origin, refused = alone, "choosing", ALONE, list[str]()
        if offers:
            (offer, *_) = offers
            if offer["label"] == true or self.rng.random() < FOOLED:
                said, kind, origin = offer["label"], "confirming", taken(offer)
            else:
                kind, refused = "refusing", [offer["suggestion"]]
        return Answered(
            {"fields": [{"field": "label", "kind": "choice", "value": said, "provenance": origin}]},
            refused,
            Counter([kind]),
            Score(1, 1, said == true),
            Counter(["choosing"]),
            Score(1, 1, alone == true),
            sum(one["label"] == true for one in offers[:1]),
        )

    def looked_at(self, true: str) -> Counter[str]:
        """As long as choosing takes."""
        return Counter(["choosing"])

    @staticmethod
    def error_rates(number: int) -> tuple[Sequence[Rates], str]:
        """Spread over those of the crowd."""
        root = data.folder()
        if root is None:
            return [(one,) for one in WITHOUT_CROWD[:number]], "stand-ins (no crowd data here)"
        crowd = data.categorical(root, CROWD)
        known = crowd.known[crowd.task]
        rates = []
        for worker in range(crowd.worker.max() + 1):
            own = known & (crowd.worker == worker)
            if own.sum() >= LEAST_ANSWERS:
                rates.append(float((crowd.label[own] != crowd.truth[crowd.task[own]]).mean()))
        spread = np.quantile(rates, np.linspace(0.1, 0.9, number))
        return [(float(one),) for one in spread], f"{len(rates)} workers of {CROWD}"
