"""The eight metrics as Polars queries, the way one would write them by hand.

Each takes the lazy frames of events and of aliases and returns one row per customer (and group keys) with an exact
decimal or integer `quantity`.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

START, END = datetime(2026, 10, 1), datetime(2026, 11, 1)


def text(name: str) -> pl.Expr:
    return pl.col("properties").struct.field(name)


def number(name: str, places: int = 0) -> pl.Expr:
    return text(name).cast(pl.Decimal(38, places))


def of_type(events: pl.LazyFrame, aliases: pl.LazyFrame, event_type: str, **columns: pl.Expr) -> pl.LazyFrame:
    """The period's events of one type as `customer_id` and the columns asked for."""
    in_period = (pl.col("timestamp") >= START) & (pl.col("timestamp") < END)
    rows = events.filter((pl.col("event_type") == event_type) & in_period)
    return rows.select(pl.col("customer_id").alias("alias"), **columns).join(aliases, on="alias").drop("alias")


def api_calls(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    return of_type(events, aliases, "api_call").group_by("customer_id").agg(quantity=pl.len())


def tokens(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    rows = of_type(events, aliases, "chat_message", tokens=number("tokens"))
    return rows.group_by("customer_id").agg(quantity=pl.col("tokens").sum())


def tokens_by_model(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    rows = of_type(events, aliases, "llm_request", model=text("model"), region=text("region"), tokens=number("tokens"))
    return rows.drop_nulls().group_by("customer_id", "model", "region").agg(quantity=pl.col("tokens").sum())


def peak_pool(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    rows = of_type(events, aliases, "pool_size", workers=number("workers"))
    return rows.group_by("customer_id").agg(quantity=pl.col("workers").max())


def session_users(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    rows = of_type(events, aliases, "session", user_id=text("user_id")).drop_nulls()
    return rows.unique().group_by("customer_id").agg(quantity=pl.len())


def seats(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    order = ("timestamp", "ingested_at", "transaction_id")
    columns = {name: pl.col(name) for name in order}
    rows = of_type(events, aliases, "seat_count", seats=number("seats"), **columns)
    latest = pl.col("seats").sort_by(*order).last()
    return rows.group_by("customer_id").agg(quantity=latest)


def storage_peaks(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    rows = of_type(
        events,
        aliases,
        "storage_heartbeat",
        region=text("region"),
        user_id=text("user_id"),
        day=pl.col("timestamp").dt.truncate("1d"),
        storage_used=number("storage_used", 3),
    )
    peaks = rows.group_by("customer_id", "region", "user_id", "day").agg(peak=pl.col("storage_used").max())
    return peaks.group_by("customer_id", "region").agg(quantity=pl.col("peak").sum())


def data_sent(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    bytes_sent = number("size") * number("num_recipients")
    rows = of_type(events, aliases, "message_sent", region=text("region"), bytes_sent=bytes_sent)
    return rows.group_by("customer_id", "region").agg(quantity=pl.col("bytes_sent").sum())


QUERIES = {
    query.__name__: query
    for query in (
        api_calls,
        tokens,
        tokens_by_model,
        peak_pool,
        session_users,
        seats,
        storage_peaks,
        data_sent,
    )
}
