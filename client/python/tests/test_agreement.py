"""The package has all that the protocol has: who extends the one is told what the other lacks."""

from __future__ import annotations

import inspect
import re
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import basma
from basma import AsyncClient, Client
from basma.message import class_of, enum_names, hints
from basma.v1 import (
    article_pb2,
    article_service_pb2,
    backup_service_pb2,
    collection_service_pb2,
    dedup_service_pb2,
    match_pb2,
    migration_service_pb2,
)

FILES = [
    article_pb2,
    article_service_pb2,
    collection_service_pb2,
    dedup_service_pb2,
    match_pb2,
]
# What only the command line does.
COMMAND_LINE = [backup_service_pb2, migration_service_pb2]
MESSAGES: dict[str, Any] = {
    "Cluster": article_service_pb2.GetClusterResponse,
    "Stats": collection_service_pb2.GetStatsResponse,
    "Found": dedup_service_pb2.FindDuplicatesResponse,
    "FoldedText": dedup_service_pb2.FingerprintResponse,
    "Comparison": dedup_service_pb2.CompareResponse,
}
# What the clients make of the protocol's methods.
METHODS = {"BatchSubmit": "submit_many", "BatchCheck": "check_many"}
# What they make of the fields of requests.
PARAMETERS: dict[Any, str] = {"update_mask": "paths", ("SubmitStream", "article"): "articles"}
# What they do by themselves: the collection is the client's, lists turn their pages, a stream's
# answers come in order, a text in another charset is a kind of text, a SimHash is a number.
BY_THEMSELVES: set[Any] = {
    "collection",
    ("ListArticles", "page_token"),
    ("ListCollections", "page_token"),
    ("SubmitStream", "request_number"),
    ("Fingerprint", "encoded_text"),
    ("FindDuplicates", "simhash_hex"),
}


def dataclasses_with_messages() -> list[tuple[type[Any], Any]]:
    messages = {
        name: descriptor
        for file in FILES
        for name, descriptor in file.DESCRIPTOR.message_types_by_name.items()
    }
    messages |= {name: message.DESCRIPTOR for name, message in MESSAGES.items()}
    named = [(getattr(basma, name, object), found) for name, found in messages.items()]
    return [(cls, found) for cls, found in named if hasattr(cls, "__dataclass_fields__")]


@pytest.mark.parametrize(("cls", "message"), dataclasses_with_messages())
def test_a_dataclass_has_the_fields_of_its_message(cls: type[Any], message: Any) -> None:
    assert set(hints(cls)) == {field.name for field in message.fields}
    for field in message.fields:
        inner = class_of(hints(cls)[field.name])
        if field.enum_type is not None and issubclass(inner, Enum):
            names = set(enum_names(field.enum_type).values())
            assert names == {member.name for member in inner}


def test_no_message_is_forgotten() -> None:
    reached = {message.full_name for _, message in dataclasses_with_messages()}
    for file in FILES:
        for name, message in file.DESCRIPTOR.message_types_by_name.items():
            # Requests and responses are what the methods of the clients take and return.
            if not name.endswith(("Request", "Response")) and name != "ItemError":
                assert message.full_name in reached, f"there is no dataclass for {name}"


def test_no_file_is_forgotten() -> None:
    generated = Path(inspect.getfile(basma.v1)).parent.glob("*_pb2.py")
    known = {Path(inspect.getfile(file)) for file in [*FILES, *COMMAND_LINE]}
    assert known == set(generated)


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_client_has_the_methods_of_the_services_with_their_parameters(client: type[Any]) -> None:
    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method.name).lower()
                name = METHODS.get(method.name, snake)
                assert callable(getattr(client, name, None)), f"{client.__name__}.{name} is missing"
                known = inspect.signature(getattr(client, name)).parameters
                for field in method.input_type.fields:
                    place = (method.name, field.name)
                    parameter = PARAMETERS.get(place, PARAMETERS.get(field.name, field.name))
                    if not BY_THEMSELVES & {field.name, place}:
                        assert parameter in known, f"{name} has no parameter {parameter}"


def test_both_clients_have_the_same_methods() -> None:
    def signatures(client: type[Any]) -> dict[str, list[str]]:
        methods = inspect.getmembers(client, inspect.isfunction)
        public = {name: method for name, method in methods if not name.startswith("_")}
        return {name: list(inspect.signature(m).parameters) for name, m in public.items()}

    assert signatures(Client) == signatures(AsyncClient)
