"""Balances that no file wrote: of recurring commits and credits, rolled over, released by thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from engine.catalog.balance import Balance
from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract, TransitionType
from engine.catalog.recurring_balance import RecurringBalance, RecurringCommit
from engine.invoices.earlier import threshold_commit
from engine.metronome.contracts_balances import Shared, applicable_row, segments_row
from engine.metronome.contracts_ledger import Segment
from engine.metronome.json_text import json_text
from engine.metronome.request_body import Body
from engine.rating.earlier import ThresholdKind
from engine.rating.recurring_grants import grants
from engine.values.ids import derived_id
from engine.values.period import ALWAYS


def made_rows(catalog: Catalog, released: pa.Table | None, by: Shared) -> Iterator[Body]:
    """Rows of `contracts_balances` for balances that came to be by `by.now`.

    `released` has the columns of the published output `threshold_commits`. What rolls over is there once a run has
    settled how much.
    """
    granted: dict[str, list[Body]] = {}
    for contract in catalog.contracts:
        granted[contract.id] = list(_granted(contract, by))
        yield from granted[contract.id]
    for contract in catalog.contracts:
        transition = contract.transition
        if transition is not None and transition.type is TransitionType.RENEWAL:
            old = catalog.contract(transition.from_contract_id)
            yield from _rolled_over(old, contract, granted[old.id], by)
    yield from _released(catalog, [] if released is None else released.to_pylist(), by)


def _granted(contract: Contract, by: Shared) -> Iterator[Body]:
    recurring: tuple[RecurringBalance, ...] = (*contract.recurring_commits, *contract.recurring_credits)
    for each in recurring:
        for grant in grants(contract, each, contract.starting_at, by.now):
            segments = [
                Segment(one.id, one.starting_at, one.ending_before, one.amount)
                for one in grant.segments
                if one.amount is not None and one.starting_at <= by.now
            ]
            if segments:
                yield {
                    **_terms(each, contract, "prepaid" if isinstance(each, RecurringCommit) else "credit"),
                    **segments_row(grant.balance_id, segments, each.access_amount.credit_type_id, by),
                    "rollover_fraction": each.rollover_fraction,
                    "recurring_commit_id": each.id,
                }


def _terms(balance: Balance | RecurringBalance, contract: Contract, kind: str) -> Body:
    return {
        **applicable_row(balance),
        "customer_id": contract.customer_id,
        "contract_id": contract.id,
        "type": kind,
        "name": balance.name,
        "priority": balance.priority,
        "description": balance.description,
        "product_id": balance.product_id,
        "rate_type": balance.rate_type,
        "applicable_contract_ids": "[]",
        "metadata": json_text({"custom_fields": dict(balance.custom_fields)}),
    }


def _rolled_over(old: Contract, new: Contract, granted: Iterable[Body], by: Shared) -> Iterator[Body]:
    """What has rolled over from the balances of a contract into the one that renews it."""
    written = [*old.commits, *old.credits]
    sources = [(each.id, _terms(each, new, each.kind.lower()), each.access_schedule.credit_type_id) for each in written]
    kinds = {each.id: each for each in (*old.recurring_commits, *old.recurring_credits)}
    for row in granted:
        recurring = kinds[row["recurring_commit_id"]]
        sources.append((row["id"], _terms(recurring, new, row["type"]), recurring.access_amount.credit_type_id))
    for source_id, terms, credit_type_id in sources:
        balance_id = derived_id("rollover", source_id, new.id)
        amount = by.ledgers.rolled_into(balance_id)
        if amount is not None:
            end = new.ending_before or ALWAYS.ending_before
            segment = Segment(derived_id("segment", balance_id, "0"), new.starting_at, end, amount)
            yield {
                **terms,
                **segments_row(balance_id, [segment], credit_type_id, by),
                "rolled_over_from_commit_id": source_id,
                "rolled_over_from_contract_id": old.id,
            }


def _released(catalog: Catalog, rows: Iterable[Body], by: Shared) -> Iterator[Body]:
    contracts = {each.id: each for each in catalog.contracts}
    for row in rows:
        commit = threshold_commit(row)
        contract = contracts.get(commit.contract_id)
        if contract is None:
            continue
        prepaid, spend = contract.prepaid_balance_threshold_configuration, contract.spend_threshold_configuration
        own = prepaid.commit if prepaid is not None and commit.kind is ThresholdKind.PREPAID_BALANCE else None
        charged = spend.commit if spend is not None and commit.kind is ThresholdKind.SPEND else own
        segment = Segment(commit.segment_id, commit.starting_at, commit.ending_before, commit.amount)
        yield {
            **({} if own is None else applicable_row(own)),
            **segments_row(commit.balance_id, [segment], commit.credit_type_id, by),
            "customer_id": contract.customer_id,
            "contract_id": contract.id,
            "type": "prepaid",
            "name": commit.balance_name,
            "priority": commit.priority,
            "description": None if charged is None else charged.description,
            "product_id": None if charged is None else charged.product_id,
            "rate_type": "LIST_RATE" if own is None else own.rate_type,
            "applicable_contract_ids": "[]",
            "duckbill_terms": json_text({"released_by": commit.kind}),
        }
