"""Identifiers derived from what they name, so that the same thing always gets the same id."""

from __future__ import annotations

from uuid import UUID, uuid5

#: The root of every id duckbill derives; changing it would change every id ever issued.
NAMESPACE = UUID("6f7bd1b0-9a0f-5f0c-8a55-d0cb111d0001")


def derived_id(kind: str, *parts: str) -> str:
    """The id of an object that was not given one: a UUIDv5 of its kind and whatever names it.

    >>> derived_id("product", "Tokens") == derived_id("product", "Tokens")
    True
    """
    return str(uuid5(NAMESPACE, "\x1f".join((kind, *parts))))
