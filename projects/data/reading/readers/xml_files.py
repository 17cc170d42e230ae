"""XML from outside: no entities, no document types, nothing fetched; element by element where it is large."""

from collections.abc import Iterator
from typing import Any, BinaryIO, cast
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException, ElementTree

from projects.data.limits import MAX_TEXT_BYTES, MAX_XML_DEPTH, MAX_XML_ELEMENTS
from projects.data.reading.readers.nesting import NestedTooDeep, TooManyValues
from projects.errors import Refused


class _BoundedTree(TreeBuilder):
    """Elements as they come, as many and as deep as may be."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._parts = 0

    def start(self, tag: str, attrs: Any, /) -> Element:
        self._depth += 1
        self._parts += 1 + len(attrs)
        if self._depth > MAX_XML_DEPTH:
            raise NestedTooDeep(most=MAX_XML_DEPTH)
        if self._parts > MAX_XML_ELEMENTS:
            raise TooManyValues()
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


class _BoundedFile:
    """A file of which so much is read, and no more, until somebody lets go of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.held = 0  # bytes

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.held += len(data)
        if self.held > MAX_TEXT_BYTES:
            raise TooManyValues()
        return data


def root_of(data: bytes) -> Element:
    """The root of a small XML file. Raises Refused."""
    parser = ElementTree.DefusedXMLParser(target=_BoundedTree(), forbid_dtd=False)
    try:
        parser.feed(data)
        return cast(Element, parser.close())
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise damaged(problem) from None


def elements(file: BinaryIO, wanted: frozenset[str]) -> Iterator[Element]:
    """The elements of these names anywhere in a large file, one after the other, each whole; all else is let go. Raises
    Refused where the file goes wrong, with the line."""
    inside = parts = 0
    above: list[Element] = []
    bounded = _BoundedFile(file)
    try:
        for event, element in ElementTree.iterparse(bounded, events=("start", "end")):
            if event == "start":
                above.append(element)
                parts += 1 + len(element.attrib)
                if len(above) > MAX_XML_DEPTH:
                    raise NestedTooDeep(most=MAX_XML_DEPTH)
                if parts > MAX_XML_ELEMENTS:
                    raise TooManyValues()
                inside += element.tag in wanted
                continue
            above.pop()
            if element.tag in wanted:
                inside -= 1
                if not inside:
                    yield element
            if not inside:
                parts = bounded.held = 0
                if above:
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
