"""Ids of what is not given one: the documented ones, so that rows of both sides can be told apart by them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

_NAMESPACE = UUID("6f7bd1b0-9a0f-5f0c-8a55-d0cb111d0001")


def derived(kind: str, *parts: str) -> str:
    """A UUIDv5 of a kind and of whatever names the object."""
    return str(uuid5(_NAMESPACE, "\x1f".join((kind, *parts))))


def instant_text(moment: datetime) -> str:
    """An instant as it stands in ids: `2026-10-01T00:00:00.000000Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
