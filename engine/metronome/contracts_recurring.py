"""Recurring commits and credits: as an export writes them, and as request bodies do."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.balance import AccessType
from engine.catalog.contract import Contract
from engine.catalog.recurring_balance import AccessAmount, InvoiceAmount, RecurringBalance, RecurringCommit
from engine.metronome.contracts_subscriptions import rounding_body, rounding_json
from engine.metronome.json_text import json_text, json_value
from engine.metronome.request_body import (
    Body,
    Row,
    custom_fields,
    full_body,
    given_body,
    instant,
    lower,
    number,
    pairs,
    present,
    texts,
    upper,
)


def recurring_row(recurring: RecurringBalance, contract: Contract, currency: str, names: Mapping[str, str]) -> Body:
    """A row of `contracts_recurring_commits_and_credits`; `currency` is the rate card's."""
    invoice = recurring.invoice_amount if isinstance(recurring, RecurringCommit) else None
    roundings, link = recurring.proration_rounding, recurring.subscription_config
    rounding = None
    if roundings is not None:
        rounding = json_text(present(access=rounding_json(roundings.access), invoice=rounding_json(roundings.invoice)))
    return {
        "id": recurring.id,
        "contract_id": contract.id,
        "customer_id": contract.customer_id,
        "type": "commit" if isinstance(recurring, RecurringCommit) else "credit",
        "name": recurring.name,
        "priority": recurring.priority,
        "description": recurring.description,
        "product_id": recurring.product_id,
        "access_amount": json_text(_amount_json(recurring.access_amount, currency, names)),
        "invoice_amount": None if invoice is None else json_text(_amount_json(invoice, currency, names)),
        "rollover_fraction": recurring.rollover_fraction,
        "rate_type": recurring.rate_type,
        "applicable_product_ids": json_text(recurring.applicable_product_ids),
        "applicable_product_tags": json_text(recurring.applicable_product_tags),
        "specifiers": json_text([given_body(each) for each in recurring.specifiers]),
        "commit_duration": json_text(full_body(recurring.commit_duration)),
        "proration": recurring.proration,
        "proration_rounding": rounding,
        "recurrence_frequency": recurring.recurrence_frequency,
        "metadata": json_text({"custom_fields": dict(recurring.custom_fields)}),
        "subscription_config": None
        if link is None
        else json_text(full_body(link) | {"allocation": lower(link.allocation)}),
        "starting_at": recurring.starting_at,
        "ending_before": recurring.ending_before,
    }


def _amount_json(amount: AccessAmount | InvoiceAmount, currency: str, names: Mapping[str, str]) -> Body:
    counts_units = isinstance(amount, AccessAmount) and amount.access_type is AccessType.QUANTITY
    credit_type_id = None if counts_units else amount.credit_type_id or currency
    return {
        "unit_price": amount.unit_price,
        "quantity": amount.quantity,
        "credit_type_id": credit_type_id,
        "credit_type_name": names.get(credit_type_id or ""),
    }


def recurring_body(row: Row, currency: str | None) -> Body:
    """A recurring commit or credit as a request body; `currency` is the rate card's."""
    link = json_value(row["subscription_config"])
    roundings = json_value(row["proration_rounding"]) or {}
    duration = json_value(row["commit_duration"]) or {"value": 1}
    proration = upper(row["proration"])
    return present(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        product_id=row["product_id"],
        priority=number(row["priority"]),
        access_amount=_amount_body(row["access_amount"], None),
        invoice_amount=_amount_body(row["invoice_amount"], currency),
        rollover_fraction=number(row["rollover_fraction"]),
        rate_type=upper(row["rate_type"]),
        **applicable_body(row),
        commit_duration=present(value=duration.get("value"), unit=upper(duration.get("unit"))),
        proration=proration,
        proration_rounding={
            key: rounding for key in ("access", "invoice") if (rounding := rounding_body(roundings.get(key)))
        },
        recurrence_frequency=upper(row["recurrence_frequency"]),
        subscription_config=link and {**link, "allocation": upper(link.get("allocation") or "POOLED")},
        starting_at=instant(row["starting_at"]),
        ending_before=instant(row["ending_before"]),
        custom_fields=custom_fields(row["metadata"]),
    )


def _amount_body(column: str | None, currency: str | None) -> Body | None:
    value = json_value(column)
    if value is None:
        return None
    credit_type_id = value.get("credit_type_id")
    return present(
        unit_price=number(value.get("unit_price")),
        quantity=number(value.get("quantity")),
        credit_type_id=None if credit_type_id == currency else credit_type_id,
    )


def applicable_body(row: Row) -> Body:
    """What a balance may be drawn by."""
    specifiers = [
        present(
            product_id=each.get("product_id"),
            product_tags=each.get("product_tags"),
            pricing_group_values=pairs(each.get("pricing_group_values")),
            presentation_group_values=pairs(each.get("presentation_group_values")),
        )
        for each in json_value(row["specifiers"]) or ()
    ]
    return present(
        applicable_product_ids=texts(row["applicable_product_ids"]),
        applicable_product_tags=texts(row["applicable_product_tags"]),
        specifiers=specifiers,
    )
