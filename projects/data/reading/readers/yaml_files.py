"""YAML from outside, as lists, objects and texts: read event by event, so that nothing in it can stand for more than
was sent. Numbers, dates and yes and no stay the texts that they are written as."""

from typing import Any, cast

import yaml
from yaml.error import Mark
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from projects.data.limits import MAX_YAML_BYTES, MAX_YAML_DEPTH, MAX_YAML_NODES
from projects.errors import Refused

NOTHING = ("", "~", "null", "Null", "NULL")  # how YAML writes that nothing is there
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class AliasInYaml(Refused):
    """YAML's anchors (&) and aliases (*) are not read here: write the value out where it is used."""

    code = "yaml-alias"


class TagInYaml(Refused):
    """YAML's tags (!) are not read here: write plain values."""

    code = "yaml-tag"


class YamlTooLarge(Refused):
    """The YAML holds more than %(values)s values, %(levels)s levels or %(size)s MiB, which no list of classes does."""

    code = "too-large"

    def __init__(self, place: str = "") -> None:
        """`place` is where it goes too far."""
        values, size = MAX_YAML_NODES, MAX_YAML_BYTES // 2**20
        super().__init__(place=place, values=values, levels=MAX_YAML_DEPTH, size=size)


class _Open:
    """A list or an object that isn't closed yet, and the key whose value comes next."""

    def __init__(self, value: list[Any] | dict[str, Any], place: str) -> None:
        self.value, self.place = value, place
        self.key: str | None = None


def loads(text: str) -> Any:
    """What the first document says; None where it says nothing. Raises Refused, with the line."""
    if len(text.encode("utf-8", "replace")) > MAX_YAML_BYTES:
        raise YamlTooLarge()
    try:
        return _built(text)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = str(getattr(problem, "problem", None) or type(problem).__name__)[:200]
        place = f"line {mark.line + 1}" if mark else ""
        raise Refused("This is no YAML: %(problem)s.", code="not-yaml", place=place, problem=reason) from None
    except ValueError as problem:  # a letter that YAML has no place for
        reason = " ".join(str(problem).split())[:200]
        raise Refused("This is no YAML: %(problem)s.", code="not-yaml", problem=reason) from None


def _built(text: str) -> Any:
    stack: list[_Open] = []
    nodes = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, SequenceEndEvent | MappingEndEvent):
            closed = stack.pop()
            if not stack:
                return closed.value
            continue
        if not isinstance(event, NodeEvent):
            continue
        place = f"line {cast(Mark, event.start_mark).line + 1}"
        nodes += 1
        if isinstance(event, AliasEvent) or event.anchor is not None:
            raise AliasInYaml(place=place)
        if getattr(event, "tag", None) is not None:
            raise TagInYaml(place=place)
        if nodes > MAX_YAML_NODES or len(stack) >= MAX_YAML_DEPTH:
            raise YamlTooLarge(place)
        value: Any
        if isinstance(event, ScalarEvent):
            nothing = not event.style and event.value in NOTHING
            value = None if nothing else event.value
        else:
            value = [] if isinstance(event, SequenceStartEvent) else {}
        if stack:
            _put(stack[-1], event, value, place)
        elif isinstance(event, ScalarEvent):
            return value
        if isinstance(event, SequenceStartEvent | MappingStartEvent):
            stack.append(_Open(value, place))
    return None


def _put(holder: _Open, event: NodeEvent, value: Any, place: str) -> None:
    """Add a value to the list or object that it stands in; in an object, every other one is a key."""
    if isinstance(holder.value, list):
        holder.value.append(value)
    elif holder.key is not None:
        holder.value[holder.key] = value
        holder.key = None
    elif isinstance(event, ScalarEvent):
        holder.key = event.value
    else:
        raise Refused("A key of YAML is a word or a number here.", code="not-yaml", place=place)
