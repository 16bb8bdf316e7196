"""`duckbill buckets`: what became of every event that landed."""

from __future__ import annotations

from collections import Counter

from engine.commands.options import HERE, PeriodOption, RowsOption, WorkspaceOption, opened_workspace
from engine.formats import Format


def buckets(period: PeriodOption, workspace: WorkspaceOption = HERE, output: RowsOption = Format.table) -> None:
    """How many events of a period are in each bucket, in all and by metric; other formats have days and customers."""
    from engine.output import print_table, write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.buckets(period)
        if output is not Format.table:
            write_rows(rows, output)
            return
        totals: Counter[tuple[str | None, str]] = Counter()
        for metric, bucket, events in zip(
            *(rows.arrow()[name].to_pylist() for name in ("metric_name", "bucket", "events")), strict=True
        ):
            totals[metric, bucket] += events
        # Metrics by name after the events as a whole, of each the largest bucket first.
        shown = sorted(totals.items(), key=lambda each: (each[0][0] or "", -each[1], each[0][1]))
        print_table(
            ("metric", "bucket", "events"),
            ((metric or "(each event once)", bucket, f"{events:,}") for (metric, bucket), events in shown),
            f"events of {period}",
        )
