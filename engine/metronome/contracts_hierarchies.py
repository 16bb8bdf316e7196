"""Parents and children among contracts: as an export writes them, and as request bodies do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.catalog.contract import Contract
from engine.catalog.hierarchy import HierarchyConfiguration
from engine.metronome.json_text import json_text
from engine.metronome.request_body import Body, Row, present, upper


def hierarchy_rows(contracts: Iterable[Contract]) -> Iterator[Body]:
    """Rows of `contract_hierarchy_configurations`, one for each parent and each child."""
    contracts = list(contracts)
    children: dict[str, list[Body]] = {}
    for contract in contracts:
        parent = None if contract.hierarchy_configuration is None else contract.hierarchy_configuration.parent
        if parent is not None:
            child = {"contract_id": contract.id, "customer_id": contract.customer_id}
            children.setdefault(parent.contract_id, []).append(child)
    for contract in contracts:
        if contract.hierarchy_configuration is not None or contract.id in children:
            configuration = contract.hierarchy_configuration or HierarchyConfiguration()
            yield _row(contract, configuration, children.get(contract.id))


def _row(contract: Contract, configuration: HierarchyConfiguration, children: list[Body] | None) -> Body:
    parent, behavior = configuration.parent, configuration.parent_behavior
    return {
        "id": contract.id,
        "contract_id": contract.id,
        "parent_contract_id": None if parent is None else parent.contract_id,
        "parent_customer_id": None if parent is None else parent.customer_id,
        "child_info": None if children is None else json_text(children),
        "payer": None if parent is None else configuration.payer,
        "usage_statement_behavior": None if parent is None else configuration.usage_statement_behavior,
        "invoice_consolidation_type": None if behavior is None else behavior.invoice_consolidation_type,
    }


def hierarchy_body(row: Row | None) -> Body | None:
    """A contract's hierarchy configuration; None where there is none, or nothing to say."""
    if row is None:
        return None
    body = Body()
    if row["parent_contract_id"] is not None:
        body = present(
            parent=present(contract_id=row["parent_contract_id"], customer_id=row["parent_customer_id"]),
            payer=upper(row["payer"]),
            usage_statement_behavior=upper(row["usage_statement_behavior"]),
        )
    elif row["invoice_consolidation_type"] is not None:
        body = {"parent_behavior": {"invoice_consolidation_type": upper(row["invoice_consolidation_type"])}}
    return body or None
