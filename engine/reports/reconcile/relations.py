"""The relations that controls read, by name, each a SELECT over files by paths relative to the workspace folder.

So the text of a control can be handed to anyone who has DuckDB and the folder: nothing is bound to a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from engine.events.delta_check import live_files, open_checked
from engine.events.table import NOTHING_LANDED, EventFile, EventSnapshot, EventTable
from engine.reports.reconcile.file_relations import (
    columns_of,
    file_contents,
    file_rows,
    instant_literal,
    listed,
    no_rows,
    read_parquet,
    together,
)
from engine.reports.reconcile.published_files import PublishedFile, PublishedFiles, published_files
from engine.reports.reconcile.query_text import Relation, fixed_relation, relation
from engine.values.period import Period

_PACKAGE = "engine.reports.reconcile"

_EVENT_COLUMNS = {
    **dict.fromkeys(("transaction_id", "customer_id", "event_type"), "VARCHAR"),
    **dict.fromkeys(("timestamp", "ingested_at"), "TIMESTAMP"),
    "batch_id": "VARCHAR",
}
_USAGE_INVOICE = ("contract_id", "customer_name", "status", "starting_at", "ending_before")


#: Gives the query (invoice_id, content_hash) over `hashed_invoices` and `hashed_lines`, which have these columns.
ContentHashes = Callable[[pa.Schema, pa.Schema], exp.Query]


@dataclass(frozen=True)
class Relations:
    """`texts` has the SELECT of each relation, `missing` the reason for each that is not there."""

    period: Period
    run_id: str
    texts: Mapping[str, Relation]
    missing: Mapping[str, str]


def relations(root: Path, lake: Path, period: Period, content_hashes: ContentHashes) -> Relations | None:
    """What the controls of a billing period read; None when it has not been published.

    `billing_period` has label, starting_at, ending_before and known_until, the day of the latest arrival.
    `event_files`, `event_file_contents`, `event_file_rows` and `events` are those of the period, `all_event_file_rows`
    and `all_events` those of everything that landed, `refused_lines` what was not accepted. The outputs of the
    published run stand under their own names, `published_files` and `published_file_contents` list their files.
    `previous_invoices` and `previous_segment_balances` are of the published billing period before, `usage_invoices` of
    this one and all before, `earlier_parked` of all before. `content_hashes` is what finalized invoices hash to. The
    rest are the fixed `views/`.
    """
    published = published_files(lake)
    run_id = published.runs.get(period.label)
    if run_id is None:
        return None
    snapshot = EventTable(lake).snapshot() or NOTHING_LANDED
    built = {
        **_event_relations(root, lake, snapshot, period),
        **_published_relations(published, period.label),
        **_earlier_relations(published, period.label),
        **_hash_relations(root, published, period.label, content_hashes),
    }
    if snapshot.version < 0:
        counts = dict.fromkeys(("read", "accepted", "duplicate", "rejected"), "BIGINT")
        built["landings"] = no_rows({"batch_id": "VARCHAR", **counts})
    texts = {**_fixed_views(), **{name: relation(query) for name, query in built.items()}}
    before = "no earlier billing period has been published"
    missing = {name: before for name in ("previous_invoices", "previous_segment_balances") if name not in texts}
    if "metered_usage" not in texts:
        missing["metered_usage"] = "the published run has not told what was metered; run the period again"
    return Relations(period, run_id, texts, missing)


def _fixed_views() -> dict[str, Relation]:
    names = sorted(each.name.removesuffix(".sql") for each in resources(_PACKAGE).joinpath("views").iterdir())
    return {name: fixed_relation(f"views/{name}") for name in names}


def _event_relations(root: Path, lake: Path, snapshot: EventSnapshot, period: Period) -> dict[str, exp.Query]:
    own = snapshot.between(period.starting_at, period.ending_before).files
    arrivals = [file.last_ingested_at for file in snapshot.files if file.last_ingested_at is not None]
    known_until = max(arrivals, default=period.starting_at).replace(hour=0, minute=0, second=0, microsecond=0)
    bounds = {
        "starting_at": instant_literal(period.starting_at),
        "ending_before": instant_literal(period.ending_before),
        "known_until": instant_literal(known_until),
    }
    timestamp = exp.column("timestamp", quoted=True)
    paths, all_paths = _paths(root, own), _paths(root, snapshot.files)
    return {
        "billing_period": exp.select(
            exp.alias_(exp.Literal.string(period.label), "label"),
            *(exp.alias_(bound, name) for name, bound in bounds.items()),
        ),
        "event_files": listed(
            {
                "path": ("VARCHAR", paths),
                "name": ("VARCHAR", [file.sha256 for file in own]),
                "day": ("DATE", [file.date.isoformat() for file in own]),
                "rows": ("BIGINT", [file.rows for file in own]),
                "bytes": ("BIGINT", [file.bytes for file in own]),
            }
        ),
        "event_file_contents": file_contents(paths),
        "event_file_rows": file_rows(paths),
        "all_event_file_rows": file_rows(all_paths),
        "events": columns_of(paths, _EVENT_COLUMNS).where(
            exp.GTE(this=timestamp, expression=bounds["starting_at"].copy()),
            exp.LT(this=timestamp.copy(), expression=bounds["ending_before"].copy()),
        ),
        "all_events": columns_of(all_paths, _EVENT_COLUMNS),
        "refused_lines": columns_of(_refused_paths(lake), {"batch_id": "VARCHAR", "verdict": "VARCHAR"}),
    }


def _published_relations(published: PublishedFiles, label: str) -> dict[str, exp.Query]:
    own = published.of_run(label)
    return {
        "published_files": listed(
            {
                "output": ("VARCHAR", [file.output for file in own]),
                "path": ("VARCHAR", [file.path for file in own]),
                "name": ("VARCHAR", [file.name for file in own]),
                "rows": ("BIGINT", [file.rows for file in own]),
            }
        ),
        "published_file_contents": file_contents([file.path for file in own]),
        **{name: _output(published.of(name, label)) for name in sorted({file.output for file in own})},
    }


def _earlier_relations(published: PublishedFiles, label: str) -> dict[str, exp.Query]:
    found: dict[str, exp.Query] = {}
    previous = published.previous(label)
    for output in ("invoices", "segment_balances"):
        files = published.of(output, previous) if previous is not None else []
        if files:
            found[f"previous_{output}"] = _output(files)
    until = [each for each in published.runs if each <= label]
    usage = [
        exp.select(exp.alias_(exp.Literal.string(each), "billing_period"), *_USAGE_INVOICE)
        .from_(_output(published.of("invoices", each)).subquery("invoices"))
        .where("type = 'USAGE'")
        for each in until
    ]
    parked = [
        exp.select("contract_id").from_(_output(published.of("parked", each)).subquery("parked"))
        for each in until
        if each < label and published.of("parked", each)
    ]
    found["usage_invoices"] = together(usage)
    found["earlier_parked"] = together(parked) if parked else no_rows({"contract_id": "VARCHAR"})
    return found


def _hash_relations(
    root: Path, published: PublishedFiles, label: str, content_hashes: ContentHashes
) -> dict[str, exp.Query]:
    files = {name: published.of(name, label) for name in ("invoices", "line_items")}
    if not all(files.values()):
        return {}
    invoices, lines = (pq.read_schema(root / files[name][0].path) for name in ("invoices", "line_items"))
    return {
        "hashed_invoices": exp.select("*").from_("invoices").where("content_hash IS NOT NULL"),
        "hashed_lines": exp.select("*").from_("line_items"),
        "content_hashes": content_hashes(invoices, lines),
    }


def _output(files: Sequence[PublishedFile]) -> exp.Select:
    return read_parquet([file.path for file in files])


def _paths(root: Path, files: Sequence[EventFile]) -> list[str]:
    return [file.path.relative_to(root).as_posix() for file in files]


def _refused_paths(lake: Path) -> list[str]:
    table = lake / "rejected_events"
    delta = open_checked(table)
    return [] if delta is None else [path.relative_to(lake.parent).as_posix() for path in live_files(table, delta)]
