"""Parents and children: who pays, and the consolidated invoices of parents (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Row = dict[str, Any]


def read_hierarchy(written: Mapping[str, Any], find: Callable[[str, str | None], str]) -> Row:
    """{"parent": contract id or None, "parent_pays", "consolidates" (a child), "concatenates" (a parent)}."""
    parent = written.get("parent") or {}
    wanted = parent.get("contract_id") or parent.get("contract")
    behavior = written.get("parent_behavior") or {}
    return {
        "parent": find(wanted, parent.get("customer_id") or parent.get("customer")) if wanted else None,
        "parent_pays": (written.get("payer") or "SELF").upper() == "PARENT",
        "consolidates": (written.get("usage_statement_behavior") or "SEPARATE").upper() == "CONSOLIDATE",
        "concatenates": (behavior.get("invoice_consolidation_type") or "NONE").upper() == "CONCATENATE",
    }


def payer(contracts: Mapping[str, Row], contract: Row) -> str:
    """The customer who pays the invoices of a contract."""
    hierarchy = contract["hierarchy"]
    paying = contracts[hierarchy["parent"]] if hierarchy["parent"] and hierarchy["parent_pays"] else contract
    return str(paying["customer"])


def consolidated(
    contracts: Mapping[str, Row], invoices: list[Row], lines_of: Callable[[Row], list[Row]]
) -> Iterator[tuple[Row, list[Row]]]:
    """The consolidated invoice, with its lines, of every parent's usage invoice that a child's invoice joins.

    A child's usage invoice joins when its period lies within the parent's and ends with it.
    """
    children: dict[str, list[str]] = {}
    for contract_id, contract in contracts.items():
        hierarchy = contract["hierarchy"]
        parent = hierarchy["parent"]
        if parent and hierarchy["consolidates"] and contracts[parent]["hierarchy"]["concatenates"]:
            children.setdefault(parent, []).append(contract_id)
    of_usage = {(each["contract"], each["ending_before"]): each for each in invoices if each["type"] == "USAGE"}
    for (contract_id, end), own in of_usage.items():
        joining = [of_usage[child, end] for child in sorted(children.get(contract_id, ())) if (child, end) in of_usage]
        joining = [each for each in joining if own["starting_at"] <= each["starting_at"]]
        if not joining:
            continue
        parts = [own, *joining]
        invoice = {
            **own,
            "type": "USAGE_CONSOLIDATED",
            "total": sum(each["total"] for each in parts),
            "line_items": sum(each["line_items"] for each in parts),
            "constituent_invoices": tuple(
                (each["contract"], each["starting_at"], each["ending_before"]) for each in parts
            ),
        }
        yield invoice, [_copy(line, invoice, each) for each in parts for line in lines_of(each)]


def _copy(line: Row, invoice: Row, original: Row) -> Row:
    return {
        **line,
        "customer": invoice["customer"],
        "contract": invoice["contract"],
        "invoice_type": invoice["type"],
        "period_starting_at": invoice["starting_at"],
        "period_ending_before": invoice["ending_before"],
        "issued_at": invoice["issued_at"],
        "origin_customer": original["customer"],
        "origin_contract": original["contract"],
        "origin_invoice_starting_at": original["starting_at"],
    }
