"""Why an event was not accepted."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal

#: Refused content is kept up to this many bytes.
KEPT_BYTES = 64 * 1024

Reason = Literal[
    "bad_json",
    "bad_unicode",
    "not_an_object",
    "duplicate_key",
    "missing_field",
    "wrong_type",
    "bad_length",
    "control_character",
    "bad_timestamp",
    "too_old",
    "in_future",
    "bad_property_name",
    "too_many_properties",
    "too_large",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused line: `content` is its text, or base64 of its bytes when `encoding` says so."""

    line_no: int
    reason: Reason
    detail: str
    transaction_id: str | None
    content: str
    encoding: Literal["utf-8", "base64"] = "utf-8"


def refuse_bytes(line_no: int, reason: Reason, detail: str, line: bytes) -> Refusal:
    """A refusal of a line known only as bytes, keeping at most `KEPT_BYTES` of it."""
    kept = line.rstrip(b"\r\n")[:KEPT_BYTES]
    try:
        return Refusal(line_no, reason, detail, None, kept.decode("utf-8"))
    except UnicodeDecodeError:
        return Refusal(line_no, reason, detail, None, base64.b64encode(kept).decode("ascii"), "base64")
