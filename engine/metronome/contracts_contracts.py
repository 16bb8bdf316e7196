"""Contracts without their terms, and what ends one and begins another: as an export writes them, and request bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract, MultiplierPrioritization, TransitionType
from engine.metronome.contracts_hierarchies import hierarchy_body
from engine.metronome.contracts_usage_filters import usage_filter_body
from engine.metronome.json_text import json_text
from engine.metronome.request_body import Body, Row, custom_fields, instant, lower, present, upper
from engine.values.ids import derived_id


def contract_row(contract: Contract) -> Body:
    """A row of `contracts_contracts`."""
    return {
        "id": contract.id,
        "name": contract.name,
        "customer_id": contract.customer_id,
        "package_id": contract.package_id,
        "rate_card_id": contract.rate_card_id,
        "starting_at": contract.starting_at,
        "ending_before": contract.ending_before,
        "multiplier_override_prioritization": contract.multiplier_override_prioritization,
        "net_payment_terms_days": contract.net_payment_terms_days,
        "usage_statement_schedule_frequency": lower(contract.usage_statement_schedule.frequency),
        "scheduled_charges_on_usage_invoices": contract.scheduled_charges_on_usage_invoices,
        "metadata": json_text({"custom_fields": dict(contract.custom_fields)}),
    }


def transition_rows(contracts: Iterable[Contract]) -> Iterator[Body]:
    """Rows of `contracts_transitions`."""
    for contract in contracts:
        if contract.transition is not None:
            yield {
                "id": derived_id("transition", contract.id),
                "type": lower(contract.transition.type),
                "contract_id": contract.id,
                "from_contract_id": contract.transition.from_contract_id,
                "to_contract_id": contract.id,
                "date": contract.starting_at,
            }


def package_rows(catalog: Catalog) -> Iterator[Body]:
    """Rows of `packages`: of each what all its contracts have in common, for the catalog holds no packages."""
    contracts: dict[str, list[Contract]] = {}
    for contract in catalog.contracts:
        if contract.package_id is not None:
            contracts.setdefault(contract.package_id, []).append(contract)
    settings = (
        "rate_card_id",
        "multiplier_override_prioritization",
        "net_payment_terms_days",
        "usage_statement_schedule_frequency",
        "scheduled_charges_on_usage_invoices",
    )
    for package_id, made in contracts.items():
        rows = [contract_row(each) for each in made]
        common = {key: rows[0][key] for key in settings if all(row[key] == rows[0][key] for row in rows)}
        yield {"id": package_id, **common}


@dataclass(frozen=True)
class Related:
    """The rows of other tables that say something of a contract itself, by contract id."""

    hierarchies: Mapping[str, Row] = field(default_factory=dict)
    transitions: Mapping[str, Row] = field(default_factory=dict)
    usage_filters: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    filter_schedules: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    def renewed_at(self) -> dict[str, datetime]:
        """When contracts were renewed or superseded, by their ids."""
        return {each["from_contract_id"]: each["date"] for each in self.transitions.values()}


def contract_body(row: Row, related: Related, renewed_at: Mapping[str, datetime]) -> Body:
    """A contract as a request body without terms, and `terms_end_at`, which takes edits to say."""
    contract_id = row["id"]
    return present(
        id=contract_id,
        name=row["name"],
        customer_id=row["customer_id"],
        rate_card_id=row["rate_card_id"],
        starting_at=instant(row["starting_at"]),
        ending_before=instant(row["ending_before"]),
        terms_end_at=instant(renewed_at.get(contract_id)),
        multiplier_override_prioritization=_prioritization(row["multiplier_override_prioritization"]),
        net_payment_terms_days=row["net_payment_terms_days"],
        usage_statement_schedule=present(frequency=upper(row["usage_statement_schedule_frequency"])),
        scheduled_charges_on_usage_invoices=upper(row["scheduled_charges_on_usage_invoices"]),
        transition=_transition(related.transitions.get(contract_id)),
        hierarchy_configuration=hierarchy_body(related.hierarchies.get(contract_id)),
        usage_filter=usage_filter_body(
            related.usage_filters.get(contract_id, ()), related.filter_schedules.get(contract_id, ()), row
        ),
        custom_fields=custom_fields(row["metadata"]),
    )


def _prioritization(given: str | None) -> str | None:
    """Exports may spell it out as `Lowest multiplier`, or shorten it."""
    found = upper(given)
    return str(MultiplierPrioritization.LOWEST_MULTIPLIER) if found == "LOWEST" else found


def _transition(row: Row | None) -> Body | None:
    if row is None:
        return None
    return {"type": upper(row["type"]), "from_contract_id": row["from_contract_id"]}


def is_transition(row: Row) -> bool:
    """Whether duckbill knows transitions of this type."""
    return upper(row["type"]) in list(TransitionType)
