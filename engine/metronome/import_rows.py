"""The rows of an export that a catalog is made of, in the order of the catalog."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

import pyarrow as pa

from engine.metronome.json_text import json_value
from engine.metronome.request_body import Row, ordered


class ImportRows:
    """The tables of an export by name, as `read_export` gives them; a table that is not there has no rows.

    Of balances only those are here that were written: not those that recurring commits, renewals or thresholds made.
    """

    def __init__(self, tables: Mapping[str, pa.Table], notes: list[str]) -> None:
        self._tables = tables
        self._notes = notes
        self._rows: dict[str, list[Row]] = {}
        self._by_contract: dict[str, dict[str, list[Row]]] = {}

    @cached_property
    def is_own(self) -> bool:
        """Whether duckbill wrote the export."""
        return any(row["duckbill_position"] is not None for row in self.all("contracts_contracts"))

    def all(self, table: str) -> Sequence[Row]:
        """The rows of a table, in the order of the catalog."""
        if table not in self._rows:
            found = self._tables.get(table)
            rows = [] if found is None else ordered(found.to_pylist())
            self._rows[table] = self._written(rows) if table == "contracts_balances" else rows
        return self._rows[table]

    def by_contract(self, table: str) -> Mapping[str, Sequence[Row]]:
        """The rows of a table by contract id; under the empty text those of no contract."""
        if table not in self._by_contract:
            grouped: dict[str, list[Row]] = defaultdict(list)
            for row in self.all(table):
                grouped[row["contract_id"] or ""].append(row)
            self._by_contract[table] = dict(grouped)
        return self._by_contract[table]

    def of(self, table: str, contract_id: str) -> Sequence[Row]:
        """The rows of a table that are of one contract."""
        return self.by_contract(table).get(contract_id, ())

    def _written(self, rows: list[Row]) -> list[Row]:
        return [row for row in rows if not self._is_made(row)]

    def _is_made(self, row: Row) -> bool:
        made_of = ("recurring_commit_id", "rolled_over_from_commit_id", "rolled_over_from_contract_id")
        if any(row[key] is not None for key in made_of):
            return True
        terms = json_value(row["duckbill_terms"])
        if terms is not None and "released_by" in terms:
            return True
        return not self.is_own and self._is_released(row)

    def _is_released(self, row: Row) -> bool:
        """Whether a commit looks like one that a threshold of its contract released."""
        configurations = (
            "contracts_prepaid_balance_threshold_configurations",
            "contracts_spend_threshold_configurations",
        )
        found = any(
            each["commit_product_id"] == row["product_id"] and each["commit_name"] == row["name"] is not None
            for table in configurations
            for each in self.of(table, row["contract_id"])
            if row["contract_id"] is not None
        )
        if found:
            self._notes.append(f"balance {row['id']} is taken for one that a threshold released, and left out")
        return found
