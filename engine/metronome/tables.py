"""Every table of an export, by name."""

from __future__ import annotations

from collections.abc import Mapping

from engine.metronome.contracts_schema import CONTRACTS_TABLES
from engine.metronome.core_schema import CORE_TABLES
from engine.metronome.schema import ExportTable

ALL_TABLES: Mapping[str, ExportTable] = {table.name: table for table in (*CORE_TABLES, *CONTRACTS_TABLES)}

#: Without these nothing can be billed anew from an export.
NEEDED_TABLES = frozenset(
    {
        "billable_metric",
        "contracts_contracts",
        "contracts_product_list_item_versions",
        "contracts_rate_card_entries",
        "contracts_rate_cards",
        "customer",
        "events",
    }
)
