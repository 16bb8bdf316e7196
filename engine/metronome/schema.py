"""How a table of Metronome's Data Export is described: columns, types, key, and how later rows replace earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

#: The types of columns. JSON is text that holds a JSON value, instants are UTC.
TEXT = pa.string()
JSON = pa.string()
FLAG = pa.bool_()
WHOLE = pa.int64()
INSTANT = pa.timestamp("us")
#: Amounts and unit prices, in the denomination of the API: USD in cents, other currencies whole.
AMOUNT = pa.decimal128(38, 26)
#: Quantities, in the places that line items have.
QUANTITY = pa.decimal128(38, 18)

#: What every row of an export says of where it comes from.
PRODUCTION = "PRODUCTION"

#: How columns begin that Metronome does not have; all stand at the end of their table.
OWN_PREFIX = "duckbill_"


@dataclass(frozen=True)
class ExportTable:
    """A table of an export: its columns in order, and what tells rows and their versions apart.

    `key` are the columns that identify a row within one transfer. `snapshot` names the column that tells the transfers
    of a snapshot table apart, whose latest one replaces all others; it is None for an incremental table, whose latest
    row of a key replaces the others: by `updated_at` where there is one, then by transfer (spec/rating.md §14.1).
    An export without one of the columns in `may_lack`, or without one of duckbill's own, is read as if it were NULL.
    """

    name: str
    columns: Mapping[str, pa.DataType]
    key: tuple[str, ...] = ("id",)
    snapshot: str | None = None
    may_lack: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        told = {*self.key, *([self.snapshot] if self.snapshot else []), *self.may_lack}
        assert told <= self.columns.keys(), f"{self.name} has no column {sorted(told - self.columns.keys())}"

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema that the table is written with; every column may be NULL."""
        return pa.schema(list(self.columns.items()))

    @property
    def own_columns(self) -> tuple[str, ...]:
        """The columns that Metronome does not have, and that need not be there to be read."""
        return tuple(name for name in self.columns if name.startswith(OWN_PREFIX))

    def of(self, rows: Iterable[Mapping[str, object]]) -> pa.Table:
        """The table with these rows; what a row does not mention is NULL, and every row comes from production.

        Raises KeyError for a column that the table does not have.
        """
        columns: dict[str, list[object]] = {name: [] for name in self.columns}
        for row in rows:
            if unknown := row.keys() - columns.keys():
                raise KeyError(f"{self.name} has no column {sorted(unknown)[0]}")
            for name, values in columns.items():
                values.append(PRODUCTION if name == "environment_type" else row.get(name))
        arrays = [pa.array(values, type=self.columns[name]) for name, values in columns.items()]
        return pa.Table.from_arrays(arrays, schema=self.schema)
