"""Why an event was not accepted."""

from __future__ import annotations

import base64
from codecs import getincrementaldecoder
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
    line = line.rstrip(b"\r\n")
    kept = line[:KEPT_BYTES]
    try:
        # A character that is cut in two by the limit is left out; the text before it is text all the same.
        text = getincrementaldecoder("utf-8")().decode(kept, len(line) <= KEPT_BYTES)
        return Refusal(line_no, reason, detail, None, text)
    except UnicodeDecodeError:
        return Refusal(line_no, reason, detail, None, base64.b64encode(kept).decode("ascii"), "base64")


def kept_text(line: str) -> str:
    """The text of a refused line without its end, at most `KEPT_BYTES` of it."""
    text = line.rstrip("\r\n")
    return text.encode()[:KEPT_BYTES].decode("utf-8", "ignore")
