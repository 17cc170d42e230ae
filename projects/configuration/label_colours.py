"""Colours of labels: those that a new label is given, and the patterns that tell apart labels whose colours can't."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import cycle, islice

# Chosen by computer to lie far apart for people of every colour vision: the least distance of two, in OKLab and seen as
# by people without one kind of cone (Machado et al. 2009), is .13 (tests/projects/test_label_colours.py measures it).
# Any number of the first ones is as far apart, or further.
COLOURS = (
    "#1971c2",
    "#e8590c",
    "#40a080",
    "#5010a0",
    "#f0a000",
    "#800000",
    "#70c0d0",
    "#905070",
    "#0000f0",
    "#9090f0",
    "#c02020",
    "#603060",
)
PATTERNS = 4  # no pattern, and three that the studio draws
ALIKE = 0.05  # in OKLab: two colours that are hard to tell apart side by side


def fresh(used: Iterable[str], number: int = 1) -> list[str]:
    """Colours for more labels: those that none of the others has, then all of them anew."""
    taken = {colour.lower() for colour in used}
    free = [colour for colour in COLOURS if colour not in taken]
    return list(islice([*free, *islice(cycle(COLOURS), max(0, number - len(free)))], number))


@lru_cache(maxsize=256)
def patterns(colours: tuple[str, ...]) -> tuple[int, ...]:
    """For each label, in their order, the pattern that tells it from those before it in a colour like its own.

    0 is no pattern. With more labels of one colour than there are patterns, they begin anew.
    """
    placed = [oklab(*_linear(colour)) for colour in colours]
    alike = (sum(distance(one, other) < ALIKE for other in placed[:at]) for at, one in enumerate(placed))
    return tuple(count % PATTERNS for count in alike)


def distance(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """How different two colours look, from 0; black and white are 1 apart."""
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)


def oklab(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """Lightness and two hues of a colour in linear sRGB (Ottosson 2020): equal steps look equally large."""
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    mid = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * mid - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * mid + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * mid - 0.8086757660 * short,
    )


def _linear(colour: str) -> tuple[float, float, float]:
    """Of "#rrggbb", in [0, 1]."""
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return red, green, blue
