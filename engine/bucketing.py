"""The buckets of a workspace's events: what runs saw comes from their manifests, what landed from the event table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.events.commit import batch_transaction
from engine.events.delta_check import open_checked
from engine.events.seen import SeenEvents
from engine.events.table import EventSnapshot
from engine.executors.duckdb import DuckDBExecutor
from engine.invoices.publish import Outputs
from engine.reports.event_buckets import Seen, event_buckets, refused_buckets
from engine.run_folder import recorded_events
from engine.values.period import Period


def period_buckets(
    root: Path, catalog: Catalog, snapshot: EventSnapshot, period: Period, executor: DuckDBExecutor
) -> pa.Table:
    """Every landed event of a published billing period in its bucket, then what landing refused in that time.

    Columns and grain: those of `event_buckets` and of `refused_buckets`. Raises UserError when the period has not been
    published.
    """
    lake = root / "lake"
    outputs = Outputs(lake)
    published = outputs.published_run(period.label)
    events = open_checked(lake / "events")

    def read(output: str, columns: Sequence[str]) -> pa.Table | None:
        return outputs.read(output, period.label, published, columns)

    def by_run(run_id: str | None) -> SeenEvents | None:
        return recorded_events(root / "runs" / (run_id or published or ""))

    def landed_with(batch_id: str) -> int | None:
        return None if events is None else events.transaction_version(batch_transaction(batch_id))

    seen = Seen(by_run, landed_with)
    buckets = event_buckets(catalog, read, snapshot, period, executor, seen)
    return pa.concat_tables([buckets, refused_buckets(lake, period, executor)])
