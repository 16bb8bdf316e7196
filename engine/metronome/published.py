"""What is published of the billing periods that an export is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from engine.invoices.publish import Outputs


@dataclass(frozen=True)
class Published:
    """The published outputs of a workspace, seen from the billing periods `periods`, in order; `root` is its folder."""

    outputs: Outputs
    periods: tuple[str, ...]
    root: Path

    def __post_init__(self) -> None:
        self.outputs.check_published(self.periods)

    def of_periods(self, output: str) -> pa.Table:
        """An output of the periods, with a column billing_period at the end."""
        return self._rows(output, self.periods)

    def until_then(self, output: str) -> pa.Table:
        """An output of every published period up to the last of `periods`, with a column billing_period at the end."""
        return self._rows(output, [label for label in self.outputs.billing_periods() if label <= self.periods[-1]])

    def _rows(self, output: str, periods: Sequence[str]) -> pa.Table:
        tables = []
        for label in periods:
            table = self.outputs.published(output, label)
            tables.append(table.append_column("billing_period", pa.array([label] * table.num_rows, pa.string())))
        return pa.concat_tables(tables, promote_options="permissive")
