"""Commits and credits, of contracts and of customers: as an export writes them, and as request bodies do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, NamedTuple

from engine.catalog.balance import Applicable, Balance, Commit
from engine.catalog.customer_balance import CustomerCommit
from engine.metronome.contracts_charges import schedule_body, schedule_json
from engine.metronome.contracts_ledger import Ledgers, Segment, manual_bodies
from engine.metronome.contracts_recurring import applicable_body
from engine.metronome.json_text import json_text, json_value
from engine.metronome.request_body import (
    Body,
    Row,
    custom_fields,
    given_body,
    instant,
    lower,
    number,
    present,
    texts,
    upper,
)
from engine.values.numbers import QUOTIENT_PLACES
from engine.values.period import ALWAYS

#: A commit's cost as a part of what it grants has the places of every quotient.
_RATIO = Decimal(1).scaleb(-QUOTIENT_PLACES)
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)

#: The reason of a correction by hand for which an export gives none.
UNSAID = "no reason exported"


class Shared(NamedTuple):
    """What rows of balances are written with: names of credit types, published ledgers, and when it is."""

    names: Mapping[str, str]
    ledgers: Ledgers
    now: datetime


def balance_row(balance: Balance, customer_id: str, contract_id: str | None, currency: str | None, by: Shared) -> Body:
    """A row of `contracts_balances` of a commit or credit in the catalog; `currency` is the rate card's."""
    segments = [
        Segment(each.id, each.starting_at, each.ending_before, each.amount)
        for each in balance.access_schedule.schedule_items
    ]
    of_customer = balance.applicable_contract_ids if contract_id is None else ()  # type: ignore[attr-defined]
    invoice = balance.invoice_schedule if isinstance(balance, Commit) else None
    row = {
        **segments_row(balance.id, segments, balance.access_schedule.credit_type_id, by),
        **applicable_row(balance),
        "customer_id": customer_id,
        "contract_id": contract_id,
        "type": lower(balance.kind),
        "name": balance.name,
        "priority": balance.priority,
        "description": balance.description,
        "product_id": balance.product_id,
        "rollover_fraction": balance.rollover_fraction,
        "rate_type": balance.rate_type,
        "applicable_contract_ids": json_text(of_customer),
        "invoice_contract_id": balance.invoice_contract_id if isinstance(balance, CustomerCommit) else None,
        "metadata": json_text({"custom_fields": dict(balance.custom_fields)}),
    }
    if invoice is not None:
        assert isinstance(balance, Commit)
        credit_type_id = invoice.credit_type_id or currency
        row["invoice_schedule"] = json_text(
            {
                "credit_type_id": credit_type_id,
                "credit_type_name": by.names.get(credit_type_id or ""),
                "do_not_invoice": invoice.do_not_invoice,
                **schedule_json(invoice),
            }
        )
        row["cost_basis"] = _cost_basis(balance)
    return row


def _cost_basis(commit: Commit) -> Decimal | None:
    """What was paid for one of what is granted."""
    granted = commit.access_schedule.total
    return _WIDE.divide(commit.invoiced, granted).quantize(_RATIO, context=_WIDE) if granted else None


def segments_row(balance_id: str, segments: list[Segment], credit_type_id: str | None, by: Shared) -> Body:
    """What a row says of segments and of what has happened to them."""
    items = [
        {
            "id": each.id,
            "date": instant(each.starting_at),
            "end_date": None if each.ending_before == ALWAYS.ending_before else instant(each.ending_before),
            "amount": each.amount,
        }
        for each in segments
    ]
    schedule = {
        "credit_type_id": credit_type_id,
        "credit_type_name": by.names.get(credit_type_id or ""),
        "schedule_items": items,
    }
    return {
        "id": balance_id,
        "access_schedule": json_text(schedule),
        "ledger": json_text(by.ledgers.json(balance_id)),
        "balance": by.ledgers.left(balance_id, segments, by.now),
    }


def applicable_row(applicable: Applicable) -> Body:
    """What a row says of what may draw."""
    return {
        "applicable_product_ids": json_text(applicable.applicable_product_ids),
        "applicable_product_tags": json_text(applicable.applicable_product_tags),
        "specifiers": json_text([given_body(each) for each in applicable.specifiers]),
    }


def commit_row(row: Mapping[str, Any], columns: Mapping[str, object]) -> Body:
    """The row of `contracts_commits` for the same commit."""
    return {name: value for name, value in row.items() if name in columns and not name.startswith("duckbill_")}


def balance_body(row: Row, currency: str | None, endless: str) -> Body:
    """A commit or credit as a request body, with `manual_balance_entries`, which a catalog holds by themselves.

    `currency` is that of the invoices; a segment without an end ends at `endless`.
    """
    kind = upper(row["type"])
    access = json_value(row["access_schedule"]) or {}
    items = [
        present(
            id=each.get("id"),
            amount=number(each.get("amount")),
            starting_at=instant(each.get("date")),
            ending_before=instant(each.get("end_date")) or endless,
        )
        for each in access.get("schedule_items") or ()
    ]
    body = present(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        type=None if kind == "CREDIT" else kind,
        priority=number(row["priority"]),
        product_id=row["product_id"],
        access_schedule=present(credit_type_id=access.get("credit_type_id"), schedule_items=items),
        rollover_fraction=number(row["rollover_fraction"]),
        rate_type=upper(row["rate_type"]),
        **applicable_body(row),
        custom_fields=custom_fields(row["metadata"]),
        manual_balance_entries=manual_bodies(json_value(row["ledger"]), dict(row), unsaid=UNSAID),
    )
    if kind != "CREDIT":
        body |= present(invoice_schedule=_invoice_schedule(json_value(row["invoice_schedule"]), currency))
    if row["contract_id"] is None:
        body |= present(
            customer_id=row["customer_id"],
            applicable_contract_ids=texts(row["applicable_contract_ids"]),
            invoice_contract_id=row["invoice_contract_id"],
        )
    return body


def _invoice_schedule(value: Mapping[str, Any] | None, currency: str | None) -> Body | None:
    schedule = schedule_body(value)
    if schedule is None or value is None:
        return None
    credit_type_id = value.get("credit_type_id")
    return schedule | present(
        do_not_invoice=True if value.get("do_not_invoice") else None,
        credit_type_id=None if credit_type_id == currency else credit_type_id,
    )
