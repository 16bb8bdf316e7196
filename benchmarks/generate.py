"""Makes N events of M customers, as landed Parquet files and as NDJSON, and the catalog that bills them."""

from __future__ import annotations

import calendar
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

SQL = Path(__file__).resolve().parent / "sql"
PERIOD = "2026-10"
NOW = "2026-11-01T06:00:00Z"
STARTS_AT, PRICED_SINCE = "2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z"
DAYS = 31
REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-south-1")
MODELS = ("large", "medium", "small")

#: The files of the generating macros; a later one may use an earlier one.
GENERATORS = (
    "generate_events",
    "generate_lines",
    "generate_month_lines",
    "generate_earlier_lines",
    "generate_requests",
    "generate_request_lines",
)
#: The lines of rows `first` to `last` (excluded) of so many events of so many customers, in order of time.
LINES = "SELECT line FROM generated_lines(?, ?, ?, ?)"
REQUEST_LINES = "SELECT line FROM generated_request_lines(?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Metric:
    """One of the eight metrics; `keys` are its group keys, `definition` is None for a SQL metric."""

    name: str
    kind: str
    keys: tuple[str, ...]
    definition: dict[str, object] | None


def _streaming(name: str, event_type: str, kind: str, value: str | None, *keys: str) -> Metric:
    present = [{"name": key, "exists": True} for key in dict.fromkeys((*([value] if value else ()), *keys))]
    definition: dict[str, object] = {
        "name": name,
        "aggregation_type": kind,
        "event_type_filter": {"in_values": [event_type]},
    }
    if value:
        definition["aggregation_key"] = value
    if present:
        definition["property_filters"] = present
    if keys:
        definition["group_keys"] = [list(keys)]
    return Metric(name, kind, keys, definition)


METRICS = (
    _streaming("api_calls", "api_call", "COUNT", None),
    _streaming("tokens", "chat_message", "SUM", "tokens"),
    _streaming("tokens_by_model", "llm_request", "SUM", "tokens", "model", "region"),
    _streaming("peak_pool", "pool_size", "MAX", "workers"),
    _streaming("session_users", "session", "UNIQUE", "user_id"),
    _streaming("seats", "seat_count", "LATEST", "seats"),
    Metric("storage_peaks", "SQL", ("region",), None),
    Metric("data_sent", "SQL", ("region",), None),
)


def connect() -> duckdb.DuckDBPyConnection:
    """A connection that has the generating macros."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    for name in GENERATORS:
        connection.execute((SQL / f"{name}.sql").read_text(encoding="utf-8"))
    return connection


def _day_slices(events: int) -> Iterable[tuple[int, int, int]]:
    """(day of the month, first row, row after the last) of each day, as generate_events.sql spreads them."""
    bounds = [-(-events * day // DAYS) for day in range(DAYS + 1)]
    return ((day + 1, bounds[day], bounds[day + 1]) for day in range(DAYS) if bounds[day] < bounds[day + 1])


def write_parquet(directory: Path, *, events: int, customers: int) -> list[Path]:
    """One file a day in the landed layout: `date=YYYY-MM-DD/events.parquet`, sorted, zstd."""
    connection = connect()
    files = []
    for day, first, last in _day_slices(events):
        path = directory / f"date=2026-10-{day:02d}" / "events.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        connection.sql(
            "SELECT *, NULL::MAP(VARCHAR, VARCHAR) AS other_properties,"
            " TIMESTAMP '2026-11-01 06:00:00' AS ingested_at, 'benchmark' AS batch_id"
            " FROM generated_events(?, ?, ?, ?) ORDER BY event_type, customer_id, timestamp",
            params=[first, last, events, customers],
        ).write_parquet(str(path), compression="zstd")
        files.append(path)
    return files


def write_ndjson(path: Path, *, first: int, last: int, events: int, customers: int, lines: str = LINES) -> None:
    """Rows `first` to `last` (excluded) of `events` events, as NDJSON in order of time."""
    _write_lines(connect().sql(lines, params=[first, last, events, customers]), path)


def daily_ndjson(directory: Path, *, events: int, customers: int, lines: str = LINES) -> Iterator[Path]:
    """One NDJSON file a day; each is deleted before the next is made, so that a large month needs little disk."""
    directory.mkdir(parents=True, exist_ok=True)
    for day, first, last in _day_slices(events):
        path = directory / f"2026-10-{day:02d}.ndjson"
        write_ndjson(path, first=first, last=last, events=events, customers=customers, lines=lines)
        yield path
        path.unlink()


def month_ndjson(directory: Path, month: str, *, events: int, customers: int) -> Iterator[Path]:
    """The same events as of another month, `2026-02`, but for the days that it does not have; one file a day."""
    directory.mkdir(parents=True, exist_ok=True)
    connection = connect()
    lines = "SELECT line FROM generated_month_lines(?, ?, ?, ?, ?)"
    days = calendar.monthrange(*map(int, month.split("-")))[1]
    for day, first, last in list(_day_slices(events))[:days]:
        path = directory / f"{month}-{day:02d}.ndjson"
        _write_lines(connection.sql(lines, params=[first, last, events, customers, month]), path)
        yield path
        path.unlink()


def write_earlier_ndjson(path: Path, *, first: int, last: int, total: int) -> None:
    """Events `first` to `last` of a history of `total` small ones."""
    lines = connect().sql("SELECT line FROM generated_earlier_lines(?, ?, ?)", params=[first, last, total])
    _write_lines(lines, path)


def _write_lines(lines: duckdb.DuckDBPyRelation, path: Path) -> None:
    # A CSV of one column without quotes, and a separator that no line contains, is plain lines.
    lines.write_csv(str(path), header=False, sep="\x01", quotechar="", escapechar="")


def customer_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def write_aliases(path: Path, *, customers: int) -> None:
    """Parquet of `alias`, `customer_id`: every value an event may carry, the customer's own id among them."""
    ids = [customer_id(number) for number in range(customers)]
    names = [f"{kind}-{number:07d}" for kind in ("acct", "team") for number in range(customers)]
    pq.write_table(pa.table({"alias": names + ids, "customer_id": ids * 3}), path)


