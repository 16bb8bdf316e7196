"""Whom to bill for when: the tables that the first stages start from, before anything is known of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract, UsageFilter
from engine.catalog.hierarchy import HierarchyConfiguration, Payer
from engine.rating.arrow_tables import INSTANT, arrow_table, fields_text
from engine.values.period import ALWAYS, Period

#: How long after its statement period a usage invoice waits for late usage, when nothing else is said.
GRACE = timedelta(hours=24)


def schedule_inputs(
    catalog: Catalog, period: Period, breakdown: Sequence[datetime] = (), grace: timedelta = GRACE
) -> dict[str, pa.Table]:
    """What tells whom to bill for when: the billing period, customers with their aliases, contracts.

    `grace` is how long usage invoices wait for late usage before they are issued (spec/rating.md §10.2). `breakdown`
    holds the starts of windows that no line may cross, for the report that shows them.
    """
    aliases = [(each.id, each.id) for each in catalog.customers]
    aliases += [(alias, each.id) for each in catalog.customers for alias in each.ingest_aliases]
    return {
        "billing_period": arrow_table(
            starting_at=(INSTANT, [period.starting_at]),
            ending_before=(INSTANT, [period.ending_before]),
            grace=(pa.duration("us"), [grace]),
        ),
        "customers": arrow_table(
            customer_id=(pa.string(), [each.id for each in catalog.customers]),
            customer_name=(pa.string(), [each.name for each in catalog.customers]),
            custom_fields=(pa.string(), [fields_text(each.custom_fields) for each in catalog.customers]),
        ),
        "customer_aliases": arrow_table(
            alias=(pa.string(), [alias for alias, _ in aliases]),
            customer_id=(pa.string(), [customer_id for _, customer_id in aliases]),
        ),
        "breakdown_windows": arrow_table(starting_at=(INSTANT, breakdown)),
        "contracts": _contracts(catalog.contracts),
        "usage_filters": _usage_filters(catalog.contracts),
    }


def _contracts(contracts: Sequence[Contract]) -> pa.Table:
    numbers = _usage_filter_numbers(contracts)
    families = [each.hierarchy_configuration for each in contracts]
    customer_of = {each.id: each.customer_id for each in contracts}
    return arrow_table(
        contract_id=(pa.string(), [each.id for each in contracts]),
        customer_id=(pa.string(), [each.customer_id for each in contracts]),
        rate_card_id=(pa.string(), [each.rate_card_id for each in contracts]),
        starting_at=(INSTANT, [each.starting_at for each in contracts]),
        ending_before=(INSTANT, [each.ending_before or ALWAYS.ending_before for each in contracts]),
        frequency=(pa.string(), [each.usage_statement_schedule.frequency.value for each in contracts]),
        anchor_at=(INSTANT, [each.statement_anchor for each in contracts]),
        invoices_from=(INSTANT, [each.usage_statement_schedule.invoice_generation_starting_at for each in contracts]),
        override_scheme=(pa.string(), [each.multiplier_override_prioritization.value for each in contracts]),
        usage_filter_no=(pa.int32(), [numbers.get(each.usage_filter) for each in contracts]),
        consolidates_charges=(pa.bool_(), [each.scheduled_charges_on_usage_invoices is not None for each in contracts]),
        concatenates_children=(pa.bool_(), [bool(each and each.concatenates) for each in families]),
        consolidated_into=(pa.string(), [_consolidated_into(each) for each in families]),
        payer_customer_id=(
            pa.string(),
            [_payer(each, customer_of) for each in contracts],
        ),
        net_payment_terms_days=(pa.int64(), [each.net_payment_terms_days for each in contracts]),
        custom_fields=(pa.string(), [fields_text(each.custom_fields) for each in contracts]),
    )


def _consolidated_into(family: HierarchyConfiguration | None) -> str | None:
    """The contract on whose consolidated invoice a child's usage invoices stand, too."""
    if family is None or family.parent is None or not family.consolidates:
        return None
    return family.parent.contract_id


def _payer(contract: Contract, customer_of: Mapping[str, str]) -> str:
    """Who pays: the customer, or the one of the parent contract."""
    family = contract.hierarchy_configuration
    if family is None or family.parent is None or family.payer is not Payer.PARENT:
        return contract.customer_id
    # A catalog cut down to one customer may lack the parent's contract; the loader has named its customer.
    return family.parent.customer_id or customer_of[family.parent.contract_id]


def _usage_filter_numbers(contracts: Sequence[Contract]) -> dict[tuple[UsageFilter, ...], int]:
    """A number for each schedule of usage filters; contracts with the same schedule share their readings."""
    schedules = dict.fromkeys(each.usage_filter for each in contracts if each.usage_filter)
    return {schedule: number for number, schedule in enumerate(schedules)}


def _usage_filters(contracts: Sequence[Contract]) -> pa.Table:
    """Which values pass when. Grain: usage_filter_no, starting_at, filter_value; every instant has a row.

    Before the first filter begins, everything passes: filter_key and filter_value are NULL.
    """
    rows: list[tuple[int, datetime, datetime, str | None, str | None]] = []
    for schedule, number in _usage_filter_numbers(contracts).items():
        starts = [each.starting_at or ALWAYS.starting_at for each in schedule]
        if starts[0] > ALWAYS.starting_at:
            rows.append((number, ALWAYS.starting_at, starts[0], None, None))
        for each, start, end in zip(schedule, starts, [*starts[1:], ALWAYS.ending_before], strict=True):
            rows += [(number, start, end, each.group_key, value) for value in each.group_values]
    return arrow_table(
        usage_filter_no=(pa.int32(), [row[0] for row in rows]),
        starting_at=(INSTANT, [row[1] for row in rows]),
        ending_before=(INSTANT, [row[2] for row in rows]),
        filter_key=(pa.string(), [row[3] for row in rows]),
        filter_value=(pa.string(), [row[4] for row in rows]),
    )
