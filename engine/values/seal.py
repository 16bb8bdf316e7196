"""Sealed texts: JSON that carries the hash of itself, so that no digit of it can change unseen."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

_KEY = "seal"

#: The seal's value and all that may stand after it: the end of the text.
_END = re.compile(r'"(?P<seal>[0-9a-f]{64})"[} \n]*\Z')


class BrokenSealError(ValueError):
    """A text has no seal, or does not hold what was sealed."""


def sealed_text(content: Mapping[str, object], *, indent: int | None = None) -> str:
    """The content as JSON in the order given, its last member the SHA-256 of everything that stands before it.

    >>> sealed_text({"a": 1})[:21]
    '{"a": 1, "seal": "428'
    """
    return seal_last(json.dumps({**content, _KEY: ""}, indent=indent))


def seal_last(text: str) -> str:
    """A JSON text whose last value is an empty string, that value being the seal from now on."""
    before, empty, after = text.rpartition('""')
    if not empty or after.strip("} \n"):
        raise ValueError("the last value of the text is not an empty string")
    return f'{before}"{_digest(before)}"{after}'


def is_sealed(text: str) -> bool:
    """Whether the text ends in the seal of what stands before it."""
    end = _END.search(text)
    return end is not None and end["seal"] == _digest(text[: end.start()])


def read_sealed(text: str) -> dict[str, Any]:
    """The content of a sealed text without its seal; raises BrokenSealError when it is not what was sealed."""
    if not is_sealed(text):
        raise BrokenSealError("the text does not hold what was sealed")
    content: dict[str, Any] = json.loads(text)
    if _KEY not in content:
        raise BrokenSealError("the text is sealed as part of something else")
    return {key: value for key, value in content.items() if key != _KEY}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
