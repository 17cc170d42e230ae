"""Names under which the trade's labels are known: what a file calls PER may be the project's Person."""

import re
from collections.abc import Iterable, Mapping

WORDS = re.compile(r"[\W_]+")
FAMILIES = (  # as CoNLL, OntoNotes, GermEval, COCO and VOC call the same things
    ("per", "pers", "person", "people", "name", "human", "pedestrian"),
    ("loc", "location", "place", "gpe", "geo", "lieu", "ort"),
    ("org", "organization", "organisation", "company", "institution", "corp"),
    ("misc", "miscellaneous", "other", "oth"),
    ("date", "day"),
    ("car", "automobile", "vehicle"),
    ("motorbike", "motorcycle"),
    ("bicycle", "bike"),
    ("aeroplane", "airplane", "plane", "aircraft"),
    ("ship", "boat", "vessel"),
    ("tv", "tvmonitor", "television", "tv monitor"),
    ("sofa", "couch"),
    ("pos", "positive"),
    ("neg", "negative"),
    ("neu", "neutral"),
)
FAMILY = {name: number for number, names in enumerate(FAMILIES) for name in names}


def plain(name: str) -> str:
    """A name without its case and punctuation."""
    return WORDS.sub(" ", name.casefold()).strip()


def untagged(name: str) -> str:
    """A plain name without a tagging scheme: "B-PER" -> "per". It may be part of the name, as of "E-bike"."""
    words = plain(name)
    scheme, _, rest = words.partition(" ")
    return rest if rest and scheme in ("b", "i", "e", "s", "l", "u") else words


def likely(name: str, labels: Mapping[str, str]) -> str | None:
    """Of a project's labels, by their plain names, the one that a name probably means; None where none or several
    might."""
    if (whole := plain(name)) in labels:
        return labels[whole]
    if (said := untagged(name)) in labels:
        return labels[said]
    found = {labels[one] for one in _other_names(said, labels)}
    return found.pop() if len(found) == 1 else None


def _other_names(said: str, labels: Iterable[str]) -> Iterable[str]:
    family = FAMILY.get(said, FAMILY.get(_singular(said)))
    for one in labels:
        if _singular(one) == _singular(said) or (family is not None and FAMILY.get(_singular(one)) == family):
            yield one


def _singular(name: str) -> str:
    return name[:-1] if len(name) > 3 and name.endswith("s") and not name.endswith("ss") else name
