"""Between the dataclasses of this package and the protocol's messages: by the names of the fields.

A dataclass has a field for each field of its message, under the same name. So a field that the
protocol gains needs one line in the dataclass, and none here.

| in the protocol | in Python |
|---|---|
| a field that may be absent | `None` |
| repeated | a tuple |
| an enum | an enum of the same names, without their prefix |
| `Timestamp`, `Duration` | an aware `datetime` in UTC, a `timedelta` |
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, get_args, get_type_hints

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from basma.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
    from google.protobuf.message import Message

T = TypeVar("T")
M = TypeVar("M", bound="Message")

# How each field of a class is converted: worked out when the class is first met.
_Conversions: TypeAlias = "list[tuple[str, Callable[[Any], Any]]]"
_READERS: dict[type[Any], _Conversions] = {}
_WRITERS: dict[type[Any], _Conversions] = {}


def read(cls: type[T], message: Message) -> T:
    """Return the message as a dataclass."""
    return cls(**{name: value(message) for name, value in _readers(cls, message.DESCRIPTOR)})


def write(value: object, message: type[M]) -> M:
    """Return the dataclass as a message.

    Raises:
        InvalidArgument: `TEXT_MALFORMED`, if a string has lone surrogates and so no UTF-8.

    """
    given = {}
    for name, convert in _writers(type(value), message.DESCRIPTOR):
        field = getattr(value, name)
        if field is not None:
            given[name] = convert(field)
    try:
        return message(**given)
    except UnicodeEncodeError as error:
        raise InvalidArgument(f"the text cannot be encoded: {error}", "TEXT_MALFORMED") from error


def class_of(hint: Any) -> type[Any]:
    """Return the class behind `C`, `C | None` and `tuple[C, ...]`."""
    inner = [hint for hint in get_args(hint) if hint not in (type(None), ...)]
    cls: type[Any] = class_of(inner[0]) if inner else hint
    return cls


def hints(cls: type[Any]) -> dict[str, Any]:
    """Return the type of each field of a dataclass."""
    types = get_type_hints(cls)
    return {field.name: types[field.name] for field in fields(cls)}


def _readers(cls: type[Any], message: Any) -> _Conversions:
    known = _READERS.get(cls)
    if known is None:
        by_name = message.fields_by_name
        known = [(name, _reader(by_name[name], hint)) for name, hint in hints(cls).items()]
        _READERS[cls] = known
    return known


def _reader(field: FieldDescriptor, hint: object) -> Callable[[Any], Any]:
    name = field.name
    convert = _value_reader(field, class_of(hint))
    if field.is_repeated:
        return lambda message: tuple(convert(value) for value in getattr(message, name))
    if field.has_presence and type(None) in get_args(hint):
        return lambda message: convert(getattr(message, name)) if message.HasField(name) else None
    return lambda message: convert(getattr(message, name))


def _value_reader(field: FieldDescriptor, cls: type[Any]) -> Callable[[Any], Any]:
    if field.enum_type is not None:
        members = {number: cls[name] for number, name in enum_names(field.enum_type).items()}
        # A newer server may have more.
        return lambda number: members.get(number, members[0])
    if field.message_type is None:
        return lambda value: value
    if cls is datetime:
        return lambda value: value.ToDatetime(tzinfo=timezone.utc)
    if cls is timedelta:
        return lambda value: value.ToTimedelta()
    return lambda value: read(cls, value)


def _writers(cls: type[Any], message: Any) -> _Conversions:
    known = _WRITERS.get(cls)
    if known is None:
        known = [(name, _writer(message.fields_by_name[name])) for name in hints(cls)]
        _WRITERS[cls] = known
    return known


def _writer(field: FieldDescriptor) -> Callable[[Any], Any]:
    convert = _value_writer(field)
    if field.is_repeated:
        return lambda values: [convert(value) for value in values]
    return convert


def _value_writer(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.enum_type is not None:
        numbers = {name: number for number, name in enum_names(field.enum_type).items()}
        return lambda member: numbers[member.name]
    if field.message_type is None:
        return lambda value: value
    message = GetMessageClass(field.message_type)
    if message is Timestamp:
        return _timestamp
    if message is Duration:
        return _duration
    return lambda value: write(value, message)


def _timestamp(time: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(time)
    return message


def _duration(time: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(time)
    return message


def enum_names(enum: EnumDescriptor) -> dict[int, str]:
    """Return the names without the prefix that all have, such as `VERDICT_`."""
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    return {value.number: value.name.removeprefix(prefix) for value in enum.values}
