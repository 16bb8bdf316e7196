"""Lines that were not accepted, with the reason: `lake/rejected_events`."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.events.commit import REJECTED_SCHEMA, batch_transaction
from engine.events.delta_check import live_files, open_checked


def rejected_events(lake: Path, batch_id: str | None = None) -> pa.Table:
    """Every refused line and duplicate, or those of one batch, ordered by landing and line.

    Columns: batch_id, source, line (from 1), verdict (`rejected` or `duplicate`), reason, detail, transaction_id
    (NULL when it could not be read), content (text, at most 64 KiB), encoding (`utf-8`, or `base64` when the line
    was not text), landed_at. Lines of a landing that never committed are not shown.
    """
    rejected, events = open_checked(lake / "rejected_events"), open_checked(lake / "events")
    if rejected is None or events is None:
        return REJECTED_SCHEMA.empty_table()
    kept = [REJECTED_SCHEMA.empty_table()]
    for path in live_files(lake / "rejected_events", rejected):
        table = pq.ParquetFile(path).read().cast(REJECTED_SCHEMA)
        batch = table.column("batch_id")[0].as_py()
        committed = events.transaction_version(batch_transaction(batch)) is not None
        if committed and batch_id in {None, batch}:
            kept.append(table)
    found = pa.concat_tables(kept)
    order = [("landed_at", "ascending"), ("batch_id", "ascending"), ("line", "ascending")]
    return found.take(pc.sort_indices(found, sort_keys=order))
