"""How a page looks to different people, and what is wrong with it there: axe's word, and what is wider than the window.

A page is brought to one state once, and looked at in every look as it stands: that costs a look, not a story.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Of what passes one example is enough; what is wrong comes whole.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
AXE = "rules => axe.run(rules).then(found => found.violations)"
# A page that learns of its new width has made what it makes of it with the second frame.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TOO_WIDE = """() => {
  const root = document.documentElement;
  const over_edge = (node) => node.getBoundingClientRect().right > root.clientWidth + 0.5;
  const beyond = [...document.querySelectorAll("main *")].filter(over_edge);
  const named = beyond.slice(-1).map((node) => `${node.localName} “${node.textContent.trim().slice(0, 40)}”`);
  const page = root.scrollWidth > root.clientWidth ? [`the page, with ${named},`] : [];
  const over = (one) => one.getBoundingClientRect().right > innerWidth + 0.5 || one.scrollWidth > one.clientWidth + 1;
  const shown = [...document.querySelectorAll("dialog[open], .note")];
  return [...page, ...shown.filter(over).map((one) => one.id || "a note")];
}"""

# Words of headings that are broken although they would fit into a line; one that fits into none has to be.
BROKEN_WORDS = """() => {
  const broken = [];
  for (const heading of document.querySelectorAll("h1, h2, h3")) {
    if (!heading.checkVisibility() || heading.clientWidth < 2) continue;
    const walker = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      for (const match of walker.currentNode.data.matchAll(/[^\\s-]{2,}/gu)) {
        const range = document.createRange();
        range.setStart(walker.currentNode, match.index);
        range.setEnd(walker.currentNode, match.index + match[0].length);
        const parts = [...range.getClientRects()].filter(({ width }) => width > 0);
        const width = parts.reduce((sum, part) => sum + part.width, 0);
        const lines = new Set(parts.map(({ top }) => Math.round(top)));
        if (lines.size > 1 && width < innerWidth * 0.8) broken.push(match[0]);
      }
    }
  }
  return broken;
}"""
PHONES = ((390, 844), (320, 640))


@dataclass(frozen=True)
class Look:
    width: int
    height: int
    scheme: str = "light"
    colours: str = "none"  # "active": the system's own few, as people with low vision choose


LOOKS = {
    "wide": Look(1440, 900),
    "narrow and dark": Look(320, 640, "dark"),
    "at 200 %": Look(720, 450, "dark"),  # of 1440 × 900
    "forced colours": Look(1440, 900, colours="active"),
}
FEW = ("wide", "narrow and dark")


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(AXE, RULES)
    return [f"{one['id']}: {node['target']}" for one in found for node in one["nodes"]]


def seen(page: Page, state: str, looks: Collection[str] = tuple(LOOKS)) -> Iterator[str]:
    """What is wrong with the page as it stands, in each of these looks; it is wide and light again afterwards."""
    for name in looks:
        look = LOOKS[name]
        page.set_viewport_size({"width": look.width, "height": look.height})
        page.emulate_media(color_scheme=look.scheme, forced_colors=look.colours, reduced_motion="reduce")  # type: ignore[arg-type]
        page.evaluate(DRAWN)
        yield from (f"{state}, {name}: {one}" for one in faults(page))
        yield from (f"{state}, {name}: {one} is wider than the window" for one in page.evaluate(TOO_WIDE))
        yield from (f"{state}, {name}: {word} is broken" for word in page.evaluate(BROKEN_WORDS))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light", forced_colors="none")


def misfits(page: Page, state: str) -> Iterator[str]:
    """What doesn't fit the window of a phone, with all that can be unfolded unfolded: axe is asked by `seen`."""
    page.evaluate("() => document.querySelectorAll('main details').forEach((details) => { details.open = true; })")
    for width, height in PHONES:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(DRAWN)
        yield from (f"{state}, {width}: {element} is wider than the window" for element in page.evaluate(TOO_WIDE))
        yield from (f"{state}, {width}: {word} is broken" for word in page.evaluate(BROKEN_WORDS))