def write_workspace(directory: Path, *, customers: int, threads: int) -> None:
    """A workspace without events: M customers with a contract each, eight metrics, products and prices."""
    write_settings(directory, threads=threads)
    shutil.copytree(SQL / "metrics", directory / "metrics_sql", dirs_exist_ok=True)
    sections: dict[str, Iterable[dict[str, object]]] = {
        "billable_metrics": [metric.definition for metric in METRICS if metric.definition],
        "products": map(_product, METRICS),
        "rates": [rate for metric in METRICS for rate in _rates(metric)],
        **billed_customers(customers),
    }
    write_catalog(directory, sections)


def write_settings(directory: Path, *, threads: int) -> None:
    """The file that makes a folder a workspace."""
    directory.mkdir(parents=True, exist_ok=True)
    settings = f'[workspace]\nname = "benchmark"\n\n[engine]\nmemory_limit = "4GiB"\nthreads = {threads}\n'
    (directory / "duckbill.toml").write_text(settings, encoding="utf-8")


def billed_customers(customers: int) -> dict[str, Iterable[dict[str, object]]]:
    """M customers, each with a contract on the one rate card, `list`."""
    return {
        "rate_cards": [{"name": "list"}],
        "customers": map(_customer, range(customers)),
        "contracts": map(_contract, range(customers)),
    }


def write_catalog(directory: Path, sections: Mapping[str, Iterable[Mapping[str, object]]]) -> None:
    """One file of JSON lines a section."""
    catalog = directory / "catalog"
    catalog.mkdir(parents=True, exist_ok=True)
    for section, items in sections.items():
        text = "".join(json.dumps(item) + "\n" for item in items)
        (catalog / f"{section}.jsonl").write_text(text, encoding="utf-8")


def _product(metric: Metric) -> dict[str, object]:
    product: dict[str, object] = {"name": metric.name, "type": "USAGE", "billable_metric": metric.name}
    if metric.keys:
        product["pricing_group_key"] = list(metric.keys)
    return product


def _rates(metric: Metric) -> Iterable[dict[str, object]]:
    rate: dict[str, object] = {
        "rate_card": "list",
        "product": metric.name,
        "starting_at": PRICED_SINCE,
        "entitled": True,
    }
    if metric.name == "api_calls":
        tiers = [{"size": 10, "price": 0}, {"size": 100, "price": 1.5}, {"price": 1.25}]
        yield {**rate, "rate_type": "TIERED", "tiers": tiers}
    elif metric.name == "tokens_by_model":
        for place, (model, region) in enumerate((model, region) for model in MODELS for region in REGIONS):
            values = {"model": model, "region": region}
            yield {**rate, "rate_type": "FLAT", "price": place + 1, "pricing_group_values": values}
    else:
        yield {**rate, "rate_type": "FLAT", "price": 2.5}


def _customer(number: int) -> dict[str, object]:
    names = [f"acct-{number:07d}", f"team-{number:07d}"]
    return {"id": customer_id(number), "name": f"Customer {number:07d}", "ingest_aliases": names}


def _contract(number: int) -> dict[str, object]:
    return {"customer_id": customer_id(number), "rate_card": "list", "starting_at": STARTS_AT}
