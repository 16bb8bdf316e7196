"""Threshold configurations: one row a contract in an export, a part of the contract in request bodies."""

from __future__ import annotations

from engine.catalog.threshold import PrepaidBalanceThreshold, SpendThreshold
from engine.metronome.json_text import json_text
from engine.metronome.request_body import Body, Row, number, present, texts, upper


def prepaid_threshold_row(threshold: PrepaidBalanceThreshold, contract_id: str) -> Body:
    """A row of `contracts_prepaid_balance_threshold_configurations`."""
    commit = threshold.commit
    return {
        **_row(threshold, contract_id),
        "recharge_to_amount": threshold.recharge_to_amount,
        "commit_applicable_product_ids": json_text(commit.applicable_product_ids),
        "commit_applicable_product_tags": json_text(commit.applicable_product_tags),
        "commit_duration_value": commit.duration.value,
        "commit_duration_unit": commit.duration.unit,
        "commit_rollover_fraction": commit.rollover_fraction,
        "commit_rate_type": commit.rate_type,
    }


def spend_threshold_row(threshold: SpendThreshold, contract_id: str) -> Body:
    """A row of `contracts_spend_threshold_configurations`."""
    return _row(threshold, contract_id)


def _row(threshold: PrepaidBalanceThreshold | SpendThreshold, contract_id: str) -> Body:
    return {
        "id": contract_id,
        "contract_id": contract_id,
        "enabled": threshold.is_enabled,
        "threshold_amount": threshold.threshold_amount,
        "commit_name": threshold.commit.name,
        "commit_description": threshold.commit.description,
        "commit_product_id": threshold.commit.product_id,
        "payment_gate_type": "NONE",
        "tax_type": "NONE",
    }


def spend_threshold_body(row: Row) -> Body:
    """A spend threshold as a part of a contract."""
    commit = present(
        product_id=row["commit_product_id"], name=row["commit_name"], description=row["commit_description"]
    )
    amount = number(row["threshold_amount"])
    return present(is_enabled=bool(row["enabled"]), threshold_amount=amount, commit=commit)


def prepaid_threshold_body(row: Row) -> Body:
    """A prepaid balance threshold as a part of a contract."""
    body = spend_threshold_body(row)
    duration = present(unit=upper(row["commit_duration_unit"]), value=row["commit_duration_value"])
    body["commit"] |= present(
        applicable_product_ids=texts(row["commit_applicable_product_ids"]),
        applicable_product_tags=texts(row["commit_applicable_product_tags"]),
        duration=duration if len(duration) == 2 else None,
        rollover_fraction=number(row["commit_rollover_fraction"]),
        rate_type=upper(row["commit_rate_type"]),
    )
    return body | present(recharge_to_amount=number(row["recharge_to_amount"]))
