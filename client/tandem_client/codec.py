"""Between JSON and the dataclasses of `models`. Read generously: what isn't known here is passed over."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from tandem_client.errors import UnexpectedAnswer

T = TypeVar("T")
Part = tuple[str, str, Any, bool]  # the attribute, its name in JSON, its type, whether it may be left out


def decoded(shape: type[T], data: object, place: str = "") -> T:
    """The dataclass that a JSON object is. Raises UnexpectedAnswer, with the place of what is missing or of another
    type."""
    if not isinstance(data, Mapping):
        raise _other(shape.__name__, place)
    found: dict[str, Any] = {}
    for name, key, kind, optional in parts_of(cast(type, shape)):
        where = f"{place}.{key}" if place else key
        if key in data:
            found[name] = _value(kind, data[key], where)
        elif not optional:
            raise UnexpectedAnswer(f"The server's answer lacks “{where}” of {shape.__name__}.")
    return shape(**found)


def encoded(value: object) -> Any:
    """A dataclass, or a list or mapping of such, as JSON has it; all that is said, None too."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: encoded(getattr(value, name)) for name, key, _kind, _optional in parts_of(type(value))}
    if isinstance(value, Mapping):
        return {key: encoded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [encoded(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def given(value: object) -> Any:
    """The same without what is None at any depth of a dataclass, for a request: what is left out keeps its default."""
    if is_dataclass(value) and not isinstance(value, type):
        said = {key: getattr(value, name) for name, key, _kind, _optional in parts_of(type(value))}
        return {key: given(one) for key, one in said.items() if one is not None}
    if isinstance(value, Mapping):
        return {key: given(one) for key, one in value.items()}
    return [given(one) for one in value] if isinstance(value, list | tuple) else encoded(value)


@cache
def parts_of(shape: type) -> tuple[Part, ...]:
    """The parts of a dataclass, as JSON has them."""
    hints = get_type_hints(shape)
    return tuple(
        (one.name, one.metadata.get("wire", one.name), hints[one.name], one.default is not MISSING)
        for one in fields(shape)
    )


def _value(kind: Any, data: Any, place: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (one for one in get_args(kind) if one is not type(None))
        return None if data is None else _value(inner, data, place)
    if kind is Any:
        return data
    if origin is list and isinstance(data, list):
        (inner,) = get_args(kind)
        return [_value(inner, one, f"{place}[{index}]") for index, one in enumerate(data)]
    if origin in (dict, Mapping) or is_dataclass(kind):
        if not isinstance(data, Mapping):
            raise _other("an object", place)
        return decoded(cast(type, kind), data, place) if is_dataclass(kind) else dict(data)
    return _plain(str if origin is Literal else kind, data, place)


def _plain(kind: type, data: Any, place: str) -> Any:
    try:
        if kind is datetime and isinstance(data, str):
            return datetime.fromisoformat(data)
        if kind is Decimal and isinstance(data, str):
            return Decimal(data)
    except (ValueError, InvalidOperation):
        raise _other(kind.__name__, place) from None
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise _other(kind.__name__, place)
    return data


def _other(kind: str, place: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"The server's answer has no {kind} at “{place}”." if place else f"This is no {kind}.")
