"""XML from outside: no entities, no document types, nothing fetched; element by element where it is large."""

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from projects.errors import Refused

DEEPEST = 100


def root_of(data: bytes) -> Element:
    """The root of a small XML file. Raises Refused."""
    try:
        return ElementTree.fromstring(data, forbid_dtd=False)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise damaged(problem) from None


def elements(file: BinaryIO, wanted: frozenset[str]) -> Iterator[Element]:
    """The elements of these names anywhere in a large file, one after the other, each whole; all else is let go. Raises
    Refused where the file goes wrong, with the line."""
    inside = 0
    above: list[Element] = []
    try:
        for event, element in ElementTree.iterparse(file, events=("start", "end")):
            if event == "start":
                above.append(element)
                if len(above) > DEEPEST:
                    raise Refused("It is nested too deep.", code="too-deep")
                inside += element.tag in wanted
                continue
            above.pop()
            if element.tag in wanted:
                inside -= 1
                if not inside:
                    yield element
            if not inside and above:
                above[-1].remove(element)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise damaged(problem) from None


def damaged(problem: Any) -> Refused:
    """What is raised of XML that can't be read."""
    line = getattr(problem, "position", (0, 0))[0]
    text = "This is not XML, or it is cut off: %(problem)s."
    reason = str(problem).rstrip(".")[:200] or type(problem).__name__
    return Refused(text, code="not-xml", place=f"line {line}" if line else "", problem=reason)


def text_in(element: Element, path: str) -> str:
    """The text of the first element at a path; "" where there is none."""
    return (element.findtext(path) or "").strip()


def number(value: object) -> float:
    """A number as a file has it. Raises Refused."""
    try:
        return float(str(value))
    except ValueError:
        raise Refused("“%(value)s” is no number.", code="not-a-number", value=str(value)[:40]) from None
