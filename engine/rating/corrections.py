"""What this run bills of usage that arrived after its own invoice was finalized (spec/metering.md §2.3)."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

import pyarrow as pa

from engine.rating.arrow_tables import INSTANT
from engine.values.numbers import MAX_DIGITS
from engine.values.period import format_instant, parse_instant

AMOUNT_PLACES = 26

#: The table `corrections`: what to charge, or to give back below zero, of a product in a statement that is closed.
#: `corrected_until` is NULL for what was due at the instant `corrected_from`. The amount is in the credit type that the
#: statement's lines are priced in. Grain: contract_id, product_id, corrected_from, corrected_until, credit_type_id.
CORRECTIONS = pa.schema(
    [
        ("contract_id", pa.string()),
        ("product_id", pa.string()),
        ("product_name", pa.string()),
        ("corrected_from", INSTANT),
        ("corrected_until", INSTANT),
        ("credit_type_id", pa.string()),
        ("amount", pa.decimal128(MAX_DIGITS, AMOUNT_PLACES)),
    ]
)

#: Nothing is corrected.
NO_CORRECTIONS = CORRECTIONS.empty_table()


def corrections_text(corrections: pa.Table) -> str:
    """Corrections as lines of JSON in an order of their own, so that the same ones give the same text."""
    lines = (json.dumps({name: _text(value) for name, value in row.items()}) for row in corrections.to_pylist())
    return "".join(f"{line}\n" for line in sorted(lines))


def corrections_from_text(text: str) -> pa.Table:
    """The corrections that `corrections_text` wrote."""
    rows = [json.loads(line) for line in text.splitlines()]
    return pa.Table.from_pylist(
        [{name: _value(name, row[name]) for name in CORRECTIONS.names} for row in rows], CORRECTIONS
    )


def corrections_hash(corrections: pa.Table) -> str:
    """The SHA-256 of the corrections' text."""
    return sha256(corrections_text(corrections).encode()).hexdigest()


def _text(value: object) -> str | None:
    if isinstance(value, datetime):
        return format_instant(value)
    return None if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _value(name: str, text: str | None) -> object:
    if text is None or CORRECTIONS.field(name).type == pa.string():
        return text
    return Decimal(text) if name == "amount" else parse_instant(text)
